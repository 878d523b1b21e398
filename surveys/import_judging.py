"""Rows of a file judged in the database: what each would change of its layer, and what is doubtful of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from surveys import import_sql, import_staging, stamps
from surveys.access import Actor
from surveys.layer import Layer


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


def judge(connection: Connection, actor: Actor, layer: Layer, *, returns: bool) -> None:
    """Fills `judged`: each row's unit, what it changes and what is doubtful of it. `returns`: rows may carry ids."""
    scope = Scope.of(actor)
    import_staging.locate(connection)
    connection.execute(text(_judged(layer, returns=returns)), {**scope.values, "layer": layer.key})
    connection.execute(text("CREATE INDEX ON judged (n)"))
    connection.execute(text("ANALYZE judged"))
    _doubt_places(connection, layer, scope)
    if returns:
        _doubt_returned(connection)
    _doubt_rules(connection, actor, layer)


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


CHANGES = "j.action IN ('create', 'update')"


def _doubt_places(connection: Connection, layer: Layer, scope: Scope) -> None:
    facts = scope.values
    shaped = "GeometryType(j.geom) <> :shape"
    doubt(connection, "shape", f"j.geom IS NOT NULL AND {shaped}", "GeometryType(j.geom)", shape=layer.shape)
    doubt(connection, "no_place", "j.action = 'create' AND j.geom IS NULL AND j.commune_id IS NULL")
    placed = f"{CHANGES} AND j.geom IS NOT NULL AND (j.action = 'create' OR j.moved IS NOT NULL)"
    doubt(
        connection, "outside",
        f"{placed} AND NOT EXISTS (SELECT FROM units u WHERE u.id = j.commune_id AND u.province_id = :province)",
        province=facts["province"],
    )  # fmt: skip
    if scope.commune:
        doubt(
            connection, "outside_scope",
            f"{CHANGES} AND (j.action = 'create' OR j.moved IS NOT NULL) AND j.commune_id <> :commune",
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
        f" FROM judged j {stored} WHERE {CHANGES} AND j.doubts = '[]'"
    )
    for name, condition in import_sql.checks(layer):
        doubt(
            connection, "rule", f"j.n IN (SELECT n FROM ({rows}) r WHERE NOT ({condition}))",
            import_sql.literal(name),
        )  # fmt: skip
