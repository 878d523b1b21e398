"""SQL for the tables of shapefile and MapInfo: what fits, what doesn't, and the rows as they take them."""

import re
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from geodata import sources
from geodata.sources import SHAPES, BadColumn, Column, Shapes, Source, class_of
from geodata.systems import System

TEXT_BYTES = 254
_NUMBER_WIDTH = 24

# As the data dictionary names them.
KIND_NAMES = {
    **sources.KIND_NAMES,
    "datetime": "ngày (giờ đã bỏ; múi giờ Việt Nam)",
    "boolean": "C = có, K = không, trống = không rõ",
}


@dataclass(frozen=True)
class Measure:
    """What one pass found in one column: bytes (text) or digits, decimals, and how many values of each trouble.

    `nulls` are counted of numbers alone: only there a DBF shows something else.
    """

    width: int = 0
    decimals: int = 0
    nulls: int = 0
    empty: int = 0
    unwritable: int = 0
    timed: int = 0

    @property
    def too_long(self) -> bool:
        """Whether a text is wider than a DBF's field."""
        return self.width > TEXT_BYTES


def check(source: Source) -> None:
    """Raises BadColumn for a name a DBF can't hold, a double, an unknown kind, or an id that isn't there."""
    seen = set()
    for column in source.columns:
        if not re.fullmatch("[A-Z][A-Z0-9_]{0,9}", column.name):
            raise BadColumn(column=column.name, reason="name")
        if column.name in seen:
            raise BadColumn(column=column.name, reason="twice")
        if column.kind not in KIND_NAMES:
            raise BadColumn(column=column.name, reason="kind")
        seen.add(column.name)
    if source.id not in seen:
        raise BadColumn(column=source.id, reason="id")


def measure(cursor: psycopg.Cursor[Any], source: Source) -> tuple[Shapes, dict[str, Measure]]:
    """(shapes, measures per column name) in one pass, which PostgreSQL shares among its workers."""
    parts = [sql.SQL(SHAPES).format(g=sql.Identifier(source.geometry))]
    for column in source.columns:
        parts += [sql.SQL(each).format(x=sql.Identifier(column.name)) for each in _measures(column)]
    query = sql.SQL("select {} from ({}) source").format(sql.SQL(", ").join(parts), sql.SQL(source.select))
    # Aggregates without groups: always one row.
    found = next(iter(cursor.execute(query)))
    shapes, values = sources.shapes(cursor, source, found[:6]), found[6:]
    each = (Measure(*(value or 0 for value in values[at * 6 : at * 6 + 6])) for at in range(len(source.columns)))
    found = dict(zip((column.name for column in source.columns), each, strict=True))
    return shapes, {name: _with_empty(cursor, source, name, measured) for name, measured in found.items()}


def _with_empty(cursor: psycopg.Cursor[Any], source: Source, name: str, found: Measure) -> Measure:
    """How many texts are empty is counted only where one is: that is rare, and the pass above is for every row."""
    if not found.empty:
        return found
    query = sql.SQL("select count(*) from ({}) source where {} = ''").format(
        sql.SQL(source.select), sql.Identifier(name)
    )
    return replace(found, empty=(cursor.execute(query).fetchone() or (0,))[0])


def rows_for(source: Source, system: System, name: str, measures: dict[str, Measure]) -> str:
    """The SELECT for ogr2ogr: one geometry class, moved to the system, each column in a type of known width."""
    shape = sql.SQL("(ST_Transform(ST_Force2D({geometry}), {srid}))::geometry({kind}, {srid}) as geometry").format(
        geometry=_multi(source, name), srid=sql.Literal(system.srid), kind=sql.SQL(name)
    )
    query = sql.SQL("select {} from ({}) source where {} = {}").format(
        sql.SQL(", ").join([columns_of(source, measures), shape]),
        sql.SQL(source.select),
        class_of(source),
        sql.Literal(name),
    )
    return query.as_string(None)


def columns_of(source: Source, measures: dict[str, Measure]) -> sql.Composed:
    """The columns in types of known width."""
    return sql.SQL(", ").join(_written(column, measures[column.name]) for column in source.columns)


def too_long(source: Source, column: Column) -> sql.Composed:
    """(id, bytes, characters) of texts that are cut."""
    return sql.SQL(
        "select {id}::text, octet_length({x}::text), length({x}::text) from ({source}) source "
        "where octet_length({x}::text) > {most} order by 1"
    ).format(
        id=sql.Identifier(source.id),
        x=sql.Identifier(column.name),
        source=sql.SQL(source.select),
        most=sql.Literal(TEXT_BYTES),
    )


def unwritable(source: Source, column: Column) -> sql.Composed:
    """(id, value as text) of values a DBF has no way to write."""
    return sql.SQL("select {id}::text, {x}::text from ({source}) source where not {writable} order by 1").format(
        id=sql.Identifier(source.id),
        x=sql.Identifier(column.name),
        source=sql.SQL(source.select),
        writable=sql.SQL(_WRITABLE[column.kind]).format(x=sql.Identifier(column.name)),
    )


def row_bytes(source: Source, measures: dict[str, Measure]) -> int:
    """Bytes of one DBF row."""
    return 1 + sum(width(column, measures[column.name])[0] for column in source.columns)


def width(column: Column, found: Measure) -> tuple[int, int]:
    """(width, decimals) of the DBF field."""
    if column.kind in ("text", "choice"):
        return min(max(found.width, 1), TEXT_BYTES), 0
    if column.kind == "decimal":
        decimals = min(max(column.decimals, found.decimals), _NUMBER_WIDTH - 2 - found.width, 15)
        return min(max(found.width, 1) + 2 + max(decimals, 0), _NUMBER_WIDTH), max(decimals, 0)
    if column.kind == "integer" and found.width > 9:
        return 18, 0
    return {"integer": 9, "bigint": 18, "date": 8, "datetime": 8, "boolean": 1}[column.kind], 0


# What a DBF has room for: NaN and infinity are greater than any number here. NULL counts as writable.
_WRITABLE = {
    "decimal": "({x} is null or abs({x}) < 1e15)",
    "bigint": "({x} is null or {x} between -99999999999999999 and 999999999999999999)",
    "date": "({x} is null or {x}::date between '0001-01-01' and '9999-12-31')",
    "datetime": "({x} is null or {x} between '0001-01-02' and '9999-12-30')",
}


def _measures(column: Column) -> list[str]:
    """Six aggregates in the order of Measure. Each names {x} as seldom as can be: it may be a costly expression."""
    if column.fixed:
        return [f"{column.fixed}", "0", "0", "0", "0", "0"]
    if column.kind == "choice" or column.codes:  # a code or its label is never empty
        return ["max(octet_length({x}::text))", "0", "0", "0", "0", "0"]
    if column.kind == "text":
        return ["max(octet_length({x}::text))", "0", "0", "(min(octet_length({x}::text)) = 0)::int", "0", "0"]
    bad = f"count(*) filter (where not {_WRITABLE[column.kind]})" if column.kind in _WRITABLE else "0"
    if column.kind == "decimal":
        good = f"filter (where {_WRITABLE['decimal']})"
        return [
            f"length(trunc(max(abs({{x}})) {good})::numeric::text)",
            f"max(scale(trim_scale({{x}}::numeric))) {good}",
            "count(*) - count({x})",
            "0",
            bad,
            "0",
        ]
    timed = f"count(*) filter (where {_LOCAL}::time <> '00:00')" if column.kind == "datetime" else "0"
    digits = "max(length({x}::text))" if column.kind == "integer" else "0"
    nulls = "count(*) - count({x})" if column.kind in ("integer", "bigint") else "0"
    return [digits, "0", nulls, "0", bad, timed]


_LOCAL = "({x} at time zone 'Asia/Ho_Chi_Minh')"


def _written(column: Column, found: Measure) -> sql.Composed:
    wide, decimals = width(column, found)
    if column.kind in ("text", "choice"):
        shape = f"({_cut('{x}::text')})::varchar({wide})" if found.too_long else f"{{x}}::varchar({wide})"
    elif column.kind == "decimal":
        shape = f"{{x}}::numeric({wide}, {decimals})"
    elif column.kind == "boolean":
        shape = "(case when {x} then 'C' when not {x} then 'K' end)::varchar(1)"
    else:
        number = "{x}::int4" if wide == 9 else "{x}::int8"
        shape = {"integer": number, "bigint": number, "date": "{x}::date", "datetime": f"{_LOCAL}::date"}[column.kind]
    if found.unwritable:
        shape = f"case when {_WRITABLE[column.kind]} then {shape} end"
    return sql.SQL(f"{shape} as {{x}}").format(x=sql.Identifier(column.name))


def _cut(text: str) -> str:
    """At most TEXT_BYTES bytes, ending with a whole character: a byte 10xxxxxx after the cut is inside one."""
    raw = f"convert_to({text}, 'UTF8')"
    ends = " ".join(
        f"when get_byte({raw}, {end}) & 192 <> 128 then convert_from(substring({raw} for {end}), 'UTF8')"
        for end in range(TEXT_BYTES, TEXT_BYTES - 4, -1)
    )
    return f"case when octet_length({text}) <= {TEXT_BYTES} then {text} {ends} end"


def _multi(source: Source, name: str) -> sql.Composable:
    """Parts of lines and areas are gathered, so that one type covers both."""
    shape = sql.Identifier(source.geometry)
    return sql.SQL("ST_Multi({})").format(shape) if name.startswith("MULTI") else shape
