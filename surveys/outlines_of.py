"""Outlines of a province's communes, light enough to be drawn a dozen times on one page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import outlines
from surveys.access import Actor

MOST_BYTES = 40_000  # packed
AREAS = text(
    "SELECT id, name, kind, ST_AsBinary(geom) AS area FROM units"
    " WHERE level = 3 AND province_id = :province AND valid_to IS NULL AND geom IS NOT NULL AND NOT ST_IsEmpty(geom)"
    " AND :commune IN (0, id) ORDER BY id"
)


@dataclass(frozen=True)
class Outline:
    """A commune and its area as GeoJSON coordinates of a MultiPolygon, degrees."""

    id: int
    name: str
    rings: list[Any]


def communes(session: Session, actor: Actor) -> list[Outline]:
    """The communes of the actor's scope that have an area."""
    rows = session.execute(AREAS, {"province": actor.province_id, "commune": actor.commune_id}).all()
    areas = outlines.light([bytes(row.area) for row in rows], MOST_BYTES)
    return [
        Outline(row.id, f"{row.kind.capitalize()} {row.name}", area["coordinates"])
        for row, area in zip(rows, areas, strict=True)
    ]
