"""One place in figures: its units above and below, rows by layer, what waits for approval."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from geodata.units import COMMUNE, HAMLET, PROVINCE
from surveys.access import Actor, Verb
from surveys.layer import Layer
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY

_UNIT = """
SELECT id, level, kind, name, parent_id, approximate, illustrative,
       ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north
FROM (SELECT *, coalesce(geom, point) AS b FROM units
      WHERE province_id = :province AND valid_to IS NULL AND level IN (1, 3, 4)) AS u
"""
# "Thôn 2" before "Thôn 10": first the words, then the number.
_BELOW = """
SELECT id, level, kind, name, approximate, illustrative, search FROM units
WHERE parent_id = :id AND province_id = :province AND valid_to IS NULL AND level IN (3, 4)
ORDER BY regexp_replace(name, '[0-9]+', '') COLLATE "vi-x-icu", left(substring(name, '[0-9]+'), 9)::int, id
"""


@dataclass(frozen=True)
class Line:
    """Rows of one layer in a place; `n` None says they aren't shown there, `waiting` None that it isn't known there."""

    layer: Layer
    n: int | None
    waiting: int | None


@dataclass(frozen=True)
class Place:
    """`path` leads from the province to the unit itself; `below` are its communes or hamlets; degrees in `bounds`."""

    unit: Row[tuple[object, ...]]
    path: list[Row[tuple[object, ...]]]
    below: list[Row[tuple[object, ...]]]
    lines: list[Line]
    bounds: tuple[float, float, float, float] | None
    left_out: str  # "faith" or "reports": what a hamlet's table doesn't show beside the other (S7)


def find(session: Session, actor: Actor, unit_id: int, shown: frozenset[str] = frozenset()) -> Place:
    """The place in the actor's scope; `shown` are the layers on the map beside it. Raises NotFound."""
    path = _path(session, actor, unit_id)
    unit = path[-1]
    below = session.execute(text(_BELOW), {"id": unit_id, "province": actor.province_id}).all()
    if unit.level == PROVINCE and actor.commune_id:
        below = [row for row in below if row.id == actor.commune_id]
    left_out = ""
    if unit.level == HAMLET:
        left_out = "reports" if shown & FAITH_AND_ETHNICITY else "faith"
    return Place(unit, path, list(below), _lines(session, actor, path, left_out), _bounds(unit), left_out)


def _path(session: Session, actor: Actor, unit_id: int) -> list[Row[tuple[object, ...]]]:
    path: list[Row[tuple[object, ...]]] = []
    wanted: int | None = unit_id
    while wanted is not None and len(path) < HAMLET:
        row = session.execute(
            text(_UNIT + "WHERE id = :id"), {"province": actor.province_id, "id": wanted}
        ).one_or_none()
        if row is None:
            raise NotFound(what="unit", id=unit_id)
        path.insert(0, row)
        wanted = row.parent_id
    communes = [row.id for row in path if row.level == COMMUNE]
    # A commune's account finds its own commune and hamlets, and the province as a frame around them.
    if actor.commune_id and communes and communes[0] != actor.commune_id:
        raise NotFound(what="unit", id=unit_id)
    return path


def _lines(session: Session, actor: Actor, path: list[Row[tuple[object, ...]]], left_out: str) -> list[Line]:
    unit = path[-1]
    readable = [layer for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)]
    if unit.level == HAMLET:
        commune = int(str(unit.parent_id))
        return [
            Line(
                layer,
                None if _is_left_out(layer, left_out) else _in_hamlet(session, actor, layer, commune, unit.id),
                None,
            )
            for layer in readable
        ]
    counts: dict[str, int] = defaultdict(int)
    waiting: dict[str, int] = defaultdict(int)
    for row in session.execute(text("SELECT layer, commune_id, n FROM layer_counts()")):
        if unit.level == PROVINCE or row.commune_id == unit.id:
            counts[row.layer] += row.n
    for row in session.execute(text("SELECT layer, commune_id, n FROM waiting_counts()")):
        if unit.level == PROVINCE or row.commune_id == unit.id:
            waiting[row.layer] += row.n
    return [Line(layer, counts[layer.key], waiting[layer.key]) for layer in readable]


def _is_left_out(layer: Layer, left_out: str) -> bool:
    if left_out == "faith":
        return layer.key in FAITH_AND_ETHNICITY
    return layer.key == "situation_reports"


def _in_hamlet(session: Session, actor: Actor, layer: Layer, commune: int, hamlet: int) -> int:
    table = layer.table
    asked = select(func.count()).where(
        table.province_id == actor.province_id, table.commune_id == commune, table.hamlet_id == hamlet
    )
    if layer.unplaced:  # told by its commune alone (S6)
        asked = asked.where(text(f"NOT ({layer.unplaced})"))
    return int(session.scalar(asked) or 0)


def _bounds(unit: Row[tuple[object, ...]]) -> tuple[float, float, float, float] | None:
    if unit.west is None:
        return None
    return (unit.west, unit.south, unit.east, unit.north)
