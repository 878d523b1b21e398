"""Rows to be written to a file: the SELECT, its columns, and what kinds of geometry it holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from geodata.problems import Problem
from geodata.systems import System

# As the data dictionary names them.
KIND_NAMES = {
    "text": "văn bản",
    "choice": "mã trong danh mục",
    "integer": "số nguyên",
    "bigint": "số nguyên",
    "decimal": "số thập phân",
    "date": "ngày",
    "datetime": "ngày giờ",
    "boolean": "có / không",
}
SHAPELESS = ("no_geometry", "outside", "other_geometry")

# The grids hold no place far from them: PROJ fails there, and one such row must not break a layer.
REACH = "ST_MakeEnvelope(90, -10, 130, 40, 4326)"

CLASSES = {
    "POINT": "POINT",
    "MULTIPOINT": "MULTIPOINT",
    "LINESTRING": "MULTILINESTRING",
    "MULTILINESTRING": "MULTILINESTRING",
    "POLYGON": "MULTIPOLYGON",
    "MULTIPOLYGON": "MULTIPOLYGON",
}
# Rows, without a shape, out of reach, the first and last type of the rest (nearly always one), and what they cover.
SHAPES = (
    "count(*), count(*) filter (where {g} is null or ST_IsEmpty({g})), "
    f"count(*) filter (where not ST_IsEmpty({{g}}) and not {{g}} @ {REACH}), "
    f'min(GeometryType({{g}}) collate "C") filter (where not ST_IsEmpty({{g}}) and {{g}} @ {REACH}), '
    f'max(GeometryType({{g}}) collate "C") filter (where not ST_IsEmpty({{g}}) and {{g}} @ {REACH}), '
    f"(ST_Extent({{g}}) filter (where {{g}} @ {REACH}))::text"
)
_TYPES = {
    "text": "text", "choice": "text", "integer": "int4", "bigint": "int8", "decimal": "float8", "date": "date",
    "datetime": "timestamptz", "boolean": "boolean",
}  # fmt: skip
_AT_A_TIME = 2000
Box = tuple[float, float, float, float]  # west, south, east, north in WGS 84


class BadColumn(Problem):
    """Facts: column, reason."""

    code: ClassVar[str] = "export_column_invalid"


@dataclass(frozen=True)
class Column:
    """One column of the file. `name`: ≤ 10 of A–Z, 0–9, _; it is also the column's name in the SELECT.

    `kind`: text, choice (text), integer, bigint, decimal (numeric or double), date, datetime (timestamptz), boolean.
    `decimals`: fewest decimals of a decimal; more are kept where the values have more. `codes`: (code, label) pairs.
    """

    key: str
    name: str
    label_vi: str
    label_en: str
    kind: str
    decimals: int = 0
    codes: tuple[tuple[str, str], ...] = ()
    fixed: int = 0  # bytes of every value of a text, where all have as many: then nothing is measured


@dataclass(frozen=True)
class Source:
    """`select` gives the columns by their file names and `geometry` in WGS 84 (SRID 4326); `id` is one of the columns.

    It is trusted SQL of ours without parameters. `prelude`: statements setting what row-level security reads.
    """

    select: str
    columns: tuple[Column, ...]
    geometry: str = "geometry"
    id: str = "ID"
    prelude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shapes:
    """Rows per class: POINT, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, and those of SHAPELESS; what they cover."""

    classes: dict[str, int]
    box: Box | None

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.classes.values())


def count(cursor: psycopg.Cursor[Any], source: Source) -> Shapes:
    """What shapes the rows have, in one pass."""
    query = sql.SQL("select {} from ({}) source").format(
        sql.SQL(SHAPES).format(g=sql.Identifier(source.geometry)), sql.SQL(source.select)
    )
    return shapes(cursor, source, next(iter(cursor.execute(query))))


def shapes(cursor: psycopg.Cursor[Any], source: Source, found: Sequence[Any]) -> Shapes:
    """Out of the values of SHAPES; classes are counted one by one only where there are several."""
    rows, shapeless, outside, first, last, text = found
    box = None
    if text:
        west, south, east, north = (float(each) for each in text[4:-1].replace(" ", ",").split(","))
        box = (west, south, east, north)
    if first == last:
        kind = {CLASSES.get(first, "other_geometry"): rows - shapeless - outside} if first else {}
        classes = {name: n for name, n in {**kind, "no_geometry": shapeless, "outside": outside}.items() if n}
        return Shapes(classes, box)
    query = sql.SQL("select {}, count(*) from ({}) source group by 1").format(class_of(source), sql.SQL(source.select))
    return Shapes(dict(cursor.execute(query).fetchall()), box)


def class_of(source: Source) -> sql.Composed:
    """The class of a row, as an expression."""
    kinds = " ".join(f"when '{kind}' then '{name}'" for kind, name in CLASSES.items())
    return sql.SQL(
        "(case when {g} is null or ST_IsEmpty({g}) then 'no_geometry' "
        f"when not {{g}} @ {REACH} then 'outside' "
        f"else case GeometryType({{g}}) {kinds} else 'other_geometry' end end)"
    ).format(g=sql.Identifier(source.geometry))


def without_shape(source: Source, which: Sequence[str]) -> sql.Composed:
    """(id, WGS 84 WKT, columns as text …) of rows of these classes."""
    columns = [sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in source.columns]
    return sql.SQL("select {}::text, ST_AsText({}), {} from ({}) source where {} in ({}) order by 1").format(
        sql.Identifier(source.id),
        sql.Identifier(source.geometry),
        sql.SQL(", ").join(columns),
        sql.SQL(source.select),
        class_of(source),
        sql.SQL(", ").join(map(sql.Literal, which)),
    )


def place(source: Source, system: System, form: str = "{}") -> sql.Composed:
    """The row's geometry in a system, NULL where that holds none; `form` is what to make of it, as ST_AsBinary({})."""
    shape = sql.Identifier(source.geometry)
    if system.geographic:
        return sql.SQL(form).format(sql.SQL("ST_Force2D({})").format(shape))
    moved = sql.SQL("ST_Transform(ST_Force2D({}), {})").format(shape, sql.Literal(system.srid))
    return sql.SQL("case when {} @ " + REACH + " then {} end").format(shape, sql.SQL(form).format(moved))


def columns_of(source: Source) -> sql.Composed:
    """The columns in plain types."""
    return sql.SQL(", ").join(
        sql.SQL("{x}::" + _TYPES[column.kind] + " as {x}").format(x=sql.Identifier(column.name))
        for column in source.columns
    )


def rows(
    database: psycopg.Connection[Any], source: Source, shapes: sql.Composable, *, binary: bool = False
) -> Iterator[list[Sequence[Any]]]:
    """Batches of (columns …, shapes …) as Python values; memory stays the same however many there are."""
    query = sql.SQL("select {}, {} from ({}) source").format(columns_of(source), shapes, sql.SQL(source.select))
    with database.cursor(name="rows", binary=binary) as cursor:
        cursor.execute(query)
        while batch := cursor.fetchmany(_AT_A_TIME):
            yield batch


def stream(database: psycopg.Connection[Any], query: sql.Composed) -> Iterator[Sequence[Any]]:
    """Rows of any query one by one."""
    with database.cursor(name="rows") as cursor:
        cursor.itersize = _AT_A_TIME
        yield from cursor.execute(query)
