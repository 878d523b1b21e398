"""One real PostGIS for each test process, one migrated database in it, and a small known world in that."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app import embedded, roles
from app.config import Config
from app.database import ScopedSession, acting
from surveys import form_versions, unit_lists
from surveys.access import Actor
from tests import province as provinces
from tests import world as worlds

ROOT = Path(__file__).resolve().parent.parent
LONGEST = [
    ROOT / "tests" / name for name in ("browser", "faults", "clients", "safeguards", "surveys/test_round_trip.py")
]
SHARED = Path(os.environ.get("DIABAN_SHARED", ROOT.parent / "shared"))


def _home() -> Path:
    """A home for each test process: the background work of one would sweep away the files of the other's jobs.

    Not under pytest's own folder: that is closed to PostgreSQL's user.
    """
    process = os.environ.get("PYTEST_XDIST_WORKER", "one")
    return Path("/tmp") / f"diaban-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}-{process}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each process stops its cluster and removes its folder; the controller does it for those that died."""
    homes = [_home()]
    if manager := session.config.pluginmanager.getplugin("dsession"):
        homes += Path("/tmp").glob(f"diaban-tests-{manager.nodemanager.testrunuid}-*")
    for home in homes:
        if home.exists():
            embedded.stop(Config(home=home))
            shutil.rmtree(home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: processes share the files, and one that began late would be waited for alone."""
    items.sort(key=lambda item: not str(item.path).startswith(tuple(map(str, LONGEST))))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of trial inputs; tests that need it skip where it isn't there."""
    if not SHARED.exists():
        pytest.skip(f"no trial inputs at {SHARED} (set DIABAN_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def cluster() -> Config:
    """The configuration of a running private cluster, and of a home for the files, of this test process alone."""
    config = Config(home=_home())
    embedded.start(config)
    return config


def migrate(owner_url: str, revision: str = "head") -> None:
    """Runs Alembic up to `revision` on the database of `owner_url`."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        (command.downgrade if revision == "base" else command.upgrade)(settings, revision)
        connection.commit()
    engine.dispose()


def new_database(cluster: Config, name: str) -> roles.Urls:
    """Roles and an empty, not yet migrated database of that name."""
    admin = embedded.address(cluster)
    assert admin is not None
    url = make_url(admin.url)
    with psycopg.connect(
        host=admin.host, port=admin.port, user=admin.user, password=admin.password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return roles.prepare(
        url.set(database=name).render_as_string(hide_password=False), cluster.secrets, own_cluster=True
    )


@pytest.fixture(scope="session")
def urls(cluster: Config) -> roles.Urls:
    """Addresses of this test process's own migrated database, holding the small world."""
    made = new_database(cluster, f"diaban_test_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}")
    migrate(made.owner)
    engine = create_engine(made.worker)
    worlds.build(engine)
    engine.dispose()
    _MADE.append(made)
    return made


# What tests write into. Accounts, units, forms and the audit stay: the small world stands on them, or they only grow.
WRITTEN = (
    "withdrawals, photo_marks, attachments, case_answers, case_events, case_duplicates, proposals, submissions,"
    " versions, situation_reports,"
    " restricted_reports, restricted_counts, religious_sites, minority_areas, resettlement_projects,"
    " hamlet_profiles, community_models, democracy_checks, joint_activities, figure_sums, figure_deltas,"
    " tile_cells_province, tile_cells_commune, tile_deltas, tile_shapes, tile_shape_changes, form_units,"
    " form_files, form_uploads, quarantined_records, imports, import_mappings, exports, basemaps, map_looks,"
    " reforms, reform_units, reform_pairs, reform_moves, unplaced, geometry_findings, decisions,"
    " jobs, briefing_pages, briefings, programmes, answer_templates, restricted_steps, special_requests,"
    " reminders_sent, account_subjects, case_sums, case_open, case_due, case_changes, complaint_counts,"
    " resettlement_rules, checklist_items, complaint_deadlines, calendar_days,"
    " report_calls, report_steps, report_figures, reports,"
    " resettlement_steps, resettlement_progress,"
    " check_answers, check_findings, grassroots_blocks, model_registrations,"
    " model_assessments, model_recognitions, site_requests, area_classifications, area_lists"
)
_MADE: list[roles.Urls] = []


@pytest.fixture(autouse=True, scope="module")
def _rows_of_this_file() -> Iterator[None]:
    """A file of tests leaves no rows to the next, nor what the process remembers of them.

    Which file comes next is chance when processes share them.
    """
    form_versions._DEFINITIONS.clear()
    form_versions._WITHDRAWN["all"] = (-1e9, frozenset())
    unit_lists._KEPT.clear()
    yield
    for made in _MADE:
        with psycopg.connect(make_url(made.owner).set(drivername="postgresql").render_as_string(False)) as connection:
            # A transaction somebody left open would hold this up for good: then say so.
            connection.execute("SET LOCAL lock_timeout = '20s'")
            connection.execute(f"TRUNCATE {WRITTEN}")


@pytest.fixture(scope="session")
def web(urls: roles.Urls) -> Iterator[Engine]:
    """The web role's engine with a pool of one: a setting that leaked between transactions would show."""
    engine = create_engine(urls.web, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def worker(urls: roles.Urls) -> Iterator[Engine]:
    """The background role's engine."""
    engine = create_engine(urls.worker)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def owner(urls: roles.Urls) -> Iterator[Engine]:
    """The table owner's engine, for what only migrations do."""
    engine = create_engine(urls.owner)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def world(urls: roles.Urls) -> worlds.World:
    """Ids of the small world: one province, three communes, hamlets, offices, accounts."""
    return worlds.KNOWN


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one that every browser of this test process stands on: there can't be two."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def province(cluster: Config) -> Iterator[provinces.Province]:
    """The country's units and the demo province, in a database of their own; tests leave them as they are."""
    made = new_database(cluster, f"diaban_province_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}")
    migrate(made.owner)
    loaded = provinces.load(made, cluster.home / "province-media")
    yield loaded
    loaded.engine.dispose()


@pytest.fixture
def background(worker: Engine) -> Iterator[Session]:
    """A session of the background role inside one outer transaction, rolled back at the end."""
    with worker.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def as_actor(web: Engine) -> Callable[[Actor | None], AbstractContextManager[ScopedSession]]:
    """`with as_actor(actor) as session`: the web role, that actor's scope, real commits."""
    return lambda actor: acting(web, actor)
