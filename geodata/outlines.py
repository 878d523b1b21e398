"""Areas side by side made light enough for a phone: edges that two of them share stay shared."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

# Degrees, about 5 m to 200 m here: the finest that keeps all of them within the bytes wanted.
TOLERANCES = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002)
GRID = 0.00001  # degrees, about 1 m
MOST_BYTES = 200_000  # packed, as they travel

_KEPT: dict[bytes, list[dict[str, Any]]] = {}
_MOST_KEPT = 32


def light(areas: Sequence[bytes], most_bytes: int = MOST_BYTES) -> list[dict[str, Any]]:
    """GeoJSON geometries (WGS 84, MultiPolygon) of these areas (WKB), in their order, kept in memory as drawn.

    The coarsest tolerance is used where even it doesn't get them below `most_bytes`.
    """
    key = hashlib.blake2b(b"".join(areas) + str(most_bytes).encode()).digest()
    found = _KEPT.get(key)
    if found is None:
        found = _drawn(areas, most_bytes)
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        _KEPT[key] = found
    return found


def _drawn(areas: Sequence[bytes], most_bytes: int) -> list[dict[str, Any]]:
    whole = np.array(shapely.from_wkb(list(areas)), dtype=object)
    found: list[dict[str, Any]] = []
    for tolerance in TOLERANCES:
        found = [json.loads(shapely.to_geojson(area)) for area in _simplified(whole, tolerance)]
        if len(gzip.compress(json.dumps(found, separators=(",", ":")).encode(), 5)) <= most_bytes:
            break
    return found


def _simplified(areas: np.ndarray, tolerance: float) -> list[Any]:
    if not len(areas):
        return []
    # Both sides of a shared edge lose the same corners, and are rounded to the same grid point by point.
    simple = shapely.set_precision(shapely.coverage_simplify(areas, tolerance), GRID, mode="pointwise")
    kept = np.where(shapely.is_empty(simple), areas, simple)
    return [area if area.geom_type == "MultiPolygon" else shapely.MultiPolygon([area]) for area in kept]
