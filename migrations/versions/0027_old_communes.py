"""Which old commune a feature was recorded under, before it was given to one of today's.

A commune of today that came from several old ones can be told in old units only row by row. `former_communes` says, of
features whose former row named an old commune of the asker's scope, which it was; the rows themselves stay closed.
"""

from migrations.sql import run

revision = "0027"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE INDEX versions_layer_commune_id_ix ON versions (layer, commune_id);
GRANT SELECT ON versions TO diaban_definer;
CREATE POLICY definer_reads ON versions FOR SELECT TO diaban_definer USING (true);
CREATE FUNCTION former_communes(wanted text) RETURNS TABLE (id uuid, old_id int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT DISTINCT ON (v.id) v.id, v.commune_id FROM versions v
          WHERE v.layer = wanted AND v.commune_id IN (
              SELECT s.old_id FROM succession s JOIN units n ON n.id = s.new_id
              WHERE n.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
                    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, n.id))
          ORDER BY v.id, v.version DESC $$;
REVOKE ALL ON FUNCTION former_communes(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION former_communes(text) TO diaban_web;
ALTER FUNCTION former_communes(text) OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION former_communes(text);
RESET ROLE;
DROP POLICY definer_reads ON versions;
REVOKE SELECT ON versions FROM diaban_definer;
DROP INDEX versions_layer_commune_id_ix;
"""
