"""What is awkward in each format: empty texts, rows without a place, formulas, the name of the grid."""

import csv
import json
import re
import sqlite3
import subprocess
from dataclasses import replace

import geopandas
import openpyxl
import pyogrio
import pyproj
import pytest
import shapely
from lxml import etree

from geodata import crs, systems
from geodata.outgoing import bundle, formats, mapinfo, tables
from geodata.outgoing.parts import Part
from tests.clients import readers
from tests.geodata.outgoing.conftest import COLUMNS, LOOK, SITES, SOURCE, SYSTEM, TITLE, told

KEYS = [form.key for form in formats.FORMATS]
BOTH_SYSTEMS = [systems.system(5899), systems.system(3406), systems.system(32648), systems.system(4326)]


def xml(folder, pattern="*.kml"):
    """The one file of that kind."""
    (file,) = folder.glob(pattern)
    return etree.parse(file)


@pytest.mark.parametrize("form", KEYS)
def test_rows_without_a_place_are_in_the_file_or_in_the_table_beside_it(write, hamlets, form):
    hamlets.execute("insert into hamlets(id, name) values (7, 'không hình')")
    hamlets.execute("insert into hamlets(id, name, geometry) values (8, 'số không', 'SRID=4326;POINT(0 0)')")
    report, folder = write(form=form)
    read = {"parquet": readers.by_geopandas, "csv": readers.by_csv, "xlsx": readers.by_openpyxl}.get(form)
    found = {row["ID"]: row["shape"] for row in (read or readers.by_pyogrio)(folder, form)}
    beside = folder / "khong_hinh.csv"
    kept = {}
    if beside.exists():
        with beside.open(encoding="utf-8-sig", newline="") as file:
            kept = {row["ID"]: row["WKT_WGS84"] for row in csv.DictReader(file)}
    assert report.rows == 5
    assert report.written == len(found)
    assert set(found) | set(kept) == {"1", "2", "3", "7", "8"}
    assert found.get("7") is None or found["7"].is_empty
    if formats.named(form).wgs84:
        assert (found["8"].x, found["8"].y) == (0, 0)
        assert not kept
    else:
        assert found.get("8") is None or found["8"].is_empty
        assert kept["8"] == "POINT(0 0)"
        assert "8" in told(folder)


@pytest.mark.parametrize("form", KEYS)
def test_an_empty_text_and_nothing_stay_apart_or_the_report_says_so(write, hamlets, form):
    hamlets.execute("update hamlets set name = '', power = null where id = 2")
    report, folder = write(form=form)
    read = {"parquet": readers.by_geopandas, "csv": readers.by_csv, "xlsx": readers.by_openpyxl}.get(form)
    row = next(row for row in (read or readers.by_pyogrio)(folder, form) if row["ID"] == "2")
    if row["TEN"] == "":
        assert row["DIEN"] is None or report.counts["empty"] == 1
    else:
        assert row["TEN"] is None
        assert report.counts["empty"] == 1, form


@pytest.mark.parametrize("form", KEYS)
def test_an_empty_layer_is_an_empty_file(write, hamlets, form):
    hamlets.execute("delete from hamlets")
    report, folder = write(form=form)
    assert (report.rows, report.written) == (0, 0)
    suffix = {"shapefile": "shp"}.get(form, form)
    assert next(folder.glob(f"*.{suffix}")).stat().st_size > 0


@pytest.mark.parametrize("form", KEYS)
def test_every_zip_says_what_it_holds(write, form):
    _, folder = write(form=form)
    names = {file.name for file in folder.iterdir()}
    assert {"truong.csv", "bao_cao.txt"} <= names
    assert all(name.isascii() for name in names)
    assert len([name for name in names if name.endswith(".xml")]) == 1
    said = told(folder)
    if formats.named(form).wgs84:
        assert "Hệ tọa độ: WGS 84 (EPSG:4326)" in said
        assert "VN-2000 / TM-3 107-45 (EPSG:5899), 107°45'" in said
    else:
        assert "Hệ tọa độ: VN-2000 / TM-3 107-45 (EPSG:5899), 107°45'" in said


@pytest.mark.parametrize("form", ["kml", "xlsx"])
def test_letters_xml_has_no_way_to_write_are_left_out_and_said(write, hamlets, form):
    hamlets.execute("update hamlets set name = 'a' || chr(1) || chr(11) || 'b <i>&' where id = 2")
    report, folder = write(form=form)
    read = readers.by_openpyxl if form == "xlsx" else readers.by_pyogrio
    assert next(row["TEN"] for row in read(folder, form) if row["ID"] == "2") == "ab <i>&"
    assert report.counts["control"] >= 1
    assert report.lost >= 1


FORMULAS = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_csv_and_in_excel(write, hamlets, formula):
    hamlets.execute("update hamlets set name = %s where id = 2", (formula,))
    report, folder = write(form="csv")
    assert next(row["TEN"] for row in readers.by_csv(folder, "csv") if row["ID"] == "2") == f"'{formula}"
    assert report.counts["defused"] == 1
    _, folder = write(form="xlsx")
    sheet = openpyxl.load_workbook(readers.file_of(folder, "xlsx")).worksheets[0]
    (cell,) = [row[1] for row in sheet.iter_rows(min_row=2) if row[0].value == "2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (formula, "s", True)


def test_excel_has_dates_numbers_and_yes_or_no(write):
    _, folder = write(form="xlsx")
    row = readers.by_openpyxl(folder, "xlsx")[0]
    assert (row["SO_HO"], row["SO_TIEN"], row["DIEN_TICH"], row["DUONG"]) == (120, 12345678901234, 254.44, True)
    assert row["NGAY"].isoformat()[:10] == "2026-03-31"
    assert row["NHAP_LUC"].isoformat() == "2026-04-01T00:00:00"


def test_a_layer_longer_than_a_sheet_goes_on_in_the_next(write, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    report, folder = write(form="xlsx")
    book = openpyxl.load_workbook(readers.file_of(folder, "xlsx"))
    assert [(sheet.title, sheet.max_row) for sheet in book] == [("hamlets", 3), ("hamlets_2", 2)]
    assert report.counts["sheets"] == 1


def test_several_layers_share_a_geopackage_a_workbook_and_a_kml(owner_settings, hamlets, tmp_path):
    layers = [Part(f"l{n}", replace(TITLE, name=f"l{n}", title=f"Lớp {n}"), SOURCE, LOOK) for n in (1, 2)]
    for form in ("gpkg", "xlsx", "kml"):
        out = tmp_path / f"hai_lop_{form}.zip"
        bundle.write(owner_settings, layers, formats.named(form), SYSTEM, out)
        subprocess.run(["unzip", "-q", str(out), "-d", str(tmp_path / form)], check=True)
        assert (tmp_path / form / f"hai_lop_{form}.{form}").is_file()
        said = told(tmp_path / form)
        assert said.index("Lớp 1") < said.index("Lớp 2")
    named = [name for name, kind in pyogrio.list_layers(tmp_path / "gpkg/hai_lop_gpkg.gpkg") if kind]
    assert named == ["l1", "l2"]
    assert openpyxl.load_workbook(tmp_path / "xlsx/hai_lop_xlsx.xlsx").sheetnames == ["l1", "l2"]
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "kml/hai_lop_kml.kml")] == ["Lớp 1", "Lớp 2"]


def test_a_geopackage_brings_its_style_where_qgis_looks(write):
    _, folder = write(form="gpkg", look=LOOK)
    with sqlite3.connect(readers.file_of(folder, "gpkg")) as database:
        (style,) = database.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'hamlets' AND f_geometry_column = 'geom'"
            " AND f_table_schema = '' AND useAsDefault"
        ).fetchone()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    root = etree.fromstring(style.encode())
    assert [each.get("label") for each in root.iter("category")] == ["Có", "Không", "Khác"]
    aliases = {each.get("field"): each.get("name") for each in root.iter("alias")}
    assert aliases == {column.name: column.label_vi for column in COLUMNS}


def test_geojson_is_as_rfc_7946_has_it(write, hamlets):
    hamlets.execute(
        "update hamlets set geometry = 'SRID=4326;POLYGON((108 12,108.1 12.1,108.1 12,108 12))' where id = 1"
    )
    _, folder = write(form="geojson")
    (file,) = folder.glob("*.geojson")
    document = json.loads(file.read_text(encoding="utf-8"))
    assert "crs" not in document
    shapes = [feature["geometry"] for feature in document["features"]]
    (ring,) = next(shape["coordinates"] for shape in shapes if shape["type"] == "Polygon")
    assert shapely.LinearRing(ring).is_ccw
    assert {feature["properties"]["NGAY"] for feature in document["features"]} == {"2026-03-31"}


@pytest.mark.parametrize("system", BOTH_SYSTEMS, ids=lambda each: each.stem)
def test_mif_names_its_grid_with_the_seven_parameters(write, system):
    _, folder = write(form="mif", system=system)
    (file,) = folder.glob("*.mif")
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.lower().startswith("coordsys")]
    assert lines == [mapinfo.coordsys(system)]
    if system.vn2000:
        shift = "-191.90441429, -39.30318279, -111.45032835, -0.00928836, 0.01975479, -0.00427372, 0.252906278"
        assert f"Projection 8, 9999, 28, {shift}, 0" in lines[0]
    # GDAL moves the points by that line alone, as MapInfo would.
    said = subprocess.run(
        ["ogr2ogr", "-f", "CSV", "/vsistdout/", str(file), "-t_srs", "EPSG:4326", "-lco", "GEOMETRY=AS_XY"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for row in csv.DictReader(said.splitlines()):
        lon, lat = next((lon, lat) for number, lon, lat in SITES if str(number) == row["ID"])
        assert abs(float(row["X"]) - lon) * 111_320 < 0.01
        assert abs(float(row["Y"]) - lat) * 111_320 < 0.01


@pytest.mark.parametrize("system", BOTH_SYSTEMS, ids=lambda each: each.stem)
@pytest.mark.parametrize("form", ["shapefile", "gpkg", "fgb", "parquet"])
def test_files_say_their_epsg_code(write, form, system):
    _, folder = write(form=form, system=system)
    if form == "parquet":
        found = geopandas.read_parquet(readers.file_of(folder, form)).crs
        code = 4326 if found.to_authority() == ("OGC", "CRS84") else found.to_epsg()
    else:
        found = pyogrio.read_info(readers.file_of(folder, form), **({"layer": "hamlets"} if form == "gpkg" else {}))[
            "crs"
        ]
        code = pyproj.CRS.from_user_input(found).to_epsg(min_confidence=20)
    assert code == system.epsg


def test_spreadsheets_never_call_a_column_x_or_y(write):
    for system, names in ((SYSTEM, ["E_DONG", "N_BAC"]), (systems.system(4326), ["KINH_DO", "VI_DO"])):
        _, folder = write(form="csv", system=system)
        row = next(row for row in readers.by_csv(folder, "csv") if row["ID"] == "1")
        assert [name for name in row if name not in {column.name for column in COLUMNS}] == [*names, "shape"]
        meant = shapely.Point(108.05, 12.67)
        if not system.geographic:
            meant = crs.to_vn2000(meant, crs.zone(system.epsg))
        assert row["shape"].distance(meant) < (1e-7 if system.geographic else 0.001)


def test_kml_has_colours_and_the_columns_vietnamese_names(write):
    _, folder = write(form="kml", look=LOOK)
    said = etree.tostring(xml(folder), encoding="unicode")
    assert re.findall(r"<styleUrl>(.*?)</styleUrl>", said) == ["#hamlets_0"] * 3
    assert '<Style id="hamlets_0"><IconStyle><color>ff00aa00</color>' in said
    assert "<displayName>Tên thôn</displayName>" in said
    assert said.count("<name>Thôn Đắk Lắk") == 3
