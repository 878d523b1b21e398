"""Vector tiles: counts by cell for every zoom, kept up by deltas, and the functions that make a tile.

A row policy switches the GiST index off, so tiles come from SECURITY DEFINER functions that check province and commune
themselves; unset means an empty tile. Up to zoom 13, and beyond where a place is crowded, a tile is read from counts by
cell, so its cost doesn't grow with the rows. Those counts are fed through a table of deltas that is only added to:
triggers that updated the counts themselves would deadlock on bulk writes.
"""

from migrations.sql import run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for part in (TABLES, POSITIONS, CHANGES, REFRESH, POINTS, AREAS, UNITS, TILE, CLICKS):
        run(part)
    for number, (key, shape, class_column) in enumerate(LAYERS, start=1):
        run(watch(number, key, shape, class_column))
        if shape == "POINT":
            run(rows(key, class_column))


def downgrade() -> None:
    for key, _, _ in LAYERS:
        run(
            f"DROP TRIGGER tile_added ON {key}; DROP TRIGGER tile_changed ON {key}; DROP TRIGGER tile_removed ON {key};"
        )
    made = ", ".join(f"tile_rows_{key}" for key, shape, _ in LAYERS if shape == "POINT")
    run(f"SET LOCAL ROLE diaban_definer; DROP FUNCTION {made}; RESET ROLE;")
    run(DOWN)


# As they stood when this was written; a new layer's own migration adds its row and its three triggers.
LAYERS = (
    ("situation_reports", "POINT", "state"),
    ("religious_sites", "POINT", ""),
    ("minority_areas", "MULTIPOLYGON", "area_class"),
    ("hamlet_profiles", "POINT", "nuoc"),
    ("resettlement_projects", "MULTIPOLYGON", ""),
    ("community_models", "POINT", "field"),
    ("democracy_checks", "POINT", "know"),
    ("joint_activities", "POINT", ""),
)


def watch(number: int, key: str, shape: str, class_column: str) -> str:
    """The row and triggers of one layer; rows it already has are counted as added."""
    call = f"EXECUTE FUNCTION tile_note('{shape}', '{class_column}')"
    return f"""
INSERT INTO tile_layers (id, key, shape, class_column) VALUES ({number}, '{key}', '{shape}', '{class_column}');
CREATE TRIGGER tile_added AFTER INSERT ON {key} REFERENCING NEW TABLE AS added FOR EACH STATEMENT {call};
CREATE TRIGGER tile_changed AFTER UPDATE ON {key} REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT {call};
CREATE TRIGGER tile_removed AFTER DELETE ON {key} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT {call};
"""


def rows(key: str, class_column: str) -> str:
    """The function that makes a deep tile of one layer's rows.

    One for each layer and its plan kept: planning this anew each time takes longer than all the rest. Rows closer than
    1/32 of the tile stand together as one with their number. OFFSET 0: else the arithmetic is copied to wherever its
    result is used, and done again there.
    """
    by = f"coalesce({class_column}, '')" if class_column else "''"
    takes = "geometry, int, int, int, int, int"
    return f"""
CREATE FUNCTION tile_rows_{key}(around geometry, in_province int, in_commune int, at_z int, at_x int, at_y int)
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
              FROM (SELECT id, {by} AS class, ST_X(geom) AS lon, ST_Y(geom) AS lat
                    FROM {key} WHERE geom && around AND province_id = in_province AND in_commune IN (0, commune_id)
                    OFFSET 0) AS g OFFSET 0) AS r
        WHERE px BETWEEN 0 AND 4095 AND py BETWEEN 0 AND 4095
        GROUP BY py / 128, px / 128 ORDER BY py / 128, px / 128) AS f;
    RETURN coalesce(made, '');
END $$;
REVOKE ALL ON FUNCTION tile_rows_{key}({takes}) FROM PUBLIC;
ALTER FUNCTION tile_rows_{key}({takes}) OWNER TO diaban_definer;
"""


TABLES = r"""
CREATE TABLE tile_layers (
	id SMALLINT NOT NULL,
	key TEXT NOT NULL,
	shape TEXT NOT NULL,
	class_column TEXT NOT NULL,
	generation BIGINT DEFAULT 0 NOT NULL,
	CONSTRAINT tile_layers_pkey PRIMARY KEY (id),
	CONSTRAINT tile_layers_shape_check CHECK (shape IN ('POINT', 'MULTIPOLYGON', 'UNITS')),
	CONSTRAINT tile_layers_key_key UNIQUE (key)
);

CREATE TABLE tile_cells_province (
	layer SMALLINT NOT NULL,
	province_id INTEGER NOT NULL,
	z SMALLINT NOT NULL,
	tx INTEGER NOT NULL,
	ty INTEGER NOT NULL,
	cell SMALLINT NOT NULL,
	class TEXT NOT NULL,
	n INTEGER NOT NULL,
	sx BIGINT NOT NULL,
	sy BIGINT NOT NULL,
	CONSTRAINT tile_cells_province_pkey PRIMARY KEY (layer, province_id, z, tx, ty, cell, class)
) WITH (fillfactor = 80);

CREATE TABLE tile_cells_commune (
	layer SMALLINT NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	z SMALLINT NOT NULL,
	tx INTEGER NOT NULL,
	ty INTEGER NOT NULL,
	cell SMALLINT NOT NULL,
	class TEXT NOT NULL,
	n INTEGER NOT NULL,
	sx BIGINT NOT NULL,
	sy BIGINT NOT NULL,
	CONSTRAINT tile_cells_commune_pkey PRIMARY KEY (layer, province_id, commune_id, z, tx, ty, cell, class)
) WITH (fillfactor = 80);

CREATE TABLE tile_deltas (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	layer SMALLINT NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	class TEXT NOT NULL,
	x INTEGER,
	y INTEGER,
	change SMALLINT NOT NULL,
	CONSTRAINT tile_deltas_pkey PRIMARY KEY (id)
);

CREATE TABLE tile_shape_changes (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	layer SMALLINT NOT NULL,
	feature_id UUID NOT NULL,
	CONSTRAINT tile_shape_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE tile_shapes (
	layer SMALLINT NOT NULL,
	feature_id UUID NOT NULL,
	z SMALLINT NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	class TEXT NOT NULL,
	geom geometry(GEOMETRY,3857) NOT NULL,
	CONSTRAINT tile_shapes_pkey PRIMARY KEY (layer, feature_id, z)
);
CREATE INDEX tile_shapes_geom_ix ON tile_shapes USING gist (geom);

CREATE TABLE tile_unit_changes (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	province_id INTEGER NOT NULL,
	CONSTRAINT tile_unit_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE tile_units (
	unit_id INTEGER NOT NULL,
	band SMALLINT NOT NULL,
	province_id INTEGER NOT NULL,
	level SMALLINT NOT NULL,
	approximate BOOLEAN NOT NULL,
	geom geometry(GEOMETRY,3857) NOT NULL,
	CONSTRAINT tile_units_pkey PRIMARY KEY (unit_id, band),
	CONSTRAINT tile_units_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id) ON DELETE CASCADE
);
CREATE INDEX tile_units_geom_ix ON tile_units USING gist (geom);

CREATE TABLE tile_labels (
	unit_id INTEGER NOT NULL,
	province_id INTEGER NOT NULL,
	parent_id INTEGER,
	level SMALLINT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	approximate BOOLEAN NOT NULL,
	illustrative BOOLEAN NOT NULL,
	x INTEGER NOT NULL,
	y INTEGER NOT NULL,
	CONSTRAINT tile_labels_pkey PRIMARY KEY (unit_id),
	CONSTRAINT tile_labels_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id) ON DELETE CASCADE
);
CREATE INDEX tile_labels_province_id_level_x_ix ON tile_labels (province_id, level, x);
INSERT INTO tile_layers (id, key, shape, class_column) VALUES (0, 'units', 'UNITS', '');

GRANT SELECT ON tile_layers TO diaban_web, diaban_definer;
GRANT SELECT ON tile_cells_province, tile_cells_commune, tile_shapes, tile_units, tile_labels TO diaban_definer;
GRANT INSERT ON tile_deltas, tile_shape_changes, tile_unit_changes TO diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON tile_layers, tile_cells_province, tile_cells_commune, tile_deltas, tile_shape_changes,
    tile_shapes, tile_unit_changes, tile_units, tile_labels TO diaban_worker;

-- The web role holds nothing here at all; without a policy a grant given by mistake would still show no row.
ALTER TABLE tile_cells_province ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile_cells_province FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON tile_cells_province TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON tile_cells_province TO diaban_definer USING (true) WITH CHECK (true);
ALTER TABLE tile_cells_commune ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile_cells_commune FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON tile_cells_commune TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON tile_cells_commune TO diaban_definer USING (true) WITH CHECK (true);
ALTER TABLE tile_deltas ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile_deltas FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON tile_deltas TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON tile_deltas TO diaban_definer USING (true) WITH CHECK (true);
ALTER TABLE tile_shapes ENABLE ROW LEVEL SECURITY;
ALTER TABLE tile_shapes FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON tile_shapes TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON tile_shapes TO diaban_definer USING (true) WITH CHECK (true);
"""

# Plain arithmetic instead of ST_Transform, which costs several times as much for each point.
POSITIONS = r"""
-- Outside the map's square, and for no point at all, they give NULL: such a row is counted but stands in no tile.
CREATE FUNCTION tile_px(lon double precision) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN lon BETWEEN -180 AND 179.9999 THEN floor((lon + 180) / 360 * 67108864)::int END $$;
CREATE FUNCTION tile_py(lat double precision) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN lat BETWEEN -85.05 AND 85.05
                 THEN floor((0.5 - ln(tan(pi() / 4 + radians(lat) / 2)) / (2 * pi())) * 67108864)::int END $$;
CREATE FUNCTION tile_lon(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT x * 360 - 180 $$;
CREATE FUNCTION tile_lat(y double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT degrees(atan(sinh(pi() * (1 - 2 * y)))) $$;
"""

CHANGES = r"""
CREATE FUNCTION tile_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    of_layer smallint := (SELECT id FROM tile_layers WHERE key = TG_TABLE_NAME);
    class text := CASE TG_ARGV[1] WHEN '' THEN '''''' ELSE format('coalesce(%I, '''')', TG_ARGV[1]) END;
    place text := CASE TG_ARGV[0] WHEN 'POINT' THEN 'tile_px(ST_X(geom)), tile_py(ST_Y(geom))' ELSE 'NULL::int, NULL::int' END;
    facts text := format('SELECT %s::smallint, province_id, commune_id, %s, %s', of_layer, class, place);
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format('INSERT INTO tile_deltas (layer, province_id, commune_id, class, x, y, change) %s, 1 FROM added', facts);
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE format('INSERT INTO tile_deltas (layer, province_id, commune_id, class, x, y, change) %s, -1 FROM removed', facts);
    ELSE
        -- What was not changed as far as a tile shows it makes no delta.
        EXECUTE format('INSERT INTO tile_deltas (layer, province_id, commune_id, class, x, y, change)
            SELECT *, -1 FROM (%1$s FROM removed EXCEPT ALL %1$s FROM added) AS went
            UNION ALL SELECT *, 1 FROM (%1$s FROM added EXCEPT ALL %1$s FROM removed) AS came', facts);
    END IF;
    IF TG_ARGV[0] = 'MULTIPOLYGON' THEN
        IF TG_OP = 'DELETE' THEN
            INSERT INTO tile_shape_changes (layer, feature_id) SELECT of_layer, id FROM removed;
        ELSE
            INSERT INTO tile_shape_changes (layer, feature_id) SELECT of_layer, id FROM added;
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION tile_note_units() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO tile_unit_changes (province_id) SELECT DISTINCT province_id FROM removed WHERE province_id IS NOT NULL;
    ELSE
        INSERT INTO tile_unit_changes (province_id) SELECT DISTINCT province_id FROM added WHERE province_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tile_added AFTER INSERT ON units REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tile_note_units();
CREATE TRIGGER tile_changed AFTER UPDATE ON units REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tile_note_units();
CREATE TRIGGER tile_removed AFTER DELETE ON units REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION tile_note_units();
INSERT INTO tile_unit_changes (province_id) SELECT DISTINCT province_id FROM units WHERE province_id IS NOT NULL;

ALTER FUNCTION tile_note() OWNER TO diaban_definer;
ALTER FUNCTION tile_note_units() OWNER TO diaban_definer;
"""

REFRESH = r"""
CREATE FUNCTION tile_refresh(at_most int) RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    taken int;
    touched smallint[];
    empty_p tile_cells_province[];
    empty_c tile_cells_commune[];
BEGIN
    -- One refresher at a time: two would take a +1 and its -1 in the wrong order.
    IF NOT pg_try_advisory_xact_lock(hashtext('tile_refresh')) THEN
        RETURN 0;
    END IF;
    WITH gone AS (
        DELETE FROM tile_deltas WHERE id IN (SELECT id FROM tile_deltas ORDER BY id LIMIT at_most FOR UPDATE SKIP LOCKED)
        RETURNING layer, province_id, commune_id, class, x, y, change
    ), net AS (
        SELECT layer, province_id, commune_id, class, x, y, sum(change)::int AS n, count(*) AS rows FROM gone GROUP BY 1, 2, 3, 4, 5, 6
    ), cells AS (
        SELECT layer, province_id, commune_id, class, z, x >> (26 - z) AS tx, y >> (26 - z) AS ty,
               (((y >> (23 - z)) & 7) * 8 + ((x >> (23 - z)) & 7))::smallint AS cell,
               sum(n)::int AS n, sum(n * x::bigint)::bigint AS sx, sum(n * y::bigint)::bigint AS sy
        FROM net CROSS JOIN (SELECT z::smallint FROM generate_series(5, 14) AS z) AS zooms
        WHERE x IS NOT NULL AND y IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        UNION ALL
        SELECT layer, province_id, commune_id, class, 0::smallint, 0, 0, 0::smallint, sum(n)::int, 0, 0
        FROM net GROUP BY 1, 2, 3, 4
    ), provinces AS (
        INSERT INTO tile_cells_province AS t (layer, province_id, z, tx, ty, cell, class, n, sx, sy)
        SELECT layer, province_id, z, tx, ty, cell, class, sum(n), sum(sx), sum(sy) FROM cells
        GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(n) <> 0 OR sum(sx) <> 0 OR sum(sy) <> 0
        ORDER BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (layer, province_id, z, tx, ty, cell, class)
        DO UPDATE SET n = t.n + excluded.n, sx = t.sx + excluded.sx, sy = t.sy + excluded.sy
        RETURNING t AS r
    ), communes AS (
        INSERT INTO tile_cells_commune AS t (layer, province_id, commune_id, z, tx, ty, cell, class, n, sx, sy)
        SELECT layer, province_id, commune_id, z, tx, ty, cell, class, n, sx, sy FROM cells
        WHERE n <> 0 OR sx <> 0 OR sy <> 0
        ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (layer, province_id, commune_id, z, tx, ty, cell, class)
        DO UPDATE SET n = t.n + excluded.n, sx = t.sx + excluded.sx, sy = t.sy + excluded.sy
        RETURNING t AS r
    )
    SELECT coalesce((SELECT sum(rows) FROM net), 0), (SELECT array_agg(DISTINCT layer) FROM net),
           (SELECT array_agg(r) FROM provinces WHERE (r).n = 0), (SELECT array_agg(r) FROM communes WHERE (r).n = 0)
    INTO taken, touched, empty_p, empty_c;

    IF empty_p IS NOT NULL THEN
        DELETE FROM tile_cells_province AS t USING unnest(empty_p) AS e
        WHERE (t.layer, t.province_id, t.z, t.tx, t.ty, t.cell, t.class) = (e.layer, e.province_id, e.z, e.tx, e.ty, e.cell, e.class);
    END IF;
    IF empty_c IS NOT NULL THEN
        DELETE FROM tile_cells_commune AS t USING unnest(empty_c) AS e
        WHERE (t.layer, t.province_id, t.commune_id, t.z, t.tx, t.ty, t.cell, t.class)
            = (e.layer, e.province_id, e.commune_id, e.z, e.tx, e.ty, e.cell, e.class);
    END IF;
    UPDATE tile_layers SET generation = generation + 1 WHERE id = ANY(touched);
    RETURN taken;
END $$;

-- Simplified to half a pixel of a 512-pixel tile; what would be smaller than 4 pixels becomes a point.
CREATE FUNCTION tile_refresh_shapes(at_most int) RETURNS int LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    l tile_layers;
    ids uuid[];
    taken int := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('tile_refresh_shapes')) THEN
        RETURN 0;
    END IF;
    FOR l IN SELECT * FROM tile_layers WHERE shape = 'MULTIPOLYGON' ORDER BY id LOOP
        WITH gone AS (
            DELETE FROM tile_shape_changes WHERE id IN (
                SELECT id FROM tile_shape_changes WHERE layer = l.id ORDER BY id LIMIT at_most FOR UPDATE SKIP LOCKED)
            RETURNING feature_id
        )
        SELECT array_agg(DISTINCT feature_id) INTO ids FROM gone;
        CONTINUE WHEN ids IS NULL;
        taken := taken + cardinality(ids);
        DELETE FROM tile_shapes WHERE layer = l.id AND feature_id = ANY(ids);
        EXECUTE format('
            INSERT INTO tile_shapes (layer, feature_id, z, province_id, commune_id, class, geom)
            SELECT $1, id, z, province_id, commune_id, %s,
                   CASE WHEN greatest(ST_XMax(m) - ST_XMin(m), ST_YMax(m) - ST_YMin(m)) < 4 * px THEN ST_PointOnSurface(m)
                        ELSE ST_SimplifyPreserveTopology(m, px / CASE z WHEN 14 THEN 16 ELSE 2 END) END
            FROM (SELECT *, ST_Transform(geom, 3857) AS m FROM %I
                  WHERE id = ANY($2) AND geom IS NOT NULL AND NOT ST_IsEmpty(geom)) AS f
            CROSS JOIN (SELECT z::smallint, 40075016.68 / 512 / (1 << z) AS px FROM generate_series(5, 14) AS z) AS zooms',
            CASE l.class_column WHEN '' THEN '''''' ELSE format('coalesce(%I, '''')', l.class_column) END, l.key)
        USING l.id, ids;
        UPDATE tile_layers SET generation = generation + 1 WHERE id = l.id;
    END LOOP;
    RETURN taken;
END $$;
REVOKE ALL ON FUNCTION tile_refresh(int), tile_refresh_shapes(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tile_refresh(int), tile_refresh_shapes(int) TO diaban_worker;
"""

# Geometry in a tile is in units of 1/4096 of its side. `1 << z`, never 2^z: that is double precision.
POINTS = r"""
CREATE FUNCTION tile_of_cells(of_layer smallint, named text, in_province int, in_commune int, at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    base int := least(at_z, 14);
    deeper int := at_z - least(at_z, 14);
    parent_x int := at_x >> deeper;
    parent_y int := at_y >> deeper;
    made bytea;
BEGIN
    IF in_commune = 0 THEN
        SELECT ST_AsMVT(f, named, 4096, 'geom') INTO made FROM (
            SELECT ST_Point(px, py) AS geom, n, class FROM (
                SELECT cell, sum(n)::int AS n, (array_agg(class ORDER BY n DESC, class))[1] AS class,
                       (((sum(sx) / sum(n))::bigint << at_z) >> 14) - at_x::bigint * 4096 AS px,
                       (((sum(sy) / sum(n))::bigint << at_z) >> 14) - at_y::bigint * 4096 AS py
                FROM tile_cells_province
                WHERE layer = of_layer AND province_id = in_province AND z = base AND tx = parent_x AND ty = parent_y AND n > 0
                GROUP BY cell) AS c
            WHERE px BETWEEN 0 AND 4095 AND py BETWEEN 0 AND 4095
            ORDER BY cell) AS f;
    ELSE
        SELECT ST_AsMVT(f, named, 4096, 'geom') INTO made FROM (
            SELECT ST_Point(px, py) AS geom, n, class FROM (
                SELECT cell, sum(n)::int AS n, (array_agg(class ORDER BY n DESC, class))[1] AS class,
                       (((sum(sx) / sum(n))::bigint << at_z) >> 14) - at_x::bigint * 4096 AS px,
                       (((sum(sy) / sum(n))::bigint << at_z) >> 14) - at_y::bigint * 4096 AS py
                FROM tile_cells_commune
                WHERE layer = of_layer AND province_id = in_province AND commune_id = in_commune
                      AND z = base AND tx = parent_x AND ty = parent_y AND n > 0
                GROUP BY cell) AS c
            WHERE px BETWEEN 0 AND 4095 AND py BETWEEN 0 AND 4095
            ORDER BY cell) AS f;
    END IF;
    RETURN coalesce(made, '');
END $$;

-- How many features stand in the cells a tile of zoom 14 or more touches: a little more than in the tile itself.
CREATE FUNCTION tile_crowd(of_layer smallint, in_province int, in_commune int, at_z int, at_x int, at_y int)
    RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d int := at_z - 14;
    -- 64-bit: at zoom 20 the cells of the far side no longer fit 32.
    x0 int := ((at_x::bigint * 8) >> d) & 7;
    x1 int := (((at_x::bigint + 1) * 8 - 1) >> d) & 7;
    y0 int := ((at_y::bigint * 8) >> d) & 7;
    y1 int := (((at_y::bigint + 1) * 8 - 1) >> d) & 7;
BEGIN
    IF in_commune = 0 THEN
        RETURN coalesce((SELECT sum(n) FROM tile_cells_province
            WHERE layer = of_layer AND province_id = in_province AND z = 14 AND tx = at_x >> d AND ty = at_y >> d
                  AND cell & 7 BETWEEN x0 AND x1 AND cell >> 3 BETWEEN y0 AND y1), 0);
    END IF;
    RETURN coalesce((SELECT sum(n) FROM tile_cells_commune
        WHERE layer = of_layer AND province_id = in_province AND commune_id = in_commune AND z = 14 AND tx = at_x >> d AND ty = at_y >> d
              AND cell & 7 BETWEEN x0 AND x1 AND cell >> 3 BETWEEN y0 AND y1), 0);
END $$;

-- Rows themselves, each with its id; a function for each layer makes them, see `rows`.
CREATE FUNCTION tile_of_rows(named text, in_province int, in_commune int, at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    side double precision := 1.0 / (1 << at_z);
    around geometry := ST_MakeEnvelope(tile_lon(at_x * side), tile_lat((at_y + 1) * side),
                                       tile_lon((at_x + 1) * side), tile_lat(at_y * side), 4326);
    made bytea;
BEGIN
    EXECUTE format('SELECT %I($1, $2, $3, $4, $5, $6)', 'tile_rows_' || named)
    INTO made USING ST_Expand(around, 1e-7), in_province, in_commune, at_z, at_x, at_y;
    RETURN made;
END $$;
"""

AREAS = r"""
CREATE FUNCTION tile_of_areas(of_layer smallint, named text, in_province int, in_commune int, at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    around geometry := ST_TileEnvelope(at_z, at_x, at_y);
    margin double precision := (ST_XMax(around) - ST_XMin(around)) / 64;
    made bytea;
BEGIN
    SELECT ST_AsMVT(f, named, 4096, 'geom') INTO made FROM (
        SELECT ST_AsMVTGeom(geom, around, 4096, 64) AS geom, class, CASE WHEN at_z >= 14 THEN feature_id::text END AS id
        FROM tile_shapes
        WHERE geom && ST_Expand(around, margin) AND layer = of_layer AND z = least(at_z, 14)
              AND province_id = in_province AND in_commune IN (0, commune_id)
        -- Large ones first, so that small ones are painted over them and are the ones a limit would leave out.
        ORDER BY ST_Area(geom) DESC, feature_id LIMIT 4000) AS f
    WHERE geom IS NOT NULL;
    RETURN coalesce(made, '');
END $$;

-- Reports as one number for each commune, also those without a place: what may stand beside faith and ethnicity (S7).
CREATE FUNCTION tile_of_counts(counted text, named text, in_province int, in_commune int, at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bytea;
BEGIN
    SELECT ST_AsMVT(f, named, 4096, 'geom') INTO made FROM (
        SELECT ST_Point(((l.x::bigint << at_z) >> 14) - at_x::bigint * 4096, ((l.y::bigint << at_z) >> 14) - at_y::bigint * 4096) AS geom,
               l.unit_id AS unit, sum(c.n)::int AS n
        FROM tile_labels AS l
        JOIN tile_cells_commune AS c ON c.layer = (SELECT t.id FROM tile_layers AS t WHERE t.key = counted)
             AND c.province_id = in_province AND c.commune_id = l.unit_id AND c.z = 0
        WHERE l.province_id = in_province AND l.level = 3 AND in_commune IN (0, l.unit_id)
              AND l.x >> greatest(26 - at_z, 0) = at_x AND l.y >> greatest(26 - at_z, 0) = at_y
        GROUP BY l.unit_id, l.x, l.y ORDER BY l.unit_id) AS f;
    RETURN coalesce(made, '');
END $$;

-- Numbers for tables beside the map: rows by layer, commune and class, under the asker's scope.
CREATE FUNCTION layer_counts() RETURNS TABLE (layer text, commune_id int, class text, n int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT l.key, c.commune_id, c.class, c.n FROM tile_cells_commune AS c JOIN tile_layers AS l ON l.id = c.layer
          WHERE c.z = 0 AND c.n > 0 AND c.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
                AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, c.commune_id) $$;
"""

UNITS = r"""
CREATE FUNCTION tile_of_units(in_province int, at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    around geometry := ST_TileEnvelope(at_z, at_x, at_y);
    margin double precision := (ST_XMax(around) - ST_XMin(around)) / 64;
    wanted_band int := CASE WHEN at_z <= 7 THEN 7 WHEN at_z <= 9 THEN 9 WHEN at_z <= 11 THEN 11 WHEN at_z <= 13 THEN 13 ELSE 16 END;
    outlines bytea;
    labels bytea;
BEGIN
    SELECT ST_AsMVT(f, 'units', 4096, 'geom') INTO outlines FROM (
        SELECT ST_AsMVTGeom(geom, around, 4096, 64) AS geom, unit_id AS id, level, approximate
        FROM tile_units
        WHERE geom && ST_Expand(around, margin) AND band = wanted_band AND province_id = in_province
        ORDER BY level DESC, unit_id) AS f
    WHERE geom IS NOT NULL;
    SELECT ST_AsMVT(f, 'unit_labels', 4096, 'geom') INTO labels FROM (
        SELECT ST_Point(((x::bigint << at_z) >> 14) - at_x::bigint * 4096, ((y::bigint << at_z) >> 14) - at_y::bigint * 4096) AS geom,
               unit_id AS id, level, kind, name, approximate, illustrative
        FROM tile_labels
        -- Hamlets only where there is room for their names.
        WHERE province_id = in_province AND level = ANY(CASE WHEN at_z >= 11 THEN '{1,3,4}' ELSE '{1,3}' END::int[])
              AND x >= (at_x::bigint << 26 >> at_z) AND x < ((at_x::bigint + 1) << 26 >> at_z)
              AND y >= (at_y::bigint << 26 >> at_z) AND y < ((at_y::bigint + 1) << 26 >> at_z)
        ORDER BY level, unit_id LIMIT 2000) AS f;
    RETURN coalesce(outlines, '') || coalesce(labels, '');
END $$;
"""

TILE = r"""
-- Several layers in one tile: the bytes of vector-tile layers may simply be put one after another.
CREATE FUNCTION tile(keys text[], at_z int, at_x int, at_y int)
    RETURNS bytea LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    in_province int := nullif(current_setting('app.province', true), '')::int;
    in_commune int := nullif(current_setting('app.commune', true), '')::int;
    wanted text;
    l tile_layers;
    made bytea := '';
BEGIN
    IF in_province IS NULL OR in_commune IS NULL OR at_z NOT BETWEEN 5 AND 20
       OR at_x NOT BETWEEN 0 AND (1 << at_z) - 1 OR at_y NOT BETWEEN 0 AND (1 << at_z) - 1 THEN
        RETURN made;
    END IF;
    FOREACH wanted IN ARRAY keys LOOP
        IF wanted = 'situation_report_counts' THEN
            made := made || tile_of_counts('situation_reports', wanted, in_province, in_commune, at_z, at_x, at_y);
            CONTINUE;
        END IF;
        SELECT * INTO STRICT l FROM tile_layers WHERE key = wanted;
        IF l.shape = 'UNITS' THEN
            made := made || tile_of_units(in_province, at_z, at_x, at_y);
        ELSIF l.shape = 'MULTIPOLYGON' THEN
            made := made || tile_of_areas(l.id, l.key, in_province, in_commune, at_z, at_x, at_y);
        -- Few enough to show each, or else counted: nothing is left out, and a crowd costs no more than a cell.
        ELSIF at_z >= 14 AND tile_crowd(l.id, in_province, in_commune, at_z, at_x, at_y) <= 1000 THEN
            made := made || tile_of_rows(l.key, in_province, in_commune, at_z, at_x, at_y);
        ELSE
            made := made || tile_of_cells(l.id, l.key, in_province, in_commune, at_z, at_x, at_y);
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- Before the functions are given away: afterwards the migrating role can no longer take a right on them back.
-- The inner ones take the scope as arguments: nobody but their owner may call them.
REVOKE ALL ON FUNCTION tile_of_cells(smallint, text, int, int, int, int, int), tile_crowd(smallint, int, int, int, int, int),
    tile_of_rows(text, int, int, int, int, int), tile_of_areas(smallint, text, int, int, int, int, int),
    tile_of_counts(text, text, int, int, int, int, int), tile_of_units(int, int, int, int), tile(text[], int, int, int), layer_counts()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tile(text[], int, int, int), layer_counts() TO diaban_web, diaban_worker;
ALTER FUNCTION tile_of_cells(smallint, text, int, int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile_crowd(smallint, int, int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile_of_rows(text, int, int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile_of_areas(smallint, text, int, int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile_of_counts(text, text, int, int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile_of_units(int, int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION tile(text[], int, int, int) OWNER TO diaban_definer;
ALTER FUNCTION layer_counts() OWNER TO diaban_definer;
"""

CLICKS = r"""
-- Which features of a layer stand at a place; the rows themselves are then read under the policy. A crowd of more than
-- 1,000 gives its number only (1001 stands for more): nobody reads such a list, and which rows it held would be chance.
CREATE FUNCTION features_at(wanted text, west double precision, south double precision, east double precision,
                            north double precision, lon double precision, lat double precision, most int)
    RETURNS TABLE (id uuid, total int, away double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    in_province int := nullif(current_setting('app.province', true), '')::int;
    in_commune int := nullif(current_setting('app.commune', true), '')::int;
    l tile_layers;
BEGIN
    IF in_province IS NULL OR in_commune IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT l FROM tile_layers AS t WHERE t.key = wanted AND t.shape <> 'UNITS';
    IF l.shape = 'POINT' THEN
        RETURN QUERY EXECUTE format('
            WITH near AS (
                SELECT id, sqrt((tile_px(ST_X(geom)) - tile_px($5))::float ^ 2 + (tile_py(ST_Y(geom)) - tile_py($6))::float ^ 2) AS away
                FROM %I WHERE geom && ST_MakeEnvelope($1, $2, $3, $4, 4326) AND province_id = $7 AND $8 IN (0, commune_id)
                LIMIT 1001
            ), counted AS (SELECT count(*)::int AS total FROM near)
            SELECT CASE WHEN total <= 1000 THEN id END, total, away FROM near, counted
            ORDER BY away, id LIMIT $9', l.key)
        USING west, south, east, north, lon, lat, in_province, in_commune, most;
    ELSE
        RETURN QUERY EXECUTE format('
            SELECT id, count(*) OVER ()::int, 0.0::double precision FROM %I
            WHERE geom && ST_SetSRID(ST_Point($1, $2), 4326) AND ST_Intersects(geom, ST_SetSRID(ST_Point($1, $2), 4326))
                  AND province_id = $3 AND $4 IN (0, commune_id)
            ORDER BY ST_Area(geom), id LIMIT $5', l.key)
        USING lon, lat, in_province, in_commune, most;
    END IF;
END $$;

-- Reading a map is one audit row per session, layer, area and ten minutes (S9): true for the first to ask.
CREATE UNLOGGED TABLE read_marks (
	session BYTEA NOT NULL,
	layer TEXT NOT NULL,
	area INTEGER NOT NULL,
	slot BIGINT NOT NULL,
	CONSTRAINT read_marks_pkey PRIMARY KEY (session, layer, area, slot)
);
GRANT SELECT, INSERT, DELETE ON read_marks TO diaban_definer;
CREATE FUNCTION first_read(of_session bytea, of_layer text, of_area int) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    now_slot bigint := floor(extract(epoch FROM clock_timestamp()) / 600);
BEGIN
    INSERT INTO read_marks (session, layer, area, slot) VALUES (sha256(of_session), of_layer, of_area, now_slot)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM read_marks WHERE session = sha256(of_session) AND slot < now_slot;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION features_at(text, double precision, double precision, double precision, double precision, double precision,
    double precision, int), first_read(bytea, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION features_at(text, double precision, double precision, double precision, double precision, double precision,
    double precision, int), first_read(bytea, text, int) TO diaban_web;
ALTER FUNCTION features_at(text, double precision, double precision, double precision, double precision, double precision,
    double precision, int) OWNER TO diaban_definer;
ALTER FUNCTION first_read(bytea, text, int) OWNER TO diaban_definer;
"""

DOWN = r"""
DROP TRIGGER tile_added ON units;
DROP TRIGGER tile_changed ON units;
DROP TRIGGER tile_removed ON units;
-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION features_at, first_read, tile, tile_of_units, tile_of_counts, tile_of_areas, tile_of_rows, tile_crowd, tile_of_cells, layer_counts, tile_note,
    tile_note_units;
RESET ROLE;
DROP FUNCTION tile_refresh, tile_refresh_shapes, tile_px, tile_py, tile_lon, tile_lat;
DROP TABLE read_marks;
DROP TABLE tile_labels;
DROP TABLE tile_units;
DROP TABLE tile_unit_changes;
DROP TABLE tile_shapes;
DROP TABLE tile_shape_changes;
DROP TABLE tile_deltas;
DROP TABLE tile_cells_commune;
DROP TABLE tile_cells_province;
DROP TABLE tile_layers;
"""
