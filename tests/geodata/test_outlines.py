"""Outlines for phones: no gaps between neighbours, no more bytes than wanted."""

import gzip
import json
import math

import shapely

from geodata import outlines


def wavy(west: float, size: int = 4000) -> bytes:
    """A commune whose east and west sides wind; that of the next one fits to it exactly."""

    def side(lon: float) -> list[tuple[float, float]]:
        return [
            (round(lon + 0.01 * math.sin(i / 40) + 0.00004 * math.sin(i * 1.7), 7), 11.9 + 0.1 * i / size)
            for i in range(size + 1)
        ]

    ring = side(west) + side(west + 0.1)[::-1]
    return bytes(shapely.to_wkb(shapely.MultiPolygon([shapely.Polygon(ring)])))


def test_neighbours_keep_their_common_edge() -> None:
    areas = [wavy(108.0), wavy(108.1), wavy(108.2)]
    drawn = [shapely.from_geojson(json.dumps(one)) for one in outlines.light(areas)]
    assert [area.geom_type for area in drawn] == ["MultiPolygon"] * 3
    assert shapely.coverage_is_valid(drawn)
    assert sum(shapely.get_num_coordinates(drawn)) < sum(shapely.get_num_coordinates(shapely.from_wkb(areas))) / 2
    # Nowhere further from the true line than a place found by GPS is from the true place.
    assert shapely.hausdorff_distance(drawn[0], shapely.from_wkb(areas[0])) * 111_000 < 30


def test_they_get_coarser_until_they_fit() -> None:
    areas = [wavy(108.0), wavy(108.1)]
    sizes = [
        len(gzip.compress(json.dumps(outlines.light(areas, most), separators=(",", ":")).encode(), 5))
        for most in (200_000, 10_000, 4_000)
    ]
    assert sizes[0] > 10_000 >= sizes[1] > 4_000 >= sizes[2]


def test_nothing_is_drawn_of_nothing() -> None:
    assert outlines.light([]) == []
