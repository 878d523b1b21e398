"""The map of a report: drawn from the figure as it was frozen, not as it is when the file is made."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import crs
from surveys.access import Actor
from surveys.figures import classing
from surveys.figures.cells import HIDDEN, NONE, WAITING
from surveys.map_pages import content, paper, telling, words
from surveys.map_pages.shapes import Plane
from surveys.map_state import MapState
from surveys.reports import outline
from surveys.reports.frozen import Frozen
from surveys.reports.tables import Report
from surveys.reports.word import Entry, Picture

if TYPE_CHECKING:
    from geodata.render.drawings import Drawing

SIZE_MM = (165.0, 150.0)
# Hatchings as a table's cell can have them, like those on the map.
PATTERNS = {NONE: ("diagStripe", "f4f5f4", "8a9693"), WAITING: ("pct12", "fdf1d8", "7a4b00"),
            HIDDEN: ("diagCross", "dfe3e2", "404c49")}  # fmt: skip


def draw(
    session: Session, actor: Actor, report: Report, found: dict[str, Frozen], today: dt.date, fonts: Path, out: Path
) -> Picture | None:
    """The picture of the subject's map in `out`; None where its figure isn't among the report's, or of one commune."""
    figure = outline.named(report.subject).map
    if figure not in found or report.commune_id:
        return None
    from geodata.render import documents

    state = MapState(unit=report.province_id, period=report.of, layers=())
    zone = crs.zone_for_province(_code(session, actor))
    read = content.read(session, actor, state, today, lambda bounds: _plane(zone, bounds))
    measured = found[figure].measured(report.of)
    shown = replace(
        read, state=replace(state, figure=figure), measured=measured,
        ends=tuple(classing.bounds(measured.values, classing.QUANTILES)),
    )  # fmt: skip
    shown.state.check()
    documents.write_picture(_drawing(shown, zone), SIZE_MM, fonts, out, text_size=6)
    return Picture(out, f"Bản đồ. {measured.figure.title}, {outline.said(report.of)}", _legend(shown), _notes(shown))


def _code(session: Session, actor: Actor) -> str:
    return str(session.scalar(text("SELECT code FROM units WHERE id = :id"), {"id": actor.province_id}))


def _plane(zone: crs.Zone, bounds: tuple[float, float, float, float]) -> Plane:
    box = paper.in_zone(zone, bounds)
    metres = max((box[2] - box[0]) / SIZE_MM[0], (box[3] - box[1]) / SIZE_MM[1])
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    across, up = metres * SIZE_MM[0] / 2, metres * SIZE_MM[1] / 2
    return Plane(zone.srid, (x - across, y - up, x + across, y + up), 8 * metres, 0.1 * metres)


def _drawing(shown: content.Content, zone: crs.Zone) -> "Drawing":
    return paper.drawing(shown, zone)


def _legend(shown: content.Content) -> tuple[Entry, ...]:
    texts = telling.classes(shown)
    found = [Entry(said, "clear", paper.ramp(n, len(texts)).lstrip("#")) for n, said in enumerate(texts)]
    used = {fill.mark for fill in telling.fills(shown).values()}
    for mark, (pattern, ground, lines) in PATTERNS.items():
        if mark in used:
            found.append(Entry(words.VI[words.MARKS[mark]], pattern, ground, lines))
    return tuple(found)


def _notes(shown: content.Content) -> tuple[str, ...]:
    said = [telling.subtitle(shown)]
    if any(unit.approximate for unit in shown.units):
        said.append("Ranh giới gần đúng (nét đứt).")
    return tuple(said)
