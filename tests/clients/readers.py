"""Exported files as other programs read them: name → (value …) of each row, and its place in WGS 84."""

import csv
import json
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pandas
import pyogrio
import shapefile as pyshp
import shapely
from shapely.geometry import shape

from geodata import crs

Row = dict[str, Any]  # columns as read, and `shape`: in the coordinates of the file
GDAL = {"shapefile": "*.shp", "gpkg": "*.gpkg", "geojson": "*.geojson", "kml": "*.kml", "mif": "*.mif", "fgb": "*.fgb"}


def file_of(folder: Path, form: str) -> Path:
    """The file with the data."""
    (found,) = folder.glob(GDAL.get(form, f"*.{form}"))
    return found


def by_pyogrio(folder: Path, form: str) -> list[Row]:
    """GDAL as its newer version in pyogrio's wheel reads it."""
    file = file_of(folder, form)
    (name,) = [name for name, kind in pyogrio.list_layers(file) if kind is not None]
    # A column `id` of newer GDAL's own moves ours aside in KML.
    return [
        {**row, "ID": row.get("ID2") or row.get("ID")}
        for row in _rows(pyogrio.read_dataframe(file, layer=name, datetime_as_string=False))
    ]


def by_geopandas(folder: Path, form: str) -> list[Row]:
    """GeoParquet, which neither GDAL here reads."""
    assert form == "parquet"
    return _rows(geopandas.read_parquet(file_of(folder, form)))


def by_ogr(folder: Path, form: str) -> list[Row]:
    """Debian's GDAL, through its own GeoJSON in the file's coordinates."""
    file = file_of(folder, form)
    listed = subprocess.run(["ogrinfo", "-ro", "-q", str(file)], capture_output=True, text=True, check=True).stdout
    # 1: name (Point)
    name = next(line.split(": ", 1)[1].rsplit(" (", 1)[0] for line in listed.splitlines() if "(None)" not in line)
    command = ["ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", str(file), name, "-lco", "COORDINATE_PRECISION=9"]
    # Said to be degrees already, so that nothing is moved on the way.
    said = subprocess.run([*command, "-a_srs", "EPSG:4326"], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line.lstrip("\x1e")) for line in said.splitlines() if line.strip()]
    return [{**row["properties"], "shape": shape(row["geometry"]) if row["geometry"] else None} for row in rows]


def by_pyshp(folder: Path, form: str) -> list[Row]:
    """pyshp."""
    with pyshp.Reader(str(file_of(folder, form).with_suffix(""))) as reader:
        return [
            {**each.record.as_dict(), "shape": shape(each.shape.__geo_interface__)}
            for each in reader.iterShapeRecords()
        ]


def by_csv(folder: Path, form: str) -> list[Row]:
    """Python's csv."""
    (file,) = [each for each in folder.glob("*.csv") if each.name not in ("truong.csv", "khong_hinh.csv")]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [_placed(row) for row in csv.DictReader(opened)]


def by_openpyxl(folder: Path, form: str) -> list[Row]:
    """openpyxl."""
    book = openpyxl.load_workbook(file_of(folder, form), read_only=True)
    (sheet,) = book.worksheets
    head, *rows = sheet.iter_rows(values_only=True)
    # Empty cells at the end of a row aren't stored.
    return [_placed(dict(zip_longest(map(str, head), row))) for row in rows]


def ground(place: Any, epsg: int) -> Any:
    """A shape in the file's coordinates as WGS 84, by the official parameters."""
    if epsg == 4326 or place is None:
        return place
    return crs.from_vn2000(place, crs.zone(epsg))


def metres_apart(one: Any, other: Any) -> float:
    """The farthest corner of one from the other, roughly."""
    return float(shapely.hausdorff_distance(one.normalize(), other.normalize())) * 111_320


def _placed(row: dict[str, Any]) -> Row:
    for east, north in (("E_DONG", "N_BAC"), ("KINH_DO", "VI_DO")):
        if east in row:
            there = row[east] not in ("", None)
            return {**row, "shape": shapely.Point(float(row[east]), float(row[north])) if there else None}
    return {**row, "shape": shapely.from_wkt(row["WKT"]) if row["WKT"] else None}


def _rows(frame: Any) -> list[Row]:
    rows = frame.drop(columns="geometry").astype(object).to_dict("records")
    plain = [{name: None if pandas.isna(value) else value for name, value in row.items()} for row in rows]
    return [{**row, "shape": place} for row, place in zip(plain, frame.geometry, strict=True)]
