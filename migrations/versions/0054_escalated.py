"""What a liaison office puts before the leader is seen by the leader: that step and its words, no other step of a case.

It stands above the leader's list of cases, the newest first, among a million steps of which few are these: an index of
them alone.
"""

from migrations.sql import run

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE INDEX case_events_escalated_ix ON case_events (province_id, at) WHERE step = 'escalate';
CREATE POLICY leader_reads ON case_events FOR SELECT TO diaban_web USING (
    step = 'escalate'
    AND province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND (SELECT current_setting('app.role', true)) = 'leader');
"""

DOWN = r"""
DROP POLICY leader_reads ON case_events;
DROP INDEX case_events_escalated_ix;
"""
