"""Who holds a point: units from their pieces, the nearest hamlet, and the distance to the one that was chosen."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata.units import COMMUNE

# A piece of an area has at most so many vertices: enough that a point's few candidates are tested in microseconds.
VERTICES = 128


@dataclass(frozen=True)
class Near:
    """A hamlet and how far it is, in metres."""

    hamlet_id: int
    metres: float


def unit_at(session: Session | Connection, place: bytes, level: int = COMMUNE) -> int | None:
    """The unit of a level that holds a point (EWKB, WGS 84); where several claim it, the smallest id."""
    found: int | None = session.scalar(text("SELECT unit_at(:place, :level)"), {"place": place, "level": level})
    return found


def place(session: Session | Connection, layer: str, feature_id: Any, place: bytes, level: int = COMMUNE) -> int | None:
    """The same for a feature about to be stored: a tie is logged in `placement_ties`, in the caller's transaction."""
    parameters = {"place": place, "level": level, "layer": layer, "feature": str(feature_id)}
    found: int | None = session.scalar(text("SELECT placed_at(:place, :level, :layer, :feature)"), parameters)
    return found


def nearest_hamlet(session: Session | Connection, place: bytes, commune_id: int) -> Near | None:
    """The commune's hamlet nearest to a point (EWKB); None where the commune has none with a place."""
    query = text("SELECT hamlet_id, metres FROM nearest_hamlet(:place, :commune)")
    row = session.execute(query, {"place": place, "commune": commune_id}).one()
    return None if row.hamlet_id is None else Near(row.hamlet_id, row.metres)


def metres_to(session: Session | Connection, place: bytes, unit_id: int) -> float | None:
    """Metres from a point (EWKB) to a unit: 0 inside its area; None where the unit has no place."""
    found: float | None = session.scalar(
        text("SELECT distance_to_unit(:place, :unit)"), {"place": place, "unit": unit_id}
    )
    return found


def place_all(connection: Connection, layer: str, province_ids: list[int], level: int = COMMUNE) -> None:
    """Fills the temporary table `placed (id, unit_id)` with who holds each feature of a layer in these provinces.

    Ties are logged. An area belongs to the unit that holds a point inside it. unit_id is NULL outside.
    The table goes with the transaction.
    """
    connection.execute(text("DROP TABLE IF EXISTS placed"))
    query = text(PLACE_ALL.format(table=quoted(connection, layer)))
    connection.execute(query, {"level": level, "provinces": province_ids})
    connection.execute(text(LOG_TIES), {"layer": layer})


def refresh_parts(connection: Connection, unit_ids: list[int]) -> int:
    """Cuts the areas of these units anew into small pieces; units of the past lose theirs. Returns the pieces."""
    connection.execute(text("DELETE FROM unit_parts WHERE unit_id = ANY(:ids)"), {"ids": unit_ids})
    added: int = connection.execute(text(CUT), {"ids": unit_ids, "vertices": VERTICES}).rowcount
    return added


def quoted(connection: Connection, table: str) -> str:
    """A table's name as it may stand in SQL."""
    return connection.dialect.identifier_preparer.quote(table)


PLACE_ALL = """
CREATE TEMP TABLE placed ON COMMIT DROP AS
SELECT f.id, min(p.unit_id) AS unit_id,
       CASE WHEN count(DISTINCT p.unit_id) > 1 THEN array_agg(DISTINCT p.unit_id ORDER BY p.unit_id) END AS claims
FROM (SELECT id, CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS place
      FROM {table} WHERE province_id = ANY(:provinces)) f
LEFT JOIN unit_parts p ON p.geom && f.place AND p.level = :level AND ST_Intersects(p.geom, f.place)
WHERE f.place IS NOT NULL
GROUP BY f.id
"""
LOG_TIES = """
INSERT INTO placement_ties (layer, feature_id, unit_id, others)
SELECT :layer, id::text, unit_id, array_to_string(claims[2:], ' ') FROM placed WHERE claims IS NOT NULL
"""
CUT = """
INSERT INTO unit_parts (unit_id, level, geom)
SELECT id, level, ST_Subdivide(geom, :vertices) FROM units
WHERE id = ANY(:ids) AND geom IS NOT NULL AND valid_to IS NULL
"""
