"""Reforms of units after the first: what each changed, so that it adds up, can be taken back, and waits where it must.

`reform_units` and `reform_pairs` hold how the units stood before, `reform_moves` where each row was and went, `unplaced`
what neither a place nor a whole succession could put into a unit of today. Those wait for a person: officers of the
province for records, administrators for the scope of accounts. A restricted report waits for who may open it (S5).

`heir_of` follows successions over several reforms: the one unit of today that a former one went into whole, or NULL.
`former_units` goes the other way: a unit and all those that came to be it.

Who may read the former rows of a feature goes with the feature, so `versions.commune_id` says that alone; which commune
a former row named stands in the row itself, and `former_communes` looks there.
"""

from migrations.sql import run

revision = "0025"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE reforms (
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	kind TEXT NOT NULL,
	"on" DATE,
	act TEXT,
	source TEXT NOT NULL,
	account_id INTEGER,
	applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
	report JSONB,
	undone_at TIMESTAMP WITH TIME ZONE,
	undone_by INTEGER,
	undo_report JSONB,
	CONSTRAINT reforms_pkey PRIMARY KEY (id),
	CONSTRAINT reforms_kind_check CHECK (kind IN ('boundaries', 'succession', 'reform')),
	CONSTRAINT reforms_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
	CONSTRAINT reforms_undone_by_fkey FOREIGN KEY(undone_by) REFERENCES accounts (id)
);

CREATE TABLE reform_units (
	reform_id UUID NOT NULL,
	unit_id INTEGER NOT NULL,
	added BOOLEAN NOT NULL,
	valid_to DATE,
	parent_id INTEGER,
	province_id INTEGER,
	area_km2 DOUBLE PRECISION,
	point geometry(POINT,4326),
	geom geometry(MULTIPOLYGON,4326),
	approximate BOOLEAN,
	CONSTRAINT reform_units_pkey PRIMARY KEY (reform_id, unit_id),
	CONSTRAINT reform_units_reform_id_fkey FOREIGN KEY(reform_id) REFERENCES reforms (id) ON DELETE CASCADE
);

CREATE TABLE reform_pairs (
	reform_id UUID NOT NULL,
	old_id INTEGER NOT NULL,
	new_id INTEGER NOT NULL,
	whole BOOLEAN,
	CONSTRAINT reform_pairs_pkey PRIMARY KEY (reform_id, old_id, new_id),
	CONSTRAINT reform_pairs_reform_id_fkey FOREIGN KEY(reform_id) REFERENCES reforms (id) ON DELETE CASCADE
);

CREATE TABLE reform_moves (
	reform_id UUID NOT NULL,
	relation TEXT NOT NULL,
	key TEXT NOT NULL,
	how TEXT NOT NULL,
	province_before INTEGER,
	unit_before INTEGER,
	province_after INTEGER,
	unit_after INTEGER,
	version_after INTEGER,
	CONSTRAINT reform_moves_pkey PRIMARY KEY (reform_id, relation, key),
	CONSTRAINT reform_moves_reform_id_fkey FOREIGN KEY(reform_id) REFERENCES reforms (id) ON DELETE CASCADE
);

CREATE TABLE unplaced (
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	reform_id UUID NOT NULL,
	relation TEXT NOT NULL,
	key TEXT NOT NULL,
	province_id INTEGER,
	unit_id INTEGER NOT NULL,
	candidates INTEGER[] NOT NULL,
	why TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	settled_unit INTEGER,
	settled_by INTEGER,
	settled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT unplaced_pkey PRIMARY KEY (id),
	CONSTRAINT unplaced_why_check CHECK (why IN ('outside', 'without_place')),
	CONSTRAINT unplaced_settled_check CHECK ((settled_unit IS NULL) = (settled_by IS NULL)),
	CONSTRAINT unplaced_reform_id_fkey FOREIGN KEY(reform_id) REFERENCES reforms (id) ON DELETE CASCADE,
	CONSTRAINT unplaced_settled_unit_fkey FOREIGN KEY(settled_unit) REFERENCES units (id),
	CONSTRAINT unplaced_settled_by_fkey FOREIGN KEY(settled_by) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX unplaced_waiting_ix ON unplaced (relation, key) WHERE settled_at IS NULL;
CREATE INDEX unplaced_reform_id_ix ON unplaced (reform_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON reforms, reform_units, reform_pairs, reform_moves, unplaced TO diaban_worker;

ALTER TABLE reforms ENABLE ROW LEVEL SECURITY;
ALTER TABLE reforms FORCE ROW LEVEL SECURITY;
GRANT SELECT ON reforms TO diaban_web;
CREATE POLICY web_reads ON reforms FOR SELECT TO diaban_web USING ((SELECT current_setting('app.role', true)) = 'admin');
CREATE POLICY worker ON reforms TO diaban_worker USING (true) WITH CHECK (true);

ALTER TABLE unplaced ENABLE ROW LEVEL SECURITY;
ALTER TABLE unplaced FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (settled_unit, settled_by, settled_at) ON unplaced TO diaban_web;
CREATE POLICY web_reads ON unplaced FOR SELECT TO diaban_web USING (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) = 0
    AND CASE WHEN relation IN ('accounts', 'offices') THEN (SELECT current_setting('app.role', true)) = 'admin'
             WHEN relation = 'restricted_reports' THEN (SELECT current_setting('app.restricted', true)) = '1'
             ELSE (SELECT current_setting('app.review', true)) = '1' END);
CREATE POLICY web_settles ON unplaced FOR UPDATE TO diaban_web USING (
    province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
    AND (SELECT nullif(current_setting('app.commune', true), '')::int) = 0
    AND (SELECT current_setting('app.review', true)) = '1' AND relation NOT IN ('accounts', 'offices'))
    WITH CHECK (settled_by = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY worker ON unplaced TO diaban_worker USING (true) WITH CHECK (true);

-- A hamlet is a unit, which the web role may not change; an officer of the province may say where one that waits lies.
GRANT UPDATE (parent_id, province_id) ON units TO diaban_definer;
GRANT SELECT ON unplaced TO diaban_definer;
CREATE POLICY definer ON unplaced FOR SELECT TO diaban_definer USING (true);
CREATE FUNCTION settle_hamlet(wanted int, commune int) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ UPDATE units h SET parent_id = c.id, province_id = c.province_id FROM units c, unplaced w
          WHERE h.id = wanted AND h.level = 4 AND c.id = commune AND c.level = 3 AND c.valid_to IS NULL
            AND w.relation = 'hamlets' AND w.key = wanted::text AND w.settled_at IS NULL
            AND w.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
            AND c.province_id = w.province_id
            AND (SELECT nullif(current_setting('app.commune', true), '')::int) = 0
            AND (SELECT current_setting('app.review', true)) = '1'
          RETURNING true $$;

CREATE FUNCTION heir_of(unit int) RETURNS int LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ WITH RECURSIVE line(id, whole) AS (
              SELECT unit, true UNION
              SELECT s.new_id, line.whole AND s.whole FROM line JOIN succession s ON s.old_id = line.id)
          SELECT CASE WHEN count(DISTINCT u.id) = 1 AND bool_and(line.whole) THEN min(u.id) END
          FROM line JOIN units u ON u.id = line.id WHERE u.valid_to IS NULL $$;

CREATE FUNCTION former_units(unit int) RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE SET search_path = public, pg_temp
    AS $$ WITH RECURSIVE line(id) AS (
              SELECT unit UNION SELECT s.old_id FROM line JOIN succession s ON s.new_id = line.id)
          SELECT array_agg(id) FROM line $$;

DROP INDEX versions_layer_commune_id_ix;
CREATE INDEX versions_layer_former_commune_ix ON versions (layer, ((row ->> 'commune_id')::int));
SET LOCAL ROLE diaban_definer;
CREATE OR REPLACE FUNCTION former_communes(wanted text) RETURNS TABLE (id uuid, old_id int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT DISTINCT ON (v.id) v.id, (v.row ->> 'commune_id')::int FROM versions v
          WHERE v.layer = wanted AND (v.row ->> 'commune_id')::int IN (
              SELECT s.old_id FROM succession s JOIN units n ON n.id = s.new_id
              WHERE n.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
                    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, n.id))
          ORDER BY v.id, v.version DESC $$;
RESET ROLE;

REVOKE ALL ON FUNCTION settle_hamlet(int, int), heir_of(int), former_units(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settle_hamlet(int, int) TO diaban_web;
GRANT EXECUTE ON FUNCTION heir_of(int), former_units(int) TO diaban_web, diaban_worker, diaban_definer;
ALTER FUNCTION settle_hamlet(int, int) OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
-- The owner role is a member of the definer but doesn't inherit from it.
SET LOCAL ROLE diaban_definer;
DROP FUNCTION settle_hamlet(int, int);
CREATE OR REPLACE FUNCTION former_communes(wanted text) RETURNS TABLE (id uuid, old_id int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT DISTINCT ON (v.id) v.id, v.commune_id FROM versions v
          WHERE v.layer = wanted AND v.commune_id IN (
              SELECT s.old_id FROM succession s JOIN units n ON n.id = s.new_id
              WHERE n.province_id = (SELECT nullif(current_setting('app.province', true), '')::int)
                    AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, n.id))
          ORDER BY v.id, v.version DESC $$;
RESET ROLE;
DROP INDEX versions_layer_former_commune_ix;
CREATE INDEX versions_layer_commune_id_ix ON versions (layer, commune_id);
DROP FUNCTION heir_of(int), former_units(int);
REVOKE UPDATE (parent_id, province_id) ON units FROM diaban_definer;
DROP TABLE unplaced;
DROP TABLE reform_moves;
DROP TABLE reform_pairs;
DROP TABLE reform_units;
DROP TABLE reforms;
"""
