"""What receiving needs: a sender's retry answered in one call, photos that can't be decoded marked, natural order.

`submission_receipt` replaces `submission_seen`: whoever has the very bytes of a submission (their hash) gets the
receipt again, and nobody else learns more than that the id is taken. The collation counts numbers inside Vietnamese
names as numbers, so Thôn 2 stands before Thôn 10.

`receive_submission` sets the sender's scope and writes submission, files and audit row in one call, as the caller's
own role: the row policies hold for it, and a submission costs one round trip instead of five.
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

-- Two retries at the same moment: one inserts, the other waits for its commit and gets NULL.
CREATE FUNCTION receive_submission(settings text[], wanted text, form text, version text, deprecated text, layer text,
                                   account int, province int, commune int, hash_received bytea, hash_kept bytea,
                                   kept text, code text, restricted boolean, flags jsonb, error jsonb, detail jsonb,
                                   names text[], hashes bytea[], kept_hashes bytea[], types text[], sizes int[],
                                   orientations int[], states text[])
    RETURNS timestamptz
    LANGUAGE plpgsql SET search_path = public, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    at timestamptz;
BEGIN
    -- As in `after_begin`: local, so gone when this transaction ends.
    FOR i IN 1 .. array_length(settings, 1) BY 2 LOOP
        PERFORM set_config(settings[i], settings[i + 1], true);
    END LOOP;
    INSERT INTO submissions (instance_id, form_id, form_version, deprecated_id, account_id, province_id, commune_id,
                             sha256_received, sha256_kept, xml, code, restricted, flags, state, error)
    VALUES (wanted, form, version, deprecated, account, province, commune, hash_received, hash_kept, kept, code, restricted,
            flags, CASE WHEN error IS NULL THEN 'received' ELSE 'quarantined' END, error)
    ON CONFLICT (instance_id) DO NOTHING
    RETURNING received_at INTO at;
    IF at IS NULL THEN
        RETURN NULL;
    END IF;
    IF names IS NOT NULL THEN
        INSERT INTO attachments (instance_id, name, sha256_received, sha256_kept, media_type, bytes, orientation, state,
                                 province_id)
        SELECT wanted, f.*, province
        FROM unnest(names, hashes, kept_hashes, types, sizes, orientations, states) f;
    END IF;
    INSERT INTO audit (account_id, verb, layer, area, detail) VALUES (account, 'submit', layer, commune, detail);
    RETURN at;
END $$;
REVOKE ALL ON FUNCTION receive_submission FROM PUBLIC;
GRANT EXECUTE ON FUNCTION receive_submission TO diaban_web;
"""

DOWN = r"""
DROP FUNCTION receive_submission;
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
