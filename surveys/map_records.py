"""The records of one layer in one place, a page at a time: all that clicks on the map would tell, without a click."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import Row, case, func, null, select, text, tuple_
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from geodata.units import COMMUNE, HAMLET
from surveys import at
from surveys.access import Actor, Verb
from surveys.at import Feature
from surveys.layer import Layer
from surveys.places import Place
from surveys.showing import Labels

MOST = 50
_NAMES = text("SELECT id, level, kind, name FROM units WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Record:
    """A record in words, the unit it lies in, and where (degrees; None without a place)."""

    feature: Feature
    unit: Row[tuple[object, ...]]
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Page:
    """The newest first; `following` is where the next page begins, "" at the end."""

    records: list[Record]
    following: str


def page(session: Session, actor: Actor, layer: Layer, place: Place, after: str, labels: Labels, language: str) -> Page:
    """Records of the place from `after` on, a page's `following`. Raises Forbidden, InvalidValue."""
    actor.must(Verb.READ, layer.key, layer.grants)
    f = layer.table.__table__.c
    spot = func.ST_PointOnSurface(f.geom)
    # What is told by commune alone is found in no hamlet (S6).
    hamlet = case((text(layer.unplaced), null()), else_=f.hamlet_id) if layer.unplaced else f.hamlet_id
    asked = select(
        f.id,
        f.observed_on,
        f.commune_id,
        hamlet.label("hamlet_id"),
        func.ST_X(spot).label("lon"),
        func.ST_Y(spot).label("lat"),
    ).where(f.province_id == actor.province_id)
    for unit in place.path:
        if unit.level in (COMMUNE, HAMLET):
            asked = asked.where((f.commune_id if unit.level == COMMUNE else hamlet) == unit.id)
    if actor.commune_id:
        asked = asked.where(f.commune_id == actor.commune_id)
    if after:
        asked = asked.where(tuple_(f.observed_on, f.id) < tuple_(*_begins(after)))
    rows = session.execute(asked.order_by(f.observed_on.desc(), f.id.desc()).limit(MOST + 1)).all()
    shown = rows[:MOST]
    units = {row.hamlet_id or row.commune_id for row in shown}
    names = {row.id: row for row in session.execute(_NAMES, {"ids": list(units)})}
    told = {one.id: one for one in at.described(session, layer, [row.id for row in shown], labels, language)}
    records = [
        Record(told[row.id], names[row.hamlet_id or row.commune_id], row.lon, row.lat)
        for row in shown
        if row.id in told
    ]
    last = shown[-1] if len(rows) > MOST else None
    return Page(records, f"{last.observed_on}_{last.id}" if last else "")


def _begins(after: str) -> tuple[dt.date, uuid.UUID]:
    day, _, id_ = after.partition("_")
    try:
        return dt.date.fromisoformat(day), uuid.UUID(id_)
    except ValueError:
        raise InvalidValue(field="after", value=after[:60], reason="2026-10-01_…") from None
