"""Sessions whose every transaction begins with the actor's scope; the application is the sole committer."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session, SessionTransaction

from surveys import catalogue_tables
from surveys.access import Actor

# Foreign keys are found by name: a flush needs every declared table imported, whichever screens this process serves.
TABLES = catalogue_tables.TABLES

# One statement sets them all; `true` makes each LOCAL: gone at commit, so a pooled connection can't leak it.
_SET = {n: "SELECT " + ", ".join(f"set_config(:k{i}, :v{i}, true)" for i in range(n)) for n in range(1, 12)}


def engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine on one login role; connections are checked before use, so a restarted server is survived."""
    return create_engine(url, pool_size=pool_size, max_overflow=4, pool_pre_ping=True, pool_recycle=1800)


class ScopedSession(Session):
    """A session of one actor; without an actor no row with a scope is seen."""

    def act_as(self, actor: Actor | None) -> None:
        """From now on each transaction, and the current one if begun, carries this actor's settings."""
        self.info["actor"] = actor
        if self.in_transaction():
            apply_settings(self.connection(), actor)

    @property
    def actor(self) -> Actor | None:
        actor: Actor | None = self.info.get("actor")
        return actor


def apply_settings(connection: Connection, actor: Actor | None) -> None:
    """SET LOCAL of everything the row policies read; no actor → nothing is set, nothing is seen."""
    if actor is None:
        return
    settings = actor.settings()
    parameters = {f"k{i}": k for i, k in enumerate(settings)} | {f"v{i}": v for i, v in enumerate(settings.values())}
    connection.execute(text(_SET[len(settings)]), parameters)


@event.listens_for(ScopedSession, "after_begin")
def _scope(session: ScopedSession, _transaction: SessionTransaction, connection: Connection) -> None:
    apply_settings(connection, session.actor)


@contextmanager
def acting(on: Engine, actor: Actor | None) -> Iterator[ScopedSession]:
    """A session as the actor outside a request: commits at the end, rolls back on an error."""
    with ScopedSession(on) as session:
        session.act_as(actor)
        yield session
        session.commit()
