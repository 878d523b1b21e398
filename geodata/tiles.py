"""Vector tiles out, and keeping what they are made from up to date.

Counts are taken from deltas in the database; outlines of units are simplified here, because only a simplification of a
whole province at once keeps the edge two communes share the same for both.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from sqlalchemy import Connection, Engine, text

from geodata import units
from geodata.problems import NotFound

MIN_ZOOM, MAX_ZOOM = 5, 20
UNITS = "units"
# The last zoom each simplification serves; beyond the last it is used unchanged.
BANDS = (7, 9, 11, 13, 16)
_WORLD_M = 40075016.68  # circumference of Web Mercator's square
_TAKE_TILE = text("SELECT tile(:keys, :z, :x, :y)")


class NoSuchTile(NotFound):
    """Zoom, column or row lie outside what is served."""

    code = "no_such_tile"


def made(connection: Connection, keys: Sequence[str], z: int, x: int, y: int) -> bytes:
    """The bytes of one tile with these layers, cut to the scope the transaction carries; empty where nothing is.

    Raises NoSuchTile.
    """
    check(z, x, y)
    return bytes(connection.execute(_TAKE_TILE, {"keys": list(keys), "z": z, "x": x, "y": y}).scalar_one())


def check(z: int, x: int, y: int) -> None:
    """Raises NoSuchTile unless the address is one of a tile that can be made."""
    if not MIN_ZOOM <= z <= MAX_ZOOM or not 0 <= x < 1 << z or not 0 <= y < 1 << z:
        raise NoSuchTile(what="tile", id=f"{z}/{x}/{y}")


def generations(connection: Connection) -> dict[str, int]:
    """Layer key → a number that rises whenever its tiles may have changed."""
    return {key: int(n) for key, n in connection.execute(text("SELECT key, generation FROM tile_layers"))}


def refresh(engine: Engine, limit: int = 20_000) -> int:
    """Brings counts, areas and outlines up to what was committed; returns how many changes it took.

    Takes at most `limit` of each kind. Runs as the worker. Two at once do no harm: the second finds nothing to do.
    """
    with engine.begin() as connection:
        taken = int(connection.execute(text("SELECT tile_refresh(:n)"), {"n": limit}).scalar_one())
    with engine.begin() as connection:
        taken += int(connection.execute(text("SELECT tile_refresh_shapes(:n)"), {"n": limit}).scalar_one())
    return taken + _refresh_units(engine)


def refresh_all(engine: Engine, limit: int = 200_000) -> int:
    """Refreshes until nothing is left; returns how many changes it took."""
    total = 0
    while taken := refresh(engine, limit):
        total += taken
    return total


def _refresh_units(engine: Engine) -> int:
    with engine.begin() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('tile_units'))")).scalar_one():
            return 0
        provinces = connection.execute(text("DELETE FROM tile_unit_changes RETURNING province_id")).scalars().all()
        for province in sorted(set(provinces)):
            draw_units(connection, province)
        if provinces:
            raised = text("UPDATE tile_layers SET generation = generation + 1 WHERE key = :key")
            connection.execute(raised, {"key": UNITS})
    return len(provinces)


def draw_units(connection: Connection, province: int) -> None:
    """Draws the outlines and labels of a province and its communes anew."""
    connection.execute(text("DELETE FROM tile_units WHERE province_id = :p"), {"p": province})
    connection.execute(text("DELETE FROM tile_labels WHERE province_id = :p"), {"p": province})
    connection.execute(text(_LABELS), {"p": province})
    for level in (units.PROVINCE, units.COMMUNE):
        rows = connection.execute(text(_OUTLINES), {"p": province, "level": level}).all()
        if not rows:
            continue
        whole = shapely.from_wkb([bytes(row.wkb) for row in rows])
        for band in BANDS:
            _store(connection, province, level, band, rows, _simplified(whole, band))


def _simplified(areas: np.ndarray, band: int) -> Iterable[bytes]:
    # Half a pixel of a 512-pixel tile at the last zoom of the band; the area a corner may cut off is its square.
    tolerance = _WORLD_M / 512 / (1 << band) / 2
    simple = shapely.coverage_simplify(areas, tolerance)
    # What would vanish keeps its own outline.
    kept = np.where(shapely.is_empty(simple) | ~shapely.is_valid(simple), areas, simple)
    return [shapely.to_wkb(area) for area in kept]


def _store(
    connection: Connection, province: int, level: int, band: int, rows: Sequence[object], wkbs: Iterable[bytes]
) -> None:
    connection.execute(
        text(
            "INSERT INTO tile_units (unit_id, band, province_id, level, approximate, wide, geom)"
            " VALUES (:id, :band, :province, :level, :approximate, :wide, ST_GeomFromWKB(:wkb, 3857))"
        ),
        [
            {
                "id": row.id,  # type: ignore[attr-defined]
                "band": band,
                "province": province,
                "level": level,
                "approximate": row.approximate,  # type: ignore[attr-defined]
                "wide": row.wide,  # type: ignore[attr-defined]
                "wkb": wkb,
            }
            for row, wkb in zip(rows, wkbs, strict=True)
        ],
    )


# A sliver that is valid in degrees may collapse in metres, and GEOS then refuses the whole coverage.
_OUTLINES = """
SELECT id, approximate, level = 1 OR kind = 'đặc khu' AS wide, ST_AsBinary(ST_CollectionExtract(
    ST_MakeValid(ST_Transform(geom, 3857), 'method=structure keepcollapsed=false'), 3)) AS wkb
FROM units
WHERE province_id = :p AND level = :level AND valid_to IS NULL AND geom IS NOT NULL AND NOT ST_IsEmpty(geom) ORDER BY id
"""

_LABELS = """
INSERT INTO tile_labels (unit_id, province_id, parent_id, level, kind, name, approximate, illustrative, wide, x, y)
SELECT id, province_id, parent_id, level, kind, name, approximate, illustrative,
       level = 1 OR level = 3 AND kind = 'đặc khu', tile_px(ST_X(at)), tile_py(ST_Y(at))
FROM (SELECT *, CASE WHEN geom IS NULL OR ST_IsEmpty(geom) OR ST_Intersects(point, geom) THEN point
                     ELSE ST_PointOnSurface(geom) END AS at
      FROM units WHERE province_id = :p AND valid_to IS NULL AND level IN (1, 3, 4)) AS u
WHERE tile_px(ST_X(at)) IS NOT NULL AND tile_py(ST_Y(at)) IS NOT NULL
"""
