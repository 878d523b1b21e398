"""What the page of exports shows: what there is to choose for the layers and area chosen, and the exports made."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app import job_answers
from app.jobs import KEPT_DAYS
from geodata import crs
from geodata.outgoing import formats
from geodata.problems import NotFound
from surveys import exchange, export_areas, layers, selections
from surveys.access import Actor
from surveys.export_areas import Area
from surveys.jobs import Job

LISTED = 20
ACTIVE = ("queued", "running")


def shown(session: Session, actor: Actor, given: MultiDict[str, str]) -> dict[str, Any]:
    """Everything of the form, with what was chosen so far; what can't be had is left out, never an error."""
    offered = exchange.offered(actor)
    wanted = {*given.getlist("layers"), *given.getlist("layer")}
    chosen = [layer for layer in offered if layer.key in wanted]
    area = _area(session, actor, given.get("unit", type=int))
    epsg = given.get("epsg", type=int)
    systems = exchange.offered_systems(session, actor, area)
    clash = layers.clash({layer.key for layer in chosen})
    titles = {layer.key: layer for layer in layers.CATALOGUE}
    listed, kept = set(given.getlist("listed")), set(given.getlist("columns"))
    columns = [
        (layer, [(*words, layer.key not in listed or f"{layer.key}.{words[0]}" in kept) for words in named])
        for layer in chosen
        for named in [exchange.columns_of(session, layer)]
    ]
    return {
        "layers": offered,
        "chosen": [layer.key for layer in chosen],
        "clash": (titles[clash.first], titles[clash.second]) if clash else None,
        "areas": export_areas.choices(session, actor),
        "area": area,
        "unit": given.get("unit", type=int),
        "formats": formats.FORMATS,
        "form": given.get("format", "shapefile"),
        "systems": systems,
        "epsg": epsg if epsg in [system.epsg for system, _, _ in systems] else systems[0][0].epsg,
        "states": selections.states(session, chosen),
        "state": given.get("state", ""),
        "filter": given.get("filter", ""),
        "narrowed": any(not kept for _, named in columns for *_, kept in named),
        "columns": columns,
    }


def made(session: Session, actor: Actor) -> dict[str, object]:
    """The account's exports, newest first, and whether one is under way."""
    own = (
        select(Job)
        .where(Job.account_id == actor.account_id, Job.kind == "export")
        .order_by(Job.created_at.desc())
        .limit(LISTED)
    )
    rows = session.scalars(own).all()
    return {
        "rows": [
            {
                "job": job,
                "title": job_answers.title(job),
                "state": job_answers.STATES[job.state],
                "progress": job_answers.progress(job),
                "why": job_answers.sentence(job),
                "until": job.finished_at + dt.timedelta(days=KEPT_DAYS) if job.finished_at else None,
            }
            for job in rows
        ],
        "active": any(job.state in ACTIVE for job in rows),
        "kept_days": KEPT_DAYS,
    }


def _area(session: Session, actor: Actor, unit: int | None) -> Area:
    try:
        return export_areas.find(session, actor, unit)
    except (NotFound, crs.NoZoneForProvince):
        return export_areas.find(session, actor, None)
