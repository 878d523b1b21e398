"""What the demo is drawn on: the day, the chance, the communes and hamlets, the accounts and offices."""

import datetime as dt
import math
import uuid
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any, TypeVar

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from geodata.crs import STORED_SRID

KM_PER_DEGREE = 111.2
YEARS = 2
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Commune:
    """A commune of the demo province, its area in WGS 84 and its size in km²."""

    id: int
    code: str
    name: str
    kind: str
    area: BaseGeometry
    middle: tuple[float, float]
    km2: float

    @property
    def town(self) -> bool:
        return self.kind == "phường"


@dataclass(frozen=True)
class Hamlet:
    """A synthetic hamlet; `remote` runs from 0 (the commune's middle) to about 1 (its far corner)."""

    id: int
    name: str
    commune: Commune
    place: tuple[float, float]
    households: int
    remote: float


@dataclass(frozen=True)
class Scene:
    """Everything the makers of demo rows share; the same seed and day make the same rows."""

    chance: Random
    today: dt.date
    province_id: int
    hamlets: tuple[Hamlet, ...]
    accounts: dict[str, int]  # username → id
    offices: dict[str, int]  # category → id

    @property
    def first_day(self) -> dt.date:
        return self.today - dt.timedelta(days=365 * YEARS)

    @cached_property
    def communes(self) -> tuple[Commune, ...]:
        return tuple({h.commune.id: h.commune for h in self.hamlets}.values())

    @cached_property
    def _by_size(self) -> list[float]:
        return [float(h.households) for h in self.hamlets]

    def hamlet(self) -> Hamlet:
        """A hamlet, the larger the likelier."""
        return self.chance.choices(self.hamlets, self._by_size)[0]

    def past_days(self, count: int) -> list[dt.date]:
        """Days of the two years to today, more of them late than early, in order."""
        span = (self.today - self.first_day).days
        return sorted(
            self.first_day + dt.timedelta(days=round(span * self.chance.random() ** 0.7)) for _ in range(count)
        )

    def identity(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def one(self, weighted: dict[Thing, float]) -> Thing:
        """One of the keys, by weight."""
        return self.chance.choices(list(weighted), list(weighted.values()))[0]

    def some(self, weighted: dict[str, float], most: int = 2) -> list[str]:
        """One to `most` different keys, in the order given."""
        drawn = {self.one(weighted) for _ in range(self.chance.randint(1, most))}
        return [key for key in weighted if key in drawn]

    def near(self, hamlet: Hamlet, metres: float = 500.0) -> tuple[float, float]:
        """A place around a hamlet that lies in its commune."""
        for _ in range(8):
            lon, lat = moved(hamlet.place, self.chance.gauss(0, metres), self.chance.gauss(0, metres))
            if shapely.contains_xy(hamlet.commune.area, lon, lat):
                return lon, lat
        return hamlet.place

    def feature(
        self, commune: Commune, hamlet: Hamlet | None, on: dt.date, geom: BaseGeometry | None
    ) -> dict[str, Any]:
        """The columns every layer has."""
        return {
            "id": self.identity(),
            "province_id": self.province_id,
            "commune_id": commune.id,
            "hamlet_id": hamlet.id if hamlet else None,
            "observed_on": on,
            "origin": "demo",
            "entered_by": self.accounts["gis"],
            "confirmed_by": self.accounts["chuyenvien"],
            "geom": None if geom is None else ewkb(geom),
        }

    def at_hamlet(self, hamlet: Hamlet, on: dt.date) -> dict[str, Any]:
        """The common columns of a point near a hamlet."""
        return self.feature(hamlet.commune, hamlet, on, Point(self.near(hamlet)))


def communes(connection: Connection, province_id: int) -> list[Commune]:
    """The communes of today that have an area, by code, so that a seed means the same in every database."""
    rows = connection.execute(text(COMMUNES), {"province": province_id})
    return [Commune(r.id, r.code, r.name, r.kind, shapely.from_wkb(r.area), (r.lon, r.lat), r.km2) for r in rows]


def moved(place: tuple[float, float], east_m: float, north_m: float) -> tuple[float, float]:
    """A (lon, lat) so many metres away."""
    lon, lat = place
    return lon + east_m / 1000 / KM_PER_DEGREE / math.cos(math.radians(lat)), lat + north_m / 1000 / KM_PER_DEGREE


def ewkb(geometry: BaseGeometry) -> str:
    """Hexadecimal EWKB, as COPY takes it."""
    return shapely.to_wkb(shapely.set_srid(geometry, STORED_SRID), hex=True, include_srid=True)


COMMUNES = """
SELECT id, code, name, kind, ST_AsBinary(geom) AS area, coalesce(area_km2, ST_Area(geom::geography) / 1e6) AS km2,
       ST_X(middle) AS lon, ST_Y(middle) AS lat
FROM (
    SELECT *, CASE WHEN ST_Intersects(geom, point) THEN point ELSE ST_PointOnSurface(geom) END AS middle
    FROM units WHERE level = 3 AND province_id = :province AND valid_to IS NULL AND geom IS NOT NULL
) c
ORDER BY code
"""
