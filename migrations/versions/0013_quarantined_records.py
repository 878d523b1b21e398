"""Sealed records that can't be received as they are, kept closed for an officer.

Their answers stay under the seal, on disk; a row says whose they are, why they wait and what was decided. Whoever brings
one may add it and count their own; officers of the scope see and decide it.
"""

from migrations.sql import run

revision = "0013"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE quarantined_records (
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	instance_id TEXT NOT NULL,
	sealed_sha256 BYTEA NOT NULL,
	key_id TEXT NOT NULL,
	parts TEXT[] NOT NULL,
	bytes INTEGER NOT NULL,
	problem JSONB NOT NULL,
	account_id INTEGER,
	handed_by INTEGER NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER,
	form_id TEXT,
	form_version TEXT,
	made_at TIMESTAMP WITH TIME ZONE,
	received_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
	state TEXT DEFAULT 'waiting' NOT NULL,
	decided_by INTEGER,
	decided_at TIMESTAMP WITH TIME ZONE,
	decision TEXT,
	CONSTRAINT quarantined_records_pkey PRIMARY KEY (id),
	CONSTRAINT quarantined_records_sealed_key UNIQUE (instance_id, sealed_sha256),
	CONSTRAINT quarantined_records_state_check CHECK (state IN ('waiting', 'accepted', 'set_aside')),
	CONSTRAINT quarantined_records_decided_check CHECK ((state = 'waiting') = (decided_by IS NULL)),
	CONSTRAINT quarantined_records_reason_check CHECK (state <> 'set_aside' OR length(decision) >= 5),
	CONSTRAINT quarantined_records_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT quarantined_records_handed_by_fkey FOREIGN KEY(handed_by) REFERENCES accounts (id),
	CONSTRAINT quarantined_records_decided_by_fkey FOREIGN KEY(decided_by) REFERENCES accounts (id)
);
CREATE INDEX quarantined_records_waiting_ix ON quarantined_records (province_id) WHERE state = 'waiting';

ALTER TABLE quarantined_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantined_records FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (state, decided_by, decided_at, decision),
    INSERT (instance_id, sealed_sha256, key_id, parts, bytes, problem, account_id, handed_by, province_id, commune_id,
            form_id, form_version, made_at)
    ON quarantined_records TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON quarantined_records TO diaban_worker;
CREATE POLICY web_adds ON quarantined_records FOR INSERT TO diaban_web WITH CHECK (
    handed_by = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY web_reads ON quarantined_records FOR SELECT TO diaban_web USING (
    handed_by = (SELECT nullif(current_setting('app.account', true), '')::int)
    OR (province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
        AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
        AND (SELECT current_setting('app.review', true)) = '1'));
CREATE POLICY web_decides ON quarantined_records FOR UPDATE TO diaban_web USING (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON quarantined_records TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
DROP TABLE quarantined_records;
"""
