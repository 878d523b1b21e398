"""Whose account it is at the province's sign-in service, so that a name given to somebody else there opens nothing.

Bound at the first sign-in, when nobody is signed in yet: so any asker may read and add a row, and what is there can't be
changed. Only an administrator takes it away, for accounts of the own province. Beside it, each sign-in says whether a
password was typed: a sign-in service may let a browser in again without asking, and a found phone must not open drafts.
"""

from migrations.sql import run

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

ALTER TABLE sign_ins ADD COLUMN by_password BOOLEAN DEFAULT true NOT NULL;

CREATE TABLE account_subjects (
	account_id INTEGER NOT NULL,
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	bound_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT account_subjects_pkey PRIMARY KEY (account_id),
	CONSTRAINT account_subjects_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT account_subjects_issuer_subject_key UNIQUE (issuer, subject)
);
GRANT SELECT, INSERT, DELETE ON account_subjects TO diaban_web, diaban_worker;
ALTER TABLE account_subjects ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_subjects FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON account_subjects TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY signing_in_reads ON account_subjects FOR SELECT TO diaban_web USING (true);
CREATE POLICY signing_in_binds ON account_subjects FOR INSERT TO diaban_web WITH CHECK (true);
CREATE POLICY admin_clears ON account_subjects FOR DELETE TO diaban_web USING (
    (SELECT current_setting('app.role', true)) = 'admin'
    AND account_id IN (
        SELECT a.id FROM accounts a JOIN units u ON u.id = a.unit_id
        WHERE u.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)));
"""

DOWN = r"""
DROP TABLE account_subjects;
ALTER TABLE sign_ins DROP COLUMN by_password;
"""
