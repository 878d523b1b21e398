"""Rows into a table by COPY, inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from psycopg import Cursor, sql
from sqlalchemy import Connection


def copy(connection: Connection, table: str, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> int:
    """Copies the rows in (all columns, or those named, in that order) and returns how many they were."""
    names = sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")
    statement = sql.SQL("COPY {}{} FROM STDIN").format(sql.Identifier(table), names)
    count = 0
    opened = cast(Cursor[Any], connection.connection.cursor())
    with opened as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
            count += 1
    return count


def insert(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The same for a table with row-level security: copied beside it first, since COPY FROM is refused there."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT {names} FROM {quote(table)} WITH NO DATA"  # noqa: S608  quoted names
    )
    count = copy(connection, "copied", rows)
    connection.exec_driver_sql(f"INSERT INTO {quote(table)} ({names}) SELECT {names} FROM copied")  # noqa: S608  the same
    connection.exec_driver_sql("DROP TABLE copied")
    return count
