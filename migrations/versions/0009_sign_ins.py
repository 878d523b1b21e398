"""Sign-ins as rows, so that signing out, a new password and a disabled account end them; and tries, to slow guessing.

A cookie alone would stay good until it expires, whoever holds a copy. Tries are counted here, not in a process, since
several web processes answer; the table is unlogged, for losing fifteen minutes of counts in a crash costs nothing.
"""

from migrations.sql import run

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

-- What these columns were for is kept in the two tables below.
ALTER TABLE accounts DROP COLUMN fs_uniquifier, DROP COLUMN failed_at, DROP COLUMN failures, ADD COLUMN totp_counter BIGINT;
GRANT UPDATE (totp_counter) ON accounts TO diaban_web;

CREATE TABLE sign_ins (
	sha256 BYTEA NOT NULL,
	account_id INTEGER NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT sign_ins_pkey PRIMARY KEY (sha256),
	CONSTRAINT sign_ins_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX sign_ins_account_id_ix ON sign_ins (account_id);
GRANT SELECT, INSERT, DELETE ON sign_ins TO diaban_web, diaban_worker;

CREATE UNLOGGED TABLE sign_in_failures (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	who TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT sign_in_failures_pkey PRIMARY KEY (id)
);
CREATE INDEX sign_in_failures_who_at_ix ON sign_in_failures (who, at);
GRANT SELECT, INSERT, DELETE ON sign_in_failures TO diaban_web, diaban_worker;

-- Readiness is asked by nobody in particular, who sees no submission: two figures, nothing about which.
CREATE FUNCTION submissions_waiting() RETURNS TABLE (waiting bigint, oldest_s double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::double precision
          FROM submissions WHERE state = 'received' $$;
ALTER FUNCTION submissions_waiting() OWNER TO diaban_definer;
REVOKE ALL ON FUNCTION submissions_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submissions_waiting() TO diaban_web, diaban_worker;
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
-- Its owner alone may drop it, and the owner of the tables is a member that inherits nothing.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION submissions_waiting();
RESET ROLE;
DROP TABLE sign_in_failures;
DROP TABLE sign_ins;
ALTER TABLE accounts DROP COLUMN totp_counter, ADD COLUMN fs_uniquifier TEXT DEFAULT gen_random_uuid()::text NOT NULL,
    ADD COLUMN failed_at TIMESTAMP WITH TIME ZONE, ADD COLUMN failures INTEGER DEFAULT 0 NOT NULL,
    ADD CONSTRAINT accounts_fs_uniquifier_key UNIQUE (fs_uniquifier);
GRANT UPDATE (fs_uniquifier, failed_at, failures) ON accounts TO diaban_web;
"""
