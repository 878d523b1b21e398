"""The eight layers and the former versions of their rows.

A layer's table holds only what is approved. One trigger serves all of them: it keeps the former row in `versions`,
raises the version number and the time of change. It runs as `diaban_definer`, since the web role may not write
versions itself.
"""

from migrations.sql import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
CREATE TABLE versions (
	layer TEXT NOT NULL, 
	id UUID NOT NULL, 
	version INTEGER NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	row JSONB NOT NULL, 
	replaced_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	replaced_by INTEGER, 
	CONSTRAINT versions_pkey PRIMARY KEY (layer, id, version)
);

CREATE INDEX versions_layer_id_ix ON versions (layer, id);

CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO versions (layer, id, version, province_id, commune_id, row, replaced_by)
    VALUES (TG_TABLE_NAME, OLD.id, OLD.version, OLD.province_id, OLD.commune_id, to_jsonb(OLD),
            nullif(current_setting('app.account', true), '')::int);
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$;
ALTER FUNCTION keep_version() OWNER TO diaban_definer;
GRANT INSERT ON versions TO diaban_definer;

CREATE TABLE situation_reports (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	category TEXT NOT NULL, 
	what_happened TEXT NOT NULL, 
	urgency TEXT NOT NULL, 
	households_affected INTEGER, 
	happened_on DATE NOT NULL, 
	state TEXT NOT NULL, 
	due_on DATE NOT NULL, 
	answered_on DATE, 
	office_id INTEGER NOT NULL, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT situation_reports_pkey PRIMARY KEY (id), 
	CONSTRAINT situation_reports_service_category_check CHECK (category NOT IN ('dat_dai_boi_thuong', 'doi_song_tai_dinh_cu', 'chinh_sach_xa_hoi', 'mau_thuan_cong_dong')), 
	CONSTRAINT situation_reports_due_check CHECK (due_on >= observed_on), 
	CONSTRAINT situation_reports_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT situation_reports_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT situation_reports_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id), 
	CONSTRAINT situation_reports_office_id_fkey FOREIGN KEY(office_id) REFERENCES offices (id)
);

CREATE INDEX situation_reports_geom_ix ON situation_reports USING gist (geom);

CREATE INDEX situation_reports_observed_on_ix ON situation_reports (observed_on);

CREATE INDEX situation_reports_office_id_ix ON situation_reports (office_id);

CREATE INDEX situation_reports_province_id_commune_id_ix ON situation_reports (province_id, commune_id);

CREATE TABLE religious_sites (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	tradition TEXT NOT NULL, 
	facility_type TEXT NOT NULL, 
	heritage_rank TEXT, 
	land_paper TEXT, 
	condition TEXT, 
	hazards TEXT[], 
	road_access TEXT, 
	request TEXT, 
	received_on DATE, 
	answered_on DATE, 
	source TEXT, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT religious_sites_pkey PRIMARY KEY (id), 
	CONSTRAINT religious_sites_clan_hall_ranked_check CHECK (facility_type <> 'nha_tho_dong_ho' OR coalesce(heritage_rank, 'khong') <> 'khong'), 
	CONSTRAINT religious_sites_answered_check CHECK (answered_on IS NULL OR received_on IS NULL OR answered_on >= received_on), 
	CONSTRAINT religious_sites_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT religious_sites_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT religious_sites_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX religious_sites_geom_ix ON religious_sites USING gist (geom);

CREATE INDEX religious_sites_observed_on_ix ON religious_sites (observed_on);

CREATE INDEX religious_sites_province_id_commune_id_ix ON religious_sites (province_id, commune_id);

CREATE TABLE minority_areas (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	area_class TEXT NOT NULL, 
	ethnic_groups TEXT[], 
	households INTEGER, 
	population INTEGER, 
	poverty_rate DOUBLE PRECISION, 
	road TEXT, 
	power TEXT, 
	water TEXT, 
	school TEXT, 
	health TEXT, 
	source_document TEXT NOT NULL, 
	source_date DATE NOT NULL, 
	source_file TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(MULTIPOLYGON,4326), 
	CONSTRAINT minority_areas_pkey PRIMARY KEY (id), 
	CONSTRAINT minority_areas_two_accounts_check CHECK (entered_by IS NOT NULL AND confirmed_by IS NOT NULL), 
	CONSTRAINT minority_areas_second_confirmer_check CHECK (entered_by <> confirmed_by), 
	CONSTRAINT minority_areas_published_source_check CHECK (source_document <> '' AND source_file ~ '^[0-9a-f]{64}$'), 
	CONSTRAINT minority_areas_no_small_groups_check CHECK (NOT coalesce(ethnic_groups, '{}') && ARRAY['11', '39', '41', '42', '43', '44', '45', '46', '47', '48', '49', '50', '51', '52', '53', '54']), 
	CONSTRAINT minority_areas_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT minority_areas_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT minority_areas_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX minority_areas_geom_ix ON minority_areas USING gist (geom);

CREATE INDEX minority_areas_observed_on_ix ON minority_areas (observed_on);

CREATE INDEX minority_areas_province_id_commune_id_ix ON minority_areas (province_id, commune_id);

CREATE TABLE hamlet_profiles (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	survey_round TEXT NOT NULL, 
	households INTEGER, 
	duong TEXT NOT NULL, 
	duong_km DOUBLE PRECISION, 
	duong_cl TEXT, 
	duong_tn TEXT, 
	dien TEXT NOT NULL, 
	dien_km DOUBLE PRECISION, 
	dien_cl TEXT, 
	dien_tn TEXT, 
	nuoc TEXT NOT NULL, 
	nuoc_km DOUBLE PRECISION, 
	nuoc_cl TEXT, 
	nuoc_tn TEXT, 
	truong TEXT NOT NULL, 
	truong_km DOUBLE PRECISION, 
	truong_cl TEXT, 
	truong_tn TEXT, 
	y_te TEXT NOT NULL, 
	y_te_km DOUBLE PRECISION, 
	y_te_cl TEXT, 
	y_te_tn TEXT, 
	hazards TEXT[], 
	mobile_signal TEXT, 
	meeting_house BOOLEAN, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT hamlet_profiles_pkey PRIMARY KEY (id), 
	CONSTRAINT hamlet_profiles_hamlet_id_survey_round_key UNIQUE (hamlet_id, survey_round), 
	CONSTRAINT hamlet_profiles_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT hamlet_profiles_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT hamlet_profiles_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX hamlet_profiles_geom_ix ON hamlet_profiles USING gist (geom);

CREATE INDEX hamlet_profiles_observed_on_ix ON hamlet_profiles (observed_on);

CREATE INDEX hamlet_profiles_province_id_commune_id_ix ON hamlet_profiles (province_id, commune_id);

CREATE TABLE resettlement_projects (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	responsible_office TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	plan_posted_on DATE, 
	plan_approved_on DATE, 
	households_affected INTEGER NOT NULL, 
	households_approved INTEGER, 
	households_paid INTEGER, 
	households_moved INTEGER, 
	plots_total INTEGER, 
	plots_ready INTEGER, 
	area_ha DOUBLE PRECISION, 
	money_approved BIGINT, 
	money_paid BIGINT, 
	road TEXT, 
	power TEXT, 
	water TEXT, 
	school TEXT, 
	health TEXT, 
	next_milestone TEXT, 
	next_on DATE, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(MULTIPOLYGON,4326), 
	CONSTRAINT resettlement_projects_pkey PRIMARY KEY (id), 
	CONSTRAINT resettlement_projects_approved_check CHECK (households_approved <= households_affected), 
	CONSTRAINT resettlement_projects_paid_check CHECK (households_paid <= households_approved), 
	CONSTRAINT resettlement_projects_moved_check CHECK (households_moved <= households_affected), 
	CONSTRAINT resettlement_projects_plots_check CHECK (plots_ready <= plots_total), 
	CONSTRAINT resettlement_projects_money_check CHECK (money_paid <= money_approved), 
	CONSTRAINT resettlement_projects_small_without_money_check CHECK (households_affected >= 10 OR (money_approved IS NULL AND money_paid IS NULL)), 
	CONSTRAINT resettlement_projects_small_without_place_check CHECK (households_affected >= 10 OR geom IS NULL), 
	CONSTRAINT resettlement_projects_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT resettlement_projects_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT resettlement_projects_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX resettlement_projects_geom_ix ON resettlement_projects USING gist (geom);

CREATE INDEX resettlement_projects_observed_on_ix ON resettlement_projects (observed_on);

CREATE INDEX resettlement_projects_province_id_commune_id_ix ON resettlement_projects (province_id, commune_id);

CREATE TABLE community_models (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	field TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	recognition TEXT, 
	registered_on DATE NOT NULL, 
	recognised_on DATE, 
	replicated_from UUID, 
	households_reached INTEGER, 
	goals TEXT, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT community_models_pkey PRIMARY KEY (id), 
	CONSTRAINT community_models_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT community_models_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT community_models_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX community_models_geom_ix ON community_models USING gist (geom);

CREATE INDEX community_models_observed_on_ix ON community_models (observed_on);

CREATE INDEX community_models_province_id_commune_id_ix ON community_models (province_id, commune_id);

CREATE TABLE democracy_checks (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	survey_round TEXT NOT NULL, 
	checklist TEXT NOT NULL, 
	checked_on DATE NOT NULL, 
	know TEXT NOT NULL, 
	know_evidence TEXT, 
	discuss TEXT NOT NULL, 
	discuss_evidence TEXT, 
	act TEXT NOT NULL, 
	act_evidence TEXT, 
	"check" TEXT NOT NULL, 
	check_evidence TEXT, 
	supervise TEXT NOT NULL, 
	supervise_evidence TEXT, 
	benefit TEXT NOT NULL, 
	benefit_evidence TEXT, 
	findings TEXT, 
	fix_by DATE, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT democracy_checks_pkey PRIMARY KEY (id), 
	CONSTRAINT democracy_checks_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT democracy_checks_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT democracy_checks_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX democracy_checks_geom_ix ON democracy_checks USING gist (geom);

CREATE INDEX democracy_checks_observed_on_ix ON democracy_checks (observed_on);

CREATE INDEX democracy_checks_province_id_commune_id_ix ON democracy_checks (province_id, commune_id);

CREATE TABLE joint_activities (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	province_id INTEGER NOT NULL, 
	commune_id INTEGER NOT NULL, 
	hamlet_id INTEGER, 
	observed_on DATE NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	agencies TEXT[], 
	planned_on DATE NOT NULL, 
	done_on DATE, 
	result TEXT, 
	households_reached INTEGER, 
	origin TEXT NOT NULL, 
	proposal_id UUID, 
	entered_by INTEGER, 
	confirmed_by INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	geom geometry(POINT,4326), 
	CONSTRAINT joint_activities_pkey PRIMARY KEY (id), 
	CONSTRAINT joint_activities_done_check CHECK (done_on IS NULL OR done_on >= '2000-01-01'), 
	CONSTRAINT joint_activities_province_id_fkey FOREIGN KEY(province_id) REFERENCES units (id), 
	CONSTRAINT joint_activities_commune_id_fkey FOREIGN KEY(commune_id) REFERENCES units (id), 
	CONSTRAINT joint_activities_hamlet_id_fkey FOREIGN KEY(hamlet_id) REFERENCES units (id)
);

CREATE INDEX joint_activities_geom_ix ON joint_activities USING gist (geom);

CREATE INDEX joint_activities_observed_on_ix ON joint_activities (observed_on);

CREATE INDEX joint_activities_province_id_commune_id_ix ON joint_activities (province_id, commune_id);

CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON situation_reports FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE situation_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE situation_reports FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON situation_reports TO diaban_web, diaban_worker;
GRANT SELECT ON situation_reports TO diaban_definer;
CREATE POLICY web_reads ON situation_reports FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON situation_reports FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON situation_reports FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON situation_reports FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON situation_reports TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON situation_reports FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON religious_sites FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE religious_sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE religious_sites FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON religious_sites TO diaban_web, diaban_worker;
GRANT SELECT ON religious_sites TO diaban_definer;
CREATE POLICY web_reads ON religious_sites FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON religious_sites FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON religious_sites FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON religious_sites FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON religious_sites TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON religious_sites FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON minority_areas FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE minority_areas ENABLE ROW LEVEL SECURITY;
ALTER TABLE minority_areas FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON minority_areas TO diaban_web, diaban_worker;
GRANT SELECT ON minority_areas TO diaban_definer;
CREATE POLICY web_reads ON minority_areas FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON minority_areas FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON minority_areas FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON minority_areas FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON minority_areas TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON minority_areas FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON hamlet_profiles FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE hamlet_profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE hamlet_profiles FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON hamlet_profiles TO diaban_web, diaban_worker;
GRANT SELECT ON hamlet_profiles TO diaban_definer;
CREATE POLICY web_reads ON hamlet_profiles FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON hamlet_profiles FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON hamlet_profiles FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON hamlet_profiles FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON hamlet_profiles TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON hamlet_profiles FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON resettlement_projects FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE resettlement_projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE resettlement_projects FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON resettlement_projects TO diaban_web, diaban_worker;
GRANT SELECT ON resettlement_projects TO diaban_definer;
CREATE POLICY web_reads ON resettlement_projects FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON resettlement_projects FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON resettlement_projects FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON resettlement_projects FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON resettlement_projects TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON resettlement_projects FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON community_models FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE community_models ENABLE ROW LEVEL SECURITY;
ALTER TABLE community_models FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON community_models TO diaban_web, diaban_worker;
GRANT SELECT ON community_models TO diaban_definer;
CREATE POLICY web_reads ON community_models FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON community_models FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON community_models FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON community_models FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON community_models TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON community_models FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON democracy_checks FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE democracy_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE democracy_checks FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON democracy_checks TO diaban_web, diaban_worker;
GRANT SELECT ON democracy_checks TO diaban_definer;
CREATE POLICY web_reads ON democracy_checks FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON democracy_checks FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON democracy_checks FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON democracy_checks FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON democracy_checks TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON democracy_checks FOR SELECT TO diaban_definer USING (true);
CREATE TRIGGER keep_version BEFORE UPDATE OR DELETE ON joint_activities FOR EACH ROW EXECUTE FUNCTION keep_version();
ALTER TABLE joint_activities ENABLE ROW LEVEL SECURITY;
ALTER TABLE joint_activities FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON joint_activities TO diaban_web, diaban_worker;
GRANT SELECT ON joint_activities TO diaban_definer;
CREATE POLICY web_reads ON joint_activities FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id));
CREATE POLICY web_adds ON joint_activities FOR INSERT TO diaban_web WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_changes ON joint_activities FOR UPDATE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1') WITH CHECK (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY web_removes ON joint_activities FOR DELETE TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON joint_activities TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON joint_activities FOR SELECT TO diaban_definer USING (true);

ALTER TABLE versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE versions FORCE ROW LEVEL SECURITY;
GRANT SELECT ON versions TO diaban_web, diaban_worker;
GRANT INSERT, UPDATE, DELETE ON versions TO diaban_worker;
CREATE POLICY web_reads ON versions FOR SELECT TO diaban_web USING (province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id) AND (SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON versions TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer_adds ON versions FOR INSERT TO diaban_definer WITH CHECK (true);
"""

DOWN = r"""
DROP TABLE joint_activities;
DROP TABLE democracy_checks;
DROP TABLE community_models;
DROP TABLE resettlement_projects;
DROP TABLE hamlet_profiles;
DROP TABLE minority_areas;
DROP TABLE religious_sites;
DROP TABLE situation_reports;
SET LOCAL ROLE diaban_definer;
DROP FUNCTION keep_version;
RESET ROLE;
DROP TABLE versions;
"""
