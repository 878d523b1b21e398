"""New units from a day on, what they came from, and the end of those that went into them; all or nothing."""

import datetime as dt
import uuid
from dataclasses import dataclass

import shapely
from sqlalchemy import Connection, text

from geodata import copying, placing
from geodata.boundaries import BadRow
from geodata.crs import STORED_SRID
from geodata.reform_input import ReformRefused, Wanted


@dataclass(frozen=True)
class Changed:
    """What a reform did to the units: `provinces` are those of today that it touched, `ended` and `added` are ids."""

    added: list[int]
    ended: list[int]
    pairs: int
    provinces: list[int]
    without_area: list[str]  # new units whose area can't be told from whole old ones


def apply(connection: Connection, wanted: Wanted, on: dt.date, act: str | None, reform: uuid.UUID) -> Changed:
    """Changes the units, as the worker role, in the caller's transaction; what was there already stays as it is.

    Raises ReformRefused, which names every row that can't be used.
    """
    _stage(connection, wanted)
    parameters: dict[str, object] = {"on": on, "act": act, "reform": reform}
    for statement in (IMPLIED, RESOLVED, RENAMED_APART):
        connection.execute(text(statement), parameters)
    bad = [*wanted.bad, *(BadRow(*row) for row in connection.execute(text(BAD), parameters))]
    if bad:
        raise ReformRefused(sorted(bad, key=lambda row: row.row))
    added = _add(connection, parameters)
    ended = _end(connection, parameters)
    connection.execute(text(REMEMBER_PAIRS), parameters)
    pairs = connection.execute(text(ADD_PAIRS), parameters).rowcount
    provinces = list(connection.scalars(text(PROVINCES)))
    _hand_over(connection, parameters)
    redraw_provinces(connection, provinces, reform)
    placing.refresh_parts(connection, [*added, *ended, *provinces])
    without = list(connection.scalars(text(WITHOUT_AREA), {"ids": added}))
    connection.execute(text("DROP TABLE wanted_units, wanted_pairs, resolved, targets"))
    return Changed(added, ended, pairs, provinces, without)


def redraw_provinces(connection: Connection, provinces: list[int], reform: uuid.UUID | None) -> None:
    """A province is what its communes cover, and approximate where one of them is."""
    if reform is not None:
        connection.execute(text(REMEMBER), {"ids": provinces, "reform": reform})
    connection.execute(text(DRAW_PROVINCES), {"provinces": provinces})


def _stage(connection: Connection, wanted: Wanted) -> None:
    connection.execute(text("DROP TABLE IF EXISTS wanted_units, wanted_pairs, resolved, targets"))
    connection.execute(text(STAGE_UNITS))
    connection.execute(text(STAGE_PAIRS))
    rows = (
        (u.row, u.level, u.province, u.code, u.name, u.kind, None if u.area is None else _ewkb(u.area))
        for u in wanted.units
    )
    copying.copy(connection, "wanted_units", rows)
    copying.copy(
        connection,
        "wanted_pairs",
        ((p.row, p.level, p.old_province, p.old, p.new_province, p.new, p.whole) for p in wanted.pairs),
    )


def _ewkb(area: shapely.MultiPolygon) -> str:
    return shapely.to_wkb(shapely.set_srid(area, STORED_SRID), hex=True, include_srid=True)


def _add(connection: Connection, parameters: dict[str, object]) -> list[int]:
    added: list[int] = []
    for level in (1, 3):
        added += connection.scalars(text(ADD), {**parameters, "level": level}).all()
        if level == 1:
            connection.execute(text("UPDATE units SET province_id = id WHERE id = ANY(:ids)"), {"ids": added})
    connection.execute(text(REMEMBER_ADDED), {**parameters, "ids": added})
    return added


def _end(connection: Connection, parameters: dict[str, object]) -> list[int]:
    going = list(connection.scalars(text(GOING), parameters))
    connection.execute(text(REMEMBER), {**parameters, "ids": going})
    connection.execute(text("UPDATE units SET valid_to = :on WHERE id = ANY(:ids)"), {**parameters, "ids": going})
    return going


def _hand_over(connection: Connection, parameters: dict[str, object]) -> None:
    """Communes that stay as they are, and hamlets, go with a province that began anew."""
    ids = list(connection.scalars(text(HANDED_OVER)))
    connection.execute(text(REMEMBER), {**parameters, "ids": ids})
    connection.execute(text(HAND_OVER), {"ids": ids})


STAGE_UNITS = """
CREATE TEMP TABLE wanted_units (row int, level smallint, province text, code text, name text, kind text, area geometry)
ON COMMIT DROP
"""
STAGE_PAIRS = """
CREATE TEMP TABLE wanted_pairs (row int, level smallint, old_province text, old text, new_province text, new text,
    whole bool)
ON COMMIT DROP
"""
BEFORE = "valid_from < :on AND (o.valid_to IS NULL OR o.valid_to >= :on)"
# A boundary file names a unit otherwise than today: it was renamed or is of another kind. The marks of "Thuỷ" and
# "Thủy" make no other name.
IMPLIED = f"""
INSERT INTO wanted_pairs
SELECT w.row, w.level, w.province, w.code, w.province, w.code, true
FROM wanted_units w JOIN units o ON o.level = w.level AND o.code = w.code AND o.{BEFORE}
JOIN units p ON p.id = o.province_id
WHERE (w.province = '' OR p.code = w.province)
  AND NOT EXISTS (SELECT FROM wanted_pairs x WHERE x.level = w.level AND w.code IN (x.new, x.old))
  AND NOT EXISTS (SELECT FROM units n WHERE n.level = w.level AND n.code = w.code AND n.valid_from = :on)
  AND (w.name <> '' AND plain(w.name) <> plain(o.name) OR w.kind <> '' AND w.kind <> o.kind)
"""  # noqa: S608  the text above
# An old unit holds the day before, within its own province: a code alone is no key.
RESOLVED = f"""
CREATE TEMP TABLE resolved ON COMMIT DROP AS
SELECT w.*, o.id AS old_id, o.code = w.new AS same_code, op.code = coalesce(nullif(w.new_province, ''), op.code)
    AS same_province,
       o.name AS old_name, o.kind AS old_kind, op.id AS old_province_id,
       coalesce(nullif(w.new_province, ''), op.code) AS province,
       count(*) OVER (PARTITION BY w.row, w.level, w.new, w.old) AS matches,
       count(*) OVER (PARTITION BY o.id, w.level, w.new) AS times,
       count(*) OVER (PARTITION BY o.id) AS goes_into, count(*) OVER (PARTITION BY w.level, w.new) AS comes_from
FROM wanted_pairs w
LEFT JOIN (units o JOIN units op ON op.id = o.province_id) ON o.level = w.level AND o.code = w.old AND o.{BEFORE}
    AND (w.old_province = '' OR op.code = w.old_province)
"""  # noqa: S608  the same
# One row for each unit that is to begin; what went whole into its own code, name and kind goes on as it is.
RENAMED_APART = """
CREATE TEMP TABLE targets ON COMMIT DROP AS
SELECT r.level, r.new AS code, min(r.province) AS province, min(r.row) AS row, count(DISTINCT r.province) AS provinces,
       bool_and(r.whole) AS whole, array_agg(DISTINCT r.old_id) AS old_ids,
       coalesce(max(nullif(w.name, '')), max(r.old_name) FILTER (WHERE r.same_code)) AS name,
       count(DISTINCT plain(nullif(w.name, ''))) AS names,
       coalesce(max(nullif(w.kind, '')), max(r.old_kind) FILTER (WHERE r.same_code),
                CASE WHEN count(DISTINCT r.old_kind) = 1 THEN max(r.old_kind) END) AS kind,
       (SELECT a.area FROM wanted_units a WHERE a.level = r.level AND a.code = r.new
           AND a.area IS NOT NULL LIMIT 1) AS area,
       count(*) = 1 AND bool_and(r.same_code AND r.same_province AND r.whole AND r.goes_into = 1
           AND (coalesce(w.name, '') = '' OR plain(w.name) = plain(r.old_name))
           AND (coalesce(w.kind, '') = '' OR w.kind = r.old_kind)) AS unchanged
FROM resolved r
LEFT JOIN wanted_units w ON w.level = r.level AND w.code = r.new AND (w.name <> '' OR w.kind <> '')
    AND (w.row = r.row OR w.area IS NOT NULL)
GROUP BY r.level, r.new
"""
BAD = """
SELECT row, old || ' → ' || new, coalesce(old_name, ''), reason, '' FROM (
    SELECT *, CASE WHEN old_id IS NULL THEN 'unknown_old_unit' WHEN whole IS NULL THEN 'neither_whole_nor_part'
                   WHEN matches > 1 THEN 'code_of_several_units' WHEN times > 1 THEN 'twice'
                   WHEN whole AND goes_into > 1 THEN 'whole_and_elsewhere' END AS reason FROM resolved) r
WHERE reason IS NOT NULL
UNION ALL
SELECT t.row, t.code, coalesce(t.name, ''), reason, '' FROM (
    SELECT t.*, CASE WHEN t.provinces > 1 THEN 'several_provinces' WHEN t.names > 1 THEN 'several_names'
                     WHEN t.name IS NULL THEN 'no_name' WHEN t.kind IS NULL THEN 'no_kind'
                     WHEN NOT EXISTS (SELECT FROM units p WHERE p.level = 1 AND p.code = t.province
                         AND p.valid_from <= :on
                          AND (p.valid_to IS NULL OR p.valid_to > :on OR p.valid_to = :on))
                          AND t.level <> 1 AND NOT EXISTS (SELECT FROM targets q WHERE q.level = 1
                              AND q.code = t.province)
                          THEN 'unknown_province'
                     WHEN EXISTS (SELECT FROM units l WHERE l.level = t.level AND l.code = t.code
                         AND l.valid_from > :on)
                          THEN 'changed_later'
                     WHEN EXISTS (SELECT FROM units l WHERE l.level = t.level AND l.code = t.code AND l.valid_from < :on
                          AND (l.valid_to IS NULL OR l.valid_to > :on) AND l.id <> ALL(t.old_ids)
                          AND l.id NOT IN (SELECT old_id FROM resolved WHERE old_id IS NOT NULL))
                          THEN 'code_still_held' END AS reason FROM targets t WHERE NOT t.unchanged) t
WHERE reason IS NOT NULL
UNION ALL
SELECT w.row, w.code, w.name, 'no_predecessor', '' FROM wanted_units w
WHERE w.area IS NOT NULL
  AND NOT EXISTS (SELECT FROM wanted_pairs x WHERE x.level = w.level AND x.new = w.code)
  AND NOT EXISTS (SELECT FROM units u JOIN units p ON p.id = u.province_id WHERE u.level = w.level AND u.code = w.code
      AND u.valid_to IS NULL AND (w.province = '' OR p.code = w.province))
UNION ALL
SELECT 0, '', '', 'no_rows', '' WHERE NOT EXISTS (SELECT FROM wanted_units)
"""
# Without an area of its own a unit that took only whole ones is what they covered.
ADD = """
INSERT INTO units (level, code, name, kind, parent_id, province_id, valid_from, act, area_km2, geom, point, approximate)
SELECT t.level, t.code, t.name, t.kind, p.id, p.id, :on, :act, ST_Area(g.geom::geography) / 1e6, g.geom,
       coalesce(ST_PointOnSurface(g.geom), o.point), t.area IS NULL AND coalesce(o.approximate, false)
FROM targets t
LEFT JOIN units p ON t.level > 1 AND p.level = 1 AND p.code = t.province AND p.valid_from <= :on
    AND (p.valid_to IS NULL OR p.valid_to > :on) AND NOT EXISTS (
        SELECT FROM units n WHERE n.level = 1 AND n.code = p.code AND n.valid_from > p.valid_from
            AND n.valid_from <= :on)
CROSS JOIN LATERAL (
    SELECT ST_Multi(ST_CollectionExtract(ST_Union(u.geom), 3)) AS geom, bool_or(u.approximate) AS approximate,
           ST_Centroid(ST_Collect(u.point)) AS point, count(*) = count(u.geom) AS all_known
    FROM units u WHERE u.id = ANY(t.old_ids)) o
CROSS JOIN LATERAL (
    SELECT coalesce(ST_Multi(t.area), CASE WHEN t.whole AND o.all_known THEN o.geom END) AS geom) g
WHERE t.level = :level AND NOT t.unchanged
ORDER BY t.code
ON CONFLICT (level, code, valid_from) DO NOTHING
RETURNING id
"""
GOING = """
SELECT DISTINCT u.id FROM resolved r JOIN targets t ON t.level = r.level AND t.code = r.new
    JOIN units u ON u.id = r.old_id
WHERE NOT t.unchanged AND u.valid_to IS NULL
"""
REMEMBER_ADDED = """
INSERT INTO reform_units (reform_id, unit_id, added) SELECT :reform, unnest(cast(:ids AS int[])), true
"""
REMEMBER = """
INSERT INTO reform_units (reform_id, unit_id, added, valid_to, parent_id, province_id, area_km2, point, geom,
    approximate)
SELECT :reform, id, false, valid_to, parent_id, province_id, area_km2, point, geom, approximate
FROM units WHERE id = ANY(:ids)
ON CONFLICT DO NOTHING
"""
NEW_PAIRS = """
SELECT r.old_id, n.id AS new_id, r.whole FROM resolved r
JOIN targets t ON t.level = r.level AND t.code = r.new AND NOT t.unchanged
JOIN units n ON n.level = r.level AND n.code = r.new AND n.valid_from = :on
"""
REMEMBER_PAIRS = f"""
INSERT INTO reform_pairs (reform_id, old_id, new_id, whole)
SELECT :reform, w.old_id, w.new_id, s.whole FROM ({NEW_PAIRS}) w
LEFT JOIN succession s ON s.old_id = w.old_id AND s.new_id = w.new_id WHERE s.whole IS DISTINCT FROM w.whole
"""  # noqa: S608  the text above
ADD_PAIRS = f"""
INSERT INTO succession (old_id, new_id, whole, "on", act) SELECT old_id, new_id, whole, :on, :act FROM ({NEW_PAIRS}) w
ON CONFLICT (old_id, new_id) DO UPDATE SET whole = excluded.whole WHERE succession.whole <> excluded.whole
"""  # noqa: S608  the same
PROVINCES = """
SELECT DISTINCT p.id FROM resolved r
JOIN units p ON p.level = 1 AND p.valid_to IS NULL
    AND (p.id = r.old_province_id OR p.code = r.province
         OR p.id IN (SELECT new_id FROM succession WHERE old_id = r.old_province_id)) ORDER BY 1
"""
HANDED_OVER = """
SELECT u.id FROM units u JOIN units p ON p.id = u.province_id JOIN succession s ON s.old_id = p.id AND s.whole
JOIN units n ON n.id = s.new_id AND n.valid_to IS NULL AND n.level = 1
WHERE u.level > 1 AND u.valid_to IS NULL AND p.valid_to IS NOT NULL
"""
HAND_OVER = """
UPDATE units u SET province_id = n.id, parent_id = CASE WHEN u.parent_id = u.province_id THEN n.id ELSE u.parent_id END
FROM succession s JOIN units n ON n.id = s.new_id AND n.valid_to IS NULL
WHERE u.id = ANY(:ids) AND s.old_id = u.province_id AND s.whole
"""
DRAW_PROVINCES = """
UPDATE units p SET geom = c.area, approximate = c.approximate
FROM (
    SELECT province_id, ST_Multi(ST_Union(geom ORDER BY id)) AS area, bool_or(approximate) AS approximate FROM units
    WHERE level = 3 AND valid_to IS NULL AND geom IS NOT NULL AND province_id = ANY(:provinces) GROUP BY province_id
) c
WHERE p.id = c.province_id AND (p.geom IS DISTINCT FROM c.area OR p.approximate <> c.approximate)
"""
WITHOUT_AREA = "SELECT code || ' ' || name FROM units WHERE id = ANY(:ids) AND geom IS NULL AND level = 3 ORDER BY code"
