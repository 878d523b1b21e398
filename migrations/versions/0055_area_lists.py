"""Published lists of minority and mountainous areas, and the classes of communes and hamlets they say (S4).

A row stands on one dated decision whose document is attached, was entered by one account and counts only once another
confirmed it; it says what the list says of the published unit and nothing finer. A later list ends the rows of the one
before it. What is said of a unit stays with that unit (`unit_id`, `unit_name`, for the record): a reform moves only who
may see it (`commune_id`), it makes no new unit classified. The web role may add rows, confirm and end them, and change
nothing else of them; who confirms is who acts.
"""

from migrations.sql import run

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


_HERE = "province_id = (SELECT nullif(current_setting('app.province', true), '')::int)"
_MY_COMMUNE = "(SELECT nullif(current_setting('app.commune', true), '')::int)"
_ME = "(SELECT nullif(current_setting('app.account', true), '')::int)"
# A list is the province's: its officers enter and confirm it.
_OFFICER = f"{_MY_COMMUNE} = 0 AND (SELECT current_setting('app.review', true)) = '1'"

UP = rf"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE area_lists (
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER DEFAULT 0 NOT NULL,
	state TEXT DEFAULT 'draft' NOT NULL,
	decision TEXT NOT NULL,
	decided_on DATE NOT NULL,
	valid_from DATE NOT NULL,
	document TEXT NOT NULL,
	document_name TEXT NOT NULL,
	file_name TEXT NOT NULL,
	communes INTEGER NOT NULL,
	hamlets INTEGER NOT NULL,
	report JSONB NOT NULL,
	entered_by INTEGER NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	reviewed_by INTEGER,
	reviewed_at TIMESTAMP WITH TIME ZONE,
	office_id INTEGER,
	reason TEXT DEFAULT '' NOT NULL,
	undone_by INTEGER,
	undone_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT area_lists_pkey PRIMARY KEY (id),
	CONSTRAINT area_lists_state_check CHECK (state IN ('draft', 'waiting', 'withdrawn', 'confirmed', 'rejected', 'undone')),
	CONSTRAINT area_lists_of_the_province_check CHECK (commune_id = 0),
	CONSTRAINT area_lists_published_check CHECK (length(decision) BETWEEN 1 AND 120 AND document ~ '^[0-9a-f]{{64}}$'),
	CONSTRAINT area_lists_rows_check CHECK (communes >= 0 AND hamlets >= 0 AND communes + hamlets > 0),
	CONSTRAINT area_lists_second_confirmer_check CHECK (reviewed_by <> entered_by),
	CONSTRAINT area_lists_reviewed_check CHECK ((reviewed_by IS NOT NULL) = (state IN ('confirmed', 'rejected', 'undone')) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)),
	CONSTRAINT area_lists_undone_check CHECK ((undone_by IS NOT NULL) = (state = 'undone') AND (undone_by IS NULL) = (undone_at IS NULL)),
	CONSTRAINT area_lists_reason_check CHECK (length(reason) <= 500 AND (state NOT IN ('rejected', 'undone') OR reason <> '')),
	CONSTRAINT area_lists_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id),
	CONSTRAINT area_lists_entered_by_fkey FOREIGN KEY(entered_by) REFERENCES accounts (id),
	CONSTRAINT area_lists_reviewed_by_fkey FOREIGN KEY(reviewed_by) REFERENCES accounts (id),
	CONSTRAINT area_lists_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT area_lists_undone_by_fkey FOREIGN KEY(undone_by) REFERENCES accounts (id)
);
CREATE INDEX area_lists_province_ix ON area_lists (province_id, entered_at);

CREATE TABLE area_classifications (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	list_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	hamlet_id INTEGER,
	unit_id INTEGER NOT NULL,
	unit_name TEXT NOT NULL,
	area_class TEXT NOT NULL,
	decision TEXT NOT NULL,
	decided_on DATE NOT NULL,
	document TEXT NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	entered_by INTEGER NOT NULL,
	confirmed_by INTEGER,
	confirmed_at TIMESTAMP WITH TIME ZONE,
	ended_by UUID,
	CONSTRAINT area_classifications_pkey PRIMARY KEY (id),
	CONSTRAINT area_classifications_list_id_unit_id_key UNIQUE (list_id, unit_id),
	CONSTRAINT area_classifications_published_unit_check CHECK (CASE WHEN hamlet_id IS NULL THEN area_class IN ('kv1', 'kv2', 'kv3') ELSE area_class = 'thon_dbkk' END),
	CONSTRAINT area_classifications_published_check CHECK (decision <> '' AND document ~ '^[0-9a-f]{{64}}$'),
	CONSTRAINT area_classifications_second_confirmer_check CHECK (confirmed_by <> entered_by),
	CONSTRAINT area_classifications_term_check CHECK (valid_to > valid_from),
	CONSTRAINT area_classifications_ended_check CHECK ((valid_to IS NULL) = (ended_by IS NULL) AND (valid_to IS NULL OR confirmed_by IS NOT NULL)),
	CONSTRAINT area_classifications_confirmed_check CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
	CONSTRAINT area_classifications_list_id_fkey FOREIGN KEY(list_id) REFERENCES area_lists (id) ON DELETE CASCADE,
	CONSTRAINT area_classifications_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id),
	CONSTRAINT area_classifications_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id),
	CONSTRAINT area_classifications_entered_by_fkey FOREIGN KEY(entered_by) REFERENCES accounts (id),
	CONSTRAINT area_classifications_confirmed_by_fkey FOREIGN KEY(confirmed_by) REFERENCES accounts (id),
	CONSTRAINT area_classifications_ended_by_fkey FOREIGN KEY(ended_by) REFERENCES area_lists (id)
);
-- One class of a unit at a time.
CREATE UNIQUE INDEX area_classifications_one_ix ON area_classifications (unit_id) WHERE confirmed_by IS NOT NULL AND valid_to IS NULL;
CREATE INDEX area_classifications_place_ix ON area_classifications (province_id, commune_id) WHERE confirmed_by IS NOT NULL;
CREATE INDEX area_classifications_ended_by_ix ON area_classifications (ended_by) WHERE ended_by IS NOT NULL;

CREATE FUNCTION confirmer_is_who_acts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.confirmed_by <> nullif(current_setting('app.account', true), '')::int THEN
		RAISE EXCEPTION 'confirmed in the name of another account' USING ERRCODE = 'check_violation',
			CONSTRAINT = 'area_classifications_confirmer_is_who_acts', TABLE = 'area_classifications';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER confirmer_is_who_acts BEFORE UPDATE OF confirmed_by ON area_classifications FOR EACH ROW
	WHEN (NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by AND NEW.confirmed_by IS NOT NULL)
	EXECUTE FUNCTION confirmer_is_who_acts();

ALTER TABLE area_lists ENABLE ROW LEVEL SECURITY;
ALTER TABLE area_lists FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON area_lists TO diaban_web;
GRANT UPDATE (state, reviewed_by, reviewed_at, office_id, reason, undone_by, undone_at) ON area_lists TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON area_lists TO diaban_worker;
CREATE POLICY web_reads ON area_lists FOR SELECT TO diaban_web USING (
    {_HERE} AND (state = 'confirmed' OR ({_OFFICER})));
CREATE POLICY web_adds ON area_lists FOR INSERT TO diaban_web WITH CHECK (
    {_HERE} AND {_OFFICER} AND entered_by = {_ME} AND state = 'draft');
CREATE POLICY web_changes ON area_lists FOR UPDATE TO diaban_web
    USING ({_HERE} AND {_OFFICER}) WITH CHECK ({_HERE} AND {_OFFICER});
CREATE POLICY worker ON area_lists TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE area_classifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE area_classifications FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON area_classifications TO diaban_web;
GRANT UPDATE (confirmed_by, confirmed_at, valid_to, ended_by) ON area_classifications TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON area_classifications TO diaban_worker;
CREATE POLICY web_reads ON area_classifications FOR SELECT TO diaban_web USING (
    {_HERE} AND {_MY_COMMUNE} IN (0, commune_id) AND (confirmed_by IS NOT NULL OR ({_OFFICER})));
CREATE POLICY web_adds ON area_classifications FOR INSERT TO diaban_web WITH CHECK (
    {_HERE} AND {_OFFICER} AND entered_by = {_ME} AND confirmed_by IS NULL);
CREATE POLICY web_changes ON area_classifications FOR UPDATE TO diaban_web
    USING ({_HERE} AND {_OFFICER}) WITH CHECK ({_HERE} AND {_OFFICER});
CREATE POLICY web_takes_back ON area_classifications FOR DELETE TO diaban_web USING (
    {_HERE} AND {_OFFICER} AND entered_by = {_ME} AND confirmed_by IS NULL);
CREATE POLICY worker ON area_classifications TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
DROP TABLE area_classifications;
DROP FUNCTION confirmer_is_who_acts();
DROP TABLE area_lists;
"""
