"""The demo province: complete, plausible, within the safeguards, the same for the same seed, and quickly made."""

import datetime as dt
import hashlib
import uuid
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from surveys import demo, resettlement_rules, restricted_cube, screening, seeds, working_days
from surveys.demo import hamlets, profiles, reports, scene, sites, wording, work
from surveys.demo.scene import Scene
from surveys.layers import CATALOGUE
from surveys.resettlement_rules import Stood
from surveys.resettlement_tables import StageRule
from tests.province import TODAY, Province


@pytest.fixture
def rows(province: Province):
    with province.undone() as connection:
        yield connection


def one(connection: Connection, query: str, **parameters):
    return connection.scalar(text(query), parameters)


def table(connection: Connection, query: str) -> list[tuple]:
    return [tuple(row) for row in connection.execute(text(query))]


def test_every_layer_has_rows_and_it_took_less_than_a_minute(province: Province, rows: Connection) -> None:
    counts = {layer.key: one(rows, f"SELECT count(*) FROM {layer.key}") for layer in CATALOGUE}
    assert counts == {key: province.made.rows[key] for key in counts}
    assert 9_000 <= counts["hamlet_profiles"] <= 12_000
    assert 2_800 <= province.made.rows["hamlets"] <= 3_200
    assert counts["situation_reports"] + province.made.rows["restricted_reports"] > 1_900
    assert (counts["religious_sites"], counts["minority_areas"], counts["resettlement_projects"]) == (600, 120, 25)
    assert (counts["community_models"], counts["democracy_checks"], counts["joint_activities"]) == (400, 500, 600)
    assert province.seconds < 60


def test_a_second_load_does_nothing(province: Province, rows: Connection) -> None:
    again = demo.load(rows, password_hash="other", media=province.media, today=TODAY)
    assert again.rows == {}
    assert one(rows, "SELECT count(*) FROM accounts") == 7


def test_hamlets_lie_in_their_communes_and_say_that_they_are_made_up(rows: Connection) -> None:
    query = "FROM units h JOIN units c ON c.id = h.parent_id WHERE h.level = 4"
    assert one(rows, f"SELECT count(*) {query} AND NOT ST_Intersects(c.geom, h.point)") == 0
    assert one(rows, f"SELECT count(*) {query} AND NOT h.illustrative") == 0
    assert one(rows, f"SELECT count(DISTINCT c.id) {query}") == 124
    names = table(rows, f"SELECT DISTINCT c.kind, regexp_replace(h.name, '[0-9]+', 'n') {query} ORDER BY 1, 2")
    assert names == [("phường", "Tổ dân phố n"), ("xã", "Thôn n"), ("đặc khu", "Thôn n")]
    # Of two rural communes the larger tends to have more of them.
    sizes = f"SELECT c.area_km2 AS km2, count(*) AS n {query} AND c.kind = 'xã' GROUP BY c.id"
    assert one(rows, f"SELECT corr(n, km2) FROM ({sizes}) c") > 0.5


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_features_lie_in_their_communes_and_are_of_the_two_years(rows: Connection, key: str) -> None:
    away = f"""
        SELECT count(*) FROM {key} f JOIN units c ON c.id = f.commune_id
        WHERE NOT ST_Intersects(c.geom, ST_PointOnSurface(f.geom)) OR NOT ST_IsValid(f.geom)
    """
    assert one(rows, away) == 0
    first, last = table(rows, f"SELECT min(observed_on), max(observed_on) FROM {key}")[0]
    assert TODAY - dt.timedelta(days=732) <= first <= last <= TODAY
    assert one(rows, f"SELECT count(*) FROM {key} WHERE origin <> 'demo'") == 0


@pytest.mark.parametrize("layer", CATALOGUE, ids=lambda layer: layer.key)
def test_every_choice_is_one_of_its_list_and_every_required_field_is_filled(rows: Connection, layer) -> None:
    for field in layer.fields:
        if field.list:
            value = f"unnest({field.key})" if field.kind == "choices" else f'"{field.key}"'
            strange = f"SELECT DISTINCT v FROM (SELECT {value} AS v FROM {layer.key}) f WHERE v NOT IN "
            strange += "(SELECT code FROM code_lists WHERE list = :list)"
            assert [row[0] for row in rows.execute(text(strange), {"list": field.list})] == [], field.key
        if field.required and not field.relevant:
            assert one(rows, f'SELECT count(*) FROM {layer.key} WHERE "{field.key}" IS NULL') == 0, field.key
    for (by, code), keys in layer.needed:
        for key in keys:
            bare = f"""SELECT count(*) FROM {layer.key} WHERE {by} = '{code}' AND "{key}" IS NULL"""
            assert one(rows, bare) == 0, key


def test_reports_are_answered_by_the_office_of_their_category_within_a_standard(rows: Connection) -> None:
    for key in ("situation_reports", "restricted_reports"):
        foreign = f"""
            SELECT count(*) FROM {key} r WHERE NOT EXISTS (
                SELECT FROM office_categories c WHERE c.office_id = r.office_id AND c.category = r.category)
        """
        assert one(rows, foreign) == 0
    days = dict(table(rows, "SELECT category, days FROM service_standards"))
    for category, observed, due in table(rows, "SELECT category, observed_on, due_on FROM situation_reports LIMIT 200"):
        assert due == working_days.PLAIN.after(observed, days[category])


def test_every_category_is_answered_by_an_office(rows: Connection) -> None:
    unanswered = """
        SELECT code FROM code_lists WHERE list = 'report_categories'
        AND code NOT IN (SELECT category FROM office_categories)
    """
    assert table(rows, unanswered) == []


def test_states_age_and_some_offices_are_late(rows: Connection) -> None:
    closed = "SELECT avg((state = 'dong')::int) FROM situation_reports WHERE observed_on"
    assert one(rows, f"{closed} < :day", day=TODAY - dt.timedelta(days=365)) > 0.85
    assert one(rows, f"{closed} > :day", day=TODAY - dt.timedelta(days=14)) < 0.1
    assert len(table(rows, "SELECT DISTINCT state FROM situation_reports")) == 5
    late = one(rows, "SELECT count(*) FROM situation_reports WHERE answered_on IS NULL AND due_on < :day", day=TODAY)
    assert 20 < late < 200
    wrong = """
        SELECT count(*) FROM situation_reports WHERE (state IN ('mo', 'dang_xu_ly')) <> (answered_on IS NULL)
        OR answered_on > :day OR answered_on < observed_on OR happened_on > observed_on
    """
    assert one(rows, wrong, day=TODAY) == 0


def test_services_get_better_from_round_to_round(rows: Connection) -> None:
    shares = table(rows, "SELECT survey_round, avg((nuoc = 'co')::int) FROM hamlet_profiles GROUP BY 1 ORDER BY 1")
    assert [code for code, _ in shares] == ["2025_1", "2025_2", "2026_1", "2026_2"]
    assert [share for _, share in shares] == sorted(share for _, share in shares)


def test_minority_areas_come_from_a_stored_document_confirmed_by_a_second_account(
    province: Province, rows: Connection
) -> None:
    files = [row[0] for row in table(rows, "SELECT DISTINCT source_file FROM minority_areas")]
    assert len(files) == 1
    stored = (province.media / files[0][:2] / files[0]).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == files[0]
    assert one(rows, "SELECT count(*) FROM minority_areas WHERE entered_by = confirmed_by") == 0
    # A group is named for whole communes, as published, not for a hamlet.
    assert (
        one(rows, "SELECT count(*) FROM minority_areas WHERE hamlet_id IS NOT NULL AND ethnic_groups IS NOT NULL") == 0
    )
    for column in ("source_document", "source_date", "source_file", "entered_by", "confirmed_by"):
        with pytest.raises(IntegrityError), rows.begin_nested():
            rows.execute(text(f"UPDATE minority_areas SET {column} = NULL"))


def test_restricted_reports_have_no_place_and_wait_without_one(rows: Connection) -> None:
    columns = """
        SELECT count(*) FROM information_schema.columns
        WHERE table_name = 'restricted_reports'
        AND (udt_name IN ('geometry', 'geography', 'bytea') OR column_name ~ 'photo|geom|lon|lat')
    """
    assert one(rows, columns) == 0
    waiting = table(rows, "SELECT restricted, count(*), count(geom) FROM proposals GROUP BY 1 ORDER BY 1")
    assert [(restricted, n == placed) for restricted, n, placed in waiting] == [(False, True), (True, False)]
    assert waiting[0][1] > 10
    assert one(rows, "SELECT count(*) FROM proposals WHERE restricted AND office_id IS NULL") == 0


def test_waiting_proposals_were_sent_from_the_field_officers_commune(rows: Connection) -> None:
    query = """
        SELECT DISTINCT a.username, c.code, p.state FROM proposals p
        JOIN accounts a ON a.id = p.created_by JOIN units c ON c.id = p.commune_id AND c.id = a.unit_id
    """
    assert table(rows, query) == [("canbo", "25000", "waiting")]
    assert one(rows, "SELECT count(*) FROM proposals WHERE flags <> '[]'") == 0


def test_restricted_figures_are_frozen_for_closed_quarters_and_small_ones_hidden(rows: Connection) -> None:
    quarters = [row[0] for row in table(rows, "SELECT DISTINCT quarter FROM restricted_counts ORDER BY 1")]
    assert quarters[0] == dt.date(2025, 1, 1)
    assert quarters[-1] == dt.date(2026, 7, 1)
    assert one(rows, "SELECT count(*) FROM restricted_counts") == len(quarters) * 124 * 4
    false_cells = """
        SELECT count(*) FROM restricted_counts c CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM restricted_reports r WHERE r.commune_id = c.commune_id AND r.category = c.category
            AND date_trunc('quarter', r.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = c.quarter) t
        WHERE c.n IS DISTINCT FROM CASE WHEN t.n = 0 OR t.n >= 5 THEN t.n END OR c.hidden <> (t.n BETWEEN 1 AND 4)
    """
    assert one(rows, false_cells) == 0
    kinds = table(rows, "SELECT count(*) FILTER (WHERE hidden), count(*) FILTER (WHERE n >= 5) FROM restricted_counts")
    assert all(n > 0 for n in kinds[0])


def test_a_frozen_quarter_stays_and_a_late_report_counts_in_the_next(rows: Connection) -> None:
    province = one(rows, "SELECT DISTINCT province_id FROM restricted_reports")
    before = table(rows, "SELECT * FROM restricted_counts ORDER BY 1, 2, 3")
    # Entered half an hour into October, in a commune that had none: a quarter ends at midnight in Vietnam.
    late = """
        INSERT INTO restricted_reports (province_id, commune_id, office_id, observed_on, category, what_happened,
            urgency, happened_on, state, due_on, created_at)
        SELECT province_id, :commune, office_id, '2026-09-30', category, what_happened, urgency, '2026-09-30', state,
            '2026-11-30', '2026-10-01 00:30+07'
        FROM restricted_reports, generate_series(1, 5) WHERE id = (SELECT min(id::text)::uuid FROM restricted_reports)
    """
    quiet = one(
        rows,
        "SELECT min(id) FROM units WHERE level = 3 AND valid_to IS NULL AND province_id = :province"
        " AND id NOT IN (SELECT commune_id FROM restricted_reports)",
        province=province,
    )
    rows.execute(text(late), {"commune": quiet})
    # Whatever clock the server keeps.
    rows.execute(text("SET LOCAL timezone TO 'UTC'"))
    assert restricted_cube.freeze(rows, province, dt.date(2026, 7, 1)) == 0
    assert table(rows, "SELECT * FROM restricted_counts ORDER BY 1, 2, 3") == before
    assert restricted_cube.freeze(rows, province, dt.date(2026, 10, 1)) == 124 * 4
    cells = "SELECT max(n) FROM restricted_counts WHERE quarter = '2026-10-01' AND commune_id = :commune"
    assert one(rows, cells, commune=quiet) == 5


def test_quarters_close_on_their_last_day() -> None:
    closed = restricted_cube.closed(dt.date(2025, 11, 15), dt.date(2026, 6, 30))
    assert closed == [dt.date(2026, 1, 1)]
    closed = restricted_cube.closed(dt.date(2025, 10, 1), dt.date(2026, 7, 1))
    assert closed == [dt.date(2025, 10, 1), dt.date(2026, 1, 1), dt.date(2026, 4, 1)]


def test_few_households_point_at_nobody(rows: Connection) -> None:
    assert one(rows, "SELECT min(households) FROM hamlet_profiles") >= 20
    assert one(rows, "SELECT count(*) FROM hamlet_profiles WHERE households IS NULL") > 0
    small = "FROM resettlement_projects WHERE households_affected < 10"
    assert one(rows, f"SELECT count(*) {small}") == 3
    assert one(rows, f"SELECT count(*) {small} AND (geom IS NOT NULL OR hamlet_id IS NOT NULL)") == 0
    assert one(rows, f"SELECT count(*) {small} AND (money_approved IS NOT NULL OR money_paid IS NOT NULL)") == 0


def test_demo_accounts_are_marked_and_only_one_reads_restricted_reports(rows: Connection) -> None:
    accounts = table(rows, "SELECT username, role FROM accounts WHERE demo ORDER BY 1")
    assert accounts == [
        ("canbo", "field"),
        ("chuyenvien", "officer"),
        ("gis", "gis"),
        ("lanhdao", "leader"),
        ("quantri", "admin"),
        ("quantri2", "admin"),
        ("tiepdan", "officer"),
    ]
    special = """
        SELECT a.username, v.verb, g.username, s.username, v.expires_on - v.granted_on FROM special_verbs v
        JOIN accounts a ON a.id = v.account_id
        JOIN accounts g ON g.id = v.granted_by JOIN accounts s ON s.id = v.seconded_by
    """
    # Who lets forms go live is a second person, and uploads none.
    assert sorted(table(rows, special)) == [
        ("lanhdao", "approve_form", "quantri", "quantri2", 365),
        ("tiepdan", "read_restricted", "quantri", "quantri2", 365),
    ]
    mine = "SELECT count(*) FROM restricted_reports r JOIN accounts a USING (office_id) WHERE a.username = 'tiepdan'"
    assert one(rows, mine) > 100


def test_no_word_of_the_demo_is_about_a_person() -> None:
    words = [line for lines in (wording.SERVICE | wording.RESTRICTED).values() for line in lines]
    words += [f"{word} minh hoạ 12" for word in sites.WORDS.values()]
    words += [f"{name} (minh hoạ 3)" for _, name in work.ACTIVITY_KINDS.values()]
    words += [f"Mô hình minh hoạ 4: {about}" for _, about in work.FIELDS.values()] + list(work.EVIDENCE)
    assert {word: found for word in words if (found := screening.find(word))} == {}


def test_the_same_seed_makes_the_same_rows(rows: Connection) -> None:
    province = one(rows, "SELECT DISTINCT province_id FROM religious_sites")
    communes = scene.communes(rows, province)
    drawn = [list(hamlets.draw(communes, Random(seed))) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    accounts = dict(table(rows, "SELECT username, id FROM accounts"))
    offices = dict(table(rows, "SELECT category, office_id FROM office_categories"))
    places = tuple(hamlets.Hamlet(n, "x", *rest) for n, (_, *rest) in enumerate(_as_hamlets(drawn[0])))
    base = Scene(Random(1), TODAY, province, places, accounts, offices)
    for make in (reports.service, sites.rows, work.models, profiles.rows):
        first, second = (list(make(replace(base, chance=Random(7)))) for _ in range(2))
        assert first == second
        assert first != list(make(replace(base, chance=Random(8))))


def _as_hamlets(drawn):
    return [(number, commune, place, households, remote) for commune, number, place, households, remote in drawn]


def test_resettlement_work_obeys_the_rules_and_ends_where_its_project_stands(rows: Connection) -> None:
    rules = [StageRule(**row) for row in seeds.stage_rule_rows()]
    found: dict[uuid.UUID, dict[str, Stood]] = {}
    for project, *step in table(
        rows, "SELECT project_id, stage, planned_on, began_on, ended_on FROM resettlement_steps"
    ):
        found.setdefault(project, {})[step[0]] = Stood(*step)
    assert len(found) == 25
    for project, steps in found.items():
        assert resettlement_rules.order_faults(rules, steps) == []
        for step in steps.values():
            assert resettlement_rules.day_faults(vars(step), TODAY) == []
        last = max(
            (one for one in steps.values() if one.began_on), key=lambda one: (one.began_on, one.ended_on is None)
        )
        assert last.stage == one(rows, "SELECT stage FROM resettlement_projects WHERE id = :i", i=project)
        assert last.ended_on is None or last.stage == "phe_duyet"
    differ = """
        SELECT count(*) FROM resettlement_projects p JOIN LATERAL (SELECT * FROM resettlement_progress g
            WHERE g.project_id = p.id AND NOT g.planned ORDER BY "on" DESC LIMIT 1) g ON true
        WHERE (p.households_paid, p.money_paid, p.plots_ready, p.households_moved)
            IS DISTINCT FROM (g.households_paid, g.money_paid, g.plots_ready, g.households_moved)"""
    assert one(rows, differ) == 0
    assert one(rows, "SELECT count(DISTINCT project_id) FROM resettlement_progress WHERE NOT planned") > 3
