"""Telling what a shapefile loses of its rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from geodata import csvfiles, lossreport, shapefilesql
from geodata.shapefilesql import Measure, Source

_SHAPELESS = ("no_geometry", "outside", "other_geometry")


def tell_values(
    database: psycopg.Connection[Any], source: Source, measures: dict[str, Measure], report: lossreport.Writer
) -> None:
    """Values cut, left out, rounded or changed: one line each, or one a column where there may be as many as rows."""
    for column in source.columns:
        if measures[column.name].too_long:
            for row, size, length in _stream(database, shapefilesql.too_long(source, column)):
                report.add("cut", f"{row} · {column.name} ({column.label_vi}): {size} byte, {length} ký tự")
    for column in source.columns:
        if measures[column.name].unwritable:
            for row, value in _stream(database, shapefilesql.unwritable(source, column)):
                report.add("unwritable", f"{row} · {column.name} ({column.label_vi}): {value}")
    for kind, facts in _by_column(source, measures).items():
        for name, fact, count in facts:
            report.add(kind, f"{name}: {fact}", count)


def tell_shapeless(
    database: psycopg.Connection[Any],
    source: Source,
    classes: dict[str, int],
    file: Path,
    report: lossreport.Writer,
) -> None:
    """Rows no shapefile holds, kept as a table with what geometry they have."""
    missing = [name for name in _SHAPELESS if classes.get(name)]
    for name in missing:
        for row, *_ in _stream(database, shapefilesql.rows_without_shape(source, (name,))):
            report.add(name, str(row))
    if missing:
        header = [*(column.name for column in source.columns), "WKT_WGS84"]
        rows = _stream(database, shapefilesql.rows_without_shape(source, _SHAPELESS))
        csvfiles.write(file, header, ([*values, wkt] for _, wkt, *values in rows))


def _by_column(source: Source, measures: dict[str, Measure]) -> dict[str, list[tuple[str, str, int]]]:
    """Kind → (column, what, how many)."""
    told: dict[str, list[tuple[str, str, int]]] = {
        kind: [] for kind in ("rounded", "time_dropped", "empty", "null_number", "renamed", "converted")
    }
    for column in source.columns:
        found, (_, decimals) = measures[column.name], shapefilesql.width(column, measures[column.name])
        numeric = column.kind in ("integer", "bigint", "decimal")
        if column.kind == "decimal" and found.decimals > decimals:
            told["rounded"].append((column.name, f"còn {decimals} chữ số thập phân", 1))
        if found.timed:
            told["time_dropped"].append((column.name, str(found.timed), found.timed))
        if found.empty:
            told["empty"].append((column.name, str(found.empty), found.empty))
        if numeric and found.nulls:
            told["null_number"].append((column.name, str(found.nulls), found.nulls))
        if column.key.upper() != column.name:
            told["renamed"].append((column.name, column.key, 1))
        if column.kind == "boolean":
            told["converted"].append((column.name, shapefilesql.KIND_NAMES["boolean"], 1))
    return told


def _stream(database: psycopg.Connection[Any], query: Any) -> Iterator[Sequence[Any]]:
    with database.cursor(name="rows") as cursor:
        cursor.itersize = 2000
        yield from cursor.execute(query)
