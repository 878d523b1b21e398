"""Fixtures of signing in by the province's own service: a real OpenID provider, and the application that trusts it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app import create_app, passwords, second_factor
from app.config import Config
from app.provider_client import Client
from app.roles import Urls
from tests.app.conftest import PASSWORD
from tests.app.sign_on import provider
from tests.app.sign_on.person import HERE, Person
from tests.app.sign_on.provider import Service
from tests.world import World


@pytest.fixture(scope="module")
def sign_on() -> Iterator[Service]:
    """A real OpenID provider."""
    with provider.running() as made:
        yield made


@pytest.fixture(scope="module")
def sign_on_site(cluster: Config, urls: Urls, sign_on: Service, worker: Engine, world: World) -> Iterator[Flask]:
    """The application with that one in its settings."""
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
    made = create_app(Config(home=cluster.home, url=HERE, provider=sign_on.settings()), urls)
    made.testing = True
    yield made
    made.extensions["diaban_engine"].dispose()


@pytest.fixture
def service(sign_on_site: Flask, sign_on: Service, worker: Engine, world: World) -> Iterator[Service]:
    """Honest, knowing Lan as `officer`; nobody here has asked it anything yet, nobody is bound or signed in."""
    sign_on.honest()
    sign_on.knows("lan", preferred_username="officer")
    sign_on_site.extensions["diaban_provider"] = Client(sign_on.settings())
    _everybody_out(worker, world)
    yield sign_on
    _everybody_out(worker, world)
    sign_on_site.extensions["diaban_known"].forget()


def _everybody_out(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        for table in ("account_subjects", "sign_ins", "sign_in_failures"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE accounts SET active = true WHERE id < 100"))
        for name in ("officer", "admin"):
            second_factor.switch_off(connection, getattr(world, name))


@pytest.fixture
def person(sign_on_site: Flask, service: Service) -> Callable[[], Person]:
    """`person()`: somebody with a browser of their own, who may sign in there."""
    return lambda: Person(sign_on_site.test_client(), service)
