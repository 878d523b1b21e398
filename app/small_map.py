"""A small map of one place: its outline over the communes around it, as SVG that needs no script."""

import uuid
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.layer import Layer

WIDTH, HEIGHT = 480, 320
# Degrees as they are: at these latitudes a square is two per cent too narrow.
_AROUND = (
    "SELECT ST_XMin(b) AS w, ST_YMin(b) AS s, ST_XMax(b) AS e, ST_YMax(b) AS n, ST_AsSVG(geom, 0, 6) AS path,"
    " ST_GeometryType(geom) = 'ST_Point' AS point, ST_X(ST_PointOnSurface(geom)) AS lon,"
    " ST_Y(ST_PointOnSurface(geom)) AS lat"
    " FROM (SELECT geom, ST_Expand(geom::box2d, 0.02)::geometry AS b FROM {key}"
    " WHERE id = :id AND province_id = :province AND :commune IN (0, commune_id) AND geom IS NOT NULL) f"
)
_OUTLINES = text(
    "SELECT ST_AsSVG(ST_Simplify(ST_ClipByBox2D(geom, box), :step), 0, 5) AS path"
    " FROM units, ST_MakeEnvelope(:w, :s, :e, :n, 4326) AS box"
    " WHERE level = 3 AND valid_to IS NULL AND geom && box LIMIT 60"
)


@dataclass(frozen=True)
class Picture:
    """`transform` puts degrees onto the picture; paths are in degrees, y downwards as SVG has it."""

    transform: str
    outlines: list[str]
    place: str | None  # the path of an area
    dot: tuple[float, float] | None  # of a point, on the picture
    lon: float
    lat: float


def draw(session: Session, actor: Actor, layer: Layer, id_: uuid.UUID) -> Picture | None:
    """The feature's place with two kilometres around it; None where it has none or lies outside the actor's scope."""
    given = {"id": id_, "province": actor.province_id, "commune": actor.commune_id}
    row = session.execute(text(_AROUND.format(key=layer.key)), given).one_or_none()
    if row is None:
        return None
    scale = min(WIDTH / (row.e - row.w), HEIGHT / (row.n - row.s))
    left = WIDTH / 2 - scale * (row.e + row.w) / 2
    top = HEIGHT / 2 + scale * (row.n + row.s) / 2
    half_wide, half_high = WIDTH / scale / 2, HEIGHT / scale / 2
    box = {"w": row.lon - half_wide, "e": row.lon + half_wide, "s": row.lat - half_high, "n": row.lat + half_high}
    outlines = session.scalars(_OUTLINES, box | {"step": 1 / scale})
    dot = (round(left + scale * row.lon, 1), round(top - scale * row.lat, 1))
    return Picture(
        f"translate({left:.3f} {top:.3f}) scale({scale:.5f})", [path for path in outlines if path],
        None if row.point else row.path, dot if row.point else None, row.lon, row.lat,
    )  # fmt: skip
