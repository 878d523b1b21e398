"""The working life of a service case: each step with who took it and why, and reports that are about the same trouble.

Both tables are insert-only for the web role, in its scope and in its own account's and office's name. They hold no row
for a restricted report: those have neither answer nor history outside their own table (S5). Whoever sent a report that
was joined to another reads that one's answer.
"""

from migrations.sql import run

revision = "0030"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


_SCOPE = """province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND (SELECT current_setting('app.review', true)) = '1'"""
_MINE = "account_id = (SELECT nullif(current_setting('app.account', true), '')::int)"
_OFFICE = "office_id = (SELECT nullif(current_setting('app.office', true), '')::int)"

# A function of the definer is dropped by it and made by the owner, who alone may make things in the schema.
_OWN_RECORDS = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION own_records(timestamptz, timestamptz, int, jsonb);
RESET ROLE;
CREATE FUNCTION own_records(before timestamptz, since timestamptz, most int, labels jsonb)
    RETURNS TABLE (instance_id text, form_id text, form_version text, received_at timestamptz, restricted boolean,
                   state text, error jsonb, layer text, decision text, comment text, reviewed_at timestamptz, label text,
                   commune text, replaced_by text, case_state text, due_on date, answered_on date, answer text,
                   answered_by text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT s.instance_id, s.form_id, s.form_version, s.received_at, s.restricted, s.state, s.error, p.layer,
                 p.state, CASE WHEN NOT s.restricted THEN p.comment END, p.reviewed_at,
                 CASE WHEN s.restricted THEN p.values ->> 'category' ELSE p.values ->> (labels ->> p.layer) END,
                 u.name, later.instance_id, coalesce(r.state, q.state), coalesce(r.due_on, q.due_on),
                 coalesce(r.answered_on, q.answered_on), a.words, o.name
          FROM submissions s
          LEFT JOIN proposals p ON p.submission_id = s.instance_id
          LEFT JOIN units u ON u.id = coalesce(p.commune_id, s.commune_id)
          LEFT JOIN LATERAL (SELECT n.instance_id FROM submissions n
              WHERE n.deprecated_id = s.instance_id AND n.account_id = s.account_id ORDER BY n.seq DESC LIMIT 1) later ON true
          {joined}
          LEFT JOIN restricted_reports q ON p.state = 'approved' AND p.restricted AND q.id = p.feature_id
          LEFT JOIN LATERAL (SELECT c.words, c.office_id FROM case_answers c
              WHERE c.report_id = r.id ORDER BY c.id DESC LIMIT 1) a ON true
          LEFT JOIN offices o ON o.id = a.office_id
          WHERE s.account_id = (SELECT nullif(current_setting('app.account', true), '')::int)
            AND s.received_at < before AND s.received_at >= since
          ORDER BY s.received_at DESC, s.instance_id LIMIT most $$;
REVOKE ALL ON FUNCTION own_records(timestamptz, timestamptz, int, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_records(timestamptz, timestamptz, int, jsonb) TO diaban_web;
ALTER FUNCTION own_records(timestamptz, timestamptz, int, jsonb) OWNER TO diaban_definer;
"""
_OF_ITSELF = """LEFT JOIN situation_reports r
              ON p.state = 'approved' AND p.layer = 'situation_reports' AND r.id = p.feature_id"""
_OF_THE_MAIN_ONE = """LEFT JOIN case_duplicates d ON p.layer = 'situation_reports' AND d.report_id = p.feature_id
          LEFT JOIN situation_reports r
              ON p.state = 'approved' AND p.layer = 'situation_reports' AND r.id = coalesce(d.main_id, p.feature_id)"""

UP = (
    r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE case_events (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	report_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	step TEXT NOT NULL,
	state_before TEXT NOT NULL,
	state_after TEXT NOT NULL,
	office_id INTEGER NOT NULL,
	to_office_id INTEGER,
	account_id INTEGER NOT NULL,
	words TEXT,
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT case_events_pkey PRIMARY KEY (id),
	CONSTRAINT case_events_report_id_fkey FOREIGN KEY(report_id) REFERENCES situation_reports (id) ON DELETE CASCADE,
	CONSTRAINT case_events_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT case_events_to_office_id_fkey FOREIGN KEY(to_office_id) REFERENCES offices (id),
	CONSTRAINT case_events_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX case_events_report_id_ix ON case_events (report_id);
CREATE TABLE case_duplicates (
	report_id UUID NOT NULL,
	main_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	account_id INTEGER NOT NULL,
	CONSTRAINT case_duplicates_pkey PRIMARY KEY (report_id),
	CONSTRAINT case_duplicates_report_id_fkey FOREIGN KEY(report_id) REFERENCES situation_reports (id) ON DELETE CASCADE,
	CONSTRAINT case_duplicates_main_id_fkey FOREIGN KEY(main_id) REFERENCES situation_reports (id) ON DELETE CASCADE,
	CONSTRAINT case_duplicates_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX case_duplicates_main_id_ix ON case_duplicates (main_id);

-- The inbox of an office, by due date, among a million reports.
CREATE INDEX situation_reports_inbox_ix ON situation_reports (province_id, state, due_on);
"""
    + "".join(
        f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON {table} TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO diaban_worker;
GRANT SELECT ON {table} TO diaban_definer;
CREATE POLICY web_reads ON {table} FOR SELECT TO diaban_web USING ({_SCOPE});
CREATE POLICY web_adds ON {table} FOR INSERT TO diaban_web WITH CHECK ({_SCOPE} AND {own});
CREATE POLICY worker ON {table} TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON {table} FOR SELECT TO diaban_definer USING (true);
"""
        for table, own in (("case_events", f"{_MINE} AND {_OFFICE}"), ("case_duplicates", _MINE))
    )
    + _OWN_RECORDS.replace("{joined}", _OF_THE_MAIN_ONE)
)

DOWN = (
    _OWN_RECORDS.replace("{joined}", _OF_ITSELF)
    + r"""
DROP INDEX situation_reports_inbox_ix;
DROP TABLE case_duplicates, case_events;
"""
)
