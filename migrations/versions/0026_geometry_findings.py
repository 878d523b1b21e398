"""What a check of a layer's geometry found, and what was decided of each finding.

A finding names a feature at a version, the other feature where two are at odds, and the repair that is offered. Whoever
accepts it makes a proposal; `geom_before` keeps the exact place, so that an approved repair can be taken back.
"""

from migrations.sql import run

revision = "0026"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE geometry_findings (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	layer TEXT NOT NULL,
	kind TEXT NOT NULL,
	feature_id UUID NOT NULL,
	version INTEGER NOT NULL,
	other_id UUID NOT NULL,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	commune_to INTEGER,
	measure DOUBLE PRECISION,
	fix TEXT NOT NULL,
	at geometry(POINT,4326),
	geom_before geometry(GEOMETRY,4326),
	state TEXT DEFAULT 'open' NOT NULL,
	proposal_id UUID,
	found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT geometry_findings_pkey PRIMARY KEY (id),
	CONSTRAINT geometry_findings_kind_check CHECK (kind IN ('self_crossing', 'overlap', 'sliver', 'gap', 'duplicate', 'outside_unit', 'swapped', 'off_map')),
	CONSTRAINT geometry_findings_fix_check CHECK (fix IN ('', 'valid', 'cut', 'snap', 'archive', 'rehome', 'flip')),
	CONSTRAINT geometry_findings_state_check CHECK (state IN ('open', 'proposed', 'set_aside', 'undone')),
	CONSTRAINT geometry_findings_layer_kind_key UNIQUE (layer, kind, feature_id, other_id)
);
CREATE INDEX geometry_findings_province_id_layer_ix ON geometry_findings (province_id, layer);

ALTER TABLE geometry_findings ENABLE ROW LEVEL SECURITY;
ALTER TABLE geometry_findings FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (state, proposal_id, geom_before) ON geometry_findings TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON geometry_findings TO diaban_worker;
GRANT USAGE ON SEQUENCE geometry_findings_id_seq TO diaban_worker;
CREATE POLICY web ON geometry_findings TO diaban_web USING (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)
    AND (SELECT current_setting('app.role', true)) IN ('officer', 'gis'));
CREATE POLICY worker ON geometry_findings TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
DROP TABLE geometry_findings;
"""
