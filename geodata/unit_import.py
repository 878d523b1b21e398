"""Real boundaries of communes into the units, all or nothing: matched by code within the province, and by name."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from sqlalchemy import Connection, Row, text

from geodata import boundaries, copying, placing, rehoming, unit_changes
from geodata.boundaries import BadRow, BoundariesRefused, Boundary
from geodata.columns import plain
from geodata.crs import STORED_SRID
from geodata.rehoming import Rehomed, Rows

KINDS = ("xã", "phường", "đặc khu", "thị trấn")


@dataclass
class Report:
    """What an import did. `missing` names the communes of the same provinces the file doesn't hold."""

    communes: int
    provinces: list[str]
    were_approximate: int
    repaired: list[Boundary]
    missing: list[str]
    rehomed: list[Rehomed] = field(default_factory=list)
    ties: int = 0


def load(connection: Connection, path: Path, layers: Sequence[str], layer: str | None = None) -> Report:
    """Puts the areas of a file in place of those of today's communes, as the worker role, in the caller's transaction.

    `layers` are the tables whose features find their communes anew. Raises BoundariesRefused, which names every row
    that can't be used, before anything is changed.
    """
    rows, bad = boundaries.read(path, layer)
    report, provinces = correct(connection, rows, bad)
    before = ties(connection)
    rehoming.follow_successions(connection)
    tables: list[Rows] = [rehoming.HAMLETS, *map(rehoming.layer, layers)]
    report.rehomed = [rehoming.rehome(connection, table, provinces) for table in tables]
    report.ties = ties(connection) - before
    return report


def correct(
    connection: Connection, rows: list[Boundary], bad: list[BadRow], reform: uuid.UUID | None = None
) -> tuple[Report, list[int]]:
    """The areas alone, and the provinces they lie in; what is placed in them is left to the caller."""
    matched, unmatched = _match(connection, rows)
    if bad or unmatched or not matched:
        raise BoundariesRefused(sorted(bad + unmatched, key=lambda row: row.row) or [BadRow(0, "", "", "no_rows")])
    provinces = sorted({unit.province_id for unit, _ in matched})
    report = Report(
        communes=len(matched),
        provinces=_names(connection, provinces),
        were_approximate=sum(unit.approximate for unit, _ in matched),
        repaired=[row for _, row in matched if row.repaired],
        missing=_missing(connection, provinces, [unit.id for unit, _ in matched]),
    )
    store(connection, [(unit.id, row) for unit, row in matched], provinces, reform)
    return report, provinces


def store(
    connection: Connection, areas: list[tuple[int, Boundary]], provinces: list[int], reform: uuid.UUID | None
) -> int:
    """Gives units (by id) their areas and redraws their provinces; returns how many areas are others than before."""
    connection.execute(text("CREATE TEMP TABLE new_areas (id int, area geometry) ON COMMIT DROP"))
    copying.copy(connection, "new_areas", ((id_, _ewkb(row)) for id_, row in areas))
    if reform is not None:
        ids = list(connection.scalars(text(OTHER)))
        connection.execute(text(unit_changes.REMEMBER), {"ids": ids, "reform": reform})
    changed = connection.execute(text(STORE)).rowcount
    connection.execute(text("DROP TABLE new_areas"))
    unit_changes.redraw_provinces(connection, provinces, reform)
    placing.refresh_parts(connection, [*(id_ for id_, _ in areas), *provinces])
    return changed


Matched = list[tuple[Row[tuple[int, ...]], Boundary]]


def _match(connection: Connection, rows: list[Boundary]) -> tuple[Matched, list[BadRow]]:
    units = {row.code: row for row in connection.execute(text(COMMUNES), {"codes": [row.code for row in rows]})}
    times = Counter(row.code for row in rows)
    matched: Matched = []
    bad: list[BadRow] = []
    for row in rows:
        unit = units.get(row.code)
        if unit is None:
            bad.append(BadRow(row.row, row.code, row.name, "unknown_code"))
        elif times[row.code] > 1:
            bad.append(BadRow(row.row, row.code, row.name, "same_code_twice"))
        elif row.province and row.province != unit.province_code:
            bad.append(BadRow(row.row, row.code, row.name, "wrong_province", f"{row.province} ≠ {unit.province_code}"))
        elif row.name and _bare(row.name) != _bare(unit.name):
            bad.append(BadRow(row.row, row.code, row.name, "other_name", unit.name))
        else:
            matched.append((unit, row))
    return matched, bad


def _bare(name: str) -> str:
    """A name without its kind and without marks: "Xã Phú Thuỷ" and "Phú Thủy" are one."""
    lower = name.strip().lower()
    for kind in KINDS:
        if lower.startswith(f"{kind} "):
            lower = lower.removeprefix(kind)
    return plain(lower)


def _ewkb(row: Boundary) -> str:
    return shapely.to_wkb(shapely.set_srid(row.area, STORED_SRID), hex=True, include_srid=True)


def _names(connection: Connection, ids: list[int]) -> list[str]:
    return list(connection.scalars(text("SELECT name FROM units WHERE id = ANY(:ids) ORDER BY code"), {"ids": ids}))


def _missing(connection: Connection, provinces: list[int], there: list[int]) -> list[str]:
    query = text(
        "SELECT code || ' ' || name FROM units WHERE level = 3 AND valid_to IS NULL AND province_id = ANY(:provinces)"
        " AND id <> ALL(:there) ORDER BY code"
    )
    return list(connection.scalars(query, {"provinces": provinces, "there": there}))


def ties(connection: Connection) -> int:
    """How many places two units claimed so far."""
    return connection.execute(text("SELECT count(*) FROM placement_ties")).scalar_one()


COMMUNES = """
SELECT u.id, u.code, u.name, u.province_id, u.approximate, p.code AS province_code
FROM units u JOIN units p ON p.id = u.province_id
WHERE u.level = 3 AND u.valid_to IS NULL AND u.code = ANY(:codes)
"""
# A centroid from the national list stays where it lies inside the real area.
STORE = """
UPDATE units u
SET geom = ST_Multi(n.area), approximate = false, area_km2 = coalesce(u.area_km2, ST_Area(n.area::geography) / 1e6),
    point = CASE WHEN ST_Intersects(u.point, n.area) THEN u.point ELSE ST_PointOnSurface(n.area) END
FROM new_areas n WHERE n.id = u.id AND (u.approximate OR u.geom IS DISTINCT FROM ST_Multi(n.area))
"""
OTHER = """
SELECT u.id FROM units u JOIN new_areas n ON n.id = u.id
WHERE u.approximate OR u.geom IS DISTINCT FROM ST_Multi(n.area)
"""
