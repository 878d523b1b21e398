"""What comes in: forms, submissions with their attachments, proposals, and the restricted reports apart.

Restricted reports have no geometry and no media column, and a proposal for one may have no place. The web role can't
select the stored XML: a reviewer reads it through `submission_xml`, which leaves restricted ones out. `submission_seen`
answers the one question a retry asks, whoever sent it, without opening the row.
"""

from migrations.sql import run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
CREATE SEQUENCE submissions_seq;
CREATE TABLE forms (
	form_id TEXT NOT NULL, 
	version TEXT NOT NULL, 
	title TEXT NOT NULL, 
	layer TEXT, 
	origin TEXT NOT NULL, 
	xform TEXT NOT NULL, 
	md5 TEXT NOT NULL, 
	state TEXT DEFAULT 'live' NOT NULL, 
	uploaded_by INTEGER, 
	approved_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT forms_pkey PRIMARY KEY (form_id, version), 
	CONSTRAINT forms_state_check CHECK (state IN ('draft', 'live', 'closed')), 
	CONSTRAINT forms_second_approver_check CHECK (origin = 'layer' OR state = 'draft' OR approved_by <> uploaded_by), 
	CONSTRAINT forms_uploaded_by_fkey FOREIGN KEY(uploaded_by) REFERENCES accounts (id), 
	CONSTRAINT forms_approved_by_fkey FOREIGN KEY(approved_by) REFERENCES accounts (id)
);

CREATE TABLE submissions (
	instance_id TEXT NOT NULL, 
	seq INTEGER DEFAULT nextval('submissions_seq') NOT NULL, 
	form_id TEXT NOT NULL, 
	form_version TEXT NOT NULL, 
	deprecated_id TEXT, 
	account_id INTEGER NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER, 
	received_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
	sha256_received BYTEA NOT NULL, 
	sha256_kept BYTEA NOT NULL, 
	xml TEXT NOT NULL, 
	code TEXT NOT NULL, 
	restricted BOOLEAN DEFAULT false NOT NULL, 
	flags JSONB DEFAULT '[]' NOT NULL, 
	state TEXT DEFAULT 'received' NOT NULL, 
	error JSONB, 
	applied_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT submissions_pkey PRIMARY KEY (instance_id), 
	CONSTRAINT submissions_state_check CHECK (state IN ('received', 'applied', 'quarantined')), 
	CONSTRAINT submissions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX submissions_received_ix ON submissions (seq) WHERE state = 'received';

CREATE TABLE attachments (
	instance_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	sha256_received BYTEA NOT NULL, 
	sha256_kept BYTEA, 
	media_type TEXT NOT NULL, 
	bytes INTEGER NOT NULL, 
	orientation INTEGER DEFAULT 1 NOT NULL, 
	state TEXT DEFAULT 'received' NOT NULL, 
	layer TEXT, 
	feature_id TEXT, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER, 
	passed_by INTEGER, 
	CONSTRAINT attachments_pkey PRIMARY KEY (instance_id, name), 
	CONSTRAINT attachments_state_check CHECK (state IN ('received', 'clean', 'passed', 'refused', 'cut')), 
	CONSTRAINT attachments_cut_check CHECK ((state = 'cut') = (sha256_kept IS NULL)), 
	CONSTRAINT attachments_instance_id_fkey FOREIGN KEY(instance_id) REFERENCES submissions (instance_id) ON DELETE CASCADE, 
	CONSTRAINT attachments_passed_by_fkey FOREIGN KEY(passed_by) REFERENCES accounts (id)
);

CREATE INDEX attachments_sha256_kept_ix ON attachments (sha256_kept);

CREATE TABLE proposals (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	submission_id TEXT, 
	layer TEXT NOT NULL, 
	action TEXT DEFAULT 'create' NOT NULL, 
	feature_id UUID NOT NULL, 
	base_version INTEGER, 
	values JSONB NOT NULL, 
	geom geometry(GEOMETRY,4326), 
	accuracy_m DOUBLE PRECISION, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER, 
	hamlet_id INTEGER, 
	office_id INTEGER, 
	restricted BOOLEAN DEFAULT false NOT NULL, 
	observed_on DATE NOT NULL, 
	origin TEXT DEFAULT 'survey' NOT NULL, 
	flags JSONB DEFAULT '[]' NOT NULL, 
	state TEXT DEFAULT 'waiting' NOT NULL, 
	comment TEXT, 
	created_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	reviewed_by INTEGER, 
	reviewed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT proposals_pkey PRIMARY KEY (id), 
	CONSTRAINT proposals_action_check CHECK (action IN ('create', 'update', 'delete')), 
	CONSTRAINT proposals_state_check CHECK (state IN ('waiting', 'approved', 'returned', 'rejected', 'superseded')), 
	CONSTRAINT proposals_restricted_without_place_check CHECK (NOT restricted OR geom IS NULL), 
	CONSTRAINT proposals_restricted_layer_check CHECK (restricted = (layer = 'restricted_reports')), 
	CONSTRAINT proposals_second_person_check CHECK (reviewed_by IS NULL OR reviewed_by IS DISTINCT FROM created_by), 
	CONSTRAINT proposals_submission_id_fkey FOREIGN KEY(submission_id) REFERENCES submissions (instance_id), 
	CONSTRAINT proposals_created_by_fkey FOREIGN KEY(created_by) REFERENCES accounts (id), 
	CONSTRAINT proposals_reviewed_by_fkey FOREIGN KEY(reviewed_by) REFERENCES accounts (id)
);

CREATE INDEX proposals_submission_id_ix ON proposals (submission_id);

CREATE INDEX proposals_waiting_ix ON proposals (province_id, commune_id, layer) WHERE state = 'waiting';

CREATE TABLE restricted_reports (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	office_id INTEGER NOT NULL, 
	observed_on DATE NOT NULL, 
	category TEXT NOT NULL, 
	what_happened TEXT NOT NULL, 
	urgency TEXT NOT NULL, 
	households_affected INTEGER, 
	happened_on DATE NOT NULL, 
	state TEXT NOT NULL, 
	due_on DATE NOT NULL, 
	answered_on DATE, 
	proposal_id UUID, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT restricted_reports_pkey PRIMARY KEY (id), 
	CONSTRAINT restricted_reports_restricted_category_check CHECK (category IN ('dat_dai_boi_thuong', 'doi_song_tai_dinh_cu', 'chinh_sach_xa_hoi', 'mau_thuan_cong_dong')), 
	CONSTRAINT restricted_reports_due_check CHECK (due_on >= observed_on), 
	CONSTRAINT restricted_reports_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT restricted_reports_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT restricted_reports_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id), 
	CONSTRAINT restricted_reports_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id)
);

CREATE INDEX restricted_reports_commune_id_ix ON restricted_reports (commune_id);

CREATE INDEX restricted_reports_office_id_ix ON restricted_reports (office_id);

CREATE TABLE restricted_counts (
	commune_id INTEGER NOT NULL, 
	quarter DATE NOT NULL, 
	category TEXT NOT NULL, 
	n INTEGER, 
	hidden BOOLEAN NOT NULL, 
	CONSTRAINT restricted_counts_pkey PRIMARY KEY (commune_id, quarter, category), 
	CONSTRAINT restricted_counts_hidden_below_five_check CHECK (n IS NULL OR n = 0 OR n >= 5), 
	CONSTRAINT restricted_counts_hidden_check CHECK (hidden = (n IS NULL)), 
	CONSTRAINT restricted_counts_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id)
);

CREATE FUNCTION submission_seen(wanted text) RETURNS TABLE (account_id int, sha256_received bytea, code text, received_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT account_id, sha256_received, code, received_at FROM submissions WHERE instance_id = wanted $$;
CREATE FUNCTION submission_xml(wanted text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT xml FROM submissions WHERE instance_id = wanted AND NOT restricted
          AND (account_id = (SELECT nullif(current_setting('app.account', true), '')::int) OR (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1')) $$;
CREATE FUNCTION waiting_counts() RETURNS TABLE (layer text, commune_id int, n bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT layer, commune_id, count(*) FROM proposals WHERE state = 'waiting' AND NOT restricted AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) GROUP BY 1, 2 $$;
GRANT SELECT ON submissions, proposals TO diaban_definer;
ALTER FUNCTION submission_seen(text) OWNER TO diaban_definer;
ALTER FUNCTION submission_xml(text) OWNER TO diaban_definer;
ALTER FUNCTION waiting_counts() OWNER TO diaban_definer;
REVOKE ALL ON FUNCTION submission_seen(text), submission_xml(text), waiting_counts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_seen(text), submission_xml(text), waiting_counts() TO diaban_web, diaban_worker;

GRANT SELECT ON forms TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON forms, submissions, attachments, proposals, restricted_reports, restricted_counts TO diaban_worker;
GRANT USAGE ON SEQUENCE submissions_seq TO diaban_web, diaban_worker;

ALTER TABLE submissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE submissions FORCE ROW LEVEL SECURITY;
GRANT INSERT ON submissions TO diaban_web;
GRANT SELECT (instance_id, seq, form_id, form_version, deprecated_id, account_id, province_id, commune_id, received_at,
              sha256_received, sha256_kept, code, restricted, flags, state, error, applied_at) ON submissions TO diaban_web;
CREATE POLICY web_adds ON submissions FOR INSERT TO diaban_web WITH CHECK (
    account_id = (SELECT nullif(current_setting('app.account', true), '')::int) AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int));
CREATE POLICY web_reads ON submissions FOR SELECT TO diaban_web USING (account_id = (SELECT nullif(current_setting('app.account', true), '')::int) OR (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1' AND NOT restricted));
CREATE POLICY worker ON submissions TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON submissions FOR SELECT TO diaban_definer USING (true);

ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON attachments TO diaban_web;
GRANT UPDATE (state, passed_by, sha256_kept, bytes) ON attachments TO diaban_web;
CREATE POLICY web_adds ON attachments FOR INSERT TO diaban_web WITH CHECK (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int));
CREATE POLICY web_reads ON attachments FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (state = 'passed' OR (SELECT current_setting('app.review', true)) = '1'));
CREATE POLICY web_changes ON attachments FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON attachments TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposals FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON proposals TO diaban_web;
GRANT UPDATE (state, comment, reviewed_by, reviewed_at, values, geom, commune_id, hamlet_id) ON proposals TO diaban_web;
CREATE POLICY web_reads ON proposals FOR SELECT TO diaban_web USING (
    (NOT restricted OR (office_id = (SELECT nullif(current_setting('app.office', true), '')::int) AND (SELECT current_setting('app.restricted', true)) = '1')) AND ((province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') OR (created_by = (SELECT nullif(current_setting('app.account', true), '')::int) AND NOT restricted)));
CREATE POLICY web_adds ON proposals FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND created_by = (SELECT nullif(current_setting('app.account', true), '')::int) AND NOT restricted);
CREATE POLICY web_changes ON proposals FOR UPDATE TO diaban_web USING ((NOT restricted OR (office_id = (SELECT nullif(current_setting('app.office', true), '')::int) AND (SELECT current_setting('app.restricted', true)) = '1')) AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK ((NOT restricted OR (office_id = (SELECT nullif(current_setting('app.office', true), '')::int) AND (SELECT current_setting('app.restricted', true)) = '1')) AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON proposals TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON proposals FOR SELECT TO diaban_definer USING (true);

ALTER TABLE restricted_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE restricted_reports FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON restricted_reports TO diaban_web;
CREATE POLICY web ON restricted_reports TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND office_id = (SELECT nullif(current_setting('app.office', true), '')::int) AND (SELECT current_setting('app.restricted', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND office_id = (SELECT nullif(current_setting('app.office', true), '')::int) AND (SELECT current_setting('app.restricted', true)) = '1' AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON restricted_reports TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE restricted_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE restricted_counts FORCE ROW LEVEL SECURITY;
GRANT SELECT ON restricted_counts TO diaban_web;
CREATE POLICY web_reads ON restricted_counts FOR SELECT TO diaban_web USING (
    (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY worker ON restricted_counts TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION submission_seen, submission_xml, waiting_counts;
RESET ROLE;
DROP TABLE restricted_counts;
DROP TABLE restricted_reports;
DROP TABLE proposals;
DROP TABLE attachments;
DROP TABLE submissions;
DROP TABLE forms;
DROP SEQUENCE submissions_seq;
"""
