"""Forms made by staff: their file, their media, where and how long they are published, and who may say so.

A form's own file is kept for whoever approves it. It is published to units with dates, expires after a year, and may
be withdrawn: what phones still send of it is then set aside. The two-account rule stood in a check that a missing
approver passed; now nothing but a draft, or a draft taken back, goes without one. The web role changes these rows
itself, under policies that look up who may approve: whoever uploaded a
form may only take it back.

`form_uploads` holds a file while a background job checks it, and goes with the job.
"""

from migrations.sql import run

revision = "0016"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

ALTER TABLE forms
    ADD COLUMN province_id INTEGER,
    ADD COLUMN source BYTEA,
    ADD COLUMN source_name TEXT,
    ADD COLUMN notes JSONB DEFAULT '[]' NOT NULL,
    ADD COLUMN approved_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN expires_on DATE,
    ADD CONSTRAINT forms_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id),
    DROP CONSTRAINT forms_state_check,
    DROP CONSTRAINT forms_second_approver_check,
    ADD CONSTRAINT forms_state_check CHECK (state IN ('draft', 'live', 'closed', 'withdrawn')),
    ADD CONSTRAINT forms_second_approver_check CHECK (origin = 'layer' OR state IN ('draft', 'withdrawn')
        OR (approved_by IS NOT NULL AND approved_by <> uploaded_by)),
    ADD CONSTRAINT forms_expires_check CHECK (origin = 'layer' OR state <> 'live' OR expires_on IS NOT NULL) NOT VALID;
-- Forms uploaded before they had a province or an end: theirs are the uploader's province and a year from now.
UPDATE forms SET expires_on = current_date + 365 WHERE origin = 'upload' AND state = 'live';
UPDATE forms f SET province_id = u.province_id FROM accounts a JOIN units u ON u.id = a.unit_id
    WHERE f.uploaded_by = a.id;
ALTER TABLE forms VALIDATE CONSTRAINT forms_expires_check;

CREATE TABLE form_units (
	form_id TEXT NOT NULL, 
	unit_id INTEGER NOT NULL, 
	valid_from DATE DEFAULT CURRENT_DATE NOT NULL, 
	valid_to DATE, 
	published_by INTEGER NOT NULL, 
	CONSTRAINT form_units_pkey PRIMARY KEY (form_id, unit_id, valid_from), 
	CONSTRAINT form_units_dates_check CHECK (valid_to >= valid_from), 
	CONSTRAINT form_units_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id), 
	CONSTRAINT form_units_published_by_fkey FOREIGN KEY(published_by) REFERENCES accounts (id)
);

CREATE TABLE form_files (
	form_id TEXT NOT NULL, 
	version TEXT NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	md5 TEXT NOT NULL, 
	data BYTEA NOT NULL, 
	CONSTRAINT form_files_pkey PRIMARY KEY (form_id, version, name), 
	CONSTRAINT form_files_form_id_version_fkey FOREIGN KEY(form_id, version) REFERENCES forms (form_id, version) ON DELETE CASCADE
);

CREATE TABLE form_uploads (
	job_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	data BYTEA NOT NULL, 
	CONSTRAINT form_uploads_pkey PRIMARY KEY (job_id, position), 
	CONSTRAINT form_uploads_job_id_fkey FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);

CREATE FUNCTION may_approve_forms() RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM special_verbs WHERE verb = 'approve_form' AND current_date BETWEEN granted_on AND expires_on
          AND account_id = (SELECT nullif(current_setting('app.account', true), '')::int)) $$;

ALTER TABLE forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE forms FORCE ROW LEVEL SECURITY;
GRANT UPDATE (state, approved_by, approved_at, expires_on) ON forms TO diaban_web;
CREATE POLICY web_reads ON forms FOR SELECT TO diaban_web USING (true);
CREATE POLICY web_changes ON forms FOR UPDATE TO diaban_web
    USING (origin = 'upload' AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
           AND ((SELECT may_approve_forms())
                OR uploaded_by = (SELECT nullif(current_setting('app.account', true), '')::int)))
    WITH CHECK (state IN ('withdrawn', 'closed')
                OR ((SELECT may_approve_forms()) AND uploaded_by <> (SELECT nullif(current_setting('app.account', true), '')::int)));
CREATE POLICY worker ON forms TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON forms FOR SELECT TO diaban_definer USING (true);

ALTER TABLE form_units ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_units FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON form_units TO diaban_web;
GRANT UPDATE (valid_to) ON form_units TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON form_units, form_files, form_uploads TO diaban_worker;
CREATE POLICY web_reads ON form_units FOR SELECT TO diaban_web USING (true);
CREATE POLICY web_adds ON form_units FOR INSERT TO diaban_web WITH CHECK ((SELECT may_approve_forms())
    AND published_by = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY web_changes ON form_units FOR UPDATE TO diaban_web USING ((SELECT may_approve_forms())) WITH CHECK ((SELECT may_approve_forms()));
CREATE POLICY worker ON form_units TO diaban_worker USING (true) WITH CHECK (true);

GRANT SELECT ON form_files TO diaban_web;

ALTER TABLE form_uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_uploads FORCE ROW LEVEL SECURITY;
GRANT INSERT, SELECT ON form_uploads TO diaban_web;
CREATE POLICY web ON form_uploads TO diaban_web USING (EXISTS (SELECT FROM jobs WHERE jobs.id = job_id))
    WITH CHECK (EXISTS (SELECT FROM jobs WHERE jobs.id = job_id));
CREATE POLICY worker ON form_uploads TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
DROP POLICY definer ON forms;
DROP POLICY worker ON forms;
DROP POLICY web_changes ON forms;
DROP POLICY web_reads ON forms;
REVOKE UPDATE (state, approved_by, approved_at, expires_on) ON forms FROM diaban_web;
ALTER TABLE forms NO FORCE ROW LEVEL SECURITY;
ALTER TABLE forms DISABLE ROW LEVEL SECURITY;
DROP TABLE form_uploads;
DROP TABLE form_files;
DROP TABLE form_units;
DROP FUNCTION may_approve_forms();
UPDATE forms SET state = 'closed' WHERE state = 'withdrawn' AND approved_by IS NOT NULL;
DELETE FROM forms WHERE state = 'withdrawn';
ALTER TABLE forms
    DROP CONSTRAINT forms_expires_check,
    DROP CONSTRAINT forms_second_approver_check,
    DROP CONSTRAINT forms_state_check,
    ADD CONSTRAINT forms_state_check CHECK (state IN ('draft', 'live', 'closed')),
    ADD CONSTRAINT forms_second_approver_check CHECK (origin = 'layer' OR state = 'draft' OR approved_by <> uploaded_by),
    DROP COLUMN expires_on,
    DROP COLUMN approved_at,
    DROP COLUMN notes,
    DROP COLUMN source_name,
    DROP COLUMN source,
    DROP COLUMN province_id;
"""
