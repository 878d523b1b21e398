"""Puts the rows of any table into the units that now hold them: by place, then hamlet, then whole succession."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Rows:
    """A table whose rows name units, and by what of a row its unit is found: SQL over the row `f`.

    `leader` is a query of (key, unit): where a row goes that goes with another one. Where `nullable`, a row that can't
    be placed names no commune until a person chose one; elsewhere it keeps the former one.
    """

    table: str
    name: str = ""  # the relation as it is told; by default the table
    key: str = "f.id"
    commune: str = "commune_id"
    place: str = "f.geom"
    hamlet: str = "f.hamlet_id"
    where: str = "true"
    version: str = "f.version"
    leader: str = ""
    nullable: bool = False
    queue: str = "true"  # SQL over `f`: whether a row that can't be placed waits for a person by itself
    versions: bool = False  # its former rows are kept in `versions` and are seen by whoever sees the row

    @property
    def relation(self) -> str:
        return self.name or self.table


HAMLETS = Rows(
    "units", "hamlets", commune="parent_id", place="coalesce(ST_PointOnSurface(f.geom), f.point)", hamlet="NULL::int",
    where="f.level = 4 AND f.valid_to IS NULL", version="NULL::int",
)  # fmt: skip


def layer(table: str) -> Rows:
    """The features of a layer."""
    return Rows(table, versions=True)


@dataclass(frozen=True)
class Rehomed:
    """What became of a relation's rows; all but `elsewhere` and `beyond` add up to `total`.

    By their place: `kept` and `moved`. Of those whose commune has ended: `hamlet`, `leader`, `succession`, `queued`.
    Of the others `outside` lie in no commune we know, `without_place` have no geometry: both keep the one they had.
    `elsewhere` of the rows name a hamlet of another commune; `beyond` moved to no heir of their former commune.
    """

    layer: str
    total: int
    kept: int
    moved: int
    hamlet: int
    leader: int
    succession: int
    queued: int
    outside: int
    without_place: int
    elsewhere: int
    beyond: int

    @property
    def adds_up(self) -> bool:
        """Whether every row was counted once."""
        parts = {each.name for each in fields(self)} - {"layer", "total", "elsewhere", "beyond"}
        return self.total == sum(getattr(self, part) for part in parts)


def follow_successions(connection: Connection) -> None:
    """Fills the temporary table `ended`: each unit of the past with what became of it, over several reforms."""
    connection.execute(text("DROP TABLE IF EXISTS ended"))
    connection.execute(text(ENDED))
    connection.execute(text("CREATE UNIQUE INDEX ON ended (id)"))
    connection.execute(text("ANALYZE ended"))


def rehome(
    connection: Connection,
    rows: Rows,
    province_ids: Sequence[int],
    reform: uuid.UUID | None = None,
    *,
    back: bool = False,
) -> Rehomed:
    """Gives each row of these provinces, and each whose commune has ended, to the commune of today that holds it.

    A plain UPDATE: the former row of a layer becomes a version. What can't be placed waits in `unplaced`. Needs
    `follow_successions` in the same transaction. Without a `reform` nothing is written down of it. `back`: the units of
    this reform are about to be removed, so that a row that waits goes to the first of its candidates meanwhile.
    """
    connection.execute(text("DROP TABLE IF EXISTS homes"))
    names = _names(connection, rows, back=back)
    connection.execute(text(HOMES.format(**names)), {"provinces": list(province_ids)})
    connection.execute(text("ANALYZE homes"))
    counts = connection.execute(text(COUNT)).one()
    if rows.place != "NULL::geometry":
        connection.execute(text(LOG_TIES), {"layer": rows.relation})
    connection.execute(text(MOVE.format(**names)))
    if rows.versions:
        connection.execute(text(VERSIONS_FOLLOW), {"layer": rows.table})
    elsewhere = connection.execute(text(ELSEWHERE.format(**names))).scalar_one()
    if reform is not None:
        written = {"reform": reform, "relation": rows.relation}
        if not back:
            connection.execute(text(WRITE_MOVES.format(**names)), written)
        connection.execute(text(QUEUE.format(**names)), written)
    return Rehomed(layer=rows.relation, elsewhere=elsewhere, **counts._mapping)


def _names(connection: Connection, rows: Rows, *, back: bool = False) -> dict[str, str]:
    quote = connection.dialect.identifier_preparer.quote
    return {
        "table": quote(rows.table), "key": rows.key, "commune": quote(rows.commune), "place": rows.place,
        "hamlet": rows.hamlet, "where": rows.where, "version": rows.version, "queue": rows.queue,
        "leader": rows.leader or "SELECT key, NULL::int AS unit FROM affected WHERE false",
        # A row that waits keeps its former commune where it must name one.
        "left": "NULL" if rows.nullable else "h.candidates[1]" if back else "h.unit_before",
    }  # fmt: skip


ENDED = """
CREATE TEMP TABLE ended ON COMMIT DROP AS
WITH RECURSIVE line(old, id, whole) AS (
    SELECT id, id, true FROM units WHERE valid_to IS NOT NULL AND level <= 3
    UNION
    SELECT l.old, s.new_id, l.whole AND s.whole FROM line l JOIN succession s ON s.old_id = l.id
), heirs AS (
    SELECT l.old AS id, count(DISTINCT u.id) AS heirs, bool_and(l.whole) AS whole,
           array_agg(DISTINCT u.id ORDER BY u.id) AS candidates,
           count(DISTINCT u.province_id) AS provinces, min(u.province_id) AS province_id
    FROM line l JOIN units u ON u.id = l.id WHERE u.valid_to IS NULL GROUP BY l.old
)
SELECT o.id, CASE WHEN h.heirs = 1 AND h.whole THEN h.candidates[1] END AS heir,
       coalesce(h.candidates, '{}') AS candidates,
       CASE WHEN h.provinces = 1 THEN h.province_id WHEN p.heirs = 1 THEN p.candidates[1] END AS province_id
FROM units o LEFT JOIN heirs h ON h.id = o.id LEFT JOIN heirs p ON p.id = o.province_id
WHERE o.valid_to IS NOT NULL AND o.level <= 3
"""
# OFFSET 0: else the place, which may be costly, is worked out anew wherever it is used.
HOMES = """
CREATE TEMP TABLE homes ON COMMIT DROP AS
WITH affected AS MATERIALIZED (
    SELECT * FROM (
        SELECT {key} AS key, f.province_id AS province_before, f.{commune} AS unit_before, {hamlet} AS hamlet_id,
               e.id IS NOT NULL AS ended, e.heir, e.candidates, coalesce(e.province_id, q.heir) AS heirs_province,
               ({queue}) AS queue, CASE WHEN ST_Dimension({place}) = 0 THEN {place} ELSE
                   ST_PointOnSurface({place}) END AS place
        FROM {table} f LEFT JOIN ended e ON e.id = f.{commune} LEFT JOIN ended q ON q.id = f.province_id
        WHERE ({where}) AND (f.province_id = ANY(:provinces) OR e.id IS NOT NULL OR q.id IS NOT NULL)
        OFFSET 0) AS a
), held AS MATERIALIZED (
    SELECT a.key, min(p.unit_id) AS unit_id,
           CASE WHEN count(DISTINCT p.unit_id) > 1 THEN array_agg(DISTINCT p.unit_id ORDER BY p.unit_id) END AS claims
    FROM affected a JOIN unit_parts p ON p.geom && a.place AND p.level = 3 AND ST_Intersects(p.geom, a.place)
    GROUP BY a.key
), led AS MATERIALIZED ({leader}), placed AS (
    SELECT a.*, h.claims,
           CASE WHEN h.unit_id = a.unit_before THEN 'kept' WHEN h.unit_id IS NOT NULL THEN 'moved'
                WHEN l.unit IS NOT NULL THEN 'leader'
                WHEN a.unit_before IS NOT NULL AND NOT a.ended OR a.unit_before IS NULL
                    THEN CASE WHEN a.place IS NULL THEN 'without_place' ELSE 'outside' END
                WHEN c.id IS NOT NULL THEN 'hamlet' WHEN a.heir IS NOT NULL THEN 'succession' ELSE 'queued' END AS how,
           CASE WHEN h.unit_id IS NOT NULL THEN h.unit_id WHEN l.unit IS NOT NULL THEN l.unit
                WHEN a.ended THEN coalesce(c.id, a.heir) END AS found
    FROM affected a
    LEFT JOIN held h ON h.key = a.key
    LEFT JOIN led l ON l.key = a.key
    LEFT JOIN units m ON m.id = a.hamlet_id
    LEFT JOIN units c ON c.id = m.parent_id AND c.level = 3 AND c.valid_to IS NULL
)
SELECT h.*, CASE h.how WHEN 'queued' THEN {left} ELSE coalesce(h.found, h.unit_before) END AS unit_after,
       coalesce(u.province_id, h.heirs_province, h.province_before) AS province_after
FROM placed h LEFT JOIN units u ON u.id = h.found
"""
COUNT = """
SELECT count(*) AS total, count(*) FILTER (WHERE how = 'kept') AS kept, count(*) FILTER (WHERE how = 'moved') AS moved,
       count(*) FILTER (WHERE how = 'hamlet') AS hamlet, count(*) FILTER (WHERE how = 'leader') AS leader,
       count(*) FILTER (WHERE how = 'succession') AS succession, count(*) FILTER (WHERE how = 'queued') AS queued,
       count(*) FILTER (WHERE how = 'outside') AS outside,
       count(*) FILTER (WHERE how = 'without_place') AS without_place,
       count(*) FILTER (WHERE how = 'moved' AND ended AND candidates <> '{}'
           AND unit_after <> ALL(candidates)) AS beyond
FROM homes
"""
LOG_TIES = """
INSERT INTO placement_ties (layer, feature_id, unit_id, others)
SELECT :layer, key::text, claims[1], array_to_string(claims[2:], ' ') FROM homes WHERE claims IS NOT NULL
"""
CHANGED = "(h.province_before, h.unit_before) IS DISTINCT FROM (h.province_after, h.unit_after)"
MOVE = (
    """
UPDATE {table} f SET {commune} = h.unit_after, province_id = h.province_after
FROM homes h WHERE {key} = h.key AND ({where}) AND """
    + CHANGED
)
# Former rows keep what they said; who may read them goes with the row.
VERSIONS_FOLLOW = (
    """
UPDATE versions v SET province_id = h.province_after, commune_id = h.unit_after
FROM homes h
WHERE v.layer = :layer AND v.id = h.key
    AND (v.province_id, v.commune_id) IS DISTINCT FROM (h.province_after, h.unit_after)
  AND (h.ended OR h.province_before <> h.province_after) AND """
    + CHANGED
)
ELSEWHERE = """
SELECT count(*) FROM homes h JOIN units m ON m.id = h.hamlet_id WHERE m.parent_id <> h.unit_after
"""
WRITE_MOVES = (
    """
INSERT INTO reform_moves (reform_id, relation, key, how, province_before, unit_before, province_after, unit_after,
                          version_after)
SELECT :reform, :relation, h.key::text, h.how, h.province_before, h.unit_before, h.province_after, h.unit_after,
    {version}
FROM homes h JOIN {table} f ON {key} = h.key AND ({where}) WHERE """
    + CHANGED
)
QUEUE = """
INSERT INTO unplaced (reform_id, relation, key, province_id, unit_id, candidates, why)
SELECT :reform, :relation, key::text, province_after, unit_before, candidates,
       CASE WHEN place IS NULL THEN 'without_place' ELSE 'outside' END
FROM homes WHERE how = 'queued' AND queue
ON CONFLICT (relation, key) WHERE settled_at IS NULL DO NOTHING
"""
