"""Views wider than a province show the whole country, its special zones among them, as official maps must.

Provinces and special zones of every province are marked `wide`: to zoom 8 they are drawn and named for everybody, since
names and areas of units are public. Beside it the address of the base map, which an administrator may set.
"""

from migrations.sql import run

revision = "0024"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
ALTER TABLE tile_units ADD COLUMN wide BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE tile_labels ADD COLUMN wide BOOLEAN DEFAULT false NOT NULL;
UPDATE tile_units AS t SET wide = true FROM units AS u
    WHERE u.id = t.unit_id AND (u.level = 1 OR u.level = 3 AND u.kind = 'đặc khu');
UPDATE tile_labels SET wide = true WHERE level = 1 OR level = 3 AND kind = 'đặc khu';
CREATE INDEX tile_units_wide_ix ON tile_units (band) WHERE wide;
CREATE INDEX tile_labels_wide_ix ON tile_labels (x) WHERE wide;
SET LOCAL ROLE diaban_definer;
DROP FUNCTION tile_of_units(int, int, int, int);
RESET ROLE;
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
        FROM (
            SELECT unit_id, level, approximate, geom FROM tile_units
            WHERE geom && ST_Expand(around, margin) AND band = wanted_band AND province_id = in_province
            UNION ALL
            SELECT unit_id, level, approximate, geom FROM tile_units
            WHERE at_z <= 8 AND wide AND band = wanted_band AND province_id <> in_province
                  AND geom && ST_Expand(around, margin)) AS u
        ORDER BY level DESC, unit_id) AS f
    WHERE geom IS NOT NULL;
    SELECT ST_AsMVT(f, 'unit_labels', 4096, 'geom') INTO labels FROM (
        SELECT ST_Point(((x::bigint << at_z) >> 14) - at_x::bigint * 4096, ((y::bigint << at_z) >> 14) - at_y::bigint * 4096) AS geom,
               unit_id AS id, level, kind, name, approximate, illustrative
        FROM (
            SELECT * FROM tile_labels
            -- Hamlets only where there is room for their names.
            WHERE province_id = in_province AND level = ANY(CASE WHEN at_z >= 11 THEN '{1,3,4}' ELSE '{1,3}' END::int[])
            UNION ALL
            SELECT * FROM tile_labels WHERE at_z <= 8 AND wide AND province_id <> in_province) AS l
        WHERE x >= (at_x::bigint << 26 >> at_z) AND x < ((at_x::bigint + 1) << 26 >> at_z)
              AND y >= (at_y::bigint << 26 >> at_z) AND y < ((at_y::bigint + 1) << 26 >> at_z)
        ORDER BY level, unit_id LIMIT 2000) AS f;
    RETURN coalesce(outlines, '') || coalesce(labels, '');
END $$;
REVOKE ALL ON FUNCTION tile_of_units(int, int, int, int) FROM PUBLIC;
ALTER FUNCTION tile_of_units(int, int, int, int) OWNER TO diaban_definer;
UPDATE tile_layers SET generation = generation + 1 WHERE shape = 'UNITS';

CREATE TABLE basemaps (
	id SMALLINT NOT NULL,
	address TEXT NOT NULL,
	min_zoom SMALLINT NOT NULL,
	max_zoom SMALLINT NOT NULL,
	attribution TEXT NOT NULL,
	set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT basemaps_pkey PRIMARY KEY (id),
	CONSTRAINT ck_basemaps_one CHECK (id = 1),
	CONSTRAINT ck_basemaps_zooms CHECK (0 <= min_zoom AND min_zoom <= max_zoom AND max_zoom <= 22)
);
ALTER TABLE basemaps ENABLE ROW LEVEL SECURITY;
ALTER TABLE basemaps FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON basemaps FOR SELECT USING (true);
CREATE POLICY admins ON basemaps FOR ALL TO diaban_web
    USING ((select current_setting('app.role', true)) = 'admin')
    WITH CHECK ((select current_setting('app.role', true)) = 'admin');
GRANT SELECT, INSERT, UPDATE, DELETE ON basemaps TO diaban_web;
GRANT SELECT ON basemaps TO diaban_worker;
"""

DOWN = r"""
DROP TABLE basemaps;
SET LOCAL ROLE diaban_definer;
DROP FUNCTION tile_of_units(int, int, int, int);
RESET ROLE;
DROP INDEX tile_units_wide_ix;
DROP INDEX tile_labels_wide_ix;
ALTER TABLE tile_units DROP COLUMN wide;
ALTER TABLE tile_labels DROP COLUMN wide;
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
REVOKE ALL ON FUNCTION tile_of_units(int, int, int, int) FROM PUBLIC;
ALTER FUNCTION tile_of_units(int, int, int, int) OWNER TO diaban_definer;
"""
