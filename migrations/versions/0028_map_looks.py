"""When an account last looked at the map, so that it can be told what changed since.

An account sees and writes its own row alone. What changed is found by the time of the change: rows stand nearly in that
order in their tables, so a summary of ranges finds the last ones at next to no cost for writing.
"""

from migrations.sql import run

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

LAYERS = (
    "situation_reports", "religious_sites", "minority_areas", "hamlet_profiles", "resettlement_projects",
    "community_models", "democracy_checks", "joint_activities",
)  # fmt: skip


def upgrade() -> None:
    run(UP)
    for layer in LAYERS:
        run(f"CREATE INDEX {layer}_updated_at_ix ON {layer} USING brin (updated_at) WITH (autosummarize = on);")


def downgrade() -> None:
    for layer in LAYERS:
        run(f"DROP INDEX {layer}_updated_at_ix;")
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE map_looks (
	account_id INTEGER NOT NULL,
	looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	before TIMESTAMP WITH TIME ZONE,
	CONSTRAINT map_looks_pkey PRIMARY KEY (account_id),
	CONSTRAINT map_looks_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
ALTER TABLE map_looks ENABLE ROW LEVEL SECURITY;
ALTER TABLE map_looks FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON map_looks TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON map_looks TO diaban_worker;
CREATE POLICY own ON map_looks TO diaban_web
    USING (account_id = (SELECT nullif(current_setting('app.account', true), '')::int))
    WITH CHECK (account_id = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY worker ON map_looks TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
DROP TABLE map_looks;
"""
