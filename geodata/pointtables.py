"""Tables of points (CSV) as offices keep them: any usual header, encoding, delimiter and way to write coordinates."""

import csv
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from geodata import coordinates, crs, encodings, geometry
from geodata.coordinates import UnreadableCoordinate
from geodata.problems import Problem

_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 200

_LATITUDE = {"lat", "latitude", "vido", "vd", "gpslat", "toadolat", "toadovido", "vidowgs84"}
_LONGITUDE = {"lon", "long", "lng", "longitude", "kinhdo", "kd", "gpslon", "gpslng", "toadolon", "toadokinhdo"}
_LONGITUDE |= {"kinhdowgs84"}
_FIRST = {"x", "toadox", "xm", "coordx", "pointx", "xvn2000", "vn2000x", "xcoord"}
_SECOND = {"y", "toadoy", "ym", "coordy", "pointy", "yvn2000", "vn2000y", "ycoord"}
_NORTHING = {"northing", "north", "n", "bac", "nbac"}
_EASTING = {"easting", "east", "e", "dong", "edong"}


class UnreadableTable(Problem):
    """Facts: reason, line where known."""

    code: ClassVar[str] = "table_unreadable"


class NoCoordinates(Problem):
    """No pair of columns is known as coordinates. Facts: columns."""

    code: ClassVar[str] = "table_without_coordinates"


class ZoneNeeded(Problem):
    """Coordinates are metres: say in which zone. Facts: columns."""

    code: ClassVar[str] = "zone_needed"


class RaggedRow(Problem):
    """Facts: line, expected, found (numbers of cells)."""

    code: ClassVar[str] = "table_row_ragged"


class MissingCoordinate(Problem):
    """Facts: line, column."""

    code: ClassVar[str] = "coordinate_missing"


class UndecodableLine(Problem):
    """Facts: line, encoding."""

    code: ClassVar[str] = "table_line_undecodable"


@dataclass(frozen=True)
class Layout:
    """How a table is written: `north` and `east` are the columns of latitude/Northing and longitude/Easting."""

    encoding: str
    confidence: float
    delimiter: str
    columns: tuple[str, ...]
    north: str
    east: str
    grid: bool


@dataclass(frozen=True)
class Row:
    """One row; `line` is where it starts in the file, from 1. Without lon and lat there is a problem that says why.

    Flags as in geometry.flags; a pair in the wrong order is put right and flagged "swapped".
    """

    line: int
    values: dict[str, str]
    lon: float | None = None
    lat: float | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
    problem: Problem | None = None


def layout(path: Path, encoding: str | None = None) -> Layout:
    """What the first rows show. Raises UnreadableTable, NoCoordinates."""
    with path.open("rb") as file:
        raw = file.read(_SAMPLE_BYTES)
    if not raw.strip():
        raise UnreadableTable(reason="empty")
    whole = raw if len(raw) < _SAMPLE_BYTES else raw[: raw.rindex(b"\n") + 1 or None]
    guess = encodings.Guess(encoding, 1.0) if encoding else encodings.detect(whole.splitlines()[:2000])
    lines = list(itertools.islice(_lines(path, guess.encoding, set()), _SAMPLE_ROWS))
    delimiter = max(";,\t|", key=lambda each: fit(lines, each))
    rows = _parsed(lines, delimiter)
    columns = unique(rows[0])
    sample = [dict(zip(columns, row, strict=False)) for row in rows[1:] if len(row) == len(columns)]
    north, east, grid = axes(columns, sample)
    return Layout(guess.encoding, guess.confidence, delimiter, columns, north, east, grid)


def rows(path: Path, of: Layout, zone: crs.Zone | None = None, within: BaseGeometry | None = None) -> Iterator[Row]:
    """Every row in order, the bad ones with their problem. `zone` of metres; `within` as in geometry.flags.

    Raises ZoneNeeded, UnreadableTable.
    """
    if of.grid and zone is None:
        raise ZoneNeeded(columns=[of.north, of.east])
    broken: set[int] = set()
    reader = csv.reader(_lines(path, of.encoding, broken), delimiter=of.delimiter)
    line = 1
    try:
        for at, cells in enumerate(reader):
            if at > 0 and any(cell.strip() for cell in cells):
                yield _row(line, cells, of, zone, within, broken.intersection(range(line, reader.line_num + 1)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableTable(reason=str(error), line=line) from None


def _row(
    line: int,
    cells: list[str],
    of: Layout,
    zone: crs.Zone | None,
    within: BaseGeometry | None,
    broken: set[int],
) -> Row:
    values = {name: cell.strip() for name, cell in zip(of.columns, cells, strict=False)}
    if broken:
        return Row(line, values, problem=UndecodableLine(line=min(broken), encoding=of.encoding))
    if len(cells) != len(of.columns):
        return Row(line, values, problem=RaggedRow(line=line, expected=len(of.columns), found=len(cells)))
    pair = []
    for column in (of.east, of.north):
        if not values[column]:
            return Row(line, values, problem=MissingCoordinate(line=line, column=column))
        try:
            pair.append(coordinates.number(values[column]) if of.grid else coordinates.angle(values[column])[0])
        except UnreadableCoordinate as problem:
            return Row(line, values, problem=UnreadableCoordinate(**problem.facts, line=line, column=column))
    return _placed(line, values, (pair[0], pair[1]), of, zone, within)


def _placed(
    line: int,
    values: dict[str, str],
    pair: tuple[float, float],
    of: Layout,
    zone: crs.Zone | None,
    within: BaseGeometry | None,
) -> Row:
    if zone and of.grid:
        if coordinates.northing_first([pair]):
            pair = (pair[1], pair[0])
        point = crs.from_vn2000(shapely.Point(pair), zone)
        lon, lat = point.x, point.y
    else:
        lon, lat = pair
    found = geometry.flags(lon, lat, within)
    if "swapped" in found:
        lon, lat = lat, lon
        found |= geometry.flags(lon, lat, within)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        problem = geometry.OutOfRange(line=line, column=of.north, lon=lon, lat=lat, flags=sorted(found))
        return Row(line, values, flags=found, problem=problem)
    return Row(line, values, lon, lat, found)


def axes(columns: tuple[str, ...], sample: list[dict[str, str]]) -> tuple[str, str, bool]:
    """(north column, east column, whether they are metres). Raises NoCoordinates."""
    known = {_bare(column): column for column in reversed(columns)}
    for norths, easts in ((_LATITUDE, _LONGITUDE), (_NORTHING, _EASTING), (_SECOND, _FIRST)):
        north = next((known[name] for name in known if name in norths), None)
        east = next((known[name] for name in known if name in easts), None)
        if north and east:
            pairs = [(a, b) for a, b in ((_value(row[east]), _value(row[north])) for row in sample) if a and b]
            grid = sum(max(abs(a), abs(b)) > 360 for a, b in pairs) * 2 > len(pairs)
            turned = coordinates.northing_first(pairs) if grid else _latitude_first(pairs)
            # Names that say which is which are believed; x and y mean either, so the values decide.
            if norths is _SECOND and turned:
                north, east = east, north
            return north, east, grid
    raise NoCoordinates(columns=list(columns))


def _latitude_first(pairs: list[tuple[float, float]]) -> bool:
    return sum("swapped" in geometry.flags(lon, lat) for lon, lat in pairs) * 2 > len(pairs)


def _value(text: str) -> float | None:
    try:
        return coordinates.angle(text)[0]
    except UnreadableCoordinate:
        return None


def _bare(name: str) -> str:
    """vĩ độ (°) → vido; X (m) → xm."""
    apart = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return re.sub(r"[^a-z0-9]", "", apart)


def fit(lines: list[str], delimiter: str) -> tuple[bool, int]:
    """(whether coordinates are found, how many columns the header has if the rows agree)."""
    rows = _parsed(lines, delimiter)
    width = len(rows[0]) if rows else 0
    known = {_bare(name) for name in rows[0]} if rows else set()
    pairs = ((_LATITUDE, _LONGITUDE), (_NORTHING, _EASTING), (_SECOND, _FIRST))
    agree = sum(len(row) == width for row in rows)
    return any(known & norths and known & easts for norths, easts in pairs), width * agree


def _parsed(lines: Iterable[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableTable(reason=str(error)) from None


def unique(names: list[str]) -> tuple[str, ...]:
    """Nameless and doubled columns get a number, so that no value hides another."""
    seen: dict[str, int] = {}
    out = []
    for at, raw in enumerate(names, start=1):
        name = raw.strip() or f"cot_{at}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(out)


def _lines(path: Path, encoding: str, broken: set[int]) -> Iterator[str]:
    """Decoded lines; the numbers of those that can't be read whole go into `broken`."""
    if encoding == "utf-16":
        with path.open(encoding="utf-16", errors="replace", newline="") as text:
            yield from (unicodedata.normalize("NFC", line) for line in text)
        return
    with path.open("rb") as file:
        for at, raw in enumerate(file, start=1):
            try:
                yield encodings.decode(raw, encoding)
            except encodings.UndecodableText:
                broken.add(at)
                yield raw.decode("ascii", "replace")
