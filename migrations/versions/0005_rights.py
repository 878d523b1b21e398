"""Who may use the tables without row policies.

Units, code lists, offices and standards are public facts: every role reads them, only the worker (imports, commands)
writes them. Of an account the web role may change what signing in changes, never role or scope.
"""

from migrations.sql import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
GRANT USAGE ON SCHEMA public TO diaban_web, diaban_worker;
GRANT SELECT ON units, unit_parts, succession, code_lists, offices, office_categories, service_standards TO diaban_web, diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON units, unit_parts, succession, placement_ties, code_lists, offices, office_categories,
    service_standards, accounts, special_verbs, tokens TO diaban_worker;
GRANT INSERT ON placement_ties TO diaban_web;
GRANT SELECT ON accounts, special_verbs, tokens TO diaban_web;
GRANT UPDATE (password, fs_uniquifier, tf_primary_method, tf_totp_secret, mf_recovery_codes, failed_at, failures) ON accounts TO diaban_web;
GRANT INSERT (account_id, sha256, label, expires_on), UPDATE (revoked_at) ON tokens TO diaban_web;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO diaban_web, diaban_worker;
GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO diaban_worker;
"""

DOWN = r"""
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM diaban_web, diaban_worker;
REVOKE ALL ON units, unit_parts, succession, placement_ties, code_lists, offices, office_categories, service_standards, accounts,
    special_verbs, tokens FROM diaban_web, diaban_worker, diaban_definer;
"""
