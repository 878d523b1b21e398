"""What a request to /ogc/ asks for, checked: a page, a box, a period, a filter, coordinate systems."""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import ClassVar

import shapely
from werkzeug.datastructures import MultiDict

from geodata import crs
from geodata.problems import Problem
from surveys import feature_filter
from surveys.collections import Asked, properties
from surveys.layer import Layer

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = re.compile(r"(?:http://www\.opengis\.net/def/crs/EPSG/[0-9.]+/|EPSG:)(\d{4,5})")
MOST, USUAL = 10_000, 100
TAKEN = frozenset({"f", "limit", "after", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs"})


class QueryInvalid(Problem):
    """A parameter of the address that isn't known or can't be read. Facts: field, reason."""

    code: ClassVar[str] = "query_invalid"


def address_of(zone: crs.Zone) -> str:
    """The CRS's address, as OGC API names it."""
    return f"http://www.opengis.net/def/crs/EPSG/0/{zone.epsg}"


def page(layer: Layer, args: MultiDict[str, str], zones: Sequence[crs.Zone]) -> Asked:
    """One page as asked for. Raises QueryInvalid, FilterInvalid; a property may be asked for by its name."""
    named = {each.name: each for each in properties(layer)}
    for key in args:
        if key not in TAKEN and key not in named:
            raise QueryInvalid(field=key[:40], reason="không có tham số này")
    begins, ends = _period(args.get("datetime"))
    conditions = [f'"{key}" = {_literal(args[key], named[key].kind, key)}' for key in args if key in named]
    geometry = layer.table.__table__.c.geom
    language = args.get("filter-lang", "cql2-text")
    if language not in ("cql2-text", "cql2-json"):
        raise QueryInvalid(field="filter-lang", reason="cql2-text, cql2-json")
    if args.get("filter-crs", CRS84) != CRS84:
        raise QueryInvalid(field="filter-crs", reason=CRS84)
    found = [feature_filter.condition(each, "cql2-text", named, geometry) for each in conditions]
    if "filter" in args:
        found.append(feature_filter.condition(args["filter"], language, named, geometry))
    condition = None
    for each in found:
        condition = each if condition is None else condition & each
    return Asked(
        limit=_limit(args.get("limit")),
        after=_after(args.get("after")),
        box=_box(args.get("bbox"), args.get("bbox-crs"), zones),
        begins=begins,
        ends=ends,
        condition=condition,
        srid=srid(args.get("crs"), zones),
    )


def srid(address: str | None, zones: Sequence[crs.Zone]) -> int:
    """The SRID of the geometry to give: 4326 for CRS84, else the pinned one of a zone. Raises QueryInvalid."""
    if address in (None, CRS84):
        return crs.STORED_SRID
    found = _EPSG.fullmatch(address or "")
    for zone in zones:
        if found and zone.epsg == int(found[1]):
            return zone.srid
    raise QueryInvalid(field="crs", reason=", ".join([CRS84, *map(address_of, zones)]))


def _limit(given: str | None) -> int:
    if given is None:
        return USUAL
    if not re.fullmatch(r"\d{1,9}", given) or int(given) < 1:
        raise QueryInvalid(field="limit", reason=f"1–{MOST}")
    return min(int(given), MOST)


def _after(given: str | None) -> uuid.UUID | None:
    try:
        return None if given is None else uuid.UUID(given)
    except ValueError:
        raise QueryInvalid(field="after", reason="UUID") from None


def _box(given: str | None, in_crs: str | None, zones: Sequence[crs.Zone]) -> tuple[float, float, float, float] | None:
    """West, south, east, north in WGS 84. Heights of a box with six numbers are left out."""
    if given is None:
        srid(in_crs, zones)
        return None
    try:
        numbers = [float(each) for each in given.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(abs(each) < 1e8 for each in numbers):  # NaN and infinity fail it too
        raise QueryInvalid(field="bbox", reason="4 số")
    west, south, east, north = numbers
    if south > north:
        raise QueryInvalid(field="bbox", reason="nam > bắc")
    for zone in zones:
        if zone.srid == srid(in_crs, zones):
            # Its sides are curves in degrees: the box around them, so that nothing inside is missed.
            sides = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south, 1) / 20)
            west, south, east, north = crs.from_vn2000(sides, zone).bounds
    return west, max(south, -90.0), east, min(north, 90.0)


def _period(given: str | None) -> tuple[dt.date | None, dt.date | None]:
    if given is None:
        return None, None
    begins, slash, ends = given.partition("/")
    if not slash:
        ends = begins
    try:
        first, last = (None if each in ("..", "") else _day(each) for each in (begins, ends))
    except ValueError:
        raise QueryInvalid(field="datetime", reason="2026-01-01/2026-03-31") from None
    if not given or (first and last and first > last):
        raise QueryInvalid(field="datetime", reason="2026-01-01/2026-03-31")
    return first, last


def _day(given: str) -> dt.date:
    moment = dt.datetime.fromisoformat(given)
    return moment.date()


def _literal(given: str, kind: str, field: str) -> str:
    """A property's wanted value as CQL2 text."""
    if kind in ("integer", "money", "decimal"):
        if not re.fullmatch(r"-?\d{1,15}(?:\.\d{1,10})?", given):
            raise QueryInvalid(field=field, reason="số")
        return given
    if kind == "boolean":
        if given not in ("true", "false"):
            raise QueryInvalid(field=field, reason="true, false")
        return given.upper()
    if kind == "choices":
        raise QueryInvalid(field=field, reason="không lọc được theo danh sách")
    escaped = given[:1000].replace("'", "''")
    return f"DATE('{escaped}')" if kind == "date" else f"'{escaped}'"
