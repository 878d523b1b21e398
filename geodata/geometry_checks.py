"""What is odd about the geometry of a table's rows, found in the database by index; and the repair of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geodata.geometry import COUNTRY

KINDS = ("self_crossing", "overlap", "sliver", "gap", "duplicate", "outside_unit", "swapped", "off_map")
FIXES = ("", "valid", "cut", "snap", "archive", "rehome", "flip")
THIN_M = 5.0  # an overlap or gap narrower than this is a slip of the mouse
LEAST_M2 = 1.0  # below it two outlines of one border differ by rounding
METRES_IN_DEGREE = 100_000.0  # fewer than there are anywhere in the country: boxes come out a little wide


@dataclass(frozen=True)
class Checked:
    """A table to check: its shape, and what two rows must share to be one thing reported twice."""

    table: str
    shape: str  # POINT or MULTIPOLYGON
    same: tuple[str, ...]
    near_m: float
    archive: bool = True  # whether one of two duplicates may be taken out


def find(
    connection: Connection,
    checked: Checked,
    province: int,
    commune: int,
    step: Callable[[], None] = lambda: None,
) -> None:
    """Fills the temporary table `findings` for the rows of a province, or of one of its communes (0: all).

    The rows in question are copied beside an index of their own: a pair is looked at only where two boxes meet, so the
    work grows with the rows and their neighbours, never with the square of the rows. `step` is called between checks.
    """
    quote = connection.dialect.identifier_preparer.quote
    same = ", ".join(f"'{key}', f.{quote(key)}" for key in checked.same)
    names = {
        "table": quote(checked.table),
        "same": f"jsonb_build_object({same})",
        "archive": str(checked.archive).lower(),
    }
    parameters = {
        "province": province, "commune": commune, "near": checked.near_m, "near_degrees": _degrees(checked.near_m),
        "thin": THIN_M, "thin_degrees": _degrees(THIN_M), "least": LEAST_M2,
        "west": COUNTRY[0], "south": COUNTRY[1], "east": COUNTRY[2], "north": COUNTRY[3],
    }  # fmt: skip
    for statement in (DROP, ROWS, INDEX, ANALYZE, FINDINGS):
        connection.execute(text(statement.format(**names)), parameters)
    for statement in POINTS if checked.shape == "POINT" else AREAS:
        step()
        connection.execute(text(statement.format(**names)), parameters)


def queries(shape: str) -> Sequence[str]:
    """The statements that compare rows with one another or with units, for looking at their plans."""
    return POINTS if shape == "POINT" else AREAS


def _degrees(metres: float) -> float:
    return metres / METRES_IN_DEGREE


DROP = "DROP TABLE IF EXISTS checked_rows, findings"
ROWS = """
CREATE TEMP TABLE checked_rows ON COMMIT DROP AS
SELECT f.id, f.version, f.province_id, f.commune_id, f.created_at, {same} AS same, f.geom, ST_IsValid(f.geom) AS valid,
       ST_Area(f.geom) AS area
FROM {table} f WHERE f.province_id = :province AND :commune IN (0, f.commune_id) AND f.geom IS NOT NULL
"""
INDEX = "CREATE INDEX ON checked_rows USING gist (geom)"
ANALYZE = "ANALYZE checked_rows"
FINDINGS = """
CREATE TEMP TABLE findings (kind text, feature_id uuid, version int, other_id uuid, province_id int, commune_id int,
                            commune_to int, measure float8, fix text, at geometry) ON COMMIT DROP
"""
# Longitudes and latitudes of the country never overlap: a place that fits swapped can be nothing else.
PLACES = """
INSERT INTO findings
SELECT CASE WHEN swapped THEN 'swapped' ELSE 'off_map' END, id, version, id, province_id, commune_id, NULL, NULL,
       CASE WHEN swapped THEN 'flip' ELSE '' END, p
FROM (SELECT *, ST_Y(p) BETWEEN :west AND :east AND ST_X(p) BETWEEN :south AND :north AS swapped
      FROM (SELECT *, ST_PointOnSurface(geom) AS p FROM checked_rows WHERE valid) q) r
WHERE NOT (ST_X(p) BETWEEN :west AND :east AND ST_Y(p) BETWEEN :south AND :north)
"""
# Only communes whose area is known can leave something outside; what is off the map is told as that.
OUTSIDE = """
INSERT INTO findings
SELECT 'outside_unit', r.id, r.version, r.id, r.province_id, r.commune_id, u.id, distance_to_unit(r.p, r.commune_id),
       CASE WHEN u.id IS NOT NULL THEN 'rehome' ELSE '' END, r.p
FROM (SELECT *, CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS p
      FROM checked_rows WHERE valid OFFSET 0) r
JOIN units c ON c.id = r.commune_id AND c.geom IS NOT NULL
LEFT JOIN units u ON u.id = unit_at(r.p, 3) AND u.province_id = r.province_id AND u.id <> r.commune_id
WHERE NOT EXISTS (SELECT FROM unit_parts p WHERE p.unit_id = r.commune_id AND p.geom && r.p
    AND ST_Intersects(p.geom, r.p))
  AND NOT EXISTS (SELECT FROM findings g WHERE g.feature_id = r.id AND g.kind IN ('swapped', 'off_map'))
"""
# Of two the later one goes. A name on its own says nothing where the row is about one occasion: see `same`.
DUPLICATE_POINTS = """
INSERT INTO findings
SELECT DISTINCT ON (b.id) 'duplicate', b.id, b.version, a.id, b.province_id, b.commune_id, NULL,
       ST_DistanceSphere(a.geom, b.geom), CASE WHEN {archive} THEN 'archive' ELSE '' END, b.geom
FROM checked_rows a JOIN checked_rows b
  ON b.geom && ST_Expand(a.geom, :near_degrees) AND b.same = a.same AND (a.created_at, a.id) < (b.created_at, b.id)
WHERE ST_DistanceSphere(a.geom, b.geom) <= :near
ORDER BY b.id, ST_DistanceSphere(a.geom, b.geom), a.id
"""
CROSSING = """
INSERT INTO findings
SELECT 'self_crossing', id, version, id, province_id, commune_id, NULL, NULL,
       CASE WHEN ST_Area(ST_CollectionExtract(ST_MakeValid(geom, 'method=structure keepcollapsed=false'), 3)) > 0
            THEN 'valid' ELSE '' END, location(ST_IsValidDetail(geom))
FROM checked_rows WHERE NOT valid
"""
# The larger one gives way. Areas that share only an edge have no interior in common.
OVERLAPS = """
INSERT INTO findings
SELECT CASE WHEN alike THEN 'duplicate' WHEN 2 * m2 / greatest(ST_Perimeter(part::geography), 0.001) < :thin THEN
    'sliver'
            ELSE 'overlap' END,
       id, version, other_id, province_id, commune_id, NULL, m2,
       CASE WHEN NOT alike THEN CASE WHEN part_area < area THEN 'cut' ELSE '' END
            WHEN {archive} THEN 'archive' ELSE '' END, ST_PointOnSurface(part)
FROM (
    SELECT l.*, s.id AS other_id, part, ST_Area(part) AS part_area, ST_Area(part::geography) AS m2,
           ST_Area(part) > 0.95 * l.area AND ST_Area(part) > 0.95 * s.area AS alike
    FROM checked_rows l JOIN checked_rows s ON s.geom && l.geom AND s.id <> l.id AND s.valid AND l.valid
        AND (l.area, l.created_at, l.id) > (s.area, s.created_at, s.id)
        AND ST_Relate(l.geom, s.geom, '2********')
    CROSS JOIN LATERAL (SELECT ST_CollectionExtract(ST_Intersection(l.geom, s.geom), 3) AS part OFFSET 0) i
) o
WHERE m2 > :least
"""
GAPS = """
INSERT INTO findings
SELECT 'gap', s.id, s.version, l.id, s.province_id, s.commune_id, NULL, metres,
       CASE WHEN ST_IsValid(snapped) AND ST_Area(snapped) > 0.9 * s.area THEN 'snap' ELSE '' END,
       ST_ClosestPoint(s.geom, l.geom)
FROM checked_rows s JOIN checked_rows l ON l.geom && ST_Expand(s.geom, :thin_degrees) AND l.id <> s.id
    AND s.valid AND l.valid
    AND (l.area, l.created_at, l.id) > (s.area, s.created_at, s.id) AND NOT ST_Intersects(l.geom, s.geom)
CROSS JOIN LATERAL (SELECT ST_Distance(s.geom::geography, l.geom::geography) AS metres OFFSET 0) d
CROSS JOIN LATERAL (SELECT ST_Snap(s.geom, l.geom, :thin_degrees) AS snapped OFFSET 0) n
WHERE metres < :thin
"""
POINTS = (PLACES, OUTSIDE, DUPLICATE_POINTS)
AREAS = (CROSSING, PLACES, OUTSIDE, OVERLAPS, GAPS)
