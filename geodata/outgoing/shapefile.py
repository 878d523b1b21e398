"""A layer as shapefiles, one set of files for each geometry type, with everything they could not hold told."""

from typing import ClassVar

from geodata.outgoing import beside, dbf, dbfloss, ogr, qml
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.problems import Problem
from geodata.sources import SHAPELESS, Shapes

SUFFIXES = {"POINT": "diem", "MULTIPOINT": "nhieudiem", "MULTILINESTRING": "duong", "MULTIPOLYGON": "vung"}
_MOST_BYTES = 2**31 - 1
_SIMPLE = {"MULTIPOLYGON": "POLYGON", "MULTILINESTRING": "LINESTRING"}


class TooLarge(Problem):
    """A shapefile can't pass 2 GB. Facts: bytes (estimated), rows."""

    code: ClassVar[str] = "shapefile_too_large"


def write(work: Work, part: Part, report: Writer) -> None:
    """.shp .shx .dbf .prj .cpg .qml .shp.xml for each geometry type. Raises BadColumn, TooLarge and as `ogr`."""
    source = part.source
    dbf.check(source)
    with work.database.cursor() as cursor:
        shapes, measures = dbf.measure(cursor, source)
    row = dbf.row_bytes(source, measures)
    _check_size(row, shapes)
    report.report.rows = shapes.rows
    dbfloss.tell_values(work.database, source, measures, report)
    beside.keep_shapeless(work, part, shapes.classes, SHAPELESS, report)
    kinds = [kind for kind in SUFFIXES if shapes.classes.get(kind)] or ["POINT"]
    for kind in kinds:
        name = part.title.name if len(kinds) == 1 else f"{part.title.name}_{SUFFIXES[kind]}"
        stem = work.folder / name
        options = ["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-nln", name, "-nlt", _SIMPLE.get(kind, kind)]
        watch = work.growing(f"{part.title.name}*.dbf", row, report.report.rows)
        rows = dbf.rows_for(source, work.system, kind, measures)
        ogr.translate(work, part, rows, stem.with_suffix(".shp"), options, report, watch)
        # Our own .prj rather than what GDAL makes of the pinned SRID.
        stem.with_suffix(".prj").write_text(work.system.prj, encoding="ascii")
        stem.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
        stem.with_suffix(".qml").write_text(qml.text(kind, part.look, source.columns), encoding="utf-8")
        beside.describe(work, part, f"{name}.shp.xml", shapes.box)
        report.report.written += shapes.classes.get(kind, 0)
    widths = {column.name: dbf.width(column, measures[column.name]) for column in source.columns}
    beside.add_to_dictionary(work, part, dbf.KIND_NAMES, widths)


def _check_size(row: int, shapes: Shapes) -> None:
    rows = max((shapes.classes.get(kind, 0) for kind in SUFFIXES), default=0)
    if row * rows > _MOST_BYTES:
        raise TooLarge(bytes=row * rows, rows=rows)
