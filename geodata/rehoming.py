"""Puts hamlets and features into the units that now hold them, and counts each so that the sum is right."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geodata import placing
from geodata.units import COMMUNE


@dataclass(frozen=True)
class Rehomed:
    """What became of a layer's rows: kept + moved + outside + without_place = total.

    `outside` lie in no commune we know and keep the one they had, `without_place` have no geometry; `elsewhere` of the
    rows now name a hamlet that lies in another commune than the row itself.
    """

    layer: str
    total: int
    kept: int
    moved: int
    outside: int
    without_place: int
    elsewhere: int


def hamlets(connection: Connection, province_ids: list[int]) -> Rehomed:
    """Gives each hamlet of the provinces to the commune that holds it."""
    connection.execute(text("DROP TABLE IF EXISTS placed"))
    connection.execute(text(PLACE_HAMLETS), {"provinces": province_ids})
    counts = connection.execute(text(COUNT_HAMLETS)).one()
    connection.execute(text(MOVE_HAMLETS))
    return Rehomed(layer="hamlets", elsewhere=0, **counts._mapping)


def features(connection: Connection, layers: Iterable[str], province_ids: list[int]) -> list[Rehomed]:
    """Gives each feature to the commune that holds it, by a plain UPDATE: the former row becomes a version.

    A hamlet someone chose is never taken away; where it lies in another commune now, that is counted.
    """
    return [_layer(connection, layer, province_ids) for layer in layers]


def _layer(connection: Connection, layer: str, province_ids: list[int]) -> Rehomed:
    placing.place_all(connection, layer, province_ids, COMMUNE)
    table = placing.quoted(connection, layer)
    parameters = {"provinces": province_ids}
    counts = connection.execute(text(COUNT.format(table=table)), parameters).one()
    connection.execute(text(MOVE.format(table=table)))
    elsewhere = connection.execute(text(ELSEWHERE.format(table=table)), parameters).scalar_one()
    return Rehomed(layer=layer, elsewhere=elsewhere, **counts._mapping)


PLACE_HAMLETS = """
CREATE TEMP TABLE placed ON COMMIT DROP AS
SELECT id, parent_id, place IS NULL AS nowhere, unit_at(place, 3) AS unit_id
FROM (
    SELECT id, parent_id, coalesce(ST_PointOnSurface(geom), point) AS place
    FROM units WHERE level = 4 AND valid_to IS NULL AND province_id = ANY(:provinces)
) h
"""
COUNT_HAMLETS = """
SELECT count(*) AS total, count(*) FILTER (WHERE unit_id = parent_id) AS kept,
       count(*) FILTER (WHERE unit_id <> parent_id) AS moved,
       count(*) FILTER (WHERE unit_id IS NULL AND NOT nowhere) AS outside,
       count(*) FILTER (WHERE nowhere) AS without_place
FROM placed
"""
MOVE_HAMLETS = """
UPDATE units h SET parent_id = c.id, province_id = c.province_id
FROM placed p JOIN units c ON c.id = p.unit_id
WHERE h.id = p.id AND p.unit_id <> p.parent_id
"""
COUNT = """
SELECT count(*) AS total, count(*) FILTER (WHERE p.unit_id = f.commune_id) AS kept,
       count(*) FILTER (WHERE p.unit_id <> f.commune_id) AS moved,
       count(*) FILTER (WHERE p.id IS NOT NULL AND p.unit_id IS NULL) AS outside,
       count(*) FILTER (WHERE p.id IS NULL) AS without_place
FROM {table} f LEFT JOIN placed p ON p.id = f.id
WHERE f.province_id = ANY(:provinces)
"""
MOVE = """
UPDATE {table} f SET commune_id = c.id, province_id = c.province_id
FROM placed p JOIN units c ON c.id = p.unit_id
WHERE f.id = p.id AND p.unit_id <> f.commune_id
"""
ELSEWHERE = """
SELECT count(*) FROM {table} f JOIN units h ON h.id = f.hamlet_id
WHERE f.province_id = ANY(:provinces) AND h.parent_id <> f.commune_id
"""
