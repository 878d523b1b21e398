"""Telling what the tables of shapefile and MapInfo lose of their rows."""

from typing import Any

import psycopg

from geodata import sources
from geodata.outgoing import dbf, lossreport
from geodata.outgoing.dbf import Measure
from geodata.sources import Source


def tell_values(
    database: psycopg.Connection[Any], source: Source, measures: dict[str, Measure], report: lossreport.Writer
) -> None:
    """Values cut, left out, rounded or changed: one line each, or one a column where there may be as many as rows."""
    for column in source.columns:
        if measures[column.name].too_long:
            for row, size, length in sources.stream(database, dbf.too_long(source, column)):
                report.add("cut", f"{row} · {column.name} ({column.label_vi}): {size} byte, {length} ký tự")
    for column in source.columns:
        if measures[column.name].unwritable:
            for row, value in sources.stream(database, dbf.unwritable(source, column)):
                report.add("unwritable", f"{row} · {column.name} ({column.label_vi}): {value}")
    for kind, facts in _by_column(source, measures).items():
        for name, fact, count in facts:
            report.add(kind, f"{name}: {fact}", count)


def _by_column(source: Source, measures: dict[str, Measure]) -> dict[str, list[tuple[str, str, int]]]:
    """Kind → (column, what, how many)."""
    told: dict[str, list[tuple[str, str, int]]] = {
        kind: [] for kind in ("rounded", "time_dropped", "empty", "null_number", "renamed", "converted")
    }
    for column in source.columns:
        found, (_, decimals) = measures[column.name], dbf.width(column, measures[column.name])
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
            told["converted"].append((column.name, dbf.KIND_NAMES["boolean"], 1))
    return told
