"""A layer as GeoParquet 1.1: WKB beside columns with their types, written batch by batch."""

import json
from typing import Any

import pyproj
from psycopg import sql

from geodata import sources
from geodata.outgoing import beside
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.sources import Shapes

GEOMETRY = "geometry"
_BATCHES = 25  # of the rows fetched at a time, for one group of rows
_TYPES = {
    "text": "string", "choice": "string", "integer": "int32", "bigint": "int64", "decimal": "double",
    "date": "date32[day]", "boolean": "bool",
}  # fmt: skip
_NAMES = {
    "POINT": "Point", "MULTIPOINT": "MultiPoint", "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon",
}  # fmt: skip


def write(work: Work, part: Part, report: Writer) -> None:
    """One .parquet."""
    import pyarrow.parquet  # 50 MB that only a job needs

    with work.database.cursor() as cursor:
        shapes = sources.count(cursor, part.source)
    rows = report.report.rows = shapes.rows
    if not work.system.geographic:
        beside.keep_shapeless(work, part, shapes.classes, ("outside",), report)
    schema = _schema(work, part, shapes)
    multi = not set(shapes.classes) & {"POINT", "other_geometry"}
    shape = sources.place(part.source, work.system, "ST_AsBinary(ST_Multi({}))" if multi else "ST_AsBinary({})")
    done = 0
    file = work.folder / f"{part.title.name}.parquet"
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as out:
        waiting: list[pyarrow.RecordBatch] = []
        for batch in sources.rows(work.database, part.source, sql.SQL("{}").format(shape), binary=True):
            waiting.append(pyarrow.record_batch([list(values) for values in zip(*batch, strict=True)], schema=schema))
            done += len(batch)
            if len(waiting) == _BATCHES:
                out.write_table(pyarrow.Table.from_batches(waiting, schema))
                waiting.clear()
            work.stop_if_cancelled()
            work.tick(done)
        out.write_table(pyarrow.Table.from_batches(waiting, schema))
    beside.describe(work, part, f"{part.title.name}.xml", shapes.box)
    beside.add_to_dictionary(work, part)
    report.report.written = rows


def _schema(work: Work, part: Part, shapes: Shapes) -> Any:
    import pyarrow

    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(_NAMES[name] for name in shapes.classes if name in _NAMES),
        # The grid by its code; without one WGS 84 with longitude first is meant.
        **({} if work.system.geographic else {"crs": pyproj.CRS(work.system.epsg).to_json_dict()}),
    }
    about = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    fields = [
        pyarrow.field(each.name, _type(each.kind), metadata={"label": each.label_vi}) for each in part.source.columns
    ]
    return pyarrow.schema([*fields, pyarrow.field(GEOMETRY, pyarrow.binary())], metadata={"geo": json.dumps(about)})


def _type(kind: str) -> Any:
    import pyarrow

    return pyarrow.timestamp("us", tz="UTC") if kind == "datetime" else pyarrow.type_for_alias(_TYPES[kind])
