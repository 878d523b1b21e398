"""Resettlement as work: the dated rules of its stages, and each project's stages and figures day by day.

The rules are public facts like code lists. Stages and figures belong to their project and go with it; those who lead
read them in their scope, those who review write them in their own name. A figure of money stands beside ten households
or more (S6).
"""

from migrations.sql import run

revision = "0043"
down_revision = "0034"
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

CREATE TABLE resettlement_rules (
	stage TEXT NOT NULL,
	point TEXT NOT NULL,
	kind TEXT NOT NULL,
	days INTEGER NOT NULL,
	since TEXT NOT NULL,
	since_point TEXT NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	land TEXT DEFAULT '' NOT NULL,
	source TEXT NOT NULL,
	status TEXT NOT NULL,
	CONSTRAINT resettlement_rules_pkey PRIMARY KEY (stage, kind, since, valid_from, land),
	CONSTRAINT resettlement_rules_kind_check CHECK (kind IN ('needs', 'not_before', 'within')),
	CONSTRAINT resettlement_rules_points_check CHECK (point IN ('began', 'ended') AND since_point IN ('began', 'ended')),
	CONSTRAINT resettlement_rules_days_check CHECK (days >= 0)
);
CREATE TABLE resettlement_steps (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	project_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	stage TEXT NOT NULL,
	planned_on DATE,
	began_on DATE,
	ended_on DATE,
	document TEXT,
	meetings INTEGER,
	opinions INTEGER,
	opinions_answered INTEGER,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT resettlement_steps_pkey PRIMARY KEY (id),
	CONSTRAINT resettlement_steps_project_id_stage_key UNIQUE (project_id, stage),
	CONSTRAINT resettlement_steps_days_check CHECK (ended_on >= began_on),
	CONSTRAINT resettlement_steps_begun_check CHECK (ended_on IS NULL OR began_on IS NOT NULL),
	CONSTRAINT resettlement_steps_heard_check CHECK (meetings >= 0 AND opinions >= 0 AND opinions_answered BETWEEN 0 AND opinions),
	CONSTRAINT resettlement_steps_document_check CHECK (length(document) <= 120),
	CONSTRAINT resettlement_steps_project_id_fkey FOREIGN KEY(project_id) REFERENCES resettlement_projects (id) ON DELETE CASCADE,
	CONSTRAINT resettlement_steps_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE resettlement_progress (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	project_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	planned BOOLEAN DEFAULT false NOT NULL,
	"on" DATE NOT NULL,
	households_affected INTEGER NOT NULL,
	households_approved INTEGER,
	households_paid INTEGER,
	households_moved INTEGER,
	plots_total INTEGER,
	plots_ready INTEGER,
	money_approved BIGINT,
	money_paid BIGINT,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT resettlement_progress_pkey PRIMARY KEY (id),
	CONSTRAINT resettlement_progress_project_id_planned_on_key UNIQUE (project_id, planned, "on"),
	CONSTRAINT resettlement_progress_approved_check CHECK (households_approved <= households_affected),
	CONSTRAINT resettlement_progress_paid_check CHECK (households_paid <= coalesce(households_approved, households_affected)),
	CONSTRAINT resettlement_progress_moved_check CHECK (households_moved <= households_affected),
	CONSTRAINT resettlement_progress_plots_check CHECK (plots_ready <= plots_total),
	CONSTRAINT resettlement_progress_money_check CHECK (money_paid <= money_approved),
	CONSTRAINT resettlement_progress_not_negative_check CHECK (least(households_affected, households_approved, households_paid, households_moved, plots_ready, money_approved, money_paid) >= 0),
	CONSTRAINT resettlement_progress_small_without_money_check CHECK (households_affected >= 10 OR (money_approved IS NULL AND money_paid IS NULL)),
	CONSTRAINT resettlement_progress_project_id_fkey FOREIGN KEY(project_id) REFERENCES resettlement_projects (id) ON DELETE CASCADE,
	CONSTRAINT resettlement_progress_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

GRANT SELECT ON resettlement_rules TO diaban_web, diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON resettlement_rules TO diaban_worker;
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
    for table in ("resettlement_steps", "resettlement_progress")
)

DOWN = r"""
DROP TABLE resettlement_progress, resettlement_steps, resettlement_rules;
"""
