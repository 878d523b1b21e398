"""Areas drawn from centroids for a province without boundaries: marked approximate wherever they show."""

import math

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from geodata.units import COMMUNE

KM_PER_DEGREE = 111.2
# How far the province reaches beyond its outermost centroids.
MARGIN_KM = 7.0
SPECIAL_ZONE = "đặc khu"


def draw(connection: Connection, province_id: int) -> int:
    """Gives each commune of the province that holds today an area; returns how many got one.

    Nothing happens where any of them has an area already, approximate or real. A commune whose centroid was dropped is
    drawn around the middle of its old communes.
    """
    rows = connection.execute(text(SEEDS), {"province": province_id}).all()
    if any(row.drawn for row in rows):
        return 0
    cells = cut([(row.lon, row.lat) for row in rows if row.kind != SPECIAL_ZONE])
    mainland = iter(cells)
    areas = []
    for row in rows:
        area = _disc(row.lon, row.lat, row.area_km2) if row.kind == SPECIAL_ZONE else next(mainland)
        areas.append({"id": row.id, "area": shapely.to_wkb(area)})
    connection.execute(text(SET_AREA), areas)
    connection.execute(text(SET_PROVINCE), {"province": province_id, "commune": COMMUNE})
    return len(areas)


def cut(places: list[tuple[float, float]]) -> list[BaseGeometry]:
    """One polygon for each (lon, lat), in the same order: the hull of all, cut into what is nearest to each.

    Neighbours share their edges vertex by vertex.
    """
    stretch = math.cos(math.radians(float(np.mean([lat for _, lat in places]))))
    points = [Point(lon * stretch, lat) for lon, lat in places]
    hull = shapely.concave_hull(MultiPoint(points), ratio=0.25).buffer(MARGIN_KM / KM_PER_DEGREE, quad_segs=4)
    cells = shapely.voronoi_polygons(MultiPoint(points), extend_to=hull, ordered=True)
    # On a grid of about 10 cm both sides of an edge are rounded to the same vertices.
    pieces = shapely.intersection(np.array(cells.geoms), hull, grid_size=1e-6)
    back = shapely.transform(pieces, lambda xy: xy / [stretch, 1.0])
    return [_largest(piece) for piece in back]


def _largest(piece: BaseGeometry) -> BaseGeometry:
    return max(shapely.get_parts(piece), key=lambda part: part.area)


def _disc(lon: float, lat: float, area_km2: float) -> BaseGeometry:
    """An island is drawn as a round patch of its own size: no line from it to the mainland means anything."""
    radius = math.sqrt(area_km2 / math.pi) / KM_PER_DEGREE
    round_ = Point(0, 0).buffer(radius, quad_segs=6)
    return shapely.transform(round_, lambda xy: xy / [math.cos(math.radians(lat)), 1.0] + [lon, lat])


SEEDS = """
SELECT u.id, u.kind, coalesce(u.area_km2, 60) AS area_km2, u.geom IS NOT NULL AS drawn,
       ST_X(place.point) AS lon, ST_Y(place.point) AS lat
FROM units u
CROSS JOIN LATERAL (
    SELECT coalesce(u.point, (
        SELECT ST_Centroid(ST_Collect(o.point)) FROM succession s JOIN units o ON o.id = s.old_id WHERE s.new_id = u.id
    )) AS point
) place
WHERE u.level = 3 AND u.province_id = :province AND u.valid_to IS NULL AND place.point IS NOT NULL
ORDER BY u.id
"""
SET_AREA = "UPDATE units SET geom = ST_Multi(ST_GeomFromWKB(:area, 4326)), approximate = true WHERE id = :id"
SET_PROVINCE = """
UPDATE units SET approximate = true, geom = (
    SELECT ST_Multi(ST_Union(geom)) FROM units
    WHERE level = :commune AND province_id = :province AND valid_to IS NULL AND geom IS NOT NULL)
WHERE id = :province
"""
