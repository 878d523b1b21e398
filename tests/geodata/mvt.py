"""Tiles as GDAL reads them: a peer that isn't ours."""

import math
from typing import Any

import pyogrio


def features(tile: bytes, layer: str) -> list[dict[str, Any]]:
    """The features of one layer: properties and `geometry` (unit: 1/4096 of the tile); none for a missing layer."""
    if not tile or layer not in names(tile):
        return []
    frame = pyogrio.read_dataframe(tile, layer=layer)
    return [
        {k: v for k, v in row.items() if k != "mvt_id" and v == v and v is not None} for row in frame.to_dict("records")
    ]


def names(tile: bytes) -> list[str]:
    """The layers a tile holds."""
    return [str(name) for name, _ in pyogrio.list_layers(tile)] if tile else []


def at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place."""
    x = (lon + 180) / 360 * (1 << z)
    y = (0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * (1 << z)
    return int(x), int(y)


def over(west: float, south: float, east: float, north: float, z: int) -> list[tuple[int, int, int]]:
    """Addresses of all tiles of a zoom that touch a box."""
    left, top = at(west, north, z)
    right, bottom = at(east, south, z)
    return [(z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
