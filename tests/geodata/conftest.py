"""A PostGIS without our tables, for what knows geometry and files alone."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app import roles
from app.config import Config
from tests.conftest import new_database
from tests.geodata import tiled


@pytest.fixture(scope="session")
def scratch(cluster: Config) -> roles.Urls:
    """Addresses of an empty database with PostGIS and our rows of spatial_ref_sys."""
    return new_database(cluster, f"diaban_geo_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}")


@pytest.fixture(scope="session")
def owner_settings(scratch: roles.Urls) -> dict[str, Any]:
    """libpq parameters of the role that owns the tables made here."""
    return _libpq(scratch.owner)


@pytest.fixture(scope="session")
def web_settings(scratch: roles.Urls) -> dict[str, Any]:
    """libpq parameters of a role under row-level security."""
    return _libpq(scratch.web)


@pytest.fixture(scope="session")
def postgis(owner_settings: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """An open connection of the owner, committing each statement."""
    with psycopg.connect(**owner_settings, autocommit=True) as connection:
        yield connection


def _libpq(address: str) -> dict[str, Any]:
    url = make_url(address)
    return {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }


@pytest.fixture(scope="module")
def base(cluster: Config) -> Iterator[tiled.Base]:
    """The small world with seeded rows, one database a test file."""
    made = tiled.build(cluster, "tiles", tiled.rows(1))
    yield made
    for engine in (made.web, made.worker, made.owner):
        engine.dispose()
