"""What a reform couldn't place: officers of the province see it with the units it may belong to, and settle it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, NotFound
from surveys import audit, review, showing
from surveys.access import Actor, Verb
from surveys.layers import KEYS, named, situation_reports
from surveys.reform_tables import Unplaced

MOST = 200
RESTRICTED = "restricted_reports"


@dataclass(frozen=True)
class Group:
    """What waits from one former commune: all of it went into the same `candidates` (id, name)."""

    unit_id: int
    was: str
    candidates: list[tuple[int, str]]
    rows: list[dict[str, Any]]


def count(session: Session, actor: Actor) -> int:
    """How many rows wait for the actor."""
    query = text("SELECT count(*) FROM unplaced WHERE settled_at IS NULL AND province_id = :p")
    return int(session.scalar(query, {"p": actor.province_id}) or 0)


def waiting(session: Session, actor: Actor, most: int = MOST) -> list[Group]:
    """What waits, by former commune, the oldest first. Of a restricted report only its category and state (S5)."""
    rows = session.execute(text(WAITING), {"p": actor.province_id, "most": most}).all()
    told = _told(session, rows)
    ids = {unit for row in rows for unit in row.candidates}
    names = {row.id: row.name for row in session.execute(text(NAMES), {"ids": list(ids)})}
    groups: dict[int, Group] = {}
    for row in rows:
        group = groups.setdefault(
            row.unit_id,
            Group(row.unit_id, row.was, [(unit, names[unit]) for unit in row.candidates if unit in names], []),
        )
        group.rows.append(
            {"id": row.id, "relation": row.relation, "why": row.why, **told.get((row.relation, row.key), {})}
        )
    return list(groups.values())


def settle(session: Session, actor: Actor, ids: Sequence[uuid.UUID], unit: int) -> int:
    """Puts the rows into a commune of the province; returns how many. Raises NotFound, Conflict, Forbidden."""
    lawful = session.scalar(
        text("SELECT id FROM units WHERE id = :u AND level = 3 AND valid_to IS NULL AND province_id = :p"),
        {"u": unit, "p": actor.province_id},
    )
    if lawful is None:
        raise NotFound(what="commune", id=unit)
    wanted = session.scalars(
        select(Unplaced).where(Unplaced.id.in_(ids), Unplaced.settled_at.is_(None)).with_for_update()
    ).all()
    if len(wanted) != len(set(ids)):
        raise Conflict(what="unplaced", id=", ".join(map(str, ids[:3])))
    for row in wanted:
        _put(session, actor, row, unit)
        session.execute(text(SETTLED), {"id": row.id, "unit": unit, "by": actor.account_id})
        audit.record(
            session, actor, "place", layer=row.relation if row.relation in KEYS else None, area=unit,
            detail={"unplaced": str(row.id)},
        )  # fmt: skip
    return len(wanted)


def _put(session: Session, actor: Actor, row: Unplaced, unit: int) -> None:
    given = {"key": row.key, "unit": unit, "was": row.unit_id}
    if row.relation == "proposals":
        review.place(session, actor, uuid.UUID(row.key), unit, None)
        return
    if row.relation == "hamlets":
        if not session.scalar(text("SELECT settle_hamlet(:id, :unit)"), {"id": int(row.key), "unit": unit}):
            raise Conflict(what="hamlet", id=row.key)
        return
    if row.relation in KEYS:
        actor.must(Verb.REVIEW, row.relation, named(row.relation).grants)
    elif row.relation != RESTRICTED:
        raise NotFound(what="unplaced", id=str(row.id))
    query = f"UPDATE {row.relation} SET commune_id = :unit WHERE id = cast(:key AS uuid) AND commune_id = :was"  # noqa: S608
    if session.execute(text(query), given).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(what="feature", id=row.key)


def _told(session: Session, rows: Sequence[Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """(relation, key) → label, and the place where there is one."""
    labels = showing.labels(session)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for relation in {row.relation for row in rows}:
        keys = [row.key for row in rows if row.relation == relation]
        if relation in KEYS:
            field = named(relation).field(named(relation).label)
            query, shown = FEATURES.format(table=relation, label=field.key), field
        elif relation == RESTRICTED:
            query, shown = RESTRICTED_ROWS, situation_reports.layer.field("category")
        elif relation == "proposals":
            for row in session.execute(text(PROPOSALS), {"keys": keys}):
                layer = situation_reports.layer if row.restricted else named(row.layer)
                label = showing.shown(layer.field(layer.label), row.values.get(layer.label), labels)
                found[relation, row.key] = {"label": f"{layer.title}: {label}", "proposal": row.key}
            continue
        else:
            query, shown = HAMLETS, None
        for row in session.execute(text(query), {"keys": keys}):
            label = row.label if shown is None else showing.shown(shown, row.label, labels)
            found[relation, row.key] = {"label": label, "lon": row.lon, "lat": row.lat}
    return found


WAITING = """
SELECT w.id, w.relation, w.key, w.unit_id, w.candidates, w.why, u.kind || ' ' || u.name AS was
FROM unplaced w JOIN units u ON u.id = w.unit_id
WHERE w.settled_at IS NULL AND w.province_id = :p AND w.relation NOT IN ('accounts', 'offices')
ORDER BY w.at, u.name, w.relation, w.key LIMIT :most
"""
NAMES = "SELECT id, kind || ' ' || name AS name FROM units WHERE id = ANY(:ids)"
SETTLED = "UPDATE unplaced SET settled_unit = :unit, settled_by = :by, settled_at = now() WHERE id = :id"
FEATURES = """
SELECT id::text AS key, {label} AS label, ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat
FROM {table} WHERE id = ANY(cast(:keys AS uuid[]))
"""
RESTRICTED_ROWS = """
SELECT id::text AS key, category AS label, NULL::float8 AS lon, NULL::float8 AS lat FROM restricted_reports
WHERE id = ANY(cast(:keys AS uuid[]))
"""
PROPOSALS = "SELECT id::text AS key, layer, restricted, values FROM proposals WHERE id = ANY(cast(:keys AS uuid[]))"
HAMLETS = """
SELECT id::text AS key, name AS label, ST_X(point) AS lon, ST_Y(point) AS lat FROM units
    WHERE id = ANY(cast(:keys AS int[]))
"""
