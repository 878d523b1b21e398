"""Synthetic hamlets ("Thôn 3"), marked illustrative: no list of the real ones is public."""

import math
from random import Random

import shapely
from sqlalchemy import Connection, text

from geodata.copying import copy
from geodata.national_units import REFORM
from geodata.units import HAMLET
from surveys.demo.scene import KM_PER_DEGREE, Commune, Hamlet, communes, moved

ABOUT = 3000
FEWEST = 5
FEWEST_HOUSEHOLDS = 9
APART_M = 250.0
Drawn = tuple[Commune, int, tuple[float, float], int, float]


def make(connection: Connection, province_id: int, chance: Random) -> tuple[Hamlet, ...]:
    """Adds about 3,000 hamlets as points, more in larger communes and near their middles."""
    drawn = draw(communes(connection, province_id), chance)
    columns = ["level", "code", "name", "kind", "parent_id", "province_id", "valid_from", "illustrative", "point"]
    rows = []
    for commune, number, place, _, _ in drawn:
        kind = _kind(commune)
        code, name = _code(commune, number), f"{kind.capitalize()} {number}"
        point = f"SRID=4326;POINT({place[0]:.6f} {place[1]:.6f})"
        rows.append((HAMLET, code, name, kind, commune.id, province_id, REFORM, True, point))
    copy(connection, "units", rows, columns)
    ids = {
        code: id_
        for id_, code in connection.execute(
            text("SELECT id, code FROM units WHERE level = 4 AND province_id = :province AND illustrative"),
            {"province": province_id},
        )
    }
    return tuple(
        Hamlet(
            ids[_code(commune, number)], f"{_kind(commune).capitalize()} {number}", commune, place, households, remote
        )
        for commune, number, place, households, remote in drawn
    )


def draw(all_: list[Commune], chance: Random) -> list[Drawn]:
    """(commune, number, place, households, remoteness) of each hamlet-to-be."""
    return [hamlet for commune, count in _sized(all_, chance) for hamlet in _draw(commune, count, chance)]


def _kind(commune: Commune) -> str:
    return "tổ dân phố" if commune.town else "thôn"


def _code(commune: Commune, number: int) -> str:
    return f"{commune.code}-{number:02d}"


def _sized(all_: list[Commune], chance: Random) -> list[tuple[Commune, int]]:
    """How many hamlets each commune gets: larger areas more, but far from in proportion, log-normally scattered."""
    weights = [commune.km2**0.45 * (2.0 if commune.town else 1.0) * chance.lognormvariate(0, 0.3) for commune in all_]
    return [(c, max(FEWEST, round(ABOUT * w / sum(weights)))) for c, w in zip(all_, weights, strict=True)]


def _draw(commune: Commune, count: int, chance: Random) -> list[Drawn]:
    shapely.prepare(commune.area)
    radius_m = 1000 * math.sqrt(commune.km2 / math.pi)
    apart = min(APART_M, radius_m / math.sqrt(count) / 2)
    places: list[tuple[float, float]] = []
    while len(places) < count:
        place = _candidate(commune, radius_m, chance)
        if all(_metres(place, other) > apart for other in places):
            places.append(place)
        else:
            apart *= 0.97  # a crowded commune: closer together rather than forever
    places.sort(key=lambda place: _metres(place, commune.middle))
    usual = math.log(240 if commune.town else 150)
    drawn = []
    for number, place in enumerate(places, start=1):
        remote = min(1.0, _metres(place, commune.middle) / (2 * radius_m) + commune.km2 / 2000)
        households = max(FEWEST_HOUSEHOLDS, round(chance.lognormvariate(usual, 0.6) * (1.3 - 0.8 * remote)))
        drawn.append((commune, number, place, households, remote))
    return drawn


def _candidate(commune: Commune, radius_m: float, chance: Random) -> tuple[float, float]:
    """A place in the commune: two of three drawn around its middle, the rest anywhere."""
    west, south, east, north = commune.area.bounds
    while True:
        if chance.random() < 0.66:
            place = moved(commune.middle, chance.gauss(0, radius_m * 0.45), chance.gauss(0, radius_m * 0.45))
        else:
            place = chance.uniform(west, east), chance.uniform(south, north)
        if shapely.contains_xy(commune.area, *place):
            return place


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return 1000 * KM_PER_DEGREE * math.hypot(east, one[1] - other[1])
