"""“Dân vận khéo” models as work: the words of the registration form, half-yearly self-assessments, recognition by level.

They belong to their model and go with it; those who lead read them in their scope, those who review write them in their
own name. Exemplary individuals are a number: there is no column for a name.
"""

from migrations.sql import run

revision = "0045"
down_revision = "0044"
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

CREATE TABLE model_registrations (
	model_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	method TEXT DEFAULT '' NOT NULL,
	audience TEXT DEFAULT '' NOT NULL,
	implementers TEXT DEFAULT '' NOT NULL,
	resources TEXT DEFAULT '' NOT NULL,
	time_frame TEXT DEFAULT '' NOT NULL,
	outputs TEXT DEFAULT '' NOT NULL,
	upkeep TEXT DEFAULT '' NOT NULL,
	individuals INTEGER,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT model_registrations_pkey PRIMARY KEY (model_id),
	CONSTRAINT model_registrations_lengths_check CHECK (greatest(length(reason), length(method), length(audience), length(implementers), length(resources), length(time_frame), length(outputs), length(upkeep)) <= 1000),
	CONSTRAINT model_registrations_individuals_check CHECK (individuals BETWEEN 0 AND 100000),
	CONSTRAINT model_registrations_model_id_fkey FOREIGN KEY(model_id) REFERENCES community_models (id) ON DELETE CASCADE,
	CONSTRAINT model_registrations_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE model_assessments (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	model_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	half TEXT NOT NULL,
	result TEXT NOT NULL,
	kept BOOLEAN NOT NULL,
	households INTEGER,
	words TEXT NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT model_assessments_pkey PRIMARY KEY (id),
	CONSTRAINT model_assessments_model_id_half_key UNIQUE (model_id, half),
	CONSTRAINT model_assessments_half_check CHECK (half ~ '^20[0-9]{2}-H[12]$'),
	CONSTRAINT model_assessments_result_check CHECK (result IN ('dat', 'mot_phan', 'chua')),
	CONSTRAINT model_assessments_words_check CHECK (households BETWEEN 0 AND 1000000 AND length(words) <= 500),
	CONSTRAINT model_assessments_model_id_fkey FOREIGN KEY(model_id) REFERENCES community_models (id) ON DELETE CASCADE,
	CONSTRAINT model_assessments_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE model_recognitions (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	model_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	level TEXT NOT NULL,
	decided_on DATE NOT NULL,
	document TEXT NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT model_recognitions_pkey PRIMARY KEY (id),
	CONSTRAINT model_recognitions_model_id_level_key UNIQUE (model_id, level),
	CONSTRAINT model_recognitions_document_check CHECK (length(document) BETWEEN 1 AND 120),
	CONSTRAINT model_recognitions_model_id_fkey FOREIGN KEY(model_id) REFERENCES community_models (id) ON DELETE CASCADE,
	CONSTRAINT model_recognitions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
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
    for table in ("model_registrations", "model_assessments", "model_recognitions")
)

DOWN = r"""
DROP TABLE model_recognitions, model_assessments, model_registrations;
"""
