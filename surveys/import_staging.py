"""A file's rows in temporary tables: placed, compared with what is stored, judged; all of it in the database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from surveys import import_sql, stamps
from surveys.access import Actor
from surveys.import_rows import Staged
from surveys.layer import Layer
from surveys.layers import religious_sites
from surveys.nearby import SAME_NAME_M, SAME_PLACE_M

# Layers whose features are places: the same one twice is kept out. Elsewhere two visits to one place are two rows.
PLACES = frozenset({religious_sites.layer.key})
TOLD_EVERY = 2000
_RAW = """
CREATE TEMP TABLE incoming (
    n int, id uuid, version int, stamp text, export text, observed_on date, commune text, hamlet text, name text,
    "values" jsonb, flags jsonb, doubts jsonb, geom geometry
) ON COMMIT DROP
"""
# A row that several units claim belongs to the smallest id, as everywhere.
_LOCATE = """
CREATE TEMP TABLE located ON COMMIT DROP AS
SELECT i.n, min(p.unit_id) AS unit_id
FROM (SELECT n, CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS place
      FROM incoming WHERE geom IS NOT NULL) i
JOIN unit_parts p ON p.geom && i.place AND p.level = 3 AND ST_Intersects(p.geom, i.place)
GROUP BY i.n
"""


@dataclass(frozen=True)
class Scope:
    """Whose rows: province, and commune or 0 for all of it."""

    province: int
    commune: int

    @classmethod
    def of(cls, actor: Actor) -> "Scope":
        return cls(actor.province_id, actor.commune_id)

    @property
    def values(self) -> dict[str, int]:
        return {"province": self.province, "commune": self.commune}


def fill(connection: Connection, layer: Layer, rows: Iterable[Staged], told: Any = lambda _n: None) -> int:
    """Copies rows into `incoming` as they come; how many. `told` hears how far it is."""
    connection.execute(text(_RAW))
    raw: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    count = 0
    with raw as cursor, cursor.copy("COPY incoming FROM STDIN") as stream:
        for line in _lines(layer, rows):
            stream.write(line)
            count += 1
            if count % TOLD_EVERY == 0:
                told(count)
    connection.execute(text("UPDATE incoming SET geom = ST_SetSRID(geom, 4326) WHERE geom IS NOT NULL"))
    connection.execute(text("ANALYZE incoming"))
    return count


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _lines(layer: Layer, rows: Iterable[Staged]) -> Iterator[str]:
    """COPY's text format, made here: its writer of rows asks each value for its type anew."""
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def cell(value: Any) -> str:
        return "\\N" if value is None else str(value).translate(_ESCAPES)

    for row in rows:
        name = row.values.get(layer.label)
        yield "\t".join(
            (
                str(row.number), cell(row.feature_id), cell(row.version), cell(row.stamp), cell(row.export),
                cell(row.observed_on), cell(row.commune), cell(row.hamlet), cell(name), cell(dump(row.values)),
                dump(row.flags) if row.flags else "[]", cell(dump(row.doubts)) if row.doubts else "[]",
                "\\N" if row.wkb is None else row.wkb.hex(),
            )
        ) + "\n"  # fmt: skip


def judge(connection: Connection, actor: Actor, layer: Layer, *, returns: bool) -> None:
    """Fills `judged`: each row's unit, what it changes and what is doubtful of it. `returns`: rows may carry ids."""
    scope = Scope.of(actor)
    connection.execute(text(_LOCATE))
    connection.execute(text(_judged(layer, returns=returns)), {**scope.values, "layer": layer.key})
    connection.execute(text("CREATE INDEX ON judged (n)"))
    connection.execute(text("ANALYZE judged"))
    _doubt_places(connection, layer, scope)
    if returns:
        _doubt_returned(connection)
    _doubt_rules(connection, actor, layer)
    _doubt_twins(connection, layer, scope)


def doubt(connection: Connection, reason: str, which: str, what: str = "''", **facts: Any) -> int:
    """Adds a doubt to the rows that the condition over `judged j` picks; `what` is SQL text."""
    made = f"jsonb_build_array(jsonb_build_array(cast(:reason AS text), {what}, ''))"
    statement = f"UPDATE judged j SET doubts = doubts || {made} WHERE {which}"
    return connection.execute(text(statement), {"reason": reason, **facts}).rowcount


def _judged(layer: Layer, *, returns: bool) -> str:
    """Action: create, update, unchanged, gone (the row was removed meanwhile), unknown (an id that never was)."""
    shape = f"CASE WHEN i.geom IS NULL THEN NULL ELSE {_shaped(layer, 'i.geom')} END"
    unit = (
        "CASE WHEN i.geom IS NOT NULL THEN l.unit_id ELSE (SELECT u.id FROM units u WHERE u.level = 3"
        " AND u.valid_to IS NULL AND u.province_id = :province AND u.code = i.commune LIMIT 1) END"
    )
    hamlet = (
        "(SELECT u.id FROM units u WHERE u.level = 4 AND u.valid_to IS NULL AND u.province_id = :province"
        " AND u.code = i.hamlet AND i.hamlet <> '' ORDER BY u.id LIMIT 1)"
    )
    start = f"""
CREATE TEMP TABLE judged ON COMMIT DROP AS
SELECT i.n, i.name, i."values", i.observed_on, i.flags, i.doubts, {shape} AS geom, {unit} AS commune_id,
       CASE WHEN i.hamlet IS NOT NULL THEN {hamlet} END AS hamlet_id, i.commune AS commune_code"""
    if not returns:
        return f"""{start},
       gen_random_uuid() AS id, 'create' AS action, NULL::int AS version, NULL::int AS version_now,
       i."values" AS edited, NULL::float8 AS moved, '[]'::jsonb AS conflicts, NULL::jsonb AS was, NULL::jsonb AS stands,
       NULL::text AS export, true AS stamped, true AS first
FROM incoming i LEFT JOIN located l ON l.n = i.n"""
    edits = [
        f"CASE WHEN NOT {import_sql.unedited(layer, of, 'b.base', 's.sent')} THEN {import_sql.literal(of.key)} END"
        for of in layer.fields
    ]
    edits += [
        f"CASE WHEN s.sent ? '{key}' AND b.base -> '{key}' <> s.sent -> '{key}' THEN '{key}' END"
        for key in ("observed_on", "hamlet_id")
    ]
    facts = import_sql.facts(layer, "f")
    stamp_now = stamps.sql_of("f.id::text", "f.version", "f.updated_at")
    stamp_then = stamps.sql_of("v.id::text", "v.version", "(v.row ->> 'updated_at')::timestamptz")
    # OFFSET 0: each of these is worked out once a row, however often it is named after.
    return f"""{start},
       coalesce(i.id, gen_random_uuid()) AS id,
       CASE WHEN i.id IS NULL THEN 'create' WHEN f.id IS NULL THEN CASE WHEN EXISTS (SELECT FROM versions w
            WHERE w.layer = :layer AND w.id = i.id AND w.province_id = :province) THEN 'gone' ELSE 'unknown' END
            WHEN e.keys = '{{}}' AND m.moved IS NULL THEN 'unchanged' ELSE 'update' END AS action,
       i.version, f.version AS version_now,
       CASE WHEN i.id IS NULL THEN i."values" ELSE (SELECT coalesce(jsonb_object_agg(k, s.sent -> k), '{{}}')
            FROM unnest(e.keys) k) END AS edited,
       m.moved,
       coalesce((SELECT jsonb_agg(k) FROM unnest(e.keys) k WHERE b.base -> k IS DISTINCT FROM b.stands -> k
                 AND s.sent -> k IS DISTINCT FROM b.stands -> k), '[]')
         || CASE WHEN m.moved IS NOT NULL AND f.version <> i.version AND NOT coalesce(b.place ~= f.geom, false)
                 THEN '["geometry"]'::jsonb ELSE '[]'::jsonb END AS conflicts,
       (SELECT jsonb_object_agg(k, b.base -> k) FROM unnest(e.keys) k) AS was,
       CASE WHEN f.version <> i.version THEN (SELECT jsonb_object_agg(k, b.stands -> k) FROM unnest(e.keys) k) END
         AS stands,
       i.export, b.base IS NOT NULL AND (i.stamp IS NULL OR i.stamp = b.stamp) AS stamped,
       row_number() OVER (PARTITION BY i.id ORDER BY i.n) = 1 OR i.id IS NULL AS first
FROM incoming i LEFT JOIN located l ON l.n = i.n
LEFT JOIN {layer.key} f ON f.id = i.id AND f.province_id = :province AND :commune IN (0, f.commune_id)
LEFT JOIN versions v ON v.layer = :layer AND v.id = i.id AND v.version = i.version AND v.province_id = :province
    AND f.version <> i.version
LEFT JOIN LATERAL (
    SELECT CASE WHEN f.version = i.version THEN {facts} ELSE v.row END AS base, {facts} AS stands,
           CASE WHEN f.version = i.version THEN f.geom
                ELSE coalesce(v.geom, ST_SetSRID(ST_GeomFromGeoJSON(v.row ->> 'geom'), 4326)) END AS place,
           CASE WHEN f.version = i.version THEN {stamp_now} ELSE {stamp_then} END AS stamp
    WHERE f.id IS NOT NULL OFFSET 0) b ON true
LEFT JOIN LATERAL (
    SELECT i."values" || CASE WHEN i.observed_on IS NULL THEN '{{}}'::jsonb
               ELSE jsonb_build_object('observed_on', i.observed_on) END
           || CASE WHEN i.hamlet IS NULL THEN '{{}}'::jsonb
               ELSE coalesce((SELECT jsonb_build_object('hamlet_id', h) FROM {hamlet} AS h WHERE h IS NOT NULL), '{{}}')
               END AS sent
    WHERE f.id IS NOT NULL OFFSET 0) s ON true
LEFT JOIN LATERAL (
    SELECT CASE WHEN b.base IS NULL THEN '{{}}'::text[]
                ELSE array_remove(ARRAY[{", ".join(edits)}], NULL) END AS keys
    WHERE f.id IS NOT NULL OFFSET 0) e ON true
LEFT JOIN LATERAL (
    SELECT {import_sql.moved(layer, "b.place", _shaped(layer, "i.geom"))} AS moved
    WHERE f.id IS NOT NULL AND b.base IS NOT NULL OFFSET 0) m ON true"""


def _shaped(layer: Layer, geom: str) -> str:
    return geom if layer.shape == "POINT" else f"ST_Multi({geom})"


_CHANGES = "j.action IN ('create', 'update')"


def _doubt_places(connection: Connection, layer: Layer, scope: Scope) -> None:
    facts = scope.values
    shaped = "GeometryType(j.geom) <> :shape"
    doubt(connection, "shape", f"j.geom IS NOT NULL AND {shaped}", "GeometryType(j.geom)", shape=layer.shape)
    doubt(connection, "no_place", "j.action = 'create' AND j.geom IS NULL AND j.commune_id IS NULL")
    placed = f"{_CHANGES} AND j.geom IS NOT NULL AND (j.action = 'create' OR j.moved IS NOT NULL)"
    doubt(
        connection, "outside",
        f"{placed} AND NOT EXISTS (SELECT FROM units u WHERE u.id = j.commune_id AND u.province_id = :province)",
        province=facts["province"],
    )  # fmt: skip
    if scope.commune:
        doubt(
            connection, "outside_scope",
            f"{_CHANGES} AND (j.action = 'create' OR j.moved IS NOT NULL) AND j.commune_id <> :commune",
            commune=scope.commune,
        )  # fmt: skip


def _doubt_returned(connection: Connection) -> None:
    doubt(connection, "unknown_id", "j.action = 'unknown'")
    doubt(connection, "gone", "j.action = 'gone'")
    doubt(connection, "same_id", "NOT j.first")
    doubt(connection, "stamp", "j.action IN ('update', 'unchanged') AND NOT j.stamped")
    # A name that a person's is found in counts against a row only where the file changed it.
    connection.execute(
        text(
            "UPDATE judged j SET doubts = (SELECT coalesce(jsonb_agg(d), '[]') FROM jsonb_array_elements(j.doubts) d"
            " WHERE d ->> 0 <> 'person' OR j.edited ? (d ->> 2)) WHERE j.action <> 'create' AND j.doubts <> '[]'"
        )
    )


def _doubt_rules(connection: Connection, actor: Actor, layer: Layer) -> None:
    """What the layer's own constraints would refuse, told beforehand for each row."""
    values = "(coalesce(f.facts, '{}') || j.edited)"
    columns = [
        f"{import_sql.emptied(layer, of.key, import_sql.typed(of, values), values)} AS {import_sql.quoted(of.key)}"
        for of in layer.fields
    ]
    stored = (
        f"LEFT JOIN LATERAL (SELECT {import_sql.facts(layer, 't')} AS facts FROM {layer.key} t WHERE t.id = j.id) f"
        " ON j.action = 'update'"
    )
    rows = (
        f"SELECT j.n, {', '.join(columns)}, j.commune_id, coalesce(j.observed_on, current_date) AS observed_on,"
        f" {import_sql.emptied(layer, 'geom', 'j.geom', values)} AS geom,"
        f" {int(actor.account_id)} AS entered_by, -1 AS confirmed_by"
        f" FROM judged j {stored} WHERE {_CHANGES} AND j.doubts = '[]'"
    )
    for name, condition in import_sql.checks(layer):
        doubt(
            connection, "rule", f"j.n IN (SELECT n FROM ({rows}) r WHERE NOT ({condition}))",
            import_sql.literal(name),
        )  # fmt: skip


def _doubt_twins(connection: Connection, layer: Layer, scope: Scope) -> None:
    for columns in import_sql.keys(layer):
        _doubt_keys(connection, layer, columns)
    if layer.shape != "POINT":
        return
    facts = {**scope.values, "layer": layer.key, "place": SAME_PLACE_M, "name": SAME_NAME_M}
    connection.execute(text(_twins(layer)), facts)
    if layer.key in PLACES:
        doubt(
            connection, "duplicate", "j.n IN (SELECT n FROM twins)", "(SELECT min(t.said) FROM twins t WHERE t.n = j.n)"
        )
    else:
        connection.execute(
            text("UPDATE judged j SET flags = flags || '[\"duplicate\"]' WHERE j.n IN (SELECT n FROM twins)")
        )


def _doubt_keys(connection: Connection, layer: Layer, columns: tuple[str, ...]) -> None:
    """Rows that would be the second of something a layer holds once."""

    def column(name: str) -> str:
        return "j.hamlet_id" if name == "hamlet_id" else import_sql.typed(layer.field(name), 'j."values"')

    selected = ", ".join(f"{column(name)} AS {import_sql.quoted(name)}" for name in columns)
    listed = ", ".join(map(import_sql.quoted, columns))
    whole = " AND ".join(f"{import_sql.quoted(name)} IS NOT NULL" for name in columns)
    rows = f"SELECT j.n, {selected} FROM judged j WHERE j.action = 'create' AND j.doubts = '[]'"
    doubt(
        connection, "duplicate",
        f"j.n IN (SELECT n FROM (SELECT n, {listed}, row_number() OVER (PARTITION BY {listed} ORDER BY n) AS nth"
        f" FROM ({rows}) r WHERE {whole}) o WHERE nth > 1"
        f" OR ({listed}) IN (SELECT {listed} FROM {layer.key}))",
    )  # fmt: skip


def _twins(layer: Layer) -> str:
    """Rows that are near another of the file, of the layer or of what waits: `twins (n, said)`.

    Two names are the same without marks and signs. Names are only compared within a kilometre, by cells of 0.01°.
    """
    label = import_sql.literal(layer.label)
    bare = "regexp_replace(lower(unaccent(coalesce({}, ''))), '[^a-z0-9]', '', 'g')"
    new = (
        f"SELECT n, geom, {bare.format('name')} AS bare FROM judged"
        " WHERE action = 'create' AND doubts = '[]' AND geom IS NOT NULL"
    )
    stored = (
        f"SELECT geom, {bare.format(import_sql.typed(layer.field(layer.label), 'facts'))} AS bare, false AS waiting"
        f" FROM (SELECT geom, {import_sql.facts(layer, 't')} AS facts FROM {layer.key} t"
        " WHERE province_id = :province AND geom &&"
        " (SELECT ST_SetSRID(ST_Expand(ST_Extent(geom)::geometry, 0.012), 4326) FROM fresh)) t"
        f" UNION ALL SELECT geom, {bare.format(f'values ->> {label}')}, true FROM proposals"
        " WHERE state = 'waiting' AND layer = :layer AND province_id = :province AND action = 'create'"
        " AND geom IS NOT NULL"
    )
    cell = "round(ST_X({0}) * 100)::int + {1} AS cx, round(ST_Y({0}) * 100)::int + {2} AS cy"
    beside = "(VALUES (-1), (0), (1)) AS dx (dx), (VALUES (-1), (0), (1)) AS dy (dy)"
    return f"""
CREATE TEMP TABLE twins ON COMMIT DROP AS
WITH fresh AS MATERIALIZED ({new}),
others AS MATERIALIZED (SELECT NULL::int AS n, geom, bare, waiting FROM ({stored}) s
                        UNION ALL SELECT n, geom, bare, false FROM fresh),
here AS (SELECT n, geom, bare, {cell.format("geom", 0, 0)} FROM fresh),
around AS (SELECT n, geom, bare, waiting, {cell.format("geom", "dx", "dy")} FROM others, {beside}),
tight AS (SELECT n, geom, (ST_X(geom) * 5000)::int AS tx, (ST_Y(geom) * 5000)::int AS ty FROM fresh),
tightly AS (SELECT n, geom, waiting, (ST_X(geom) * 5000)::int + dx AS tx, (ST_Y(geom) * 5000)::int + dy AS ty
            FROM others, {beside}),
pairs AS (
    SELECT h.n, a.n AS other, a.waiting, ST_DistanceSphere(h.geom, a.geom) AS metres
    FROM here h JOIN around a ON a.bare = h.bare AND h.bare <> '' AND a.cx = h.cx AND a.cy = h.cy
    WHERE (a.n IS NULL OR a.n < h.n) AND ST_DistanceSphere(h.geom, a.geom) <= :name
    UNION ALL
    SELECT h.n, a.n, a.waiting, ST_DistanceSphere(h.geom, a.geom)
    FROM tight h JOIN tightly a ON a.tx = h.tx AND a.ty = h.ty
    WHERE (a.n IS NULL OR a.n < h.n) AND ST_DistanceSphere(h.geom, a.geom) <= :place)
SELECT DISTINCT ON (n) n, CASE WHEN other IS NOT NULL THEN 'cách dòng ' || other || ' ' || round(metres) || ' m'
    ELSE 'cách bản ghi ' || CASE WHEN waiting THEN 'đang chờ duyệt ' ELSE 'đã có ' END || round(metres) || ' m'
    END AS said
FROM pairs ORDER BY n, other NULLS FIRST, metres
"""
