"""The demo province in a database of its own, loaded once for each test process; tests leave it as it is."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine

from app import roles
from surveys import demo

TODAY = dt.date(2026, 11, 21)


@dataclass(frozen=True)
class Province:
    """The loaded demo: how it went and how to look at it."""

    engine: Engine
    urls: roles.Urls
    media: Path
    made: demo.Made
    seconds: float

    @contextmanager
    def undone(self) -> Iterator[Connection]:
        """A connection of the background role whose changes are taken back."""
        with self.engine.connect() as connection, connection.begin() as outer:
            yield connection
            outer.rollback()


def load(urls: roles.Urls, media: Path) -> Province:
    """Fills an empty migrated database."""
    engine = create_engine(urls.worker)
    begun = time.monotonic()
    with engine.begin() as connection:
        made = demo.load(connection, password_hash="no password", media=media, today=TODAY)
    return Province(engine, urls, media, made, time.monotonic() - begun)
