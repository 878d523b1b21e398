"""Files for tests of what comes in: laid into a job's folder, read back whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import shapely
from sqlalchemy import Connection

from geodata import crs, incoming
from geodata.incoming import Row, Source
from tests.geodata.test_encodings import cp1258, encoded

PROVINCE = "68"
NAMES = ["Xã Mỹ Đức", "Xã Đạ Huoai", "Phường Bảo Lộc", "Xã Hàm Thuận Nam", "Xã Sông Lũy"]
PLACES = [(107.60, 11.40), (107.75, 11.43), (107.81, 11.55), (107.95, 10.91), (108.24, 11.23)]
ZONE = crs.zone(5899)  # 107°45'
AREAS = [shapely.box(x, y, x + 0.01, y + 0.01) for x, y in PLACES]


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


def made() -> geopandas.GeoDataFrame:
    """Five communes with a column of each kind."""
    return geopandas.GeoDataFrame(
        {
            "TEN": NAMES,
            "SO_HO": np.array([12, 0, 350, 7, 41], dtype="int32"),
            "DTICH": [1.5, 2.25, 0.0, 254.44, 79.1],
            "NGAY": np.array(["2024-02-29"] * 5, dtype="datetime64[ms]"),
        },
        geometry=[shapely.Point(place) for place in PLACES],
        crs=4326,
    )


def landed(rows, close: float = 0.01) -> None:
    """Every row at its place, in order."""
    assert len(rows) == len(PLACES)
    for row, place in zip(rows, PLACES, strict=True):
        point = shape(row)
        point = point if point.geom_type == "Point" else shapely.Point(point.bounds[:2])
        assert metres((point.x, point.y), place) < close, row


def old_bytes(text: str, encoding: str) -> bytes:
    return cp1258(text) if encoding == "cp1258" else encoded(text, encoding)
