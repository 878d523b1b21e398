"""How many rows of a layer somebody may see, exact and without reading them.

The counts by commune that tiles are made of hold every row, and changes not yet counted stand in the same snapshot
beside them: counting a million rows for each first page of `/ogc/` took ten times as long as counting a tenth of them.
"""

from migrations.sql import run

revision = "0034"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
CREATE FUNCTION layer_rows(wanted text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH scope AS MATERIALIZED (
        SELECT (SELECT id FROM tile_layers WHERE key = wanted) AS layer,
               nullif(current_setting('app.province', true), '')::int AS province,
               nullif(current_setting('app.commune', true), '')::int AS commune
    )
    SELECT CASE (SELECT commune FROM scope) WHEN 0
           THEN coalesce((SELECT sum(c.n) FROM tile_cells_province AS c, scope AS s
                          WHERE c.layer = s.layer AND c.province_id = s.province AND c.z = 0), 0)
           ELSE coalesce((SELECT sum(c.n) FROM tile_cells_commune AS c, scope AS s
                          WHERE c.layer = s.layer AND c.province_id = s.province AND c.commune_id = s.commune AND c.z = 0), 0) END
         + coalesce((SELECT sum(d.change) FROM tile_deltas AS d, scope AS s
                     WHERE d.layer = s.layer AND d.province_id = s.province AND s.commune IN (0, d.commune_id)), 0)
$$;
REVOKE ALL ON FUNCTION layer_rows(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION layer_rows(text) TO diaban_web;
GRANT SELECT ON tile_deltas TO diaban_definer;
ALTER FUNCTION layer_rows(text) OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION layer_rows(text);
RESET ROLE;
REVOKE SELECT ON tile_deltas FROM diaban_definer;
"""
