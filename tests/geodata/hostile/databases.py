"""GeoPackages that act when they are opened, and shapes of a million corners or of no numbers."""

import os
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

import geopandas
import numpy as np
import shapely

from tests.geodata.hostile import KML, geojson, hostile, told


@cache
def harmless() -> bytes:
    """A GeoPackage of one point."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(108, 11.9)], crs=4326)
        frame.to_file(path, engine="pyogrio")
        return path.read_bytes()


def database(at: Path, *statements: str) -> Path:
    path = told(at / "a.gpkg", harmless())
    with sqlite3.connect(path) as file:
        for statement in statements:
            file.execute(statement)
    return path


@hostile("incoming_active")
def a_geopackage_with_a_trigger(at: Path) -> Path:
    return database(at, "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END")


@hostile("incoming_active")
def a_geopackage_with_a_trigger_named_as_its_index(at: Path) -> Path:
    return database(
        at,
        "DROP TRIGGER rtree_a_geom_insert",
        "CREATE TRIGGER rtree_a_geom_insert AFTER INSERT ON a"
        " BEGIN DELETE FROM rtree_a_geom; SELECT load_extension('/tmp/x'); END",
    )


@hostile("incoming_active")
def a_geopackage_with_a_view(at: Path) -> Path:
    return database(
        at,
        "CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT x AS fid, geom FROM c, a",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 4326)",
    )


@hostile("incoming_active")
def a_geopackage_whose_layer_is_a_view(at: Path) -> Path:
    return database(
        at, "ALTER TABLE a RENAME TO b", "CREATE VIEW a AS SELECT fid, geom, readfile('/etc/passwd') AS a FROM b"
    )


@hostile("incoming_active")
def a_geopackage_with_a_virtual_table(at: Path) -> Path:
    return database(at, "CREATE VIRTUAL TABLE f USING fts5(x)")


@hostile("incoming_other_content")
def a_database_that_is_no_geopackage(at: Path) -> Path:
    with sqlite3.connect(at / "a.gpkg") as file:
        file.execute("CREATE TABLE a (x)")
    return at / "a.gpkg"


@hostile("incoming_unreadable")
def a_geopackage_of_rubbish(at: Path) -> Path:
    return told(at / "a.gpkg", b"SQLite format 3\0" + os.urandom(8000))


def ring(count: int) -> str:
    step = 0.01 / count
    return ",".join(f"[108,{11 + step * n:.9f}]" for n in range(count)) + ",[109,11],[108,11]"


@hostile("incoming_memory")
def a_million_vertices_in_geojson(at: Path) -> Path:
    return told(at / "a.geojson", geojson(f'{{"type":"Polygon","coordinates":[[{ring(1_000_000)}]]}}'))


@hostile("incoming_too_many_vertices")
def a_million_vertices_in_kml(at: Path) -> Path:
    pairs = " ".join(f"108,{11 + n * 1e-8:.8f}" for n in range(1_000_000))
    line = f"<LinearRing><coordinates>{pairs} 109,11 108,11</coordinates></LinearRing>"
    body = f"<Placemark><Polygon><outerBoundaryIs>{line}</outerBoundaryIs></Polygon></Placemark>"
    return told(at / "a.kml", KML.format(head="", body=body))


@hostile("incoming_too_many_vertices")
def a_million_vertices_in_a_geopackage(at: Path) -> Path:
    turn = np.linspace(0, 2 * np.pi, 1_000_001)
    area = shapely.Polygon(np.column_stack([108 + np.cos(turn), 11 + np.sin(turn)]))
    geopandas.GeoDataFrame({"a": [1]}, geometry=[area], crs=4326).to_file(at / "a.gpkg", engine="pyogrio")
    return at / "a.gpkg"


@hostile("incoming_nothing")
def coordinates_that_are_no_numbers(at: Path) -> Path:
    shapes = [
        shapely.Point(float("nan"), 11),
        shapely.Point(float("inf"), 11),
        shapely.LineString([(108, 11), (float("nan"), 12)]),
    ]
    geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=shapes, crs=4326).to_file(at / "a.gpkg", engine="pyogrio")
    return at / "a.gpkg"


@hostile("incoming_unreadable")
def geojson_of_infinite_coordinates(at: Path) -> Path:
    return told(
        at / "a.geojson",
        geojson('{"type":"Point","coordinates":[1e999,NaN]}', '{"type":"Point","coordinates":[1e999,-1e999]}'),
    )


@hostile("incoming_unreadable")
def geojson_a_million_levels_deep(at: Path) -> Path:
    return told(at / "a.geojson", '{"type":"FeatureCollection","features":' + "[" * 1_000_000)
