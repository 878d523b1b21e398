"""What an administrator looks after: the audit, jobs, the state of the system, and dated rows of lists and standards.

The web role still can't read the audit or others' jobs: functions of the definer answer an administrator's session,
within the province of whoever acted, and never with what a job was given. Dated rows are only added, never rewritten:
what held on a day stays as it was. Closed vocabularies (S3, S4) and the restricted categories (S5) take no new codes.
"""

from migrations.sql import run

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


_PROVINCE = "(SELECT nullif(current_setting('app.province', true), '')::int)"
_ACCOUNT = "(SELECT nullif(current_setting('app.account', true), '')::int)"
_ADMIN = "(SELECT current_setting('app.role', true)) = 'admin'"
_OURS = f"""EXISTS (SELECT FROM accounts a JOIN units u ON u.id = a.unit_id
                     WHERE a.id = {{account}} AND u.province_id = {_PROVINCE})"""
_CLOSED = "'area_classes', 'ethnic_groups', 'facility_types', 'report_categories', 'case_states', 'traditions'"
FUNCTIONS = (
    "audit_rows(bigint, timestamptz, timestamptz, text, text, text, int)", "audit_state()", "all_jobs(text, int)",
    "system_state()", "add_standard(text, date, int, text)", "add_code(text, text, date, text, text, text)",
    "end_code(text, text, date)", "add_period(text, date, int, text)",
)  # fmt: skip

_OWNED = "\n".join(f"ALTER FUNCTION {function} OWNER TO diaban_definer;" for function in FUNCTIONS)

UP = rf"""
SET LOCAL lock_timeout = '5s';

GRANT SELECT ON audit, audit_seals, jobs, quarantined_records, accounts, photo_marks TO diaban_definer;
GRANT INSERT ON service_standards, code_lists, safeguard_periods TO diaban_definer;
GRANT UPDATE (valid_to) ON code_lists TO diaban_definer;
CREATE POLICY definer ON jobs FOR SELECT TO diaban_definer USING (true);
CREATE POLICY definer ON quarantined_records FOR SELECT TO diaban_definer USING (true);
CREATE POLICY definer ON photo_marks FOR SELECT TO diaban_definer USING (true);

-- Who acted from outside the province isn't told of; what the system did by itself is.
CREATE FUNCTION audit_rows(before_id bigint, since timestamptz, until timestamptz, who text, what text, of_layer text,
                           most int)
    RETURNS TABLE (id bigint, at timestamptz, username text, verb text, layer text, area text, purpose text, detail jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, r.at, a.username, r.verb, r.layer, u.name, r.purpose, r.detail
    FROM audit r LEFT JOIN accounts a ON a.id = r.account_id LEFT JOIN units p ON p.id = a.unit_id
    LEFT JOIN units u ON u.id = r.area
    WHERE {_ADMIN} AND r.at >= since AND r.at < until AND (before_id IS NULL OR r.id < before_id)
      AND (p.province_id = {_PROVINCE} OR (r.account_id IS NULL AND coalesce(u.province_id, {_PROVINCE}) = {_PROVINCE}))
      AND (who IS NULL OR a.username = who) AND (what IS NULL OR r.verb = what) AND (of_layer IS NULL OR r.layer = of_layer)
    ORDER BY r.id DESC LIMIT most $$;

CREATE FUNCTION audit_state() RETURNS TABLE (seals bigint, sealed_at timestamptz, era int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.sealed_at, s.era FROM audit_seals s WHERE {_ADMIN} ORDER BY s.id DESC LIMIT 1 $$;

CREATE FUNCTION all_jobs(in_state text, most int)
    RETURNS TABLE (id uuid, username text, kind text, state text, done int, total int, error text,
                   created_at timestamptz, started_at timestamptz, finished_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT j.id, a.username, j.kind, j.state, j.done, j.total, j.error ->> 'code', j.created_at, j.started_at, j.finished_at
    FROM jobs j JOIN accounts a ON a.id = j.account_id
    WHERE {_ADMIN} AND {_OURS.format(account="j.account_id")} AND (in_state IS NULL OR j.state = in_state)
    ORDER BY j.created_at DESC LIMIT most $$;

CREATE FUNCTION system_state() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'submissions', (SELECT count(*) FROM submissions WHERE state = 'received'),
        'oldest_s', (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::int
                     FROM submissions WHERE state = 'received'),
        'photos', (SELECT count(*) FROM attachments WHERE state = 'received' AND NOT undecodable),
        'unlooked', (SELECT count(*) FROM attachments a WHERE a.state = 'clean' AND a.media_type LIKE 'image/%'
                     AND NOT EXISTS (SELECT FROM photo_marks m WHERE m.sha256 = a.sha256_kept)),
        'held', (SELECT count(*) FROM quarantined_records WHERE state = 'waiting'),
        'withdrawals', (SELECT count(*) FROM withdrawals WHERE state <> 'done'),
        'withdrawals_late', (SELECT count(*) FROM withdrawals WHERE state <> 'done'
                             AND due_on < (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date),
        'jobs', (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')),
        'jobs_failed', (SELECT count(*) FROM jobs WHERE state = 'failed' AND finished_at > now() - interval '1 day'),
        'deltas', (SELECT count(*) FROM tile_deltas))
    WHERE {_ADMIN} $$;

CREATE FUNCTION add_standard(of_category text, day date, allowed int, said text) RETURNS SETOF int
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO service_standards (category, valid_from, days, source, status)
    SELECT of_category, day, allowed, said, 'own' WHERE {_ADMIN}
      AND EXISTS (SELECT FROM code_lists WHERE list = 'report_categories' AND code = of_category) RETURNING 1 $$;
CREATE FUNCTION add_code(of_list text, new_code text, day date, vi text, en text, said text) RETURNS SETOF int
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO code_lists (list, code, valid_from, position, label_vi, label_en, source, status)
    SELECT of_list, new_code, day, (SELECT max(position) + 1 FROM code_lists WHERE list = of_list), vi, en, said, 'own'
    WHERE {_ADMIN} AND of_list NOT IN ({_CLOSED}) AND EXISTS (SELECT FROM code_lists WHERE list = of_list)
    RETURNING 1 $$;
CREATE FUNCTION end_code(of_list text, old_code text, day date) RETURNS SETOF int
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE code_lists SET valid_to = day WHERE {_ADMIN} AND of_list NOT IN ({_CLOSED}) AND list = of_list
      AND code = old_code AND valid_to IS NULL AND valid_from < day RETURNING 1 $$;
CREATE FUNCTION add_period(of_kind text, day date, new_length int, said text) RETURNS SETOF int
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO safeguard_periods (kind, valid_from, length, source, set_by)
    SELECT of_kind, day, new_length, said, {_ACCOUNT} WHERE {_ADMIN} RETURNING 1 $$;

REVOKE ALL ON FUNCTION {", ".join(FUNCTIONS)} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {", ".join(FUNCTIONS)} TO diaban_web;
{_OWNED}
"""

DOWN = f"""
SET LOCAL lock_timeout = '5s';
SET LOCAL ROLE diaban_definer;
DROP FUNCTION {", ".join(FUNCTIONS)};
RESET ROLE;
DROP POLICY definer ON photo_marks;
DROP POLICY definer ON quarantined_records;
DROP POLICY definer ON jobs;
REVOKE UPDATE (valid_to) ON code_lists FROM diaban_definer;
REVOKE INSERT ON service_standards, code_lists, safeguard_periods FROM diaban_definer;
REVOKE SELECT ON audit, audit_seals, jobs, quarantined_records, accounts, photo_marks FROM diaban_definer;
"""
