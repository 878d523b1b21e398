"""Features within a box, by the index of places and in the order of ids: pages for other systems.

Asked directly under the policy, `&&` would look at every row: its operator isn't leakproof.
"""

from migrations.sql import run

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
CREATE FUNCTION features_in(wanted text, west double precision, south double precision, east double precision,
                            north double precision, after_id uuid, most int)
    RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    in_province int := nullif(current_setting('app.province', true), '')::int;
    in_commune int := nullif(current_setting('app.commune', true), '')::int;
    l tile_layers;
BEGIN
    IF in_province IS NULL OR in_commune IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT l FROM tile_layers AS t WHERE t.key = wanted AND t.shape <> 'UNITS';
    -- Run as text: the plan is made for this very box, small or as large as the province.
    RETURN QUERY EXECUTE format('
        SELECT id FROM %I AS f, ST_MakeEnvelope($1, $2, $3, $4, 4326) AS box
        WHERE f.geom && box AND (%L = ''POINT'' OR ST_Intersects(f.geom, box))
              AND f.province_id = $5 AND $6 IN (0, f.commune_id) AND ($7 IS NULL OR f.id > $7)
        ORDER BY f.id LIMIT $8', l.key, l.shape)
    USING west, south, east, north, in_province, in_commune, after_id, most;
END $$;
REVOKE ALL ON FUNCTION features_in(text, double precision, double precision, double precision, double precision, uuid, int)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION features_in(text, double precision, double precision, double precision, double precision, uuid, int)
    TO diaban_web;
ALTER FUNCTION features_in(text, double precision, double precision, double precision, double precision, uuid, int)
    OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION features_in(text, double precision, double precision, double precision, double precision, uuid, int);
RESET ROLE;
"""
