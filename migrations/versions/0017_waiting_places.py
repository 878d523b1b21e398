"""Where something of a layer waits for review, for the person about to report it again.

What waits is shown to reviewers and to whoever sent it; a colleague in the same commune learns only that something of
that layer stands there since a day: at most one coded value goes with it, never a word somebody wrote. Restricted
proposals have no place and are left out besides.
"""

from migrations.sql import run

revision = "0017"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '10s';

CREATE FUNCTION waiting_places(of_layer text, most int)
    RETURNS TABLE (lon float8, lat float8, said text, observed_on date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT ST_X(at), ST_Y(at), coded, on_day FROM (
              SELECT CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS at,
                     CASE of_layer WHEN 'situation_reports' THEN values ->> 'category'
                                   WHEN 'democracy_checks' THEN values ->> 'checklist' END AS coded, p.observed_on AS on_day
              FROM proposals p
              WHERE state = 'waiting' AND NOT restricted AND action = 'create' AND layer = of_layer AND geom IS NOT NULL
                AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
                AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
              ORDER BY p.observed_on DESC, p.id LIMIT most) AS w $$;

REVOKE ALL ON FUNCTION waiting_places(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waiting_places(text, int) TO diaban_web;
ALTER FUNCTION waiting_places(text, int) OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION waiting_places(text, int);
RESET ROLE;
"""
