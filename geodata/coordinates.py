"""Coordinates as people write them: decimal commas, degrees and minutes, Northing called X."""

import re
from collections.abc import Sequence
from typing import ClassVar

from geodata.problems import Problem

# In every VN-2000 zone and both UTM zones: the country's lowest Northing (6.5° N) and more than its highest Easting.
_LEAST_NORTHING = 700_000
_MOST_NORTHING = 2_700_000
_MOST_EASTING = 1_300_000

# Bắc, Đông and Tây beside N, E, W. In Vietnamese N is Nam, south: nothing here lies south, so N is taken as north.
_NORTH_SOUTH = {"N": 1, "B": 1, "S": -1}
_EAST_WEST = {"E": 1, "Đ": 1, "D": 1, "W": -1, "T": -1}

_ANGLE = re.compile(
    r"^(?P<before>[NBSEĐDWT])?\s*(?P<sign>[-+])?"
    r"(?P<degrees>\d+(?:[.,]\d+)?)\s*(?:[°ºd˚]|độ|\s)\s*"
    r"(?:(?P<minutes>\d+(?:[.,]\d+)?)\s*(?:['’′`]|phút|\s|$)\s*)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)\s*(?:\"|”|″|''|’’|′′|giây|$)?\s*)?"
    r"(?P<after>[NBSEĐDWT])?$",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"^(?:([NBSEĐDWT])\s*([-+]?[\d.,\s]+)|([-+]?[\d.,\s]+?)\s*([NBSEĐDWT]))$", re.IGNORECASE)


class UnreadableCoordinate(Problem):
    """Facts: text; of a table also line, column."""

    code: ClassVar[str] = "coordinate_unreadable"


def number(text: str) -> float:
    """1180992,826 · 1.180.992,826 · 1 180 992.826 · 11.613689. Raises UnreadableCoordinate.

    A lone comma or point is the decimal one: thousands are known by being several, or by the other sign after them.
    """
    bare = re.sub(r"[\s\u00a0\u202f']", "", text)
    if "," in bare and "." in bare:
        thousands = "," if bare.rindex(".") > bare.rindex(",") else "."
        bare = bare.replace(thousands, "")
    elif bare.count(",") > 1 or bare.count(".") > 1:
        bare = bare.replace(",", "").replace(".", "")
    bare = bare.replace(",", ".")
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", bare, re.IGNORECASE):
        raise UnreadableCoordinate(text=text[:40])
    return float(bare)


def angle(text: str) -> tuple[float, str | None]:
    """(degrees, "lat" or "lon" where a letter says so): 11°36'49.3"N, 107 54 37,1 Đ, B11.61. Raises the same."""
    trimmed = text.strip()
    if lettered := _LETTERED.match(trimmed):
        letter = (lettered[1] or lettered[4]).upper()
        bare = (lettered[2] or lettered[3]).strip()
        if " " not in bare:
            return number(bare) * _sign(letter), _axis(letter)
    found = _ANGLE.match(trimmed)
    if not found:
        return number(trimmed), None
    degrees, minutes, seconds = (number(found[part] or "0") for part in ("degrees", "minutes", "seconds"))
    if minutes >= 60 or seconds >= 60:
        raise UnreadableCoordinate(text=text[:40])
    letter = (found["before"] or found["after"] or "").upper()
    turn = -1 if found["sign"] == "-" else 1
    return turn * _sign(letter) * (degrees + minutes / 60 + seconds / 3600), _axis(letter)


def northing_first(pairs: Sequence[tuple[float, float]]) -> bool | None:
    """Whether the first of each pair of metres is the Northing (Vietnamese lists call it X); None: can't be told."""
    first = sum(_is_northing(a) and _is_easting(b) and not (_is_easting(a) and _is_northing(b)) for a, b in pairs)
    second = sum(_is_easting(a) and _is_northing(b) and not (_is_northing(a) and _is_easting(b)) for a, b in pairs)
    if first == second or max(first, second) < len(pairs) * 0.8:
        return None
    return first > second


def _is_northing(value: float) -> bool:
    return _LEAST_NORTHING <= value <= _MOST_NORTHING


def _is_easting(value: float) -> bool:
    return -_MOST_EASTING <= value <= _MOST_EASTING


def _sign(letter: str) -> int:
    return {**_NORTH_SOUTH, **_EAST_WEST}.get(letter, 1)


def _axis(letter: str) -> str | None:
    if letter in _NORTH_SOUTH:
        return "lat"
    return "lon" if letter in _EAST_WEST else None
