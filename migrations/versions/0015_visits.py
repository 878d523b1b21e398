"""Follow-up visits: which proposals came from one phone's chain of offline updates.

A client that updates a feature twice without signal counts its own version up in between. The chain's id
(`branchId` of ODK Entities) tells what the second update knew of the first, so that one person's two visits
aren't taken for two persons' conflict.
"""

from migrations.sql import run

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';
ALTER TABLE proposals ADD COLUMN branch_id UUID;
CREATE INDEX proposals_feature_ix ON proposals (feature_id) WHERE action = 'update';
"""

DOWN = r"""
DROP INDEX proposals_feature_ix;
ALTER TABLE proposals DROP COLUMN branch_id;
"""
