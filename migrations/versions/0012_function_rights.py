"""Functions that look past the policies are closed to everyone but those they are meant for.

They were given to `diaban_definer` before rights on them were taken from PUBLIC; the migrating role, which doesn't
inherit from the definer, could no longer do that, and PostgreSQL only warns of it. So every login could call them.
"""

from migrations.sql import run

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    """Nothing: what was open by mistake isn't opened again."""


UP = r"""
SET LOCAL ROLE diaban_definer;
REVOKE ALL ON FUNCTION submission_xml(text), waiting_counts(), submission_receipt(text, bytea),
    submissions_waiting(), enqueue(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION submission_xml(text), waiting_counts(), submission_receipt(text, bytea),
    submissions_waiting(), enqueue(uuid) TO diaban_web, diaban_worker;
RESET ROLE;
"""
