"""What comes late is counted and seen: files after their submission was applied, reports after their quarter closed.

`attach_files` gives the files of a submission what its proposal has: commune, layer and feature. The web role calls it
for files that come after the submission; their own sender may neither read that row nor change those columns.

A restricted report's `created_at` is taken when its row is written, under the table's lock. The day on which its
transaction began, as before, could lie in a quarter that was frozen meanwhile, and then it would never be counted.
"""

from migrations.sql import run

revision = "0014"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

ALTER TABLE restricted_reports ALTER COLUMN created_at SET DEFAULT clock_timestamp();

GRANT UPDATE (commune_id, layer, feature_id) ON attachments TO diaban_definer;
CREATE POLICY definer_attaches ON attachments FOR UPDATE TO diaban_definer USING (true) WITH CHECK (true);
CREATE FUNCTION attach_files(wanted text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ UPDATE attachments a SET commune_id = p.commune_id, layer = p.layer, feature_id = p.feature_id::text
          FROM proposals p
          WHERE a.instance_id = wanted AND p.submission_id = wanted
            AND (a.commune_id, a.layer) IS DISTINCT FROM (p.commune_id, p.layer) $$;
REVOKE ALL ON FUNCTION attach_files(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attach_files(text) TO diaban_web, diaban_worker;
ALTER FUNCTION attach_files(text) OWNER TO diaban_definer;
"""

DOWN = r"""
-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION attach_files(text);
RESET ROLE;
DROP POLICY definer_attaches ON attachments;
REVOKE UPDATE (commune_id, layer, feature_id) ON attachments FROM diaban_definer;
ALTER TABLE restricted_reports ALTER COLUMN created_at SET DEFAULT now();
"""
