"""What receiving needs: a sender's retry answered in one call, photos that can't be decoded marked, natural order.

`submission_receipt` replaces `submission_seen`: whoever has the very bytes of a submission (their hash) gets the
receipt again, and nobody else learns more than that the id is taken. The collation counts numbers inside Vietnamese
names as numbers, so Thôn 2 stands before Thôn 10.
"""

from migrations.sql import run

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE COLLATION vi_natural (provider = icu, locale = 'vi-u-kn-true');

ALTER TABLE attachments ADD COLUMN undecodable BOOLEAN DEFAULT false NOT NULL;
CREATE INDEX attachments_received_ix ON attachments (instance_id) WHERE state = 'received' AND NOT undecodable;

-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION submission_seen(text);
RESET ROLE;
CREATE FUNCTION submission_receipt(wanted text, bytes_hash bytea)
    RETURNS TABLE (code text, received_at timestamptz, state text, error jsonb, names text[], hashes bytea[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT s.code, s.received_at, s.state, s.error,
                 coalesce(array_agg(a.name ORDER BY a.name) FILTER (WHERE a.name IS NOT NULL), '{}'),
                 coalesce(array_agg(a.sha256_received ORDER BY a.name) FILTER (WHERE a.name IS NOT NULL), '{}')
          FROM submissions s LEFT JOIN attachments a USING (instance_id)
          WHERE s.instance_id = wanted AND s.sha256_received = bytes_hash
          GROUP BY s.instance_id $$;
GRANT SELECT ON attachments TO diaban_definer;
CREATE POLICY definer ON attachments FOR SELECT TO diaban_definer USING (true);
ALTER FUNCTION submission_receipt(text, bytea) OWNER TO diaban_definer;
REVOKE ALL ON FUNCTION submission_receipt(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_receipt(text, bytea) TO diaban_web, diaban_worker;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION submission_receipt(text, bytea);
RESET ROLE;
DROP POLICY definer ON attachments;
REVOKE SELECT ON attachments FROM diaban_definer;
CREATE FUNCTION submission_seen(wanted text) RETURNS TABLE (account_id int, sha256_received bytea, code text, received_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT account_id, sha256_received, code, received_at FROM submissions WHERE instance_id = wanted $$;
ALTER FUNCTION submission_seen(text) OWNER TO diaban_definer;
REVOKE ALL ON FUNCTION submission_seen(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_seen(text) TO diaban_web, diaban_worker;
DROP INDEX attachments_received_ix;
ALTER TABLE attachments DROP COLUMN undecodable;
DROP COLLATION vi_natural;
"""
