"""A layer as MapInfo's MIF and MID, with the CoordSys line of VN-2000 and its seven parameters."""

import os
from pathlib import Path

from psycopg import sql

from geodata import crs, sources
from geodata.outgoing import beside, dbf, dbfloss, ogr
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.systems import System

_WGS84_DATUM, _OWN_DATUM, _WGS84_ELLIPSOID = 104, 9999, 28
_LATITUDE_LONGITUDE, _TRANSVERSE_MERCATOR = 1, 8


def write(work: Work, part: Part, report: Writer) -> None:
    """.mif and .mid in UTF-8. Raises BadColumn and as `ogr`."""
    source = part.source
    dbf.check(source)
    with work.database.cursor() as cursor:
        shapes, measures = dbf.measure(cursor, source)
    rows = report.report.rows = shapes.rows
    dbfloss.tell_values(work.database, source, measures, report)
    if not work.system.geographic:
        beside.keep_shapeless(work, part, shapes.classes, ("outside",), report)
    query = sql.SQL("select {}, {} as geometry from ({}) source").format(
        dbf.columns_of(source, measures), sources.place(source, work.system), sql.SQL(source.select)
    )
    file = work.folder / f"{part.title.name}.mif"
    options = ["-f", "MapInfo File", "-dsco", "FORMAT=MIF", "-lco", "ENCODING=UTF-8", "-nln", part.title.name]
    watch = work.growing(f"{file.stem}.mid", dbf.row_bytes(source, measures), rows)
    ogr.translate(work, part, query.as_string(None), file, options, report, watch)
    _name_system(file, coordsys(work.system))
    beside.describe(work, part, f"{part.title.name}.xml", shapes.box)
    widths = {column.name: dbf.width(column, measures[column.name]) for column in source.columns}
    beside.add_to_dictionary(work, part, dbf.KIND_NAMES, widths)
    report.report.written = rows


def coordsys(system: System) -> str:
    """The CoordSys clause. MapInfo turns the axes (coordinate frame) where EPSG turns the vector: signs change."""
    if system.geographic:
        return f"CoordSys Earth Projection {_LATITUDE_LONGITUDE}, {_WGS84_DATUM}"
    datum = f"{_WGS84_DATUM}"
    if system.vn2000:
        x, y, z, rx, ry, rz, ppm = crs.towgs84()
        datum = f"{_OWN_DATUM}, {_WGS84_ELLIPSOID}, {x}, {y}, {z}, {-rx}, {-ry}, {-rz}, {ppm}, 0"
    grid = f"{system.central:g}, 0, {system.scale:g}, 500000, 0"
    return f'CoordSys Earth Projection {_TRANSVERSE_MERCATOR}, {datum}, "m", {grid}'


def _name_system(file: Path, clause: str) -> None:
    """Puts our line where GDAL's stands: it would call VN-2000 WGS 84, 220 m off."""
    named = file.with_suffix(".new")
    with file.open("rb") as old, named.open("wb") as new:
        for line in old:
            if line.lower().startswith(b"coordsys"):
                continue
            if line.lower().startswith(b"columns"):
                new.write(clause.encode("ascii") + b"\r\n" + line)
                break
            new.write(line)
        while block := old.read(1 << 20):
            new.write(block)
    os.replace(named, file)
