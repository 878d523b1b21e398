"""Which columns of a table are coordinates, under any usual header, and what each column is called."""

from collections.abc import Mapping, Sequence

from geodata import coordinates, geometry
from geodata.columns import plain
from geodata.coordinates import UnreadableCoordinate

_LATITUDE = {"lat", "latitude", "vido", "vd", "gpslat", "toadolat", "toadovido", "vidowgs84"}
_LONGITUDE = {"lon", "long", "lng", "longitude", "kinhdo", "kd", "gpslon", "gpslng", "toadolon", "toadokinhdo"}
_LONGITUDE |= {"kinhdowgs84"}
_FIRST = {"x", "toadox", "xm", "coordx", "pointx", "xvn2000", "vn2000x", "xcoord"}
_SECOND = {"y", "toadoy", "ym", "coordy", "pointy", "yvn2000", "vn2000y", "ycoord"}
_NORTHING = {"northing", "north", "n", "bac", "nbac"}
_EASTING = {"easting", "east", "e", "dong", "edong"}


def axes(columns: Sequence[str], sample: Sequence[Mapping[str, str]]) -> tuple[str, str, bool] | None:
    """(column of latitude or Northing, that of longitude or Easting, whether they are metres); None without a pair.

    `sample`: some rows; of names that mean either, as x and y do, their values decide.
    """
    known = {plain(column): column for column in reversed(columns)}
    for norths, easts in ((_LATITUDE, _LONGITUDE), (_NORTHING, _EASTING), (_SECOND, _FIRST)):
        north = next((known[name] for name in known if name in norths), None)
        east = next((known[name] for name in known if name in easts), None)
        if north and east:
            pairs = [(a, b) for a, b in ((_value(row[east]), _value(row[north])) for row in sample) if a and b]
            grid = sum(max(abs(a), abs(b)) > 360 for a, b in pairs) * 2 > len(pairs)
            turned = coordinates.northing_first(pairs) if grid else _latitude_first(pairs)
            if norths is _SECOND and turned:
                north, east = east, north
            return north, east, grid
    return None


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Nameless and doubled columns get a number, so that no value hides another."""
    seen: dict[str, int] = {}
    out = []
    for at, raw in enumerate(names, start=1):
        name = raw.strip() or f"cot_{at}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(out)


def _latitude_first(pairs: list[tuple[float, float]]) -> bool:
    return sum("swapped" in geometry.flags(lon, lat) for lon, lat in pairs) * 2 > len(pairs)


def _value(text: str) -> float | None:
    try:
        return coordinates.angle(text)[0]
    except UnreadableCoordinate:
        return None
