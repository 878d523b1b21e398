"""Takes a reform back: units, successions and the units of every row as they were, but for what was edited since."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import Connection, text

from geodata import placing, rehoming
from geodata.problems import Problem
from geodata.rehoming import Rehomed, Rows

NAMED = 200


class ReformNotLast(Problem):
    """A later one stands on it: that is taken back first. Facts: source, at (of the later one)."""

    code: ClassVar[str] = "reform_not_last"


class ReformUndone(Problem):
    """It was taken back already."""

    code: ClassVar[str] = "reform_undone"


@dataclass
class Undone:
    """What came back. `edited` names rows changed since (relation, key, what): `kept` the edit stays and the unit came
    back, `unit` a person gave it another unit meanwhile, `gone` the row is no more. `others` were added since."""

    units: int
    rows: dict[str, int] = field(default_factory=dict)
    edited: list[tuple[str, str, str]] = field(default_factory=list)
    edited_count: int = 0
    others: list[Rehomed] = field(default_factory=list)


def undo(connection: Connection, reform: uuid.UUID, tables: Sequence[Rows]) -> Undone:
    """As the worker role, in the caller's transaction; `tables` as when it was applied.

    Raises ReformNotLast, ReformUndone.
    """
    _check(connection, reform)
    parameters = {"reform": reform}
    added = list(
        connection.scalars(text("SELECT unit_id FROM reform_units WHERE reform_id = :reform AND added"), parameters)
    )
    changed = list(
        connection.scalars(text("SELECT unit_id FROM reform_units WHERE reform_id = :reform AND NOT added"), parameters)
    )
    done = Undone(units=len(added) + len(changed))
    for rows in reversed(tables):
        done.rows[rows.relation] = _put_back(connection, reform, rows, done)
    connection.execute(text(RESTORE_UNITS), parameters)
    connection.execute(text("DELETE FROM unit_parts WHERE unit_id = ANY(:ids)"), {"ids": added})
    placing.refresh_parts(connection, changed)
    connection.execute(text("DELETE FROM unplaced WHERE reform_id = :reform"), parameters)
    if added:
        _empty(connection, reform, added, tables, done)
    connection.execute(text(RESTORE_PAIRS), parameters)
    connection.execute(text(DROP_PAIRS), parameters)
    connection.execute(text("DELETE FROM units WHERE id = ANY(:ids)"), {"ids": added})
    return done


def _check(connection: Connection, reform: uuid.UUID) -> None:
    row = connection.execute(
        text("SELECT applied_at, undone_at FROM reforms WHERE id = :id FOR UPDATE"), {"id": reform}
    ).one()
    if row.undone_at is not None:
        raise ReformUndone()
    later = connection.execute(
        text(
            "SELECT source, to_char(applied_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD/MM/YYYY HH24:MI') AS at"
            " FROM reforms WHERE applied_at > :at AND undone_at IS NULL ORDER BY applied_at DESC LIMIT 1"
        ),
        {"at": row.applied_at},
    ).first()
    if later is not None:
        raise ReformNotLast(source=later.source, at=later.at)


def _put_back(connection: Connection, reform: uuid.UUID, rows: Rows, done: Undone) -> int:
    quote = connection.dialect.identifier_preparer.quote
    names = {
        "table": quote(rows.table), "key": rows.key, "commune": quote(rows.commune), "where": rows.where,
        "version": rows.version,
    }  # fmt: skip
    parameters = {"reform": reform, "relation": rows.relation}
    edited = connection.execute(text(EDITED.format(**names)), parameters).all()
    done.edited_count += len(edited)
    done.edited += [(rows.relation, row.key, row.what) for row in edited[: NAMED - len(done.edited)]]
    back: int = connection.execute(text(PUT_BACK.format(**names)), parameters).rowcount
    if rows.versions:
        connection.execute(text(VERSIONS_BACK), {"reform": reform, "layer": rows.table})
    return back


def _empty(connection: Connection, reform: uuid.UUID, added: list[int], tables: Sequence[Rows], done: Undone) -> None:
    """What was added to the new units since finds its place among the former ones."""
    connection.execute(text("DROP TABLE IF EXISTS ended"))
    connection.execute(text(FORMER), {"ids": added})
    done.others = [
        found for rows in tables if (found := rehoming.rehome(connection, rows, [], reform, back=True)).total
    ]


# Where a person has placed what had waited, that is where the reform put it.
MOVED = """
reform_moves m LEFT JOIN unplaced w ON w.reform_id = m.reform_id AND w.relation = m.relation AND w.key = m.key
    AND w.settled_unit IS NOT NULL
"""
AS_PUT = "(f.province_id, f.{commune}) IS NOT DISTINCT FROM (m.province_after, coalesce(w.settled_unit, m.unit_after))"
EDITED = f"""
SELECT m.key, CASE WHEN {{key}} IS NULL THEN 'gone' WHEN {AS_PUT} THEN 'kept' ELSE 'unit' END AS what
FROM {MOVED} LEFT JOIN {{table}} f ON {{key}}::text = m.key AND ({{where}})
WHERE m.reform_id = :reform AND m.relation = :relation
  AND ({{key}} IS NULL OR NOT {AS_PUT} OR {{version}} <> m.version_after + (w.settled_unit IS NOT NULL)::int)
ORDER BY m.key
"""  # noqa: S608  the text above
PUT_BACK = f"""
UPDATE {{table}} f SET {{commune}} = m.unit_before, province_id = m.province_before
FROM {MOVED}
WHERE m.reform_id = :reform AND m.relation = :relation AND {{key}}::text = m.key AND ({{where}}) AND {AS_PUT}
"""  # noqa: S608  the same
# As the row said when it was replaced, where that unit is one of today again; else as the row says now.
VERSIONS_BACK = """
UPDATE versions v SET province_id = m.province_before, commune_id = m.unit_before
FROM reform_moves m
WHERE m.reform_id = :reform AND m.relation = :layer AND v.layer = :layer AND v.id::text = m.key
  AND v.commune_id = m.unit_after
"""
RESTORE_UNITS = """
UPDATE units u SET valid_to = r.valid_to, parent_id = r.parent_id, province_id = r.province_id, area_km2 = r.area_km2,
    point = r.point, geom = r.geom, approximate = r.approximate
FROM reform_units r WHERE r.reform_id = :reform AND NOT r.added AND u.id = r.unit_id
"""
RESTORE_PAIRS = """
UPDATE succession s SET whole = p.whole FROM reform_pairs p
WHERE p.reform_id = :reform AND p.whole IS NOT NULL AND s.old_id = p.old_id AND s.new_id = p.new_id
"""
DROP_PAIRS = """
DELETE FROM succession s USING reform_pairs p
WHERE p.reform_id = :reform AND p.whole IS NULL AND s.old_id = p.old_id AND s.new_id = p.new_id
"""
FORMER = """
CREATE TEMP TABLE ended ON COMMIT DROP AS
SELECT u.id, CASE WHEN count(s.old_id) = 1 THEN min(s.old_id) END AS heir,
       coalesce(array_agg(s.old_id ORDER BY s.old_id) FILTER (WHERE s.old_id IS NOT NULL), '{}') AS candidates,
       CASE WHEN count(DISTINCT o.province_id) = 1 THEN min(o.province_id) END AS province_id
FROM units u LEFT JOIN succession s ON s.new_id = u.id LEFT JOIN units o ON o.id = s.old_id
WHERE u.id = ANY(:ids) GROUP BY u.id
"""
