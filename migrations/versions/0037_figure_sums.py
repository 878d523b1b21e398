"""Sums that figures by commune are read from: by measure, commune, month and day, kept by statement triggers.

A figure over rows costs what its layer has grown to. Each statement notes what it adds to each measure and takes from it;
notes are only added, so no writer waits for another, and the worker adds them to the sums later. A query reads sums and
notes in one snapshot, so a figure is never behind its rows. What a row adds is given to the trigger as SQL over the row
`f`: measure, day, number. Both tables hold no more than the layers' own rows say, and are cut to the same scope.
"""

from migrations.sql import run

revision = "0037"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)
    for layer, told in TOLD.items():
        run(watch(layer, told))


def downgrade() -> None:
    for layer in TOLD:
        run(f"DROP TRIGGER figure_added ON {layer}; DROP TRIGGER figure_changed ON {layer};")
        run(f"DROP TRIGGER figure_removed ON {layer};")
    run(DOWN)


def watch(layer: str, told: str) -> str:
    """The triggers of one layer; rows it already has are noted as added."""
    call = f"FOR EACH STATEMENT EXECUTE FUNCTION figure_note($told${told}$told$)"
    return f"""
CREATE TRIGGER figure_added AFTER INSERT ON {layer} REFERENCING NEW TABLE AS added {call};
CREATE TRIGGER figure_changed AFTER UPDATE ON {layer} REFERENCING OLD TABLE AS removed NEW TABLE AS added {call};
CREATE TRIGGER figure_removed AFTER DELETE ON {layer} REFERENCING OLD TABLE AS removed {call};
SET LOCAL ROLE diaban_definer;
INSERT INTO figure_deltas (province_id, commune_id, measure, day, n)
SELECT f.province_id, f.commune_id, e.measure, e.day, sum(e.n)
FROM {layer} AS f CROSS JOIN LATERAL ({told}) AS e(measure, day, n)
WHERE e.day IS NOT NULL AND e.n IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(e.n) <> 0;
RESET ROLE;
"""


# As they stood when this was written, from surveys/figures/summing.py; a test holds the two equal.
TOLD = {
    "situation_reports": """VALUES
    ('reports', f.observed_on, 1),
    ('reports_open', f.observed_on, 1),
    ('reports_open', CASE WHEN (CASE WHEN f.state NOT IN ('mo', 'dang_xu_ly', 'mo_lai') THEN coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) END) IS NOT NULL THEN greatest(CASE WHEN f.state NOT IN ('mo', 'dang_xu_ly', 'mo_lai') THEN coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) END, f.observed_on) END, -1),
    ('reports_overdue', greatest(f.due_on + 1, f.observed_on), 1),
    ('reports_overdue', CASE WHEN (CASE WHEN f.state NOT IN ('mo', 'dang_xu_ly', 'mo_lai') THEN coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) END) IS NOT NULL THEN greatest(CASE WHEN f.state NOT IN ('mo', 'dang_xu_ly', 'mo_lai') THEN coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) END, greatest(f.due_on + 1, f.observed_on)) END, -1),
    ('reports_answered', f.answered_on, 1),
    ('reports_in_time', CASE WHEN f.answered_on <= f.due_on THEN f.answered_on END, 1),
    ('report_households', f.observed_on, CASE WHEN (f.households_affected = 0 OR f.households_affected >= 5) THEN f.households_affected END),
    ('report_known', f.observed_on, CASE WHEN (f.households_affected = 0 OR f.households_affected >= 5) THEN 1 END),
    ('report_few', f.observed_on, CASE WHEN f.households_affected BETWEEN 1 AND 4 THEN 1 END)""",
    "religious_sites": """VALUES
    ('sites', f.observed_on, 1),
    ('sites_unsafe', f.observed_on, CASE WHEN f.condition IN ('hu_hong', 'nguy_hiem') THEN 1 END),
    ('sites_with_paper', f.observed_on, CASE WHEN f.land_paper = 'gcn_da_cap' THEN 1 END),
    ('sites_paper_known', f.observed_on, CASE WHEN f.land_paper IS NOT NULL THEN 1 END),
    ('site_requests', CASE WHEN f.request <> 'khong' AND f.received_on IS NOT NULL THEN greatest(f.received_on, f.observed_on) END, 1),
    ('site_requests', CASE WHEN f.request <> 'khong' AND f.received_on IS NOT NULL AND f.answered_on IS NOT NULL THEN greatest(f.answered_on, greatest(f.received_on, f.observed_on)) END, -1)""",
    "community_models": """VALUES
    ('models', f.registered_on, 1),
    ('models_kept', f.registered_on, CASE WHEN f.state <> 'dung' THEN 1 END),
    ('models_recognised', CASE WHEN f.recognised_on IS NOT NULL THEN greatest(f.recognised_on, f.registered_on) END, 1),
    ('model_households', f.registered_on, CASE WHEN (f.households_reached = 0 OR f.households_reached >= 5) THEN f.households_reached END),
    ('model_known', f.registered_on, CASE WHEN (f.households_reached = 0 OR f.households_reached >= 5) THEN 1 END),
    ('model_few', f.registered_on, CASE WHEN f.households_reached BETWEEN 1 AND 4 THEN 1 END)""",
    "democracy_checks": """VALUES
    ('checks', f.checked_on, 1),
    ('check_items', f.checked_on, 6),
    ('check_items_done', f.checked_on, CASE WHEN f.know = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.discuss = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.act = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.check = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.supervise = 'dat' THEN 1 ELSE 0 END + CASE WHEN f.benefit = 'dat' THEN 1 ELSE 0 END)""",
    "joint_activities": """VALUES
    ('activities', f.done_on, 1),
    ('activities_planned', f.planned_on, 1),
    ('activities_kept_month', CASE WHEN f.done_on IS NOT NULL AND greatest(f.done_on, f.planned_on) < date_trunc('month', f.planned_on::timestamp) + interval '1 month' THEN greatest(f.done_on, f.planned_on) END, 1),
    ('activities_kept_quarter', CASE WHEN f.done_on IS NOT NULL AND greatest(f.done_on, f.planned_on) < date_trunc('quarter', f.planned_on::timestamp) + interval '3 months' THEN greatest(f.done_on, f.planned_on) END, 1),
    ('activities_kept_half', CASE WHEN f.done_on IS NOT NULL AND greatest(f.done_on, f.planned_on) < date_trunc('year', f.planned_on::timestamp) + CASE WHEN extract(month FROM f.planned_on) < 7 THEN interval '6 months' ELSE interval '1 year' END THEN greatest(f.done_on, f.planned_on) END, 1),
    ('activities_kept_year', CASE WHEN f.done_on IS NOT NULL AND greatest(f.done_on, f.planned_on) < date_trunc('year', f.planned_on::timestamp) + interval '1 year' THEN greatest(f.done_on, f.planned_on) END, 1),
    ('activity_households', f.done_on, CASE WHEN (f.households_reached = 0 OR f.households_reached >= 5) THEN f.households_reached END),
    ('activity_known', f.done_on, CASE WHEN (f.households_reached = 0 OR f.households_reached >= 5) THEN 1 END),
    ('activity_few', f.done_on, CASE WHEN f.households_reached BETWEEN 1 AND 4 THEN 1 END)""",
}
SCOPE = (
    "province_id = (SELECT nullif(current_setting('app.province', true), '')::int) AND (SELECT "
    "nullif(current_setting('app.commune', true), '')::int) IN (0, commune_id)"
)
UP = rf"""
CREATE TABLE figure_sums (
	province_id INTEGER NOT NULL,
	measure TEXT NOT NULL,
	span TEXT NOT NULL,
	day DATE NOT NULL,
	commune_id INTEGER NOT NULL,
	n BIGINT NOT NULL,
	CONSTRAINT figure_sums_pkey PRIMARY KEY (province_id, measure, span, day, commune_id),
	CONSTRAINT figure_sums_span_check CHECK (span IN ('day', 'month'))
) WITH (fillfactor = 80);

-- Emptied again and again: cleaned early, so that looking for what isn't counted yet stays cheap.
CREATE TABLE figure_deltas (
	id BIGINT GENERATED ALWAYS AS IDENTITY,
	province_id INTEGER NOT NULL,
	commune_id INTEGER NOT NULL,
	measure TEXT NOT NULL,
	day DATE NOT NULL,
	n BIGINT NOT NULL,
	CONSTRAINT figure_deltas_pkey PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX figure_deltas_province_id_measure_ix ON figure_deltas (province_id, measure);

GRANT SELECT ON figure_sums, figure_deltas TO diaban_web;
GRANT INSERT ON figure_deltas TO diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON figure_sums, figure_deltas TO diaban_worker;
ALTER TABLE figure_sums ENABLE ROW LEVEL SECURITY;
ALTER TABLE figure_sums FORCE ROW LEVEL SECURITY;
CREATE POLICY web_reads ON figure_sums FOR SELECT TO diaban_web USING ({SCOPE});
CREATE POLICY worker ON figure_sums TO diaban_worker USING (true) WITH CHECK (true);
ALTER TABLE figure_deltas ENABLE ROW LEVEL SECURITY;
ALTER TABLE figure_deltas FORCE ROW LEVEL SECURITY;
CREATE POLICY web_reads ON figure_deltas FOR SELECT TO diaban_web USING ({SCOPE});
CREATE POLICY worker ON figure_deltas TO diaban_worker USING (true) WITH CHECK (true);
CREATE POLICY definer ON figure_deltas FOR INSERT TO diaban_definer WITH CHECK (true);

CREATE FUNCTION figure_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- What a row came with and what it went with, on one day for one measure: only the difference is noted.
    came text := 'SELECT f.province_id, f.commune_id, e.measure, e.day, e.n FROM added AS f CROSS JOIN LATERAL ('
                 || TG_ARGV[0] || ') AS e(measure, day, n)';
    went text := 'SELECT f.province_id, f.commune_id, e.measure, e.day, -e.n FROM removed AS f CROSS JOIN LATERAL ('
                 || TG_ARGV[0] || ') AS e(measure, day, n)';
BEGIN
    EXECUTE 'INSERT INTO figure_deltas (province_id, commune_id, measure, day, n)
             SELECT province_id, commune_id, measure, day, sum(n) FROM ('
            || CASE TG_OP WHEN 'INSERT' THEN came WHEN 'DELETE' THEN went ELSE came || ' UNION ALL ' || went END
            || ') AS t(province_id, commune_id, measure, day, n) WHERE day IS NOT NULL AND n IS NOT NULL
             GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0';
    RETURN NULL;
END $$;
ALTER FUNCTION figure_note() OWNER TO diaban_definer;
"""

DOWN = r"""
SET LOCAL ROLE diaban_definer;
DROP FUNCTION figure_note();
RESET ROLE;
DROP TABLE figure_deltas;
DROP TABLE figure_sums;
"""
