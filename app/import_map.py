"""A light map of an import: communes in outline and a dot for each row, as SVG that needs no script."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

WIDTH, HEIGHT, MARGIN = 640, 420, 24
_OUTLINES = text(
    "SELECT ST_AsSVG(ST_Simplify(ST_ClipByBox2D(geom, box), :step), 0, 5) AS path"
    " FROM units, ST_MakeEnvelope(:w, :s, :e, :n, 4326) AS box"
    " WHERE level = 3 AND valid_to IS NULL AND geom && box LIMIT 400"
)


@dataclass(frozen=True)
class Drawn:
    """`transform` puts degrees onto the picture; `outlines` are SVG paths in degrees, y downwards as SVG has it."""

    transform: str
    line: float  # a width in degrees that shows as one pixel
    outlines: list[str]
    dots: list[tuple[float, float, str]]  # x, y in the picture, kind


def draw(session: Session, points: list[list[Any]]) -> Drawn | None:
    """The rows that have a place, over the communes around them; None without any."""
    if not points:
        return None
    xs, ys = [float(point[0]) for point in points], [float(point[1]) for point in points]
    west, east, south, north = min(xs), max(xs), min(ys), max(ys)
    pad = max(east - west, north - south, 0.02) * 0.08
    west, east, south, north = west - pad, east + pad, south - pad, north + pad
    scale = min((WIDTH - 2 * MARGIN) / (east - west), (HEIGHT - 2 * MARGIN) / (north - south))
    left = (WIDTH - scale * (east - west)) / 2 - scale * west
    top = (HEIGHT - scale * (north - south)) / 2 + scale * north
    rows = session.execute(
        _OUTLINES, {"w": west - pad, "s": south - pad, "e": east + pad, "n": north + pad, "step": 1 / scale}
    )
    return Drawn(
        f"translate({left:.3f} {top:.3f}) scale({scale:.5f})",
        1 / scale,
        [row.path for row in rows if row.path],
        [(round(left + x * scale, 1), round(top - y * scale, 1), str(kind)) for x, y, kind in points],
    )
