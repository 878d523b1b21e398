"""What a file is made of: its layers with their titles, looks and columns, and what a writer is given to work with."""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import psycopg

from geodata.problems import Problem
from geodata.sources import Source
from geodata.systems import System

_NAME = r"[A-Za-z0-9][A-Za-z0-9_\-]{0,60}"


class BadFileName(Problem):
    """Facts: name."""

    code: ClassVar[str] = "export_name_invalid"


class Cancelled(Problem):
    """The asker gave up; nothing is left behind."""

    code: ClassVar[str] = "cancelled"


@dataclass(frozen=True)
class Title:
    """What the file says of itself. `name`: ASCII stem of the files inside; `notes`: lines for the report's head."""

    name: str
    title: str
    abstract: str = ""
    organisation: str = ""
    made_at: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """How a layer is drawn: one colour, or one for each (value in the file, label, #rrggbb) of a column."""

    color: str = "#555555"
    column: str = ""
    categories: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One layer of a file. `key`: its table's name inside; `label`: the column that names a feature.

    `masked`: a line for each thing the caller withheld.
    """

    key: str
    title: Title
    source: Source
    look: Look = Look()
    label: str = ""
    masked: tuple[str, ...] = ()


@dataclass
class Work:
    """What a writer is given. `database` and, by its `snapshot`, GDAL see the same rows; `tick(rows)` may raise."""

    connection: Mapping[str, Any]
    database: psycopg.Connection[Any]
    snapshot: str
    system: System
    folder: Path
    stem: str  # of a file that holds all layers
    tick: Callable[[int], None] = lambda _rows: None
    cancelled: Callable[[], bool] = lambda: False
    kept: ExitStack = field(default_factory=ExitStack)  # closes what a writer keeps open from one layer to the next
    open: dict[str, Any] = field(default_factory=dict)  # that, by name

    def growing(self, pattern: str, row_bytes: int, most: int) -> Callable[[], None]:
        """Progress out of files that grow by about so many bytes a row."""

        def watch() -> None:
            size = 0
            for file in self.folder.glob(pattern):
                with suppress(FileNotFoundError):  # a journal of SQLite comes and goes
                    size += file.stat().st_size
            self.tick(min(size // max(row_bytes, 1), most))

        return watch

    def stop_if_cancelled(self) -> None:
        """Raises Cancelled."""
        if self.cancelled():
            raise Cancelled()


def check_name(name: str) -> None:
    """Raises BadFileName."""
    if not re.fullmatch(_NAME, name):
        raise BadFileName(name=name)
