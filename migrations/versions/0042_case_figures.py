"""Figures of service cases that cost the same for a hundred thousand cases as for a million; offices kept by admins.

Counting cases anew for each page took ten times as long for ten times the rows. A statement's trigger notes which sums
it touches in `case_changes`, insert-only, so that bulk changes don't wait for each other; a refresher makes those sums
anew from the rows. A sum is of the month in which cases were received; medians need how many took how many days, by
commune and by office, since a median of medians is none. Cases joined to another are that other one.

`complaint_counts` are numbers an office enters each month about petitions, complaints and reception days: no person,
no case, no text. Offices and their categories may be changed by administrators of the province.
"""

from migrations.sql import run

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


PROVINCE = "(SELECT nullif(current_setting('app.province', true), '')::int)"
COMMUNE = "(SELECT nullif(current_setting('app.commune', true), '')::int)"
OFFICE = "(SELECT nullif(current_setting('app.office', true), '')::int)"
ME = "(SELECT nullif(current_setting('app.account', true), '')::int)"
ADMIN = "(SELECT current_setting('app.role', true)) = 'admin'"
REVIEW = "(SELECT current_setting('app.review', true)) = '1'"
HERE = f"province_id = {PROVINCE} AND {COMMUNE} IN (0, commune_id)"
SCOPES = {
    "case_sums": HERE,
    "case_open": HERE,
    "case_days_commune": HERE,
    # An office's days are those of the whole province.
    "case_days_office": f"province_id = {PROVINCE} AND {COMMUNE} = 0",
}
KEY = "province_id, commune_id, office_id, date_trunc('month', coalesce(received_on, observed_on))::date"

UP = (
    f"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE case_sums (
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	month DATE NOT NULL,
	received INTEGER NOT NULL,
	acknowledged INTEGER NOT NULL,
	answered INTEGER NOT NULL,
	in_time INTEGER NOT NULL,
	reopened INTEGER NOT NULL,
	CONSTRAINT case_sums_pkey PRIMARY KEY (commune_id, office_id, month)
);
CREATE INDEX case_sums_province_id_month_ix ON case_sums (province_id, month);
CREATE TABLE case_open (
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	received_on DATE NOT NULL,
	due_on DATE NOT NULL,
	n INTEGER NOT NULL,
	CONSTRAINT case_open_pkey PRIMARY KEY (commune_id, office_id, received_on, due_on)
);
CREATE INDEX case_open_province_id_office_id_ix ON case_open (province_id, office_id);
CREATE TABLE case_days_commune (
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	month DATE NOT NULL,
	days INTEGER NOT NULL,
	n INTEGER NOT NULL,
	CONSTRAINT case_days_commune_pkey PRIMARY KEY (commune_id, month, days)
);
CREATE INDEX case_days_commune_province_id_month_ix ON case_days_commune (province_id, month);
CREATE TABLE case_days_office (
	province_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	month DATE NOT NULL,
	days INTEGER NOT NULL,
	n INTEGER NOT NULL,
	CONSTRAINT case_days_office_pkey PRIMARY KEY (province_id, office_id, month, days)
);
CREATE TABLE case_changes (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	month DATE NOT NULL,
	CONSTRAINT case_changes_pkey PRIMARY KEY (id)
);
ALTER TABLE case_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_changes FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_changes TO diaban_worker;
GRANT INSERT ON case_changes TO diaban_definer;
CREATE POLICY worker ON case_changes TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON case_changes FOR INSERT TO diaban_definer WITH CHECK (true);

CREATE FUNCTION case_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO case_changes (province_id, commune_id, office_id, month) SELECT DISTINCT {KEY} FROM added;
    RETURN NULL;
END $$;
CREATE FUNCTION case_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO case_changes (province_id, commune_id, office_id, month)
    SELECT {KEY} FROM added UNION SELECT {KEY} FROM removed;
    RETURN NULL;
END $$;
CREATE FUNCTION case_removed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO case_changes (province_id, commune_id, office_id, month) SELECT DISTINCT {KEY} FROM removed;
    RETURN NULL;
END $$;
CREATE TRIGGER case_added AFTER INSERT ON situation_reports REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_added();
CREATE TRIGGER case_changed AFTER UPDATE ON situation_reports REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_changed();
CREATE TRIGGER case_removed AFTER DELETE ON situation_reports REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION case_removed();
REVOKE ALL ON FUNCTION case_added(), case_changed(), case_removed() FROM PUBLIC;
ALTER FUNCTION case_added() OWNER TO diaban_definer;
ALTER FUNCTION case_changed() OWNER TO diaban_definer;
ALTER FUNCTION case_removed() OWNER TO diaban_definer;

-- The inbox of an office in the order it is read, and the days of an office's month.
DROP INDEX situation_reports_office_id_ix;
CREATE INDEX situation_reports_office_id_ix ON situation_reports (office_id, state, due_on);
CREATE INDEX situation_reports_office_received_ix ON situation_reports (office_id, (coalesce(received_on, observed_on)));
-- Emergencies stand first among those that wait: there are few of them.
CREATE INDEX situation_reports_emergencies_ix ON situation_reports (province_id, due_on)
    WHERE urgency = 'khan_cap' AND state IN ('mo', 'dang_xu_ly', 'mo_lai');

INSERT INTO case_changes (province_id, commune_id, office_id, month) SELECT DISTINCT {KEY} FROM situation_reports;

-- Whoever reads the figures must see which reports are another one.
CREATE POLICY leaders_read ON case_duplicates FOR SELECT TO diaban_web
    USING ({HERE} AND (SELECT current_setting('app.role', true)) = 'leader');
"""
    + "".join(
        f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
GRANT SELECT ON {table} TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO diaban_worker;
CREATE POLICY web_reads ON {table} FOR SELECT TO diaban_web USING ({scope});
CREATE POLICY worker ON {table} TO diaban_worker USING (true) WITH CHECK (true);
"""
        for table, scope in SCOPES.items()
    )
    + f"""
CREATE TABLE complaint_counts (
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	month DATE NOT NULL,
	kind TEXT NOT NULL,
	received INTEGER NOT NULL,
	referred INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	in_time INTEGER NOT NULL,
	overdue INTEGER NOT NULL,
	entered_by INTEGER NOT NULL,
	entered_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT complaint_counts_pkey PRIMARY KEY (office_id, month, kind),
	CONSTRAINT complaint_counts_kind_check CHECK (kind IN ('khieu_nai', 'to_cao', 'kien_nghi_phan_anh', 'tiep_cong_dan')),
	CONSTRAINT complaint_counts_month_check CHECK (extract(day FROM month) = 1),
	CONSTRAINT complaint_counts_numbers_check CHECK (received >= 0 AND referred >= 0 AND settled >= 0 AND overdue >= 0 AND in_time BETWEEN 0 AND settled),
	CONSTRAINT complaint_counts_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT complaint_counts_entered_by_fkey FOREIGN KEY(entered_by) REFERENCES accounts (id)
);
CREATE INDEX complaint_counts_province_id_month_ix ON complaint_counts (province_id, month);
ALTER TABLE complaint_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE complaint_counts FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON complaint_counts TO diaban_web;
GRANT UPDATE (received, referred, settled, in_time, overdue, entered_by, entered_at) ON complaint_counts TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON complaint_counts TO diaban_worker;
CREATE POLICY web_reads ON complaint_counts FOR SELECT TO diaban_web USING ({HERE}
    AND (SELECT current_setting('app.role', true)) IN ('officer', 'leader'));
CREATE POLICY web_adds ON complaint_counts FOR INSERT TO diaban_web WITH CHECK (province_id = {PROVINCE}
    AND commune_id = {COMMUNE} AND office_id = {OFFICE} AND entered_by = {ME} AND {REVIEW});
CREATE POLICY web_changes ON complaint_counts FOR UPDATE TO diaban_web USING (province_id = {PROVINCE}
    AND office_id = {OFFICE} AND {REVIEW}) WITH CHECK (office_id = {OFFICE} AND entered_by = {ME});
CREATE POLICY worker ON complaint_counts TO diaban_worker USING (true) WITH CHECK (true);

-- Public facts to read, as before; administrators write those of their province.
ALTER TABLE offices ENABLE ROW LEVEL SECURITY;
ALTER TABLE offices FORCE ROW LEVEL SECURITY;
ALTER TABLE office_categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE office_categories FORCE ROW LEVEL SECURITY;
GRANT INSERT, UPDATE (name, valid_to) ON offices TO diaban_web;
GRANT INSERT, DELETE ON office_categories TO diaban_web;
CREATE POLICY everybody_reads ON offices FOR SELECT USING (true);
CREATE POLICY everybody_reads ON office_categories FOR SELECT USING (true);
CREATE POLICY worker ON offices TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON office_categories TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY web_adds ON offices FOR INSERT TO diaban_web
    WITH CHECK ({ADMIN} AND unit_id IN (SELECT id FROM units WHERE province_id = {PROVINCE}));
CREATE POLICY web_changes ON offices FOR UPDATE TO diaban_web
    USING ({ADMIN} AND unit_id IN (SELECT id FROM units WHERE province_id = {PROVINCE}));
CREATE POLICY web_adds ON office_categories FOR INSERT TO diaban_web WITH CHECK ({ADMIN} AND office_id IN
    (SELECT o.id FROM offices o JOIN units u ON u.id = o.unit_id WHERE u.province_id = {PROVINCE}));
CREATE POLICY web_removes ON office_categories FOR DELETE TO diaban_web USING ({ADMIN} AND office_id IN
    (SELECT o.id FROM offices o JOIN units u ON u.id = o.unit_id WHERE u.province_id = {PROVINCE}));
"""
)

DOWN = """
DROP POLICY leaders_read ON case_duplicates;
DROP POLICY everybody_reads ON offices;
DROP POLICY everybody_reads ON office_categories;
DROP POLICY worker ON offices;
DROP POLICY worker ON office_categories;
DROP POLICY web_adds ON offices;
DROP POLICY web_changes ON offices;
DROP POLICY web_adds ON office_categories;
DROP POLICY web_removes ON office_categories;
REVOKE INSERT, UPDATE (name, valid_to) ON offices FROM diaban_web;
REVOKE INSERT, DELETE ON office_categories FROM diaban_web;
ALTER TABLE offices NO FORCE ROW LEVEL SECURITY;
ALTER TABLE offices DISABLE ROW LEVEL SECURITY;
ALTER TABLE office_categories NO FORCE ROW LEVEL SECURITY;
ALTER TABLE office_categories DISABLE ROW LEVEL SECURITY;
DROP TABLE complaint_counts;
DROP INDEX situation_reports_emergencies_ix, situation_reports_office_received_ix, situation_reports_office_id_ix;
CREATE INDEX situation_reports_office_id_ix ON situation_reports (office_id);
DROP TRIGGER case_added ON situation_reports;
DROP TRIGGER case_changed ON situation_reports;
DROP TRIGGER case_removed ON situation_reports;
SET LOCAL ROLE diaban_definer;
DROP FUNCTION case_added, case_changed, case_removed;
RESET ROLE;
DROP TABLE case_changes, case_days_office, case_days_commune, case_open, case_sums;
"""
