"""Loads the country's units of today and of before July 2025, with their succession, in the caller's transaction."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geodata import centroids, national_source
from geodata.centroids import Wrong
from geodata.copying import copy
from geodata.national_source import Country
from geodata.units import COMMUNE, DISTRICT, PROVINCE

REFORM = dt.date(2025, 7, 1)
# The list says nothing of when an old unit began; this is the day of Decision 124/2004/QĐ-TTg, which gave the codes.
CODES_GIVEN = dt.date(2004, 7, 8)
ACTS = {PROVINCE: "202/2025/QH15", COMMUNE: "1654–1687/NQ-UBTVQH15"}


@dataclass(frozen=True)
class Loaded:
    """What a load added (0 and 0 when everything was there) and which centroids it left out."""

    units: int
    succession: int
    dropped: tuple[Wrong, ...]


def loaded(connection: Connection) -> bool:
    """Whether there are provinces already: a start then needn't read the national list."""
    return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM units WHERE level = 1)")))


def load(connection: Connection) -> Loaded:
    """Adds the units and successions that are missing, as the worker role; those already there are left as they are.

    A wrong centroid is left out: the unit then has no point until real boundaries or a person give it one.
    """
    country = national_source.read()
    dropped = tuple(centroids.wrong(country))
    _stage(connection, country, {item.unit.key for item in dropped})
    units = sum(_add_level(connection, level) for level in (PROVINCE, DISTRICT, COMMUNE))
    return Loaded(units, _add_succession(connection, country), dropped)


def _stage(connection: Connection, country: Country, pointless: set[str]) -> None:
    connection.execute(text(STAGE))
    known = country.by_key()
    rows = []
    for unit in country.units:
        begin, end = (CODES_GIVEN, REFORM) if unit.old else (REFORM, None)
        lon, lat = unit.place if unit.place is not None and unit.key not in pointless else (None, None)
        parent = known[unit.parent] if unit.parent else None
        rows.append(
            (
                unit.key,
                unit.level,
                unit.code,
                unit.name,
                unit.kind,
                parent.level if parent else None,
                parent.code if parent else None,
                known[unit.province].code,
                begin,
                end,
                None if unit.old else ACTS[unit.level],
                unit.area_km2,
                lon,
                lat,
            )
        )
    copy(connection, "national_units", rows)


def _add_level(connection: Connection, level: int) -> int:
    added = connection.execute(text(ADD_LEVEL), {"level": level}).rowcount
    if level == PROVINCE:
        connection.execute(text("UPDATE units SET province_id = id WHERE level = 1 AND province_id IS NULL"))
    return added


def _add_succession(connection: Connection, country: Country) -> int:
    connection.execute(
        text("CREATE TEMP TABLE national_succession (old_key text, new_key text, whole bool) ON COMMIT DROP")
    )
    pairs = [(old, new, len(news) == 1) for old, news in country.successors.items() for new in news]
    copy(connection, "national_succession", pairs)
    added = connection.execute(text(ADD_SUCCESSION), {"on": REFORM}).rowcount
    connection.execute(text("DROP TABLE national_units, national_succession"))
    return added


STAGE = """
CREATE TEMP TABLE national_units (
    key text, level smallint, code text, name text, kind text, parent_level smallint, parent_code text,
    province_code text, valid_from date, valid_to date, act text, area_km2 float8, lon float8, lat float8
) ON COMMIT DROP
"""
# A parent is the unit of that level and code that began on the same day: a code alone is no key.
ADD_LEVEL = """
INSERT INTO units (level, code, name, kind, parent_id, province_id, valid_from, valid_to, act, area_km2, point)
SELECT n.level, n.code, n.name, n.kind, parent.id, province.id, n.valid_from, n.valid_to, n.act, n.area_km2,
       ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326)
FROM national_units n
LEFT JOIN units parent ON parent.level = n.parent_level AND parent.code = n.parent_code
    AND parent.valid_from = n.valid_from
LEFT JOIN units province ON n.level > 1 AND province.level = 1 AND province.code = n.province_code
    AND province.valid_from = n.valid_from
WHERE n.level = :level
ORDER BY n.valid_from DESC, n.code
ON CONFLICT (level, code, valid_from) DO NOTHING
"""
STAGE_SUCCESSION = "CREATE TEMP TABLE national_succession (old_key text, new_key text, whole bool) ON COMMIT DROP"
ADD_SUCCESSION = """
INSERT INTO succession (old_id, new_id, whole, "on", act)
SELECT was.id, became.id, s.whole, :on, became.act
FROM national_succession s
JOIN national_units o ON o.key = s.old_key
JOIN national_units n ON n.key = s.new_key
JOIN units was ON was.level = o.level AND was.code = o.code AND was.valid_from = o.valid_from
JOIN units became ON became.level = n.level AND became.code = n.code AND became.valid_from = n.valid_from
ON CONFLICT DO NOTHING
"""
