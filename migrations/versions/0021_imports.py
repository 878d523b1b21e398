"""Imports as a whole: what a file brings is proposed, decided and undone together.

`imports` tells of one file: what was chosen of its text, coordinates and columns, what came of each row in figures and a
few samples, who decided. Its rows become proposals that carry `import_id`; the file itself stays outside the database and
goes when they do. `import_mappings` remembers how a table with the same columns was read before.

`exports` knows what went out, so that a file which comes back can say which rows are missing from it: only an export of
a whole scope can tell. A former row keeps its exact place beside its JSON, whose degrees have nine decimals: undoing must
give back every bit of it.
"""

from migrations.sql import run

revision = "0021"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE imports (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	account_id INTEGER NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER, 
	layer TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	file_sha256 BYTEA NOT NULL, 
	file_bytes BIGINT NOT NULL, 
	state TEXT DEFAULT 'reading' NOT NULL, 
	choices JSONB DEFAULT '{}' NOT NULL, 
	found JSONB, 
	report JSONB, 
	error JSONB, 
	job_id UUID, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	proposed_at TIMESTAMP WITH TIME ZONE, 
	reviewed_by INTEGER, 
	reviewed_at TIMESTAMP WITH TIME ZONE, 
	comment TEXT, 
	undone_by INTEGER, 
	undone_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT imports_pkey PRIMARY KEY (id), 
	CONSTRAINT imports_state_check CHECK (state IN ('reading', 'asking', 'ready', 'refused', 'withdrawn', 'proposing', 'proposed', 'applying', 'approved', 'rejected', 'undoing', 'undone')), 
	CONSTRAINT imports_second_person_check CHECK (reviewed_by IS NULL OR reviewed_by <> account_id), 
	CONSTRAINT imports_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT imports_reviewed_by_fkey FOREIGN KEY(reviewed_by) REFERENCES accounts (id), 
	CONSTRAINT imports_undone_by_fkey FOREIGN KEY(undone_by) REFERENCES accounts (id)
);

CREATE INDEX imports_account_id_created_at_ix ON imports (account_id, created_at);

CREATE INDEX imports_waiting_ix ON imports (province_id) WHERE state = 'proposed';

CREATE TABLE import_mappings (
	province_id INTEGER NOT NULL, 
	layer TEXT NOT NULL, 
	columns TEXT NOT NULL, 
	choices JSONB NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT import_mappings_pkey PRIMARY KEY (province_id, layer, columns)
);

CREATE TABLE exports (
	id TEXT NOT NULL, 
	account_id INTEGER NOT NULL, 
	layer TEXT NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER, 
	whole BOOLEAN NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT exports_pkey PRIMARY KEY (id), 
	CONSTRAINT exports_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

ALTER TABLE proposals ADD COLUMN import_id UUID;
CREATE INDEX proposals_import_id_ix ON proposals (import_id) WHERE import_id IS NOT NULL;
ALTER TABLE proposals ADD CONSTRAINT proposals_import_id_fkey FOREIGN KEY(import_id) REFERENCES imports (id);
ALTER TABLE versions ADD COLUMN geom geometry(GEOMETRY,4326);

SET LOCAL ROLE diaban_definer;
CREATE OR REPLACE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO versions (layer, id, version, province_id, commune_id, row, geom, replaced_by)
    VALUES (TG_TABLE_NAME, OLD.id, OLD.version, OLD.province_id, OLD.commune_id, to_jsonb(OLD), OLD.geom,
            nullif(current_setting('app.account', true), '')::int);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;
RESET ROLE;

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON imports TO diaban_web;
GRANT UPDATE (state, choices, error, job_id, reviewed_by, reviewed_at, comment, undone_by, undone_at) ON imports TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON imports, import_mappings, exports TO diaban_worker;
CREATE POLICY web_adds ON imports FOR INSERT TO diaban_web WITH CHECK (
    account_id = (SELECT nullif(current_setting('app.account', true), '')::int) AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_reads ON imports FOR SELECT TO diaban_web USING (
    account_id = (SELECT nullif(current_setting('app.account', true), '')::int)
    OR (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
        AND (SELECT current_setting('app.review', true)) = '1' AND state IN ('proposed', 'applying', 'approved', 'rejected', 'undoing', 'undone')));
CREATE POLICY web_changes_own ON imports FOR UPDATE TO diaban_web
    USING (account_id = (SELECT nullif(current_setting('app.account', true), '')::int) AND state IN ('reading', 'asking', 'ready', 'refused', 'proposing', 'proposed'))
    WITH CHECK (account_id = (SELECT nullif(current_setting('app.account', true), '')::int) AND state IN ('reading', 'proposing', 'withdrawn'));
CREATE POLICY web_decides ON imports FOR UPDATE TO diaban_web
    USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
           AND (SELECT current_setting('app.review', true)) = '1' AND account_id <> (SELECT nullif(current_setting('app.account', true), '')::int)
           AND state IN ('proposed', 'applying', 'approved', 'undoing'))
    WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
           AND (SELECT current_setting('app.review', true)) = '1' AND account_id <> (SELECT nullif(current_setting('app.account', true), '')::int)
           AND state IN ('proposed', 'applying', 'approved', 'rejected', 'undoing', 'undone'));
-- Who gave up an import takes back what waits of it, and can do no more with it.
CREATE POLICY web_withdraws ON proposals FOR UPDATE TO diaban_web
    USING (import_id IS NOT NULL AND state = 'waiting' AND created_by = (SELECT nullif(current_setting('app.account', true), '')::int))
    WITH CHECK (import_id IS NOT NULL AND state = 'superseded' AND created_by = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY worker ON imports TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE import_mappings ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_mappings FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON import_mappings TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE exports FORCE ROW LEVEL SECURITY;
GRANT INSERT ON exports TO diaban_web;
CREATE POLICY web_adds ON exports FOR INSERT TO diaban_web WITH CHECK (
    account_id = (SELECT nullif(current_setting('app.account', true), '')::int) AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY worker ON exports TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
SET LOCAL ROLE diaban_definer;
CREATE OR REPLACE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO versions (layer, id, version, province_id, commune_id, row, replaced_by)
    VALUES (TG_TABLE_NAME, OLD.id, OLD.version, OLD.province_id, OLD.commune_id, to_jsonb(OLD),
            nullif(current_setting('app.account', true), '')::int);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;
RESET ROLE;
ALTER TABLE versions DROP COLUMN geom;
DROP POLICY web_withdraws ON proposals;
ALTER TABLE proposals DROP COLUMN import_id;
DROP TABLE exports;
DROP TABLE import_mappings;
DROP TABLE imports;
"""
