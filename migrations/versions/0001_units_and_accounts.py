"""Units, code lists, offices and accounts: what everything else points at.

Units are dated, since a code is reused (15 was Yên Bái and is now Lào Cai). `plain` wraps unaccent as IMMUTABLE so
that a name typed without marks finds the name with marks by index. The verb `read_restricted` may never be held by
an administrator or a GIS account; a trigger says so whichever of the two rows changes.
"""

from migrations.sql import run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
-- A function can only be given to a role that may create in the schema.
GRANT USAGE, CREATE ON SCHEMA public TO diaban_definer;

CREATE FUNCTION plain(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT lower(public.unaccent('public.unaccent', normalize(value, NFC))) $$;

CREATE TABLE units (
	id SERIAL NOT NULL, 
	level SMALLINT NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	parent_id INTEGER, 
	province_id INTEGER, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	act TEXT, 
	area_km2 DOUBLE PRECISION, 
	point geometry(POINT,4326), 
	geom geometry(MULTIPOLYGON,4326), 
	approximate BOOLEAN DEFAULT false NOT NULL, 
	illustrative BOOLEAN DEFAULT false NOT NULL, 
	search TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT units_pkey PRIMARY KEY (id), 
	CONSTRAINT units_level_check CHECK (level BETWEEN 1 AND 4), 
	CONSTRAINT units_dates_check CHECK (valid_to IS NULL OR valid_to > valid_from), 
	CONSTRAINT units_parent_id_fkey FOREIGN KEY(parent_id) REFERENCES units (id), 
	CONSTRAINT units_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id)
);

CREATE INDEX units_geom_ix ON units USING gist (geom);

CREATE UNIQUE INDEX units_level_code_valid_from_key ON units (level, code, valid_from);

CREATE INDEX units_parent_id_ix ON units (parent_id);

CREATE INDEX units_province_id_ix ON units (province_id);

CREATE INDEX units_search_ix ON units USING gin (search gin_trgm_ops);

CREATE TABLE unit_parts (
	id SERIAL NOT NULL, 
	unit_id INTEGER NOT NULL, 
	level SMALLINT NOT NULL, 
	geom geometry(GEOMETRY,4326) NOT NULL, 
	CONSTRAINT unit_parts_pkey PRIMARY KEY (id), 
	CONSTRAINT unit_parts_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id) ON DELETE CASCADE
);

CREATE INDEX unit_parts_geom_ix ON unit_parts USING gist (geom);

CREATE INDEX unit_parts_unit_id_ix ON unit_parts (unit_id);

CREATE TABLE succession (
	old_id INTEGER NOT NULL, 
	new_id INTEGER NOT NULL, 
	whole BOOLEAN NOT NULL, 
	"on" DATE NOT NULL, 
	act TEXT, 
	CONSTRAINT succession_pkey PRIMARY KEY (old_id, new_id), 
	CONSTRAINT succession_old_id_fkey FOREIGN KEY(old_id) REFERENCES units (id), 
	CONSTRAINT succession_new_id_fkey FOREIGN KEY(new_id) REFERENCES units (id)
);

CREATE INDEX succession_new_id_ix ON succession (new_id);

CREATE TABLE placement_ties (
	id SERIAL NOT NULL, 
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	layer TEXT NOT NULL, 
	feature_id TEXT NOT NULL, 
	unit_id INTEGER NOT NULL, 
	others TEXT NOT NULL, 
	CONSTRAINT placement_ties_pkey PRIMARY KEY (id)
);

CREATE TABLE code_lists (
	list TEXT NOT NULL, 
	code TEXT NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	position INTEGER DEFAULT 0 NOT NULL, 
	label_vi TEXT NOT NULL, 
	label_en TEXT NOT NULL, 
	source TEXT NOT NULL, 
	status TEXT NOT NULL, 
	mark TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT code_lists_pkey PRIMARY KEY (list, code, valid_from), 
	CONSTRAINT code_lists_code_check CHECK (code ~ '^[a-z0-9_]+$')
);

CREATE TABLE offices (
	id SERIAL NOT NULL, 
	name TEXT NOT NULL, 
	unit_id INTEGER NOT NULL, 
	parent_id INTEGER, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT offices_pkey PRIMARY KEY (id), 
	CONSTRAINT offices_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id), 
	CONSTRAINT offices_parent_id_fkey FOREIGN KEY(parent_id) REFERENCES offices (id)
);

CREATE INDEX offices_unit_id_ix ON offices (unit_id);

CREATE TABLE office_categories (
	office_id INTEGER NOT NULL, 
	category TEXT NOT NULL, 
	CONSTRAINT office_categories_pkey PRIMARY KEY (office_id, category), 
	CONSTRAINT office_categories_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id) ON DELETE CASCADE
);

CREATE TABLE service_standards (
	category TEXT NOT NULL, 
	valid_from DATE NOT NULL, 
	days INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	status TEXT NOT NULL, 
	CONSTRAINT service_standards_pkey PRIMARY KEY (category, valid_from), 
	CONSTRAINT service_standards_days_check CHECK (days > 0)
);

CREATE TABLE accounts (
	id SERIAL NOT NULL, 
	username TEXT NOT NULL, 
	email TEXT, 
	password TEXT, 
	role TEXT NOT NULL, 
	unit_id INTEGER NOT NULL, 
	office_id INTEGER, 
	active BOOLEAN DEFAULT true NOT NULL, 
	demo BOOLEAN DEFAULT false NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	fs_uniquifier TEXT DEFAULT gen_random_uuid()::text NOT NULL, 
	tf_primary_method TEXT, 
	tf_totp_secret TEXT, 
	mf_recovery_codes JSONB, 
	failed_at TIMESTAMP WITH TIME ZONE, 
	failures INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT accounts_pkey PRIMARY KEY (id), 
	CONSTRAINT accounts_role_check CHECK (role IN ('field', 'officer', 'leader', 'gis', 'admin')), 
	CONSTRAINT accounts_username_check CHECK (username = lower(username) AND username <> ''), 
	CONSTRAINT accounts_username_key UNIQUE (username), 
	CONSTRAINT accounts_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units (id), 
	CONSTRAINT accounts_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id), 
	CONSTRAINT accounts_fs_uniquifier_key UNIQUE (fs_uniquifier)
);

CREATE TABLE special_verbs (
	account_id INTEGER NOT NULL, 
	verb TEXT NOT NULL, 
	granted_on DATE NOT NULL, 
	expires_on DATE NOT NULL, 
	granted_by INTEGER NOT NULL, 
	seconded_by INTEGER NOT NULL, 
	CONSTRAINT special_verbs_pkey PRIMARY KEY (account_id, verb, granted_on), 
	CONSTRAINT special_verbs_verb_check CHECK (verb IN ('read_restricted', 'approve_form')), 
	CONSTRAINT special_verbs_two_admins_check CHECK (granted_by <> seconded_by), 
	CONSTRAINT special_verbs_not_to_oneself_check CHECK (account_id NOT IN (granted_by, seconded_by)), 
	CONSTRAINT special_verbs_twelve_months_check CHECK (expires_on <= granted_on + 366), 
	CONSTRAINT special_verbs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT special_verbs_granted_by_fkey FOREIGN KEY(granted_by) REFERENCES accounts (id), 
	CONSTRAINT special_verbs_seconded_by_fkey FOREIGN KEY(seconded_by) REFERENCES accounts (id)
);

CREATE TABLE tokens (
	id SERIAL NOT NULL, 
	account_id INTEGER NOT NULL, 
	sha256 BYTEA NOT NULL, 
	label TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	expires_on DATE, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT tokens_pkey PRIMARY KEY (id), 
	CONSTRAINT tokens_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id), 
	CONSTRAINT tokens_sha256_key UNIQUE (sha256)
);

CREATE INDEX tokens_account_id_ix ON tokens (account_id);

CREATE FUNCTION unit_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := plain(NEW.name);
    RETURN NEW;
END $$;
CREATE TRIGGER unit_search BEFORE INSERT OR UPDATE OF name ON units FOR EACH ROW EXECUTE FUNCTION unit_search();

CREATE FUNCTION no_restricted_for_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM special_verbs v JOIN accounts a ON a.id = v.account_id
        WHERE v.verb = 'read_restricted' AND a.role IN ('admin', 'gis') AND v.expires_on > current_date
    ) THEN
        RAISE EXCEPTION 'read_restricted is never held by admin or gis'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'special_verbs_restricted_role_check';
    END IF;
    IF TG_TABLE_NAME = 'special_verbs' AND EXISTS (
        SELECT FROM special_verbs v JOIN accounts a ON a.id IN (v.granted_by, v.seconded_by) WHERE a.role <> 'admin'
    ) THEN
        RAISE EXCEPTION 'special verbs are granted by admins'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'special_verbs_granted_by_admins_check';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_restricted_for_admin AFTER INSERT OR UPDATE ON special_verbs
    FOR EACH STATEMENT EXECUTE FUNCTION no_restricted_for_admin();
CREATE TRIGGER no_restricted_for_admin AFTER UPDATE OF role ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION no_restricted_for_admin();
"""

DOWN = r"""
DROP TABLE tokens;
DROP TABLE special_verbs;
DROP TABLE accounts;
DROP TABLE service_standards;
DROP TABLE office_categories;
DROP TABLE offices;
DROP TABLE code_lists;
DROP TABLE placement_ties;
DROP TABLE succession;
DROP TABLE unit_parts;
DROP TABLE units;
DROP FUNCTION no_restricted_for_admin, unit_search, plain;
REVOKE ALL ON SCHEMA public FROM diaban_definer;
"""
