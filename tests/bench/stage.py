"""The copy of the system that is measured: the demo province on a home of its own, served by `diaban up`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from sqlalchemy import Engine, NullPool, create_engine, text

from app import credentials, exporting, roles, startup
from surveys import demo
from surveys.access import Actor
from tests.app.homes import new_home
from tests.faults import site as sites
from tests.surveys import long_form


@dataclass(frozen=True)
class Stage:
    """A home with the demo, the long form approved, and a token of `canbo`, who works in one commune."""

    site: sites.Site
    urls: roles.Urls
    province: int
    commune: int  # canbo's
    hamlet: int

    @contextmanager
    def serving(self) -> Iterator[sites.Site]:
        """`diaban up` for as long as the block lasts."""
        with sites.running(self.site):
            yield self.site

    @contextmanager
    def database(self) -> Iterator[roles.Urls]:
        """Only the database, nothing that works beside the measurement."""
        with startup.database(self.site.config) as urls:
            yield urls

    def actor(self, username: str) -> Actor:
        """A demo account as it would act in a request."""
        with one_engine(self.urls.worker).connect() as connection:
            account = connection.scalar(text("SELECT id FROM accounts WHERE username = :n"), {"n": username})
            found = credentials.actor_of(connection, int(account or 0))
        assert found is not None
        return found

    def token(self, username: str) -> str:
        """A new personal token."""
        return self.diaban("token", "create", username)

    def diaban(self, *arguments: str) -> str:
        """What one of our commands prints, run on this home as a person would."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DIABAN_") and k != "DATABASE_URL"}
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=sites.ROOT,
            env={**environment, "DIABAN_HOME": str(self.site.config.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"diaban {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout.strip()


@contextmanager
def made() -> Iterator[Stage]:
    """A new stage; whatever of it still runs is stopped and removed at the end."""
    with new_home() as config:
        port = sites.free_port()
        site = sites.Site(replace(config, port=port, url=f"http://127.0.0.1:{port}"), token="")
        with startup.database(site.config) as urls:
            stage = Stage(site, urls, 0, 0, 0)
            stage.diaban("demo", "load")
            with one_engine(urls.worker).connect() as connection:
                commune, hamlet = connection.execute(
                    text(
                        "SELECT a.unit_id, min(h.id) FROM accounts a JOIN units h ON h.parent_id = a.unit_id"
                        " WHERE a.username = 'canbo' AND h.level = 4 GROUP BY 1"
                    )
                ).one()
                province = demo.province_id(connection)
            stage = replace(stage, province=province, commune=commune, hamlet=hamlet)
            _approve_long_form(stage)
            site.token = stage.token("canbo")
        yield stage


def one_engine(address: str) -> Engine:
    """An engine without a pool: each connection ends with its block."""
    return create_engine(address, poolclass=NullPool)


def connect(address: str) -> "psycopg.Connection[tuple[object, ...]]":
    """psycopg on one of our addresses."""
    return psycopg.connect(**exporting.libpq(address))  # type: ignore[arg-type]


def _approve_long_form(stage: Stage) -> None:
    file = Path(stage.site.config.home).parent / "long.xlsx"
    file.write_bytes(long_form.xlsx())
    stage.diaban("user", "grant", "tiepdan", "approve_form", "--by", "quantri", "--second", "quantri2")
    stage.diaban("form", "add", str(file), "--as", "chuyenvien")
    stage.diaban("form", "approve", "khao_sat_dai", "1", "--as", "tiepdan")
