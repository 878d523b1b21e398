"""Tiles from the database in one round trip each: scope and tile in a single statement of its own transaction."""

import threading
from collections.abc import Sequence

import psycopg
from psycopg_pool import ConnectionPool
from sqlalchemy.engine import make_url

from surveys.access import Actor

MOST_CONNECTIONS = 4  # of a process; a tile takes a few milliseconds
# The settings are LOCAL to this statement's transaction. `tile` is asked only once the row of the settings is there.
_ASK = (
    "WITH scope AS MATERIALIZED (SELECT set_config('app.province', %s, true), set_config('app.commune', %s, true))"
    " SELECT tile(%s, %s, %s, %s) FROM scope"
)


class TileSource:
    """Autocommitting connections of the web role, opened when first needed; `url` is SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._lock = threading.Lock()
        self._pool: ConnectionPool[psycopg.Connection[tuple[bytes]]] | None = None

    def tile(self, actor: Actor, keys: Sequence[str], z: int, x: int, y: int) -> bytes:
        """The bytes of one tile in the actor's scope; the address must be a checked one."""
        given = (str(actor.province_id), str(actor.commune_id), list(keys), z, x, y)
        try:
            return self._ask(given)
        except psycopg.OperationalError:
            return self._ask(given)  # a connection from before the database's restart: the pool has dropped it

    def _ask(self, given: tuple[str, str, list[str], int, int, int]) -> bytes:
        with self._open().connection(timeout=10) as connection:
            row = connection.execute(_ASK, given, prepare=True, binary=True).fetchone()
        return b"" if row is None else row[0]

    def _open(self) -> "ConnectionPool[psycopg.Connection[tuple[bytes]]]":
        # Not in the constructor: gunicorn forks after the application is made, and a pool has threads.
        if self._pool is None:
            with self._lock:
                if self._pool is None:
                    self._pool = ConnectionPool(
                        self._dsn, kwargs={"autocommit": True}, min_size=0, max_size=MOST_CONNECTIONS, open=True
                    )
        return self._pool

    def close(self) -> None:
        """Gives all connections back."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
