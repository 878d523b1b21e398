"""Rules with dates in the administrator's hands, days decided otherwise than the calendar says, and checks by any list.

Rules are public facts like code lists: everybody reads them. An administrator adds a row from a day on and ends one, never
in a quarter that is closed, and changes nothing else: the web role may set `valid_to` alone. Standards of report
categories are still added by their function only, as each category always has one (S8). The deadlines of complaints,
so far a file beside the code, are such rows now.

A day decided otherwise (Tết by the Prime Minister's decision, a Saturday worked instead) is a row that stays; of several
rows of a day the last holds. `followed_at` tells that due dates of open cases were counted anew for it.

The six pillars belong to the checklist of grassroots democracy; a check by another list has none of them. The figure of
pillars done counts those that were asked.
"""

from migrations.sql import run

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)
    run(_WATCH.format(told=TOLD))


def downgrade() -> None:
    run(_WATCH.format(told=FORMER))
    run(DOWN)


_ADMIN = "(SELECT current_setting('app.role', true)) = 'admin'"
_MINE = "set_by = (SELECT nullif(current_setting('app.account', true), '')::int)"
_TODAY = "(clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
_QUARTER = f"date_trunc('quarter', {_TODAY}::timestamp)::date"
_REQUESTS = "category IN (SELECT code FROM code_lists WHERE list = 'site_requests' AND code <> 'khong')"
RULES = {
    "resettlement_rules": "true", "checklist_items": "true", "complaint_deadlines": "true",
    "service_standards": _REQUESTS,
}  # fmt: skip

# Only the triggers: what rows of before add to the sums is the same either way, as all of them had six pillars.
_WATCH = """
DROP TRIGGER figure_added ON democracy_checks;
DROP TRIGGER figure_changed ON democracy_checks;
DROP TRIGGER figure_removed ON democracy_checks;
CREATE TRIGGER figure_added AFTER INSERT ON democracy_checks REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION figure_note($told${told}$told$);
CREATE TRIGGER figure_changed AFTER UPDATE ON democracy_checks REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION figure_note($told${told}$told$);
CREATE TRIGGER figure_removed AFTER DELETE ON democracy_checks REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION figure_note($told${told}$told$);
"""
_DONE = """('check_items_done', f.checked_on, CASE WHEN f.know = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.discuss = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.act = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.check = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.supervise = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.benefit = 'dat' THEN 1 ELSE 0 END)"""
TOLD = f"""VALUES
    ('checks', f.checked_on, 1),
    ('check_items', f.checked_on, num_nonnulls(f.know, f.discuss, f.act, f.check, f.supervise, f.benefit)),
    {_DONE}"""
FORMER = f"""VALUES
    ('checks', f.checked_on, 1),
    ('check_items', f.checked_on, 6),
    {_DONE}"""
PILLARS = ("know", "discuss", "act", '"check"', "supervise", "benefit")

UP = rf"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE complaint_deadlines (
	kind TEXT NOT NULL,
	step TEXT NOT NULL,
	valid_from DATE NOT NULL,
	valid_to DATE,
	position INTEGER DEFAULT 1000 NOT NULL,
	label TEXT NOT NULL,
	days INTEGER,
	days_complex INTEGER,
	days_remote INTEGER,
	days_remote_complex INTEGER,
	working BOOLEAN DEFAULT false NOT NULL,
	source TEXT NOT NULL,
	status TEXT NOT NULL,
	CONSTRAINT complaint_deadlines_pkey PRIMARY KEY (kind, step, valid_from),
	CONSTRAINT complaint_deadlines_days_check CHECK (least(days, days_complex, days_remote, days_remote_complex) > 0),
	CONSTRAINT complaint_deadlines_held_check CHECK (valid_to > valid_from)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON complaint_deadlines TO diaban_worker;
GRANT SELECT ON complaint_deadlines TO diaban_web;

CREATE TABLE calendar_days (
	id INTEGER GENERATED ALWAYS AS IDENTITY,
	day DATE NOT NULL,
	works BOOLEAN NOT NULL,
	source TEXT NOT NULL,
	set_by INTEGER NOT NULL,
	set_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	followed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT calendar_days_pkey PRIMARY KEY (id),
	CONSTRAINT calendar_days_source_check CHECK (length(source) BETWEEN 1 AND 300),
	CONSTRAINT calendar_days_set_by_fkey FOREIGN KEY(set_by) REFERENCES accounts (id)
);
CREATE INDEX calendar_days_day_ix ON calendar_days (day, id);
ALTER TABLE calendar_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_days FORCE ROW LEVEL SECURITY;
GRANT SELECT ON calendar_days TO diaban_web;
GRANT INSERT (day, works, source, set_by) ON calendar_days TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_days TO diaban_worker;
CREATE POLICY web_reads ON calendar_days FOR SELECT TO diaban_web USING (true);
CREATE POLICY web_adds ON calendar_days FOR INSERT TO diaban_web
    WITH CHECK ({_ADMIN} AND {_MINE} AND day >= {_QUARTER});
CREATE POLICY worker ON calendar_days TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE service_standards ADD COLUMN valid_to DATE;
ALTER TABLE democracy_checks {", ".join(f"ALTER COLUMN {pillar} DROP NOT NULL" for pillar in PILLARS)};
ALTER TABLE democracy_checks ADD CONSTRAINT democracy_checks_pillars_check
    CHECK (checklist <> 'dan_chu_co_so' OR num_nonnulls({", ".join(PILLARS)}) = 6);
""" + "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
GRANT INSERT, UPDATE (valid_to) ON {table} TO diaban_web;
CREATE POLICY web_reads ON {table} FOR SELECT TO diaban_web USING (true);
CREATE POLICY web_adds ON {table} FOR INSERT TO diaban_web
    WITH CHECK ({_ADMIN} AND {here} AND valid_from >= {_QUARTER} AND valid_to IS NULL);
CREATE POLICY web_ends ON {table} FOR UPDATE TO diaban_web
    USING ({_ADMIN} AND {here} AND (valid_to IS NULL OR valid_to > {_TODAY}))
    WITH CHECK ({_ADMIN} AND {here} AND valid_to >= {_QUARTER} AND valid_to > valid_from);
CREATE POLICY worker ON {table} TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON {table} TO diaban_definer USING (true) WITH CHECK (true);
"""
    for table, here in RULES.items()
)

# Closed again only where no check was made by another list.
DOWN = (
    f"""
SET LOCAL lock_timeout = '5s';
ALTER TABLE democracy_checks DROP CONSTRAINT democracy_checks_pillars_check;
ALTER TABLE democracy_checks {", ".join(f"ALTER COLUMN {pillar} SET NOT NULL" for pillar in PILLARS)};
"""
    + "".join(
        f"""
DROP POLICY definer ON {table};
DROP POLICY worker ON {table};
DROP POLICY web_ends ON {table};
DROP POLICY web_adds ON {table};
DROP POLICY web_reads ON {table};
REVOKE INSERT, UPDATE (valid_to) ON {table} FROM diaban_web;
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""
        for table in RULES if table != "complaint_deadlines"
    )
    + """
ALTER TABLE service_standards DROP COLUMN valid_to;
DROP TABLE calendar_days;
DROP TABLE complaint_deadlines;
"""
)  # fmt: skip
