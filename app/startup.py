"""From settings to a database ready to be used: cluster, roles, migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
import alembic.config
import alembic.util
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from app import embedded, roles
from app.config import Config
from app.roles import Urls
from app.startup_problems import DemoInPublic, MigrationRefused

MIGRATIONS = Path(__file__).parent.parent / "migrations"


@contextmanager
def database(config: Config) -> Iterator[Urls]:
    """A prepared database for as long as the block lasts; what every command that needs data opens."""
    if config.database_url is not None:
        yield roles.prepare(config.database_url, config.secrets)
        return
    with embedded.running(config) as admin:
        yield roles.prepare(admin.url, config.secrets, own_cluster=True)


def migrations() -> alembic.config.Config:
    """Alembic's settings: ours live in code, not in a file."""
    settings = alembic.config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return settings


def migrate(urls: Urls, revision: str = "head", *, down: bool = False) -> None:
    """Brings the tables up (or down) to a revision, in one transaction; a second migration at the same time waits."""
    settings = migrations()
    with create_engine(urls.owner, poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": roles.LOCK})
        connection.commit()
        settings.attributes["connection"] = connection
        try:
            (alembic.command.downgrade if down else alembic.command.upgrade)(settings, revision)
        except (alembic.util.CommandError, OperationalError) as error:
            # Another version's revision, or tables in use by somebody who doesn't let go.
            raise MigrationRefused(reason=str(error).strip().split("\n", 1)[0]) from None
        connection.commit()


def refuse_demo_in_public(config: Config, urls: Urls) -> None:
    """Raises DemoInPublic where other machines reach the web server and demo accounts can sign in."""
    if not config.on_loopback and has_demo_accounts(urls):
        raise DemoInPublic(host=config.host)


def has_demo_accounts(urls: Urls) -> bool:
    """Whether any demo account can sign in."""
    with create_engine(urls.worker, poolclass=NullPool).connect() as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM accounts WHERE demo AND active)")))
