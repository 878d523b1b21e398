"""Exports, as a job and from the command line: planned with the rights of the moment, written, recorded, handed out."""

import os
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.database import acting
from app.job_context import Context
from app.roles import Urls
from geodata.outgoing import lossreport
from geodata.outgoing.lossreport import LossReport
from surveys import exchange, jobs, selections
from surveys.access import Actor
from surveys.exchange import Plan
from surveys.selections import Selection


def ask(session: Session, actor: Actor, selection: Selection, purpose: str | None) -> uuid.UUID:
    """Queues an export that the actor may have as things stand; its id. Raises as exchange.check and purpose_of."""
    exchange.check(session, actor, selection)
    return jobs.submit(session, actor, "export", selection.parameters, exchange.purpose_of(purpose))


def job(context: Context) -> dict[str, Any]:
    """The kind `export`: parameters as selections.read takes them; the result tells file and losses."""
    made = export(
        context.urls,
        context.actor,
        selections.read(context.parameters),
        context.purpose or "",
        lambda plan: context.folder / plan.file_name,
        context.progress,
        {"job": str(context.id)},
    )
    return {
        "file": made.file.name,
        "bytes": made.file.stat().st_size,
        "layers": [layer.key for layer in made.plan.layers],
        "format": made.plan.format.key,
        "epsg": made.plan.used.epsg,
        "system": made.plan.used.name,
        "rows": sum(each.rows for each in made.reports),
        "written": sum(each.written for each in made.reports),
        "lost": sum(each.lost for each in made.reports),
        "losses": {lossreport.heading(kind): count for kind, count in made.losses.items()},
        "kept_back": list(made.plan.masked),
        "province": context.actor.province_id,
        "commune": context.actor.commune_id,
    }


@dataclass(frozen=True)
class Made:
    """A file that is there, and recorded."""

    plan: Plan
    reports: list[LossReport]
    file: Path

    @property
    def losses(self) -> Counter[str]:
        """How many of each kind, of all layers."""
        return sum((each.counts for each in self.reports), Counter())


def export(
    urls: Urls,
    actor: Actor,
    selection: Selection,
    purpose: str,
    where: Callable[[Plan], Path],
    progress: Callable[[int, int], None],
    detail: dict[str, Any] | None = None,
) -> Made:
    """Writes the file and its audit rows; the file takes its name only once they are committed."""
    engine = create_engine(urls.web, poolclass=NullPool)
    with acting(engine, actor) as session:
        plan = exchange.plan(session, actor, selection, purpose)
    out = where(plan)
    unrecorded = out.with_name(f".{out.name}.new")
    try:
        reports = exchange.write(plan, libpq(urls.web), unrecorded, progress)
        # The last chance to cancel.
        progress(sum(each.written for each in reports), sum(each.rows for each in reports))
        with acting(engine, actor) as session:
            exchange.record(session, actor, plan, reports, detail or {})
        os.replace(unrecorded, out)
    finally:
        unrecorded.unlink(missing_ok=True)
        engine.dispose()
    return Made(plan, reports, out)


def libpq(address: str) -> dict[str, Any]:
    """A SQLAlchemy address as libpq parameters."""
    url = make_url(address)
    return {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        **url.query,
    }
