"""Traces of one place: however it is written, in texts, in binary, and in geometry."""

import math
import re
import struct
from dataclasses import dataclass
from functools import cached_property

from pyproj import Transformer
from sqlalchemy import Engine, text

from geodata import crs

# Not within a word, a UUID, a time of day or another number's decimals: hashes and microseconds hold any digits.
NUMBER = re.compile(r"(?<![\w.,:])(?<![0-9a-f]{4}-)\d+(?:[.,]\d+)?|(?<=[@d(=+-])\d+[.,]\d+")


@dataclass(frozen=True)
class Place:
    """Degrees, WGS 84."""

    lon: float
    lat: float

    def is_told_by(self, number: str) -> bool:
        """Whether a number is one of the degrees to two decimals or more, or whole metres of the place."""
        metres = re.split("[.,]", number)[0]
        return number.startswith((*self._degrees, *self._run_together)) or metres in self._metres

    @cached_property
    def _degrees(self) -> tuple[str, ...]:
        starts = [f"{int(value)}.{part}" for value in (self.lat, self.lon) for part in decimals(value)]
        return tuple(starts + [start.replace(".", ",") for start in starts])

    @cached_property
    def _run_together(self) -> tuple[str, ...]:
        # Without its point, as some clients write it; long enough to be no chance.
        return tuple(f"{int(value * 100_000)}" for value in (self.lat, self.lon))

    @cached_property
    def _metres(self) -> frozenset[str]:
        return frozenset(f"{int(value) + step}" for value in self.projected() for step in (-1, 0, 1))

    @cached_property
    def _minutes(self) -> re.Pattern[str]:
        told = [(int(value), int(value % 1 * 60)) for value in (self.lat, self.lon)]
        return re.compile("|".join(rf"{degree}\s*°\s*0?{minute}\b" for degree, minute in told))

    def projected(self) -> list[float]:
        """Metres in Web Mercator and in every VN-2000 zone, and the positions behind the tiles."""
        epsg = [3857, *(zone.epsg for zone in crs.zones())]
        found: list[float] = []
        for code in epsg:
            found += Transformer.from_crs(4326, code, always_xy=True).transform(self.lon, self.lat)
        # And in the whole numbers behind the tiles: 1/2^26 of the Mercator square.
        half = math.pi * 6378137.0
        return [*found, (found[0] + half) / (2 * half) * (1 << 26), (half - found[1]) / (2 * half) * (1 << 26)]

    def packed(self) -> list[bytes]:
        """As eight bytes each, in either order, raw and in hex; what WKB, shapefiles and backups hold."""
        raw = [struct.pack(order + "d", value) for value in (self.lon, self.lat) for order in "<>"]
        return [*raw, *(value.hex().encode() for value in raw), *(value.hex().upper().encode() for value in raw)]

    def in_text(self, said: str) -> set[str]:
        """What of it stands there."""
        found = {number for number in set(NUMBER.findall(said)) if self.is_told_by(number)}
        return found | (set(self._minutes.findall(said)) if "°" in said else set())

    def in_bytes(self, data: bytes) -> bool:
        return any(packed in data for packed in self.packed())


def decimals(value: float) -> set[str]:
    """The first two decimals, cut and rounded."""
    return {f"{int(value * 100) % 100:02d}", f"{round(value * 100) % 100:02d}"}


def geometries_near(superuser: Engine, place: Place, metres: float = 300.0) -> list[str]:
    """Tables whose geometry has a corner or centre that near; as someone whom no policy stops."""
    found: list[str] = []
    columns = text(
        "SELECT f_table_name AS relation, f_geometry_column AS shape FROM geometry_columns"
        " WHERE f_table_schema = 'public'"
    )
    with superuser.connect() as connection:
        for c in connection.execute(columns).all():
            near = connection.scalar(
                text(
                    f'SELECT count(*) FROM "{c.relation}", LATERAL (SELECT (ST_DumpPoints("{c.shape}")).geom AS p'
                    f' UNION ALL SELECT ST_Centroid("{c.shape}")) d WHERE ST_DWithin(ST_Transform(p, 4326)::geography,'
                    " ST_SetSRID(ST_Point(:lon, :lat), 4326)::geography, :metres)"
                ),
                {"lon": place.lon, "lat": place.lat, "metres": metres},
            )
            if near:
                found.append(c.relation)
    return found
