"""Geometries of a file to WGS 84: flat, finite, valid, in the right order; what was mended or lost is said by row."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import geometry
from geodata.foreign import refusals, systems

MOST_VERTICES = 500_000
"""Of one geometry; a province's coast in full detail has 100,000."""

Problems = list[tuple[int, str, dict[str, Any]]]
_W, _S, _E, _N = geometry.COUNTRY


def check_size(shapes: NDArray[np.object_], numbers: list[int], name: str) -> None:
    """Raises TooManyVertices."""
    counts = shapely.get_num_coordinates(shapes)
    if counts.size and counts.max() > MOST_VERTICES:
        raise refusals.TooManyVertices(name, row=numbers[int(counts.argmax())], most=MOST_VERTICES)


def usable(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Problems]:
    """Flat geometries with None for those that are empty or not finite, and which those are."""
    made = shapely.force_2d(shapes)
    problems: Problems = []
    pairs, index = shapely.get_coordinates(made, return_index=True)
    wild = np.unique(index[~np.isfinite(pairs).all(axis=1)])
    empty = np.flatnonzero(shapely.is_empty(made) & ~shapely.is_missing(made))
    for rows, code in ((wild, "not_finite"), (np.setdiff1d(empty, wild), "geometry_empty")):
        problems += [(int(row), code, {}) for row in rows]
        made[rows] = None
    return made, problems


def place(
    shapes: NDArray[np.object_], system: str, *, exchange: bool, has_places: bool
) -> tuple[NDArray[np.object_], Problems]:
    """WGS 84 geometries, None where there is no usable place. `exchange`: the file has Northing (latitude) first."""
    made, problems = usable(shapes)
    said = {row for row, _, _ in problems}
    if exchange:
        made = shapely.transform(made, lambda pairs: pairs[:, ::-1])
    with np.errstate(all="ignore"):
        made = systems.to_wgs84(made, system)
    bounds = shapely.bounds(made)
    there = ~shapely.is_missing(made)
    for row in np.flatnonzero(there & ~_inside(bounds, (-180, -90, 180, 90))):
        if _inside(bounds[[row]][:, [1, 0, 3, 2]], geometry.COUNTRY)[0]:
            continue
        problems.append((int(row), "out_of_range", {}))
        made[row] = None
    there = ~shapely.is_missing(made)
    turned = there & _inside(bounds[:, [1, 0, 3, 2]], geometry.COUNTRY)
    if turned.any():
        made[turned] = shapely.transform(made[turned], lambda pairs: pairs[:, ::-1])
        problems += [(int(row), "swapped", {}) for row in np.flatnonzero(turned)]
    bounds = shapely.bounds(made)
    problems += _odd(made, bounds)
    problems += list(_mend(made))
    if has_places:
        lost = np.flatnonzero(shapely.is_missing(shapes))
        problems += [(int(row), "no_geometry", {}) for row in lost if int(row) not in said]
    return made, problems


def wkb(made: NDArray[np.object_]) -> list[bytes | None]:
    """For a bound parameter with ST_GeomFromWKB(…, 4326)."""
    return list(shapely.to_wkb(made))


def _inside(bounds: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = box
    found: NDArray[np.bool_] = (
        (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    )
    return found


def _odd(made: NDArray[np.object_], bounds: NDArray[np.float64]) -> Problems:
    there = ~shapely.is_missing(made)
    zero = there & _inside(bounds, (-0.01, -0.01, 0.01, 0.01))
    away = there & ~zero & ~_inside(bounds, (_W, _S, _E, _N))
    found: Problems = [(int(row), "null_island", {}) for row in np.flatnonzero(zero)]
    return found + [(int(row), "outside_country", {}) for row in np.flatnonzero(away)]


def _mend(made: NDArray[np.object_]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Areas that cross themselves are untied in place."""
    for row in np.flatnonzero((shapely.get_dimensions(made) == 2) & ~shapely.is_valid(made)):
        try:
            made[row], reason = geometry.repair(made[row])
            yield int(row), "repaired", {"reason": (reason or "")[:60]}
        except geometry.NoArea:
            made[row] = None
            yield int(row), "no_area", {}
