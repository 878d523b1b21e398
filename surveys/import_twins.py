"""Rows of a file that a layer, what waits for it, or the file itself holds already."""

from sqlalchemy import Connection, text

from surveys import import_sql
from surveys.access import Actor
from surveys.import_judging import Scope, doubt
from surveys.layer import Layer
from surveys.layers import religious_sites

# Layers whose features are places: the same one twice is kept out. Elsewhere two visits to one place are two rows.
PLACES = frozenset({religious_sites.layer.key})
# One place seen twice: this near whatever it is called, or this near under the same name.
SAME_PLACE_M = 10.0
SAME_NAME_M = 1000.0


def doubt_twins(connection: Connection, actor: Actor, layer: Layer) -> None:
    """Adds the doubt "duplicate" to rows of `judged`, or the flag where two visits to one place are two rows."""
    for columns in import_sql.keys(layer):
        _doubt_keys(connection, layer, columns)
    if layer.shape != "POINT":
        return
    facts = {**Scope.of(actor).values, "layer": layer.key, "place": SAME_PLACE_M, "name": SAME_NAME_M}
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
