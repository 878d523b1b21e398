"""Rows are cut in PostgreSQL: every relation × every database role and scope shows exactly what is declared."""

import random
import threading
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.config import Config
from app.database import ScopedSession, acting, apply_settings
from app.roles import Urls
from surveys.access import Actor
from surveys.layers import CATALOGUE, named
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport
from tests import world as worlds
from tests.conftest import migrate, new_database
from tests.rows import DAY, count, feature, one_of_each, place
from tests.world import KNOWN, World

ALL = (11, 12, 13, 21)
LAYERS = {layer.key for layer in CATALOGUE}
# What the web role may see without any actor: public facts, and what signing in needs.
OPEN = {
    "units", "unit_parts", "succession", "code_lists", "offices", "office_categories", "service_standards", "forms",
    "accounts", "special_verbs", "tokens", "tile_layers", "form_units", "form_files", "basemaps", "resettlement_rules",
    "checklist_items", "safeguard_periods", "account_subjects", "complaint_deadlines", "calendar_days",
}  # fmt: skip
# PostGIS's own catalogues.
FOREIGN = {"spatial_ref_sys", "geometry_columns", "geography_columns"}


# A briefing with a page and a decision, of the province (0) or of a commune.
BRIEFING = """
WITH b AS (INSERT INTO briefings (province_id, commune_id, title, held_on, created_by)
           VALUES (1, :commune, 'Giao ban', '2026-10-01', 4) RETURNING id),
     p AS (INSERT INTO briefing_pages (briefing_id, province_id, commune_id, position, unit_id, query, title, note)
           SELECT id, 1, :commune, 1, 1, 'layers=', '', '' FROM b)
INSERT INTO decisions (briefing_id, province_id, commune_id, said, office_id, due_on, programme, state_on, created_by)
SELECT id, 1, :commune, 'Trả lời', 2, '2026-11-01', '', '2026-10-01', 4 FROM b
"""
# A programme of the province (0) or of a commune.
PROGRAMME = """
INSERT INTO programmes (province_id, commune_id, kind, number, title, goals, starts_on, office_id, created_by)
VALUES (1, :commune, 'ke_hoach', '01-KH/TU', 'Kế hoạch', '', '2026-01-01', 1, 2)
"""
# Work beside the layers: a row for each feature there is, in its commune.
OFFICE_WORK = (
    (
        "INSERT INTO resettlement_steps (project_id, province_id, commune_id, stage, began_on, account_id)"
        " SELECT id, province_id, commune_id, 'ke_hoach', '2026-10-01', 2 FROM resettlement_projects"
    ),
    (
        'INSERT INTO resettlement_progress (project_id, province_id, commune_id, "on", households_affected, account_id)'
        " SELECT id, province_id, commune_id, '2026-10-01', 40, 2 FROM resettlement_projects"
    ),
    (
        "INSERT INTO check_answers (check_id, province_id, commune_id, item, result, evidence, account_id)"
        " SELECT id, province_id, commune_id, 'dan_lam_1', 'dat', '', 2 FROM democracy_checks"
    ),
    (
        "INSERT INTO check_findings (check_id, province_id, commune_id, pillar, words, office_id, fix_by, account_id)"
        " SELECT id, province_id, commune_id, 'know', 'x', 2, '2026-10-01', 2 FROM democracy_checks"
    ),
    (
        'INSERT INTO grassroots_blocks (province_id, commune_id, "on", needed, in_place, with_regulation, with_tasks,'
        " account_id) SELECT province_id, commune_id, '2026-10-01', 1, 1, 1, 1, 2 FROM democracy_checks"
    ),
    (
        "INSERT INTO model_registrations (model_id, province_id, commune_id, account_id)"
        " SELECT id, province_id, commune_id, 2 FROM community_models"
    ),
    (
        "INSERT INTO model_assessments (model_id, province_id, commune_id, half, result, kept, words, account_id)"
        " SELECT id, province_id, commune_id, '2026-H2', 'dat', true, '', 2 FROM community_models"
    ),
    (
        "INSERT INTO model_recognitions (model_id, province_id, commune_id, level, decided_on, document, account_id)"
        " SELECT id, province_id, commune_id, 'xa', '2026-10-01', 'x', 2 FROM community_models"
    ),
    (
        "INSERT INTO site_requests (site_id, province_id, commune_id, kind, received_on, office_id, account_id)"
        " SELECT id, province_id, commune_id, 'gcn_dat', '2026-10-01', 2, 2 FROM religious_sites"
    ),
)


# A published list of the province in force, and one that waits; each says a class of every commune.
AREA_LISTS = (
    """
INSERT INTO area_lists (province_id, state, decision, decided_on, valid_from, document, document_name, file_name,
                        communes, hamlets, report, entered_by, reviewed_by, reviewed_at)
SELECT 1, state, '60/QĐ-BDTTG', '2026-01-29', '2026-01-29', repeat('0', 64), 'a.pdf', 'a.csv', 3, 0, '{}', 2,
       CASE state WHEN 'confirmed' THEN 3 END, CASE state WHEN 'confirmed' THEN now() END
FROM unnest(ARRAY['confirmed', 'waiting']) AS s(state)
""",
    """
INSERT INTO area_classifications (list_id, province_id, commune_id, unit_id, unit_name, area_class, decision,
                                  decided_on, document, valid_from, entered_by, confirmed_by, confirmed_at)
SELECT l.id, 1, u.id, u.id, u.name, 'kv3', l.decision, l.decided_on, l.document, l.valid_from, 2, l.reviewed_by,
       l.reviewed_at
FROM area_lists l, units u WHERE u.level = 3 AND u.province_id = 1
""",
)


# A report with a figure and a step, of the province (0) or of a commune.
REPORT = """
WITH r AS (INSERT INTO reports (province_id, commune_id, unit_id, subject, period, layout, basis, title, head,
                                created_by)
           VALUES (1, :commune, CASE :commune WHEN 0 THEN 1 ELSE :commune END, 'general', '2026-Q3', 'party',
                   'measured', 'Báo cáo', '{}', 4) RETURNING id),
     f AS (INSERT INTO report_figures (report_id, figure, position, frozen) SELECT id, 'sites', 1, '{}' FROM r)
INSERT INTO report_steps (report_id, act, note, account_id) SELECT id, 'create', '', 4 FROM r
"""


CALL = """
INSERT INTO report_calls (province_id, subject, period, due_on, source, called_by)
VALUES (1, 'general', :period, '2026-09-25', 'Kế hoạch', 4)
"""


@pytest.fixture(scope="module")
def scoped(cluster: Config) -> Urls:
    """A database of its own with one row of everything in each of four communes of two provinces."""
    urls = new_database(cluster, f"diaban_test_scope_{uuid.uuid4().hex[:8]}")
    migrate(urls.owner)
    engine = create_engine(urls.worker)
    worlds.build(engine)
    with engine.begin() as connection:
        one_of_each(connection, ALL)
        for commune in ALL:
            connection.execute(
                insert(Proposal),
                {
                    "layer": "hamlet_profiles", "feature_id": uuid.uuid4(), "values": {}, "commune_id": commune,
                    "province_id": 2 if commune == 21 else 1, "observed_on": DAY, "created_by": KNOWN.field,
                },
            )  # fmt: skip
        connection.execute(text("UPDATE hamlet_profiles SET households = 1"))  # makes versions
        for commune in (0, *KNOWN.communes):
            connection.execute(text(BRIEFING), {"commune": commune})
            connection.execute(text(PROGRAMME), {"commune": commune})
            connection.execute(text(REPORT), {"commune": commune})
        connection.execute(text(CALL), {"period": "2026-Q3"})
        connection.execute(text("INSERT INTO account_subjects VALUES (3, 'https://sso.example.vn', 'x')"))
        for statement in (*OFFICE_WORK, *AREA_LISTS):
            connection.execute(text(statement))
    engine.dispose()
    return urls


def relations(connection: Connection) -> list[str]:
    found = connection.scalars(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'p')"
        )
    )
    return sorted(set(found) - FOREIGN)


def seen(url: str, actor: Actor | None) -> dict[str, int]:
    """Relation → rows, of those the login may read at all."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            apply_settings(connection, actor)
            found = {name: count(connection, name) for name in relations(connection)}
    finally:
        engine.dispose()
    return {name: n for name, n in found.items() if n is not None}


def test_without_an_actor_no_row_with_a_scope_is_seen(scoped: Urls) -> None:
    assert {name for name, n in seen(scoped.web, None).items() if n} <= OPEN


@pytest.mark.parametrize(
    ("name", "communes", "restricted"),
    [("field", 1, 0), ("officer", 3, 0), ("leader", 3, 0), ("gis", 3, 0), ("admin", 3, 0), ("answering", 3, 3)],
)
def test_an_actor_sees_the_rows_of_its_scope(
    scoped: Urls, world: World, name: str, communes: int, restricted: int
) -> None:
    found = seen(scoped.web, world.actor(name))
    assert {key: found[key] for key in LAYERS} == dict.fromkeys(LAYERS, communes)
    assert found["restricted_reports"] == restricted
    officer = name in ("officer", "answering")
    assert found["versions"] == (communes if officer else 0)
    assert found["proposals"] == (3 if officer else 4 if name == "field" else 0)  # the field account sent all four
    assert "audit" not in found
    assert "audit_seals" not in found


def test_briefings_and_reports_are_for_those_who_lead_or_prepare_in_their_place(scoped: Urls, world: World) -> None:
    commune = replace(world.actor("leader"), commune_id=11)
    elsewhere = replace(world.actor("leader"), province_id=2)
    expected = {"leader": 4, "officer": 4, "answering": 4, "field": 0, "gis": 0, "admin": 0}
    found = {name: seen(scoped.web, world.actor(name)) for name in expected}
    for relation in ("briefings", "briefing_pages", "decisions", "reports", "report_figures", "report_steps"):
        assert {name: rows[relation] for name, rows in found.items()} == expected
        assert seen(scoped.web, commune)[relation] == 1
        assert seen(scoped.web, elsewhere)[relation] == 0


def test_a_call_for_reports_is_read_by_the_whole_province_and_set_by_its_own_accounts(
    scoped: Urls, world: World
) -> None:
    commune = replace(world.actor("officer"), commune_id=11)
    elsewhere = replace(world.actor("leader"), province_id=2)
    for actor, n in ((world.actor("leader"), 1), (commune, 1), (elsewhere, 0), (world.actor("gis"), 0)):
        assert seen(scoped.web, actor)["report_calls"] == n
    engine = create_engine(scoped.web)
    with pytest.raises(ProgrammingError, match="row-level security"), acting(engine, commune) as session:
        session.execute(text(CALL), {"period": "2026-Q4"})
    engine.dispose()


def test_a_programme_of_the_province_is_read_in_every_commune_and_one_of_a_commune_only_there(
    scoped: Urls, world: World
) -> None:
    for name in ("officer", "answering", "leader", "gis", "admin"):
        assert seen(scoped.web, world.actor(name))["programmes"] == 4
    assert seen(scoped.web, world.actor("field"))["programmes"] == 2
    assert seen(scoped.web, replace(world.actor("leader"), province_id=2))["programmes"] == 0


@pytest.mark.parametrize(
    "relation",
    [
        "resettlement_steps",
        "resettlement_progress",
        "check_answers",
        "check_findings",
        "grassroots_blocks",
        "model_registrations",
        "model_assessments",
        "model_recognitions",
    ],
)
def test_the_offices_work_is_for_those_who_lead_and_review_in_their_own_place(
    scoped: Urls, world: World, relation: str
) -> None:
    expected = {"leader": 3, "officer": 3, "answering": 3, "field": 0, "gis": 0, "admin": 0}
    assert {name: seen(scoped.web, world.actor(name))[relation] for name in expected} == expected
    assert seen(scoped.web, replace(world.actor("officer"), commune_id=11))[relation] == 1
    assert seen(scoped.web, replace(world.actor("officer"), province_id=2))[relation] == 1


def test_a_published_class_is_read_in_its_place_and_one_that_waits_by_officers_of_the_province(
    scoped: Urls, world: World
) -> None:
    officer, elsewhere = world.actor("officer"), replace(world.actor("officer"), province_id=2)
    for actor, lists, rows in (
        (officer, 2, 6), (world.actor("answering"), 2, 6), (world.actor("leader"), 1, 3), (world.actor("gis"), 1, 3),
        (world.actor("admin"), 1, 3), (world.actor("field"), 1, 1), (replace(officer, commune_id=11), 1, 1),
        (elsewhere, 0, 0),
    ):  # fmt: skip
        found = seen(scoped.web, actor)
        assert (found["area_lists"], found["area_classifications"]) == (lists, rows), actor


def test_an_actor_of_another_office_reads_no_restricted_report(scoped: Urls, world: World) -> None:
    other_office = Actor(9, "x", world.actor("answering").role, 1, 0, 1, frozenset({"read_restricted"}))
    assert seen(scoped.web, other_office)["restricted_reports"] == 0


def test_the_owner_is_bound_by_the_policies_too(scoped: Urls) -> None:
    found = seen(scoped.owner, None)
    assert {key: found[key] for key in LAYERS} == dict.fromkeys(LAYERS, 0)
    assert found["restricted_reports"] == found["proposals"] == found["versions"] == 0


def test_the_worker_sees_all(scoped: Urls) -> None:
    found = seen(scoped.worker, None)
    assert {key: found[key] for key in LAYERS} == dict.fromkeys(LAYERS, 4)
    assert found["restricted_reports"] == 4


def test_every_table_with_a_scope_forces_row_security(scoped: Urls) -> None:
    engine = create_engine(scoped.owner)
    with engine.connect() as connection:
        loose = connection.scalars(
            text(
                "SELECT c.relname FROM pg_class c"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'commune_id'"
                " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
                " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
            )
        ).all()
        views = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'm' AND relnamespace = 'public'::regnamespace")
        ).all()
    engine.dispose()
    assert loose == []
    assert views == []


def test_functions_that_look_past_policies_belong_to_the_definer(scoped: Urls) -> None:
    engine = create_engine(scoped.owner)
    with engine.connect() as connection:
        owners = set(
            connection.scalars(
                text(
                    "SELECT pg_get_userbyid(proowner) FROM pg_proc p WHERE prosecdef"
                    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
                )
            )
        )
    engine.dispose()
    assert owners == {"diaban_definer"}


def test_functions_that_look_past_policies_are_open_only_to_whom_they_are_given(scoped: Urls) -> None:
    engine = create_engine(scoped.owner)
    with engine.connect() as connection:
        # A trigger's function can't be called by itself; to make the trigger its maker needs the right.
        loose = connection.scalars(
            text(
                "SELECT proname FROM pg_proc p WHERE prosecdef AND prorettype <> 'trigger'::regtype"
                " AND pg_get_userbyid(proowner) = 'diaban_definer'"
                " AND has_function_privilege('public', p.oid, 'EXECUTE')"
            )
        ).all()
    engine.dispose()
    assert loose == []


Acting = Callable[[Actor | None], AbstractContextManager[ScopedSession]]


def test_only_reviewers_write_into_layers(as_actor: Acting, world: World) -> None:
    layer = named("religious_sites")
    for name in ("field", "leader", "gis", "admin"):
        with pytest.raises(ProgrammingError, match="row-level security"), as_actor(world.actor(name)) as session:
            session.execute(insert(layer.table), feature(layer, 11))
    with pytest.raises(ProgrammingError, match="row-level security"), as_actor(world.actor("officer")) as session:
        session.execute(insert(layer.table), feature(layer, 21))


@pytest.mark.parametrize(
    ("key", "values", "constraint"),
    [
        ("minority_areas", {"source_document": ""}, "published_source"),
        ("minority_areas", {"source_file": "none"}, "published_source"),
        ("minority_areas", {"confirmed_by": None}, "two_accounts"),
        ("minority_areas", {"confirmed_by": KNOWN.officer}, "second_confirmer"),
        ("minority_areas", {"ethnic_groups": ["41"]}, "no_small_groups"),
        ("situation_reports", {"category": "dat_dai_boi_thuong"}, "service_category"),
        ("situation_reports", {"office_id": None}, "office_id"),
        ("situation_reports", {"due_on": None}, "due_on"),
        ("religious_sites", {"facility_type": "nha_tho_dong_ho"}, "clan_hall_ranked"),
        ("resettlement_projects", {"households_approved": 50}, "approved"),
        ("resettlement_projects", {"households_affected": 9, "geom": None, "money_approved": 1}, "small_without_money"),
        ("resettlement_projects", {"households_affected": 9}, "small_without_place"),
    ],
)
def test_a_safeguard_of_the_schema_refuses(
    worker: Engine, key: str, values: dict[str, object], constraint: str
) -> None:
    layer = named(key)
    with worker.begin() as good:
        good.execute(insert(layer.table), feature(layer, 11))
        good.rollback()
    with pytest.raises(IntegrityError, match=constraint), worker.begin() as connection:
        connection.execute(insert(layer.table), feature(layer, 11, **values))


def test_a_restricted_report_has_no_column_for_a_place_or_a_photo() -> None:
    columns = set(RestrictedReport.__table__.columns.keys())
    assert not {
        c for c in columns if any(word in c for word in ("geom", "lat", "lon", "point", "photo", "media", "file"))
    }


def test_a_restricted_proposal_with_a_place_is_refused(worker: Engine) -> None:
    row = {
        "layer": "restricted_reports", "restricted": True, "feature_id": uuid.uuid4(), "values": {}, "province_id": 1,
        "observed_on": DAY, "geom": place(named("religious_sites"), 108.0),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="restricted_without_place"), worker.begin() as connection:
        connection.execute(insert(Proposal), row)


@pytest.mark.parametrize("role", ["admin", "gis"])
def test_read_restricted_is_never_held_by_admin_or_gis(worker: Engine, world: World, role: str) -> None:
    with pytest.raises(IntegrityError, match="never held"), worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET role = :r WHERE id = 3"), {"r": role})


def test_special_verbs_need_two_admins_and_end_within_a_year(worker: Engine) -> None:
    for by, second, days in ((6, 6, 300), (6, 2, 300), (6, 7, 400)):
        with pytest.raises(IntegrityError), worker.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO special_verbs VALUES (2, 'read_restricted', current_date, current_date + :d, :a, :b)"
                ),
                {"a": by, "b": second, "d": days},
            )


def test_a_hundred_thousand_mixed_reads_over_two_connections_leak_nothing(scoped: Urls, world: World) -> None:
    """Real commits, rollbacks and errors from many threads over a pool of two: each read sees its own scope only."""
    engine = create_engine(scoped.web, pool_size=2, max_overflow=0, pool_timeout=60)
    names: tuple[str | None, ...] = ("field", "officer", "leader", "gis", "answering", None)
    wrong: list[str] = []
    per_thread, threads, reads_each = 420, 8, 30  # 8 × 420 transactions × 30 reads = 100,800 reads

    def mix(seed: int) -> None:
        rnd = random.Random(seed)
        for _ in range(per_thread):
            name = rnd.choice(names)
            actor = world.actor(name) if name else None
            communes = {None: 0, "field": 1}.get(name, 3)
            restricted = 3 if name == "answering" else 0
            try:
                with acting(engine, actor) as session:
                    # Thirty reads of eight layers and the restricted table in one round trip.
                    keys = rnd.choices([*sorted(LAYERS), "restricted_reports"], k=reads_each)
                    row = session.execute(
                        text("SELECT " + ", ".join(f"(SELECT count(*) FROM {key})" for key in keys))
                    ).one()
                    for key, n in zip(keys, row, strict=True):
                        if n != (restricted if key == "restricted_reports" else communes):
                            wrong.append(f"{name}: {key} = {n}")
                    end = rnd.random()
                    if end < 0.2:
                        session.rollback()
                    elif end < 0.3:
                        session.execute(text("SELECT 1 / 0"))
            except Exception as error:
                if "division by zero" not in str(error):
                    wrong.append(repr(error))

    running = [threading.Thread(target=mix, args=(seed,)) for seed in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    engine.dispose()
    assert wrong == []
