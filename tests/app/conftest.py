"""The real application over the test database, and people signed in to it."""

import base64
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, delete, insert, text

from app import create_app, jobs, passwords, personal_tokens
from app.config import Config
from app.roles import Urls
from geodata import tiles
from surveys import form_versions
from surveys.layers import CATALOGUE
from tests.rows import feature, one_of_each
from tests.world import World

PASSWORD = "mat-khau-thu-nghiem"
SCRIPT = "<img src=x onerror=alert(1)>"  # a name that is an attack
NAMES = ("field", "officer", "answering", "leader", "gis", "admin")


@pytest.fixture(scope="session")
def site(cluster: Config, urls: Urls) -> Iterator[Flask]:
    """The application; one for the test process."""
    made = create_app(cluster, urls)
    made.testing = True
    yield made
    for name in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        made.extensions[name].dispose()


@pytest.fixture(scope="session")
def tokens(worker: Engine, world: World) -> dict[str, str]:
    """A personal token of each account of the small world."""
    with worker.begin() as connection:
        return {name: personal_tokens.create(connection, getattr(world, name), "tests") for name in NAMES}


@pytest.fixture
def machine(site: Flask, tokens: dict[str, str]) -> Callable[..., FlaskClient]:
    """`machine("gis")`: a client that sends that account's token with every request; `machine()` sends none."""

    def make(name: str | None = None, *, basic: bool = False) -> FlaskClient:
        client = site.test_client()
        if name is not None:
            token = tokens[name]
            pair = base64.b64encode(f"{name}:{token}".encode()).decode()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Basic {pair}" if basic else f"Bearer {token}"
        return client

    return make


@pytest.fixture
def quiet(worker: Engine) -> None:
    """No failed tries counted yet, and every account of the world has the known password."""
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failures"))
        connection.execute(
            text(
                "UPDATE accounts SET password = :hash, active = true, tf_primary_method = NULL, tf_totp_secret = NULL,"
                " totp_counter = NULL, mf_recovery_codes = NULL WHERE id < 100"
            ),
            {"hash": passwords.hashed(PASSWORD)},
        )


def csrf(page: str) -> str:
    """The token a page's forms carry."""
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


@pytest.fixture
def browser(site: Flask, quiet: None) -> Callable[..., FlaskClient]:
    """`browser("officer")`: a client signed in with name and password; `browser()` isn't signed in."""

    def make(name: str | None = None) -> FlaskClient:
        client = site.test_client()
        if name is not None:
            token = csrf(client.get("/login").text)
            answer = client.post("/login", data={"username": name, "password": PASSWORD, "csrf_token": token})
            assert answer.status_code == 302, answer.text
        return client

    return make


@pytest.fixture(scope="session")
def published(worker: Engine) -> None:
    """The form of every layer is live."""
    with worker.begin() as connection:
        form_versions.publish(connection)


@pytest.fixture
def table(worker: Engine) -> Iterator[Connection]:
    """A connection of the background role, which sees every row."""
    with worker.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def exportable(worker: Engine, world: World) -> None:
    """A row of each layer in each commune, of the neighbour province too."""
    with worker.begin() as connection:
        for table in ("hamlet_profiles", "situation_reports", "religious_sites"):
            connection.execute(text(f"DELETE FROM {table}"))
        one_of_each(connection, (*world.communes, world.other_commune))


@pytest.fixture
def no_jobs(worker: Engine) -> None:
    """No job has been asked for yet."""
    with worker.begin() as connection:
        connection.execute(text(jobs.IN_QUEUE))
        connection.execute(text("DELETE FROM jobs"))
        connection.execute(text("DELETE FROM procrastinate.procrastinate_jobs"))


@pytest.fixture
def working(cluster: Config, urls: Urls) -> Iterator[Callable[[], None]]:
    """Starts the real job thread when called; stopped at the end."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start() -> None:
        threads.append(threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def placed(worker: Engine) -> Iterator[dict[str, uuid.UUID]]:
    """One row of each layer in communes 11 and 12, with real commits; the names are an attack."""
    ids: dict[str, uuid.UUID] = {}
    with worker.begin() as connection:
        for layer in CATALOGUE:
            for commune in (11, 12):
                row = feature(layer, commune, hamlet=100 + (commune - 10) * 10 + 1)
                if "name" in layer.table.__table__.c:
                    row["name"] = SCRIPT
                ids[f"{layer.key}{commune}"] = row["id"]
                connection.execute(insert(layer.table), row)
    tiles.refresh_all(worker)
    yield ids
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(delete(layer.table).where(layer.table.id.in_(ids.values())))
    tiles.refresh_all(worker)
