"""Reports as jobs: their figures taken and their Word files made, with the rights of the moment, recorded."""

import os
from typing import Any

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session

from app.database import acting
from app.job_context import Context
from app.map_copies import FONTS
from surveys import audit, wall_clock
from surveys.access import Actor
from surveys.reports import composing, correcting, mapping, word, writing
from surveys.reports.tables import Report

FIGURES, FILE = "report_figures", "report_file"
UNIT = text("SELECT u.kind, u.name, u.code FROM units u WHERE u.id = :id")


def figures(context: Context) -> dict[str, Any]:
    """The kind `report_figures`: takes a draft's figures and drafts its parts."""
    engine = create_engine(context.urls.web, poolclass=NullPool)
    try:
        with acting(engine, context.actor) as session:
            report = writing.find(session, context.actor, context.parameters["report"], to_change=True)
            writing.freeze(session, context.actor, report, wall_clock.today(), context.progress)
            writing.note(session, context.actor, report, "measure")
            return {"report": report.id}
    finally:
        engine.dispose()


def file(context: Context) -> dict[str, Any]:
    """The kind `report_file`: the report as a Word file; nothing is measured for it but what changed since."""
    engine = create_engine(context.urls.web, poolclass=NullPool)
    actor = context.actor
    unrecorded = context.folder / ".new.docx"
    try:
        with acting(engine, actor) as session:
            report = writing.find(session, actor, context.parameters["report"])
            layers = _make(session, context, report, unrecorded)
            audit.record(
                session, actor, "export", layer=layers[0] if len(layers) == 1 else None, area=report.unit_id,
                purpose=context.purpose,
                detail={"job": str(context.id), "kind": FILE, "report": report.id, "layers": layers},
            )  # fmt: skip
            out = context.folder / name(session, report)
        os.replace(unrecorded, out)
    finally:
        unrecorded.unlink(missing_ok=True)
        engine.dispose()
    return {"file": out.name, "bytes": out.stat().st_size, "report": context.parameters["report"], "layers": layers}


def name(session: Session, report: Report) -> str:
    """The file's name: plain letters, so that any program and stick takes it."""
    code = session.execute(UNIT, {"id": report.unit_id}).one().code
    return f"bao_cao_{report.period}_{report.subject}_{code}.docx"


def _make(session: Session, context: Context, report: Report, out: Any) -> list[str]:
    """Writes the file; the layers whose figures are in it."""
    actor: Actor = context.actor
    if report.measured_at is None:
        raise writing.NotMeasured
    found = writing.figures_of(session, report)
    context.progress(1, 4)
    corrections = correcting.since(session, actor, report, found, wall_clock.today()) if report.locked else []
    context.progress(2, 4)
    drawn = mapping.draw(session, actor, report, found, wall_clock.today(), FONTS, context.folder / "map.png")
    context.progress(3, 4)
    unit = session.execute(UNIT, {"id": report.unit_id}).one()
    until = max((one.until for one in found.values()), default=report.of.until(wall_clock.today()))
    place = f"{unit.kind.capitalize()} {unit.name}"
    word.write(composing.compose(report, found, place, until, corrections), drawn, out)
    (context.folder / "map.png").unlink(missing_ok=True)
    context.progress(4, 4)
    return sorted({one.figure.layer for one in found.values()})
