"""What a sender sees of their own records: what became of each, the case's answer, and those to be corrected.

`own_records` and `own_returned` look past the policies, since those hide restricted proposals from whoever wrote them,
and stored XML from everybody. They answer for the account of the settings alone. Of a restricted record they give what
lists may show (S5): commune, category, state and due date; never its text, its comment only when that one is opened.

`submissions.origin_id` is the first record of a chain of corrections. `case_answers` holds what an office answered:
free text, so in no layer's table, and with no column for the answer to a restricted report.
"""

from migrations.sql import run

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

ALTER TABLE submissions ADD COLUMN origin_id TEXT;
CREATE INDEX submissions_own_ix ON submissions (account_id, received_at);
CREATE INDEX submissions_deprecated_id_ix ON submissions (deprecated_id) WHERE deprecated_id IS NOT NULL;
CREATE INDEX submissions_origin_id_ix ON submissions (origin_id) WHERE origin_id IS NOT NULL;
GRANT SELECT (origin_id) ON submissions TO diaban_web;

-- A correction stands beside what it replaces: both are about one feature.
CREATE INDEX proposals_feature_id_ix ON proposals (feature_id);

CREATE TABLE case_answers (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	report_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	office_id INTEGER NOT NULL,
	words TEXT NOT NULL,
	answered_by INTEGER NOT NULL,
	answered_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT case_answers_pkey PRIMARY KEY (id),
	CONSTRAINT case_answers_words_check CHECK (words <> ''),
	CONSTRAINT case_answers_report_id_fkey FOREIGN KEY(report_id) REFERENCES situation_reports (id) ON DELETE CASCADE,
	CONSTRAINT case_answers_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id),
	CONSTRAINT case_answers_answered_by_fkey FOREIGN KEY(answered_by) REFERENCES accounts (id)
);
CREATE INDEX case_answers_report_id_ix ON case_answers (report_id);
ALTER TABLE case_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_answers FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON case_answers TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_answers TO diaban_worker;
GRANT SELECT ON case_answers TO diaban_definer;
CREATE POLICY web_reads ON case_answers FOR SELECT TO diaban_web USING (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_adds ON case_answers FOR INSERT TO diaban_web WITH CHECK (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND office_id = (SELECT nullif(current_setting('app.office', true), '')::int)
    AND answered_by = (SELECT nullif(current_setting('app.account', true), '')::int)
    AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON case_answers TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON case_answers FOR SELECT TO diaban_definer USING (true);

GRANT SELECT (id, state, due_on, answered_on) ON restricted_reports TO diaban_definer;
CREATE POLICY definer ON restricted_reports FOR SELECT TO diaban_definer USING (true);

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
          LEFT JOIN situation_reports r ON p.state = 'approved' AND p.layer = 'situation_reports' AND r.id = p.feature_id
          LEFT JOIN restricted_reports q ON p.state = 'approved' AND p.restricted AND q.id = p.feature_id
          LEFT JOIN LATERAL (SELECT c.words, c.office_id FROM case_answers c
              WHERE c.report_id = r.id ORDER BY c.id DESC LIMIT 1) a ON true
          LEFT JOIN offices o ON o.id = a.office_id
          WHERE s.account_id = (SELECT nullif(current_setting('app.account', true), '')::int)
            AND s.received_at < before AND s.received_at >= since
          ORDER BY s.received_at DESC, s.instance_id LIMIT most $$;

CREATE FUNCTION own_returned(wanted text)
    RETURNS TABLE (form_id text, form_version text, layer text, restricted boolean, state text, error jsonb, comment text,
                   commune_id int, xml text, commune text, category text, entity text, names text[], hashes text[],
                   sizes int[], types text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT s.form_id, s.form_version, p.layer, s.restricted, s.state, s.error, p.comment,
                 coalesce(p.commune_id, s.commune_id), CASE WHEN NOT s.restricted THEN s.xml END,
                 CASE WHEN s.restricted THEN (xpath('//*[local-name()="commune"]/text()', s.xml::xml))[1]::text END,
                 CASE WHEN s.restricted THEN (xpath('//*[local-name()="category"]/text()', s.xml::xml))[1]::text END,
                 CASE WHEN s.restricted THEN (xpath('//*[local-name()="entity"]/@id', s.xml::xml))[1]::text END,
                 f.names, f.hashes, f.sizes, f.types
          FROM submissions s
          LEFT JOIN proposals p ON p.submission_id = s.instance_id
          CROSS JOIN LATERAL (SELECT coalesce(array_agg(a.name ORDER BY a.name), '{}') AS names,
              coalesce(array_agg(encode(a.sha256_kept, 'hex') ORDER BY a.name), '{}') AS hashes,
              coalesce(array_agg(a.bytes ORDER BY a.name), '{}') AS sizes,
              coalesce(array_agg(a.media_type ORDER BY a.name), '{}') AS types
              FROM attachments a WHERE a.instance_id = s.instance_id AND a.state <> 'cut') f
          WHERE s.instance_id = wanted
            AND s.account_id = (SELECT nullif(current_setting('app.account', true), '')::int)
            AND (s.state = 'quarantined' OR p.state = 'returned')
            AND NOT EXISTS (SELECT FROM submissions n
                            WHERE n.deprecated_id = s.instance_id AND n.account_id = s.account_id) $$;

REVOKE ALL ON FUNCTION own_records(timestamptz, timestamptz, int, jsonb), own_returned(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_records(timestamptz, timestamptz, int, jsonb), own_returned(text) TO diaban_web;
ALTER FUNCTION own_records(timestamptz, timestamptz, int, jsonb) OWNER TO diaban_definer;
ALTER FUNCTION own_returned(text) OWNER TO diaban_definer;
"""

DOWN = r"""
-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION own_records, own_returned;
RESET ROLE;
DROP POLICY definer ON restricted_reports;
REVOKE SELECT (id, state, due_on, answered_on) ON restricted_reports FROM diaban_definer;
DROP TABLE case_answers;
DROP INDEX proposals_feature_id_ix;
DROP INDEX submissions_own_ix, submissions_deprecated_id_ix, submissions_origin_id_ix;
ALTER TABLE submissions DROP COLUMN origin_id;
"""
