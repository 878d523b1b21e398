"""Geometry from phones: reading ODK text, closing, repairing, and flagging places that can't be meant."""

import math
from dataclasses import dataclass
from typing import ClassVar

import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.crs import STORED_SRID
from geodata.problems import Problem

# West, south, east, north in degrees, islands and shelf platforms included. Latitudes and longitudes of this box
# never overlap, so an exchanged pair is known for certain.
COUNTRY = (102.0, 6.5, 118.0, 24.0)


class GeometryProblem(Problem):
    """A geometry that can't be read; facts: reason and, where one is at fault, position (the point, from 1)."""

    code: ClassVar[str] = "geometry_invalid"


class NotANumber(GeometryProblem):
    """Facts: position, text."""

    code: ClassVar[str] = "geometry_not_a_number"


class OutOfRange(GeometryProblem):
    """No longitude and latitude, in either order. Facts: position, lon, lat, flags."""

    code: ClassVar[str] = "geometry_out_of_range"


class TooFewPoints(GeometryProblem):
    """Facts: needed, found (distinct points)."""

    code: ClassVar[str] = "geometry_too_few_points"


class NoArea(GeometryProblem):
    """Nothing is left of a polygon once its crossings are untied."""

    code: ClassVar[str] = "geometry_no_area"


@dataclass(frozen=True)
class Reading:
    """A geometry in WGS 84 (x = longitude), the worst accuracy of its points in metres, and what to tell the reviewer.

    Flags: those of `flags`, and "repaired" where a polygon crossed itself. A pair given in the wrong order
    is put right and flagged "swapped".
    """

    geometry: BaseGeometry
    accuracy: float | None
    flags: frozenset[str]

    @property
    def ewkb(self) -> bytes:
        """For a bound parameter: %s::geometry."""
        return shapely.to_wkb(shapely.set_srid(self.geometry, STORED_SRID), include_srid=True)


def read(text: str, shape: str) -> Reading:
    """ODK geopoint, geotrace or geoshape ("lat lon [alt [accuracy]]; …") as POINT, LINESTRING, POLYGON or MULTIPOLYGON.

    Polygons are closed and made valid. Raises NotANumber, OutOfRange, TooFewPoints, NoArea.
    """
    points = [_read_point(part, at) for at, part in enumerate(_parts(text), start=1)]
    found = frozenset().union(*(flags for _, _, flags in points))
    accuracies = [accuracy for _, accuracy, _ in points if accuracy is not None]
    geometry, repaired = _shaped([pair for pair, _, _ in points], shape)
    return Reading(geometry, max(accuracies, default=None), found | ({"repaired"} if repaired else frozenset()))


def check(text: str, shape: str) -> None:
    """Raises what `read` would; quicker for a point, which needs no geometry to be judged."""
    parts = _parts(text)
    if shape == "POINT" and len(parts) == 1:
        _read_point(parts[0], 1)
    else:
        read(text, shape)


def flags(lon: float, lat: float, within: BaseGeometry | None = None) -> frozenset[str]:
    """What is odd about a place, in degrees: swapped, null_island, metres_as_degrees, outside_country, outside_area.

    `within` (WGS 84) is where the place ought to be, for instance the province; prepare it for many points.
    """
    if abs(lon) > 360 or abs(lat) > 360:
        return frozenset({"metres_as_degrees"})
    if abs(lon) < 0.01 and abs(lat) < 0.01:
        return frozenset({"null_island"})
    if _in_country(lat, lon):
        return frozenset({"swapped"})
    if not _in_country(lon, lat):
        return frozenset({"outside_country"})
    if within is not None and not shapely.intersects_xy(within, lon, lat):
        return frozenset({"outside_area"})
    return frozenset()


def repair(geometry: BaseGeometry) -> tuple[MultiPolygon, str | None]:
    """A valid multipolygon of the same area, and what was wrong (None: nothing). Raises NoArea."""
    if geometry.is_valid and not geometry.is_empty:
        return _polygons(geometry), None
    reason = shapely.is_valid_reason(geometry)
    return _polygons(shapely.make_valid(geometry, method="structure", keep_collapsed=False)), reason


def _parts(text: str) -> list[str]:
    return [part for part in text.replace("\n", " ").split(";") if part.strip()]


def _read_point(text: str, position: int) -> tuple[tuple[float, float], float | None, frozenset[str]]:
    """((lon, lat), accuracy in metres, flags) of one "lat lon alt accuracy"."""
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        raise NotANumber(position=position, text=text.strip()[:60]) from None
    if len(numbers) not in (2, 3, 4) or not all(map(math.isfinite, numbers)):
        raise NotANumber(position=position, text=text.strip()[:60])
    lat, lon = numbers[:2]
    found = flags(lon, lat)
    if "swapped" in found:
        lon, lat = lat, lon
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise OutOfRange(position=position, lon=lon, lat=lat, flags=sorted(found))
    accuracy = numbers[3] if len(numbers) == 4 and numbers[3] > 0 else None
    return (lon, lat), accuracy, found


def _shaped(pairs: list[tuple[float, float]], shape: str) -> tuple[BaseGeometry, bool]:
    """(geometry, whether it had to be repaired)."""
    distinct = len(set(pairs))
    needed = {"POINT": 1, "LINESTRING": 2}.get(shape, 3)
    if distinct < needed:
        raise TooFewPoints(needed=needed, found=distinct)
    if shape == "POINT":
        if len(pairs) > 1:
            raise GeometryProblem(reason="one point expected", found=len(pairs))
        return Point(pairs[0]), False
    if shape == "LINESTRING":
        return LineString(pairs), False
    polygons, reason = repair(Polygon(pairs))
    if shape == "POLYGON" and len(polygons.geoms) == 1:
        return polygons.geoms[0], reason is not None
    return polygons, reason is not None


def _polygons(geometry: BaseGeometry) -> MultiPolygon:
    """Only the areas of a geometry: lines and points that a repair leaves are no part of an area."""
    parts = [part for part in shapely.get_parts(geometry, return_index=False) if part.geom_type.endswith("Polygon")]
    areas = [area for part in parts for area in shapely.get_parts(part) if area.area > 0]
    if not areas:
        raise NoArea(reason="no area")
    return MultiPolygon(areas)


def _in_country(lon: float, lat: float) -> bool:
    west, south, east, north = COUNTRY
    return west <= lon <= east and south <= lat <= north
