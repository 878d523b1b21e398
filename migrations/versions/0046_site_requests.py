"""Requests of religious sites with the office that answers and its time limit; activities by the day they are planned.

A request is one of a closed list and names an office: there is no column for who asked, nor for words about a site (S3).
A time limit stands beside the source it comes from; without one nothing is ever late.
"""

from migrations.sql import run

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


_SCOPE = """province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)"""
_READS = "(SELECT current_setting('app.role', true)) IN ('leader', 'officer')"
_REVIEWS = "(SELECT current_setting('app.review', true)) = '1'"
_MINE = "account_id = (SELECT nullif(current_setting('app.account', true), '')::int)"

UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE site_requests (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	site_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	received_on DATE NOT NULL,
	office_id INTEGER NOT NULL,
	due_on DATE,
	due_source TEXT DEFAULT '' NOT NULL,
	answered_on DATE,
	outcome TEXT,
	document TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT site_requests_pkey PRIMARY KEY (id),
	CONSTRAINT site_requests_kind_check CHECK (kind <> 'khong'),
	CONSTRAINT site_requests_answered_check CHECK (answered_on >= received_on),
	CONSTRAINT site_requests_due_check CHECK (due_on > received_on AND due_source <> '' OR due_on IS NULL),
	CONSTRAINT site_requests_outcome_check CHECK (outcome IN ('dap_ung', 'mot_phan', 'khong')),
	CONSTRAINT site_requests_whole_check CHECK ((answered_on IS NULL) = (outcome IS NULL) AND length(document) <= 120),
	CONSTRAINT site_requests_site_id_fkey FOREIGN KEY(site_id) REFERENCES religious_sites (id) ON DELETE CASCADE,
	CONSTRAINT site_requests_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT site_requests_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX site_requests_open_ix ON site_requests (province_id, due_on) WHERE answered_on IS NULL;
CREATE INDEX site_requests_site_id_ix ON site_requests (site_id);

-- The plan of a year and the calendar of a month, among a million activities.
CREATE INDEX joint_activities_planned_ix ON joint_activities (province_id, planned_on);
""" + "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO diaban_web, diaban_worker;
CREATE POLICY web_reads ON {table} FOR SELECT TO diaban_web USING ({_SCOPE} AND {_READS});
CREATE POLICY web_adds ON {table} FOR INSERT TO diaban_web WITH CHECK ({_SCOPE} AND {_REVIEWS} AND {_MINE});
CREATE POLICY web_changes ON {table} FOR UPDATE TO diaban_web
    USING ({_SCOPE} AND {_REVIEWS}) WITH CHECK ({_SCOPE} AND {_REVIEWS} AND {_MINE});
CREATE POLICY web_removes ON {table} FOR DELETE TO diaban_web USING ({_SCOPE} AND {_REVIEWS});
CREATE POLICY worker ON {table} TO diaban_worker USING (true) WITH CHECK (true);
"""
    for table in ("site_requests",)
)

DOWN = r"""
DROP INDEX joint_activities_planned_ix;
DROP TABLE site_requests;
"""
