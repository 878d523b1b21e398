"""A file's rows in a temporary table of the database, each with the commune it lies in."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from surveys.import_rows import Staged
from surveys.layer import Layer

TOLD_EVERY = 2000
_RAW = """
CREATE TEMP TABLE incoming (
    n int, id uuid, version int, stamp text, export text, observed_on date, commune text, hamlet text, name text,
    address text, "values" jsonb, flags jsonb, doubts jsonb, geom geometry
) ON COMMIT DROP
"""
# A row that several units claim belongs to the smallest id, as everywhere.
_LOCATE = """
CREATE TEMP TABLE located ON COMMIT DROP AS
SELECT i.n, min(p.unit_id) AS unit_id
FROM (SELECT n, CASE WHEN ST_Dimension(geom) = 0 THEN geom ELSE ST_PointOnSurface(geom) END AS place
      FROM incoming WHERE geom IS NOT NULL) i
JOIN unit_parts p ON p.geom && i.place AND p.level = 3 AND ST_Intersects(p.geom, i.place)
GROUP BY i.n
"""


def fill(connection: Connection, layer: Layer, rows: Iterable[Staged], told: Any = lambda _n: None) -> int:
    """Copies rows into `incoming` as they come; how many. `told` hears how far it is."""
    connection.execute(text(_RAW))
    raw: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    count = 0
    with raw as cursor, cursor.copy("COPY incoming FROM STDIN") as stream:
        for line in _lines(layer, rows):
            stream.write(line)
            count += 1
            if count % TOLD_EVERY == 0:
                told(count)
    connection.execute(text("UPDATE incoming SET geom = ST_SetSRID(geom, 4326) WHERE geom IS NOT NULL"))
    connection.execute(text("ANALYZE incoming"))
    return count


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _lines(layer: Layer, rows: Iterable[Staged]) -> Iterator[str]:
    """COPY's text format, made here: its writer of rows asks each value for its type anew."""
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def cell(value: Any) -> str:
        return "\\N" if value is None else str(value).translate(_ESCAPES)

    for row in rows:
        name = row.values.get(layer.label)
        yield "\t".join(
            (
                str(row.number), cell(row.feature_id), cell(row.version), cell(row.stamp), cell(row.export),
                cell(row.observed_on), cell(row.commune), cell(row.hamlet), cell(name),
                cell(row.address or None), cell(dump(row.values)),
                dump(row.flags) if row.flags else "[]", cell(dump(row.doubts)) if row.doubts else "[]",
                "\\N" if row.wkb is None else row.wkb.hex(),
            )
        ) + "\n"  # fmt: skip


def locate(connection: Connection) -> None:
    """Fills `located`: the commune of each row that has a place."""
    connection.execute(text(_LOCATE))
