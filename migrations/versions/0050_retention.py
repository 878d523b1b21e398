"""How long restricted text is kept, and records taken back by their sender.

Periods are dated rows, so that a change is seen with its day and its source; backups may never be kept longer than 35
days. A restricted report remembers the day it was closed, whoever closes it: from then its period runs. A redacted one
has no text, by constraint.

Whoever has the withdrawal code of a receipt may ask for the record to be taken back. The code is looked up here, by the
definer: the web role can't add a request for a record whose code it wasn't told. What is left of a withdrawn record is
the hash of what came, and the days.

Audit rows carry an era, raised when a backup is restored: transaction numbers begin again then, and a seal's range of
them means something only within its era. What was sealed before is the same text as it was.
"""

from migrations.sql import run

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


_ACCOUNT = "(SELECT nullif(current_setting('app.account', true), '')::int)"
_PROVINCE = "(SELECT nullif(current_setting('app.province', true), '')::int)"
_COMMUNE = "(SELECT nullif(current_setting('app.commune', true), '')::int)"
_REVIEWS = "(SELECT current_setting('app.review', true)) = '1'"
_SCOPE = f"province_id = {_PROVINCE} AND {_COMMUNE} IN (0, commune_id) AND {_REVIEWS}"

UP = rf"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE safeguard_periods (
	kind TEXT NOT NULL,
	valid_from DATE NOT NULL,
	length INTEGER NOT NULL,
	source TEXT NOT NULL,
	set_by INTEGER,
	CONSTRAINT safeguard_periods_pkey PRIMARY KEY (kind, valid_from),
	CONSTRAINT safeguard_periods_kind_check CHECK (kind IN ('restricted_months', 'withdrawal_days', 'backup_days')),
	CONSTRAINT safeguard_periods_length_check CHECK (length > 0 AND (kind <> 'backup_days' OR length <= 35)),
	CONSTRAINT safeguard_periods_set_by_fkey FOREIGN KEY(set_by) REFERENCES accounts (id)
);
INSERT INTO safeguard_periods (kind, valid_from, length, source) VALUES
    ('restricted_months', '2000-01-01', 24, 'default'),
    ('withdrawal_days', '2000-01-01', 10, 'default'),
    ('backup_days', '2000-01-01', 35, 'default');
GRANT SELECT ON safeguard_periods TO diaban_web, diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON safeguard_periods TO diaban_worker;

ALTER TABLE restricted_reports
    ADD COLUMN closed_on DATE,
    ADD COLUMN redacted_on DATE,
    ADD CONSTRAINT restricted_reports_redacted_check CHECK (redacted_on IS NULL OR what_happened = '');
-- When older ones were closed isn't known; the day they were last written is the latest it can have been.
UPDATE restricted_reports SET closed_on = (updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date WHERE state = 'dong';
CREATE FUNCTION restricted_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'dong' THEN
        NEW.closed_on := NULL;
    ELSIF NEW.closed_on IS NULL THEN
        NEW.closed_on := (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER restricted_closing BEFORE INSERT OR UPDATE OF state ON restricted_reports
    FOR EACH ROW EXECUTE FUNCTION restricted_closing();

ALTER TABLE submissions
    DROP CONSTRAINT submissions_state_check,
    ADD CONSTRAINT submissions_state_check CHECK (state IN ('received', 'applied', 'quarantined', 'withdrawn'));
ALTER TABLE proposals
    DROP CONSTRAINT proposals_state_check,
    ADD CONSTRAINT proposals_state_check
        CHECK (state IN ('waiting', 'approved', 'returned', 'rejected', 'superseded', 'withdrawn'));
CREATE INDEX submissions_code_ix ON submissions (code);

ALTER TABLE audit ADD COLUMN era INTEGER DEFAULT 1 NOT NULL;
CREATE INDEX audit_at_ix ON audit USING brin (at);

CREATE TABLE withdrawals (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	instance_id TEXT NOT NULL,
	account_id INTEGER NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER,
	form_id TEXT NOT NULL,
	restricted BOOLEAN NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
	asked_by INTEGER NOT NULL,
	due_on DATE NOT NULL,
	state TEXT DEFAULT 'asked' NOT NULL,
	ordered_by INTEGER,
	ordered_at TIMESTAMP WITH TIME ZONE,
	done_at TIMESTAMP WITH TIME ZONE,
	removed JSONB,
	CONSTRAINT withdrawals_pkey PRIMARY KEY (id),
	CONSTRAINT withdrawals_instance_id_key UNIQUE (instance_id),
	CONSTRAINT withdrawals_state_check CHECK (state IN ('asked', 'ordered', 'done')),
	CONSTRAINT withdrawals_ordered_check CHECK ((state = 'asked') = (ordered_by IS NULL)),
	CONSTRAINT withdrawals_instance_id_fkey FOREIGN KEY(instance_id) REFERENCES submissions (instance_id),
	CONSTRAINT withdrawals_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT withdrawals_asked_by_fkey FOREIGN KEY(asked_by) REFERENCES accounts (id),
	CONSTRAINT withdrawals_ordered_by_fkey FOREIGN KEY(ordered_by) REFERENCES accounts (id)
);
ALTER TABLE withdrawals ENABLE ROW LEVEL SECURITY;
ALTER TABLE withdrawals FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (state, ordered_by, ordered_at) ON withdrawals TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON withdrawals TO diaban_worker;
GRANT SELECT, INSERT ON withdrawals TO diaban_definer;
CREATE POLICY web_reads ON withdrawals FOR SELECT TO diaban_web USING (account_id = {_ACCOUNT} OR ({_SCOPE}));
CREATE POLICY web_orders ON withdrawals FOR UPDATE TO diaban_web USING ({_SCOPE} AND state = 'asked')
    WITH CHECK ({_SCOPE} AND state = 'ordered' AND ordered_by = {_ACCOUNT});
CREATE POLICY worker ON withdrawals TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON withdrawals TO diaban_definer USING (true) WITH CHECK (true);

-- Asked by who sent it, or by an officer of its place to whom the sender told the code.
CREATE FUNCTION ask_withdrawal(given text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    found withdrawals;
BEGIN
    SELECT s.instance_id, s.account_id, s.province_id, coalesce(p.commune_id, s.commune_id), s.form_id, s.restricted, s.received_at
    INTO found.instance_id, found.account_id, found.province_id, found.commune_id, found.form_id, found.restricted, found.received_at
    FROM submissions s LEFT JOIN proposals p ON p.submission_id = s.instance_id
    WHERE s.code = given AND s.province_id = {_PROVINCE}
      AND (s.account_id = {_ACCOUNT}
           OR ({_REVIEWS} AND {_COMMUNE} IN (0, coalesce(p.commune_id, s.commune_id))));
    IF found.instance_id IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO withdrawals (instance_id, account_id, province_id, commune_id, form_id, restricted, received_at, asked_by,
                             due_on)
    SELECT found.instance_id, found.account_id, found.province_id, found.commune_id, found.form_id, found.restricted,
           found.received_at, {_ACCOUNT}, today + length
    FROM safeguard_periods WHERE kind = 'withdrawal_days' AND valid_from <= today ORDER BY valid_from DESC LIMIT 1
    ON CONFLICT (instance_id) DO NOTHING;
    RETURN (SELECT id FROM withdrawals WHERE instance_id = found.instance_id);
END $$;
REVOKE ALL ON FUNCTION ask_withdrawal(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ask_withdrawal(text) TO diaban_web;
ALTER FUNCTION ask_withdrawal(text) OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
SET LOCAL ROLE diaban_definer;
DROP FUNCTION ask_withdrawal(text);
RESET ROLE;
DROP TABLE withdrawals;
DROP INDEX audit_at_ix;
ALTER TABLE audit DROP COLUMN era;
DROP INDEX submissions_code_ix;
UPDATE proposals SET state = 'superseded' WHERE state = 'withdrawn';
UPDATE submissions SET state = 'applied' WHERE state = 'withdrawn';
ALTER TABLE proposals
    DROP CONSTRAINT proposals_state_check,
    ADD CONSTRAINT proposals_state_check CHECK (state IN ('waiting', 'approved', 'returned', 'rejected', 'superseded'));
ALTER TABLE submissions
    DROP CONSTRAINT submissions_state_check,
    ADD CONSTRAINT submissions_state_check CHECK (state IN ('received', 'applied', 'quarantined'));
DROP TRIGGER restricted_closing ON restricted_reports;
DROP FUNCTION restricted_closing();
ALTER TABLE restricted_reports
    DROP CONSTRAINT restricted_reports_redacted_check, DROP COLUMN redacted_on, DROP COLUMN closed_on;
DROP TABLE safeguard_periods;
"""
