"""Exports, as a job and from the command line: planned with the rights of the moment, written, recorded, handed out."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url

from app.database import acting
from app.job_context import Context
from app.roles import Urls
from geodata import lossreport
from geodata.lossreport import LossReport
from surveys import exchange
from surveys.access import Actor
from surveys.exchange import Plan


def job(context: Context) -> dict[str, Any]:
    """The kind `export`: parameters layer, epsg (None: the province's zone); the result tells file and losses."""
    wanted = context.parameters
    made = export(
        context.urls,
        context.actor,
        wanted["layer"],
        wanted.get("epsg"),
        context.purpose or "",
        lambda plan: context.folder / plan.file_name,
        context.progress,
        {"job": str(context.id)},
    )
    plan, report, out = made
    return {
        "file": out.name,
        "bytes": out.stat().st_size,
        "layer": plan.layer.key,
        "epsg": plan.zone.epsg,
        "zone": plan.zone.name,
        "rows": report.rows,
        "written": report.written,
        "lost": report.lost,
        "losses": {lossreport.heading(kind): count for kind, count in report.counts.items()},
        "kept_back": list(plan.masked),
        "province": context.actor.province_id,
        "commune": context.actor.commune_id,
    }


def export(
    urls: Urls,
    actor: Actor,
    layer: str,
    epsg: int | None,
    purpose: str,
    where: Callable[[Plan], Path],
    progress: Callable[[int, int], None],
    detail: dict[str, Any] | None = None,
) -> tuple[Plan, LossReport, Path]:
    """Writes the file and its audit row; the file takes its name only once the row is committed."""
    engine = create_engine(urls.web, poolclass=NullPool)
    with acting(engine, actor) as session:
        plan = exchange.plan(session, actor, layer, epsg, purpose)
    out = where(plan)
    unrecorded = out.with_name(f".{out.name}.new")
    try:
        report = exchange.write(plan, libpq(urls.web), unrecorded, progress)
        progress(report.written, report.rows)  # the last chance to cancel
        with acting(engine, actor) as session:
            exchange.record(session, actor, plan, report, detail or {})
        os.replace(unrecorded, out)
    finally:
        unrecorded.unlink(missing_ok=True)
        engine.dispose()
    return plan, report, out


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
