"""Shapes of a page out of PostGIS: projected, cut to the page and as coarse as its scale, in the asker's scope."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.layer import Layer

Box = tuple[float, float, float, float]  # west, south, east, north


@dataclass(frozen=True)
class Plane:
    """Where a page lies: an SRID and, in its units, what the page shows, the side of a cell whose features stand
    together, and how far a line may be moved to save corners.
    """

    srid: int
    box: Box
    cell: float
    tolerance: float


@dataclass(frozen=True)
class UnitShape:
    """A unit: its middle, and its area as WKB, None for a hamlet or where no area is known."""

    id: int
    level: int
    name: str
    approximate: bool
    x: float
    y: float
    wkb: bytes | None


@dataclass(frozen=True)
class Spot:
    """One feature of a point layer, or `n` that stand together; `code` colours one that stands alone."""

    x: float
    y: float
    n: int
    code: str | None


@dataclass(frozen=True)
class Patch:
    """One feature of a layer of areas."""

    wkb: bytes
    code: str | None


def units(session: Session, actor: Actor, plane: Plane, within: int = 0) -> list[UnitShape]:
    """The province and its communes on the page, and the hamlets of commune `within` where one is given."""
    rows = session.execute(UNITS, {**_page(plane), "province": actor.province_id, "within": within})
    return [UnitShape(r.id, r.level, r.name, r.approximate, r.x, r.y, r.wkb and bytes(r.wkb)) for r in rows]


def spots(session: Session, actor: Actor, layer: Layer, plane: Plane) -> list[Spot]:
    """Features of a point layer on the page, by cells; reads under the row policies, with the scope stated."""
    asked = text(SPOTS.format(table=layer.key, code=_code(layer)))
    return [Spot(r.x, r.y, r.n, r.code) for r in session.execute(asked, _scoped(plane, actor))]


def patches(session: Session, actor: Actor, layer: Layer, plane: Plane) -> list[Patch]:
    """Features of a layer of areas on the page."""
    asked = text(PATCHES.format(table=layer.key, code=_code(layer)))
    return [Patch(bytes(r.wkb), r.code) for r in session.execute(asked, _scoped(plane, actor))]


def reports_by_commune(session: Session) -> dict[int, int]:
    """Situation reports of each commune in scope, as numbers alone (S7)."""
    rows = session.execute(text("SELECT commune_id, sum(n)::int AS n FROM layer_counts() WHERE layer = :l GROUP BY 1"),
                           {"l": "situation_reports"})  # fmt: skip
    return {row.commune_id: row.n for row in rows}


def _code(layer: Layer) -> str:
    return f"f.{layer.style.by}" if layer.style.by else "NULL::text"


def _page(plane: Plane) -> dict[str, Any]:
    west, south, east, north = plane.box
    return {
        "srid": plane.srid, "west": west, "south": south, "east": east, "north": north, "cell": plane.cell,
        "tolerance": plane.tolerance,
    }  # fmt: skip


def _scoped(plane: Plane, actor: Actor) -> dict[str, Any]:
    return {**_page(plane), "province": actor.province_id, "commune": actor.commune_id}


_BOX = "ST_MakeEnvelope(:west, :south, :east, :north, :srid)"
# A rectangle of a grid is no rectangle in degrees: a little more is asked for, and cut afterwards.
_HERE = f"ST_Expand(ST_Envelope(ST_Transform({_BOX}, 4326)), 0.01)"
_CUT = (
    "ST_AsBinary(ST_ClipByBox2D(ST_SimplifyPreserveTopology(ST_Transform({geom}, :srid), :tolerance),"
    f" ST_Expand({_BOX}, :cell)::box2d))"
)
UNITS = text(
    f"""
SELECT u.id, u.level, u.name, u.approximate, ST_X(p.at) AS x, ST_Y(p.at) AS y, {_CUT.format(geom="u.geom")} AS wkb
FROM units u
CROSS JOIN LATERAL (SELECT ST_Transform(coalesce(u.point, ST_PointOnSurface(u.geom)), :srid) AS at) p
WHERE u.province_id = :province AND u.valid_to IS NULL
      AND (u.level IN (1, 3) AND u.geom && {_HERE} OR u.level = 4 AND u.parent_id = :within)
ORDER BY u.level, u.id
"""  # noqa: S608  its own parts
)
# The table and its column are a layer's own names.
_WHERE = f"FROM {{table}} f WHERE f.province_id = :province AND :commune IN (0, f.commune_id) AND f.geom && {_HERE}"
SPOTS = f"""
SELECT count(*)::int AS n, avg(x) AS x, avg(y) AS y, min(code) AS code
FROM (SELECT ST_X(g) AS x, ST_Y(g) AS y, code
      FROM (SELECT ST_Transform(f.geom, :srid) AS g, {{code}} AS code {_WHERE}) AS placed) AS at
WHERE x BETWEEN :west AND :east AND y BETWEEN :south AND :north
GROUP BY floor(x / :cell), floor(y / :cell) ORDER BY n, 2, 3
"""  # noqa: S608
PATCHES = f"""
SELECT wkb, code FROM (SELECT {_CUT.format(geom="f.geom")} AS wkb, {{code}} AS code, f.id {_WHERE}) AS cut
WHERE NOT ST_IsEmpty(ST_GeomFromWKB(wkb)) ORDER BY id
"""  # noqa: S608
