"""No deadline for requests of religious sites but one that an office has entered.

The first installations were given round numbers of days for the four kinds of request, from no law. A deadline nobody set
makes an office late that isn't: those rows go, unless somebody changed them.
"""

from migrations.sql import run

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    """Nothing comes back: the numbers meant nothing."""


UP = """
DELETE FROM service_standards s USING (VALUES ('gcn_dat', 30), ('giay_phep_xd', 20), ('sua_chua', 20), ('xep_hang', 60))
    AS given(category, days)
WHERE s.category = given.category AND s.days = given.days AND s.valid_from = '2025-07-01' AND s.status = 'own';
"""
