"""Formats that Debian's ogr2ogr writes with all types there are: GeoPackage, GeoJSON, FlatGeobuf."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from psycopg import sql

from geodata import sources
from geodata.outgoing import beside, ogr, qml
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.sources import Shapes

# About how many bytes of a file one row takes: only for saying how far it is.
_ROW_BYTES = {"gpkg": 350, "geojson": 700, "fgb": 400}
# As QGIS itself makes it; it looks there for the style of a layer that has none yet.
_STYLES = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT
    (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_LISTED = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
SELECT 'layer_styles', 'attributes', 'layer_styles', '' WHERE NOT EXISTS
    (SELECT 1 FROM gpkg_contents WHERE table_name = 'layer_styles')
"""
_STYLE = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')
"""


def write_geopackage(work: Work, part: Part, report: Writer) -> None:
    """A table of the one .gpkg of all layers, with its style where QGIS looks for it. Raises as `ogr`."""
    file = work.folder / f"{work.stem}.gpkg"
    options = ["-f", "GPKG", "-lco", "GEOMETRY_NAME=geom", "-lco", f"IDENTIFIER={part.title.title}"]
    options += ["-lco", f"DESCRIPTION={part.title.abstract}", *(["-update"] if file.exists() else [])]
    kind = _write(work, part, report, file, options)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(_STYLES)
        database.execute(_LISTED)
        style = qml.text(kind, part.look, part.source.columns)
        database.execute(_STYLE, (part.key, part.key, style, part.title.title))


def write_geojson(work: Work, part: Part, report: Writer) -> None:
    """One .geojson as RFC 7946 has it: WGS 84, right-handed rings. Raises as `ogr`."""
    options = ["-f", "GeoJSON", "-lco", "RFC7946=YES", "-lco", "COORDINATE_PRECISION=8"]
    _write(work, part, report, work.folder / f"{part.title.name}.geojson", options)


def write_flatgeobuf(work: Work, part: Part, report: Writer) -> None:
    """One .fgb with its spatial index. Raises as `ogr`."""
    _write(work, part, report, work.folder / f"{part.title.name}.fgb", ["-f", "FlatGeobuf"], shapeless=False)


def _write(
    work: Work, part: Part, report: Writer, file: Path, options: Sequence[str], *, shapeless: bool = True
) -> str:
    """Writes the layer and what lies beside it; its geometry type. `shapeless`: whether it holds rows without one."""
    with work.database.cursor() as cursor:
        shapes = sources.count(cursor, part.source)
    rows = report.report.rows = shapes.rows
    kind = _kind(shapes)
    beside_it = [] if work.system.geographic else ["outside"]
    if not shapeless:
        beside_it.append("no_geometry")
    beside.keep_shapeless(work, part, shapes.classes, beside_it, report)
    form = "ST_Multi({})" if kind.startswith("MULTI") else "{}"
    query = sql.SQL("select {}, ({})::geometry({}, {}) as geom from ({}) source").format(
        sources.columns_of(part.source), sources.place(part.source, work.system, form), sql.SQL(kind),
        sql.Literal(work.system.srid), sql.SQL(part.source.select),
    )  # fmt: skip
    if not shapeless:
        # GDAL leaves them out without a word, as they have no place in the spatial index.
        query += sql.SQL(" where {} <> ALL ({})").format(sources.class_of(part.source), sql.Literal(beside_it))
    watch = work.growing(f"{file.name}*", _ROW_BYTES[file.suffix[1:]], rows)
    more = ["-nln", part.key, "-nlt", kind, "-a_srs", f"EPSG:{work.system.epsg}"]
    ogr.translate(work, part, query.as_string(None), file, [*options, *more], report, watch)
    beside.describe(work, part, f"{part.title.name}.xml", shapes.box)
    beside.add_to_dictionary(work, part)
    report.report.written = rows - (0 if shapeless else sum(shapes.classes.get(name, 0) for name in beside_it))
    return kind


def _kind(shapes: Shapes) -> str:
    """The one geometry type of all rows, GEOMETRY where there are several, POINT where there is none."""
    found = [name for name in shapes.classes if name not in ("no_geometry", "outside")]
    if not found:
        return "POINT"
    return found[0] if len(found) == 1 and found[0] != "other_geometry" else "GEOMETRY"
