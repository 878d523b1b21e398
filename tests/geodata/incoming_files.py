"""Files for tests of what comes in: laid into a job's folder, read back whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection

from geodata import incoming
from geodata.incoming import Row, Source

PROVINCE = "68"


@dataclass(frozen=True)
class Job:
    """A job's folder with what was unpacked into it."""

    folder: Path

    def take(self, *paths: Path) -> "Job":
        for path in paths:
            incoming.unpack(path, self.folder)
        return self

    def one(self, connection: Connection | None = None) -> Source:
        """The only source in it."""
        (source,) = incoming.inspect(connection, self.folder, PROVINCE)
        return source

    def rows(self, source: Source, encoding: str | None = None, system: str | None = None) -> list[Row]:
        """All rows, by the first proposals unless told."""
        encoding = encoding or source.encodings[0].encoding
        system = system or (source.systems[0].system if source.systems else "")
        return [row for batch in incoming.rows(self.folder, source, encoding, system) for row in batch]


def shape(row: Row) -> shapely.Geometry:
    assert row.wkb is not None, row
    return shapely.from_wkb(row.wkb)


def codes(remarks: Sequence[incoming.Remark]) -> list[str]:
    return [remark.code for remark in remarks]


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Between two places some metres apart, in degrees."""
    east = (a[0] - b[0]) * 111_320 * np.cos(np.radians(a[1]))
    return float(np.hypot(east, (a[1] - b[1]) * 110_600))
