"""The SQL of a layer's table, its trigger and its row policies, as text for a migration."""

from typing import cast

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, Table

from surveys.layer import Layer

_DIALECT = postgresql.dialect()

# Each setting is read once per statement (a sub-select), and unset means no rows: NULL compares with nothing.
SCOPE = (
    "province_id = (SELECT nullif(current_setting('app.province', true), '')::int)"
    " AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)"
)
REVIEW = "(SELECT current_setting('app.review', true)) = '1'"


def create(table: Table) -> list[str]:
    """CREATE TABLE and CREATE INDEX of one declared table."""
    statements = [str(CreateTable(table).compile(dialect=_DIALECT)).strip()]
    statements += [
        str(CreateIndex(index).compile(dialect=_DIALECT)) for index in sorted(table.indexes, key=lambda i: str(i.name))
    ]
    return statements


def secure(layer: Layer) -> list[str]:
    """Version trigger, grants and policies of one layer's table."""
    key = layer.key
    return [
        f"CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON {key} FOR EACH ROW EXECUTE FUNCTION keep_version()",
        f"ALTER TABLE {key} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {key} FORCE ROW LEVEL SECURITY",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {key} TO diaban_web, diaban_worker",
        f"GRANT SELECT ON {key} TO diaban_definer",
        f"CREATE POLICY web_reads ON {key} FOR SELECT TO diaban_web USING ({SCOPE})",
        f"CREATE POLICY web_adds ON {key} FOR INSERT TO diaban_web WITH CHECK ({SCOPE} AND {REVIEW})",
        (
            f"CREATE POLICY web_changes ON {key} FOR UPDATE TO diaban_web USING ({SCOPE} AND {REVIEW})"
            f" WITH CHECK ({SCOPE} AND {REVIEW})"
        ),
        f"CREATE POLICY web_removes ON {key} FOR DELETE TO diaban_web USING ({SCOPE} AND {REVIEW})",
        f"CREATE POLICY worker ON {key} TO diaban_worker USING (true) WITH CHECK (true)",
        f"CREATE POLICY definer ON {key} FOR SELECT TO diaban_definer USING (true)",
    ]


def tiled(layer: Layer) -> list[str]:
    """The layer among those that have tiles, and the triggers that note its changes for them."""
    key, shape, by = layer.key, layer.shape, layer.style.by
    call = f"EXECUTE FUNCTION tile_note('{shape}', '{by}')"
    adds = f"SELECT max(id) + 1, '{key}', '{shape}', '{by}' FROM tile_layers"  # noqa: S608  the layer's own names
    for_each = f"FOR EACH STATEMENT {call}"
    changed = "REFERENCING OLD TABLE AS removed NEW TABLE AS added"
    statements = [
        f"INSERT INTO tile_layers (id, key, shape, class_column) {adds}",
        f"CREATE TRIGGER tile_added AFTER INSERT ON {key} REFERENCING NEW TABLE AS added {for_each}",
        f"CREATE TRIGGER tile_changed AFTER UPDATE ON {key} {changed} {for_each}",
        f"CREATE TRIGGER tile_removed AFTER DELETE ON {key} REFERENCING OLD TABLE AS removed {for_each}",
    ]
    return statements + (_deep_tiles(key, by) if shape == "POINT" else [])


def _deep_tiles(key: str, by: str) -> list[str]:
    """The function that makes a deep tile of the layer's rows; migration 0007 says why each layer has its own."""
    class_ = f"coalesce({by}, '')" if by else "''"
    signature = f"tile_rows_{key}(geometry, int, int, int, int, int)"
    return [
        f"""CREATE FUNCTION tile_rows_{key}(around geometry, in_province int, in_commune int,
                                at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    made bytea;
BEGIN
    SELECT ST_AsMVT(f, '{key}', 4096, 'geom') INTO made FROM (
        SELECT ST_Point(round(avg(px)), round(avg(py))) AS geom, count(*)::int AS n,
               (array_agg(class ORDER BY class))[1 + count(*) / 2] AS class,
               CASE WHEN count(*) = 1 THEN min(id::text) END AS id
        FROM (SELECT id, class, ((tile_px(lon)::bigint << at_z) >> 14) - at_x::bigint * 4096 AS px,
                     ((tile_py(lat)::bigint << at_z) >> 14) - at_y::bigint * 4096 AS py
              FROM (SELECT id, {class_} AS class, ST_X(geom) AS lon, ST_Y(geom) AS lat
                    FROM {key} WHERE geom && around AND province_id = in_province AND in_commune IN (0, commune_id)
                    OFFSET 0) AS g OFFSET 0) AS r
        WHERE px BETWEEN 0 AND 4095 AND py BETWEEN 0 AND 4095
        GROUP BY py / 128, px / 128 ORDER BY py / 128, px / 128) AS f;
    RETURN coalesce(made, '');
END $$""",  # noqa: S608  the layer's own names
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"ALTER FUNCTION {signature} OWNER TO diaban_definer",
    ]


def migration(layer: Layer) -> str:
    """The whole SQL of a new layer, to be pasted into a numbered migration."""
    return ";\n".join([*create(cast(Table, layer.table.__table__)), *secure(layer)]) + ";\n"
