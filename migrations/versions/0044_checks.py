"""Check rounds as work: checklist items as dated rows, answers and findings of each check, counts of grassroots blocks.

Items are public facts like code lists. Answers and findings belong to their check and go with it; those who lead read
them in their scope, those who review write them in their own name.
"""

from migrations.sql import run

revision = "0044"
down_revision = "0043"
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

CREATE TABLE checklist_items (
	checklist TEXT NOT NULL,
	code TEXT NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	pillar TEXT NOT NULL,
	position INTEGER NOT NULL,
	label_vi TEXT NOT NULL,
	label_en TEXT NOT NULL,
	source TEXT NOT NULL,
	status TEXT NOT NULL,
	CONSTRAINT checklist_items_pkey PRIMARY KEY (checklist, code, valid_from)
);
CREATE TABLE check_answers (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	check_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	item TEXT NOT NULL,
	result TEXT NOT NULL,
	evidence TEXT NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT check_answers_pkey PRIMARY KEY (id),
	CONSTRAINT check_answers_check_id_item_key UNIQUE (check_id, item),
	CONSTRAINT check_answers_result_check CHECK (result IN ('dat', 'mot_phan', 'chua')),
	CONSTRAINT check_answers_evidence_check CHECK (length(evidence) <= 500),
	CONSTRAINT check_answers_check_id_fkey FOREIGN KEY(check_id) REFERENCES democracy_checks (id) ON DELETE CASCADE,
	CONSTRAINT check_answers_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE check_findings (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	check_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	pillar TEXT NOT NULL,
	words TEXT NOT NULL,
	office_id INTEGER NOT NULL,
	fix_by DATE NOT NULL,
	fixed_on DATE,
	evidence TEXT DEFAULT '' NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT check_findings_pkey PRIMARY KEY (id),
	CONSTRAINT check_findings_words_check CHECK (length(words) BETWEEN 1 AND 500 AND length(evidence) <= 500),
	CONSTRAINT check_findings_shown_check CHECK ((fixed_on IS NULL) = (evidence = '')),
	CONSTRAINT check_findings_check_id_fkey FOREIGN KEY(check_id) REFERENCES democracy_checks (id) ON DELETE CASCADE,
	CONSTRAINT check_findings_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT check_findings_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX check_findings_check_id_ix ON check_findings (check_id);
CREATE INDEX check_findings_open_ix ON check_findings (province_id, fix_by) WHERE fixed_on IS NULL;
CREATE TABLE grassroots_blocks (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	"on" DATE NOT NULL,
	needed INTEGER NOT NULL,
	in_place INTEGER NOT NULL,
	with_regulation INTEGER NOT NULL,
	with_tasks INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT grassroots_blocks_pkey PRIMARY KEY (id),
	CONSTRAINT grassroots_blocks_parts_check CHECK (needed BETWEEN 0 AND 10000 AND in_place BETWEEN 0 AND needed AND with_regulation BETWEEN 0 AND in_place AND with_tasks BETWEEN 0 AND in_place),
	CONSTRAINT grassroots_blocks_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id),
	CONSTRAINT grassroots_blocks_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX grassroots_blocks_commune_id_on_ix ON grassroots_blocks (commune_id, "on");

GRANT SELECT ON checklist_items TO diaban_web, diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON checklist_items TO diaban_worker;
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
    for table in ("check_answers", "check_findings", "grassroots_blocks")
)

DOWN = r"""
DROP TABLE grassroots_blocks, check_findings, check_answers, checklist_items;
"""
