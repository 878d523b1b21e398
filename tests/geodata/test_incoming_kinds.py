"""Each kind of file that offices own, as programs write it, comes in with its text and its places."""

import datetime as dt
import json
import subprocess
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely

from geodata import crs, incoming
from geodata.foreign import refusals
from tests.geodata.incoming_files import Job, codes, metres, shape
from tests.geodata.test_encodings import cp1258, encoded

NAMES = ["Xã Mỹ Đức", "Xã Đạ Huoai", "Phường Bảo Lộc", "Xã Hàm Thuận Nam", "Xã Sông Lũy"]
PLACES = [(107.60, 11.40), (107.75, 11.43), (107.81, 11.55), (107.95, 10.91), (108.24, 11.23)]
ZONE = crs.zone(5899)  # 107°45'
AREAS = [shapely.box(x, y, x + 0.01, y + 0.01) for x, y in PLACES]


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "TEN": NAMES,
            "SO_HO": np.array([12, 0, 350, 7, 41], dtype="int32"),
            "DTICH": [1.5, 2.25, 0.0, 254.44, 79.1],
            "NGAY": np.array(["2024-02-29"] * 5, dtype="datetime64[ms]"),
        },
        geometry=[shapely.Point(place) for place in PLACES],
        crs=4326,
    )


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


def landed(rows, close: float = 0.01) -> None:
    """Every row at its place, in order."""
    assert len(rows) == len(PLACES)
    for row, place in zip(rows, PLACES, strict=True):
        point = shape(row)
        point = point if point.geom_type == "Point" else shapely.Point(point.bounds[:2])
        assert metres((point.x, point.y), place) < close, row


@pytest.mark.parametrize(
    ("name", "driver", "kind"),
    [
        ("a.gpkg", "GPKG", "gpkg"),
        ("a.geojson", "GeoJSON", "geojson"),
        ("a.fgb", "FlatGeobuf", "fgb"),
        ("a.shp", "ESRI Shapefile", "shapefile"),
    ],
)
def test_files_of_today_keep_text_numbers_and_days(tmp_path, job, frame, name, driver, kind):
    more = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" else {}
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio", **more)
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert (source.kind, source.geometry, source.rows, source.questions) == (kind, "POINT", 5, ())
    day = "text" if kind == "shapefile" else "datetime"  # no time of day in a DBF
    assert [(field.name, field.kind) for field in source.fields] == [
        ("TEN", "text"), ("SO_HO", "integer"), ("DTICH", "decimal"), ("NGAY", day),
    ]  # fmt: skip
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES
    assert str(rows[3].values.pop("NGAY")).replace("/", "-").startswith("2024-02-29")
    assert rows[3].values == {"TEN": NAMES[3], "SO_HO": 7, "DTICH": 254.44}
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


def test_geoparquet(tmp_path, job, frame):
    frame.to_crs(32648).to_parquet(tmp_path / "a.parquet")
    source = job.take(tmp_path / "a.parquet").one()
    assert (source.kind, source.systems[0].system) == ("parquet", "EPSG:32648")
    rows = job.rows(source)
    landed(rows)
    assert rows[3].values == {"TEN": NAMES[3], "SO_HO": 7, "DTICH": 254.44, "NGAY": "2024-02-29T00:00:00"}


@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path, job, frame, packed):
    frame.drop(columns="NGAY").to_file(tmp_path / "a.kml", driver="LIBKML", engine="pyogrio")
    path = tmp_path / "a.kml"
    if packed:
        path = tmp_path / "a.kmz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / "a.kml", "doc.kml")
            archive.writestr("files/anh.jpg", b"\xff\xd8")
    source = job.take(path).one()
    assert (source.kind, source.systems[0].system, source.questions) == ("kml", "EPSG:4326", ())
    assert [field.name for field in source.fields] == ["Name", "description", "TEN", "SO_HO", "DTICH"]
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


def test_gpx(tmp_path, job, frame):
    points = frame[["TEN", "geometry"]].rename(columns={"TEN": "name"})
    points.to_file(tmp_path / "a.gpx", driver="GPX", engine="pyogrio", layer="waypoints")
    source = job.take(tmp_path / "a.gpx").one()
    rows = job.rows(source)
    landed(rows)
    assert [row.values["name"] for row in rows] == NAMES


@pytest.mark.parametrize(("name", "kind"), [("a.mif", "mif"), ("a.tab", "tab")])
def test_mapinfo_that_says_wgs84_on_a_vn2000_grid_is_questioned(tmp_path, job, frame, name, kind):
    grid = (
        frame.drop(columns="NGAY")
        .set_geometry(crs.to_vn2000(frame.geometry.values, ZONE))
        .set_crs(ZONE.epsg, allow_override=True)
    )
    grid.to_file(tmp_path / name, driver="MapInfo File", engine="pyogrio", encoding="UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.kind == kind
    assert codes(source.questions) in (["system_relabelled"], [])
    rows = job.rows(source, system="VN2000:5899")
    landed(rows, 0.02)
    assert [row.values["TEN"] for row in rows] == NAMES


def test_mif_with_the_vn2000_line_is_known(tmp_path, job, frame):
    grid = crs.to_vn2000(frame.geometry.values, ZONE)
    shift = "-191.90441429, -39.30318279, -111.45032835, -0.00928836, 0.01975479, -0.00427372, 0.252906278, 0"
    system = f"CoordSys Earth Projection 8, 9999, 28, {shift}, 7, 107.75, 0, 0.9999, 500000, 0"
    head = f'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\n{system}\n'
    (tmp_path / "a.mif").write_text(
        head + "Columns 1\n  TEN Char(50)\nData\n\n" + "".join(f"Point {p.x:.4f} {p.y:.4f}\n" for p in grid)
    )
    (tmp_path / "a.mid").write_bytes(b"".join(b'"' + encoded(name, "tcvn3") + b'"\n' for name in NAMES))
    source = job.take(tmp_path / "a.mif", tmp_path / "a.mid").one()
    assert (source.systems[0].system, source.systems[0].why, source.questions) == ("VN2000:5899", "declared", ())
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "viscii", "cp1258"])
@pytest.mark.parametrize("driver", ["ESRI Shapefile", "MapInfo File"])
def test_old_encodings_in_old_containers(tmp_path, job, frame, encoding, driver):
    old = [old_bytes(name, encoding).decode("latin-1") for name in NAMES]
    grid = frame[["SO_HO"]].assign(TEN=old)
    grid = geopandas.GeoDataFrame(grid, geometry=crs.to_vn2000(frame.geometry.values, ZONE), crs=4326)
    name = "a.shp" if driver == "ESRI Shapefile" else "a.mif"
    grid.to_file(tmp_path / name, driver=driver, engine="pyogrio", encoding="ISO-8859-1")
    if driver == "MapInfo File":
        # GDAL's writer turns text into the set of its choice: the bytes an old program wrote are put back.
        (tmp_path / "a.mid").write_bytes(
            b"".join(b'%d,"%s"\r\n' % (n, old_bytes(t, encoding)) for n, t in zip(frame.SO_HO, NAMES, strict=True))
        )
    else:
        (tmp_path / "a.cpg").unlink()
        (tmp_path / "a.prj").write_text(crs.wkt1_esri(ZONE))
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == encoding
    assert "encoding_doubtful" not in codes(source.questions)
    before, after = source.encodings[0].samples[0]
    assert before != after
    rows = job.rows(source, system="VN2000:5899")
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


def old_bytes(text: str, encoding: str) -> bytes:
    return cp1258(text) if encoding == "cp1258" else encoded(text, encoding)


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_a_geopackage_made_from_an_old_file_without_decoding_is_seen_through(tmp_path, job, frame, encoding):
    frame.assign(TEN=[encoded(name, encoding).decode("cp1252") for name in NAMES]).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    source = job.take(tmp_path / "a.gpkg").one()
    assert source.encodings[0].encoding == f"utf-8>{encoding}"
    assert [row.values["TEN"] for row in job.rows(source)] == NAMES


def test_utf8_taken_for_western_on_its_way_is_seen_through(tmp_path, job, frame):
    broken = [name.encode().decode("latin-1") for name in NAMES]
    frame.assign(TEN=broken).to_file(tmp_path / "a.geojson", engine="pyogrio")
    source = job.take(tmp_path / "a.geojson").one()
    assert source.encodings[0].encoding == "utf-8>utf-8"
    assert [row.values["TEN"] for row in job.rows(source)] == NAMES


def test_a_wrong_cpg_is_asked_about(tmp_path, job, frame):
    frame.assign(TEN=[encoded(name, "tcvn3").decode("latin-1") for name in NAMES]).to_file(
        tmp_path / "a.shp", engine="pyogrio", encoding="ISO-8859-1"
    )
    (tmp_path / "a.cpg").write_text("UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == "tcvn3"
    assert codes(source.questions) == ["encoding_not_as_declared"]


def test_text_that_no_encoding_makes_vietnamese_is_asked_about(tmp_path, job, frame):
    odd = ["Café Zürich", "Åse Ørsted", "Müßig", "Señor Ñandú", "Český"[1:]]
    frame.assign(TEN=[each.encode("cp1252", "replace").decode("latin-1") for each in odd]).to_file(
        tmp_path / "a.shp", engine="pyogrio", encoding="ISO-8859-1"
    )
    (tmp_path / "a.cpg").unlink()
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert codes(source.questions) == ["encoding_doubtful"]


def test_a_letter_cut_off_by_the_width_of_a_dbf_is_no_other_encoding(tmp_path, job, frame):
    long = ("Thôn Tân Lập ở phía đông hồ Đạ Tẻh, " * 9)[:180]
    frame.assign(TEN=long).to_file(tmp_path / "a.shp", engine="pyogrio", encoding="UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == "utf-8"
    rows = job.rows(source)
    assert len(rows[0].values["TEN"]) > 150
    assert long.startswith(rows[0].values["TEN"])


def test_dxf_with_areas_and_old_text(tmp_path, job):
    """Before 2007 a drawing's text is in a code page, here typed with a TCVN3 font; closed lines are areas."""
    entities = b""
    for name, area in zip(NAMES, crs.to_vn2000(np.array(AREAS), ZONE), strict=True):
        corners = shapely.get_coordinates(area)[:-1]
        entities += b"0\nLWPOLYLINE\n8\nRANH\n90\n4\n70\n1\n" + b"".join(
            b"10\n%.4f\n20\n%.4f\n" % (x, y) for x, y in corners
        )
        entities += b"0\nTEXT\n8\nTEN\n10\n%.4f\n20\n%.4f\n40\n2.5\n1\n%s\n" % (*corners[0], encoded(name, "tcvn3"))
    head = b"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_1252\n0\nENDSEC\n"
    (tmp_path / "a.dxf").write_bytes(head + b"0\nSECTION\n2\nENTITIES\n" + entities + b"0\nENDSEC\n0\nEOF\n")
    source = job.take(tmp_path / "a.dxf").one()
    assert (source.geometry, source.rows, source.encodings[0].encoding) == ("MIXED", 10, "tcvn3")
    assert codes(source.questions) == ["system_unproved"]
    rows = job.rows(source, system="VN2000:5899")
    assert [row.values["Text"] for row in rows if row.values["Text"]] == NAMES
    areas = [shape(row) for row in rows if row.values["Layer"] == "RANH"]
    for area, right in zip(areas, AREAS, strict=True):
        assert area.geom_type in ("Polygon", "MultiPolygon")
        assert area.hausdorff_distance(right) < 1e-7


def test_dgn_v7_with_old_text(tmp_path, job, frame):
    """GDAL writes the drawing; what a TCVN3 font had typed into it is put where its text stands."""
    marks = [f"TEXT{at}".ljust(len(name), "_") for at, name in enumerate(NAMES)]
    grid = geopandas.GeoDataFrame({"t": marks}, geometry=crs.to_vn2000(frame.geometry.values, ZONE), crs=ZONE.epsg)
    grid.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    sql = """SELECT geom, t AS Text, 'LABEL(t:"' || t || '",s:1g)' AS OGR_STYLE FROM a"""
    command = [
        "ogr2ogr",
        "-f",
        "DGN",
        str(tmp_path / "a.dgn"),
        str(tmp_path / "a.gpkg"),
        "-dialect",
        "SQLITE",
        "-sql",
        sql,
    ]
    subprocess.run(command, check=True, capture_output=True)
    raw = (tmp_path / "a.dgn").read_bytes()
    for mark, name in zip(marks, NAMES, strict=True):
        assert raw.count(mark.encode()) == 1
        raw = raw.replace(mark.encode(), encoded(name, "tcvn3"))
    (tmp_path / "a.dgn").write_bytes(raw)
    source = job.take(tmp_path / "a.dgn").one()
    assert (source.kind, source.geometry) == ("dgn", "POINT")
    assert codes(source.questions) == ["system_unproved"]
    rows = job.rows(source, system="VN2000:5899")
    landed(rows, 1.5)  # the drawing's own grid is a whole number of its units
    assert [row.values["Text"] for row in rows] == NAMES


def test_dgn_v8_is_refused_and_told_what_to_save_instead(tmp_path, job):
    (tmp_path / "a.dgn").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)
    with pytest.raises(refusals.SaveOtherwise) as refused:
        job.take(tmp_path / "a.dgn")
    assert refused.value.facts == {"name": "a.dgn", "kind": "MicroStation DGN v8", "instead": "DGN v7 / DXF"}


def test_a_workbook_with_titles_above_and_degrees_minutes_seconds(tmp_path, job):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG"])
    sheet.append(["DANH SÁCH ĐIỂM DÂN CƯ", None, None])
    sheet.append([])
    sheet.append(["STT", "Tên xã", "Vĩ độ", "Kinh độ", "Số hộ", "Ngày lập"])
    for at, (name, (lon, lat)) in enumerate(zip(NAMES, PLACES, strict=True), start=1):
        sheet.append([at, name, dms(lat) + "N", dms(lon) + "E", 10 * at, dt.date(2024, 5, at)])
    book.create_sheet("Trống")
    book.save(tmp_path / "a.xlsx")
    source = job.take(tmp_path / "a.xlsx").one()
    assert (source.kind, source.geometry, source.rows) == ("xlsx", "POINT", 5)
    assert codes(source.warnings) == ["taken_for_wgs84"]
    rows = job.rows(source)
    landed(rows, 0.5)  # the seconds have one decimal
    assert rows[1].values == {
        "STT": 2, "Tên xã": NAMES[1], "Vĩ độ": dms(11.43) + "N", "Kinh độ": dms(107.75) + "E", "Số hộ": 20,
        "Ngày lập": "2024-05-02",
    }  # fmt: skip
    assert rows[0].number == 5


def dms(degrees: float) -> str:
    seconds = round(degrees * 3600, 2)
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60):02d}'{seconds % 60:.2f}\""


def test_a_workbook_typed_with_an_old_font_and_metres(tmp_path, job):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([encoded("Tên xã", "tcvn3").decode("latin-1"), "X", "Y"])
    for name, point in zip(NAMES, crs.to_vn2000(shapely.points(PLACES), ZONE), strict=True):
        sheet.append([encoded(name, "tcvn3").decode("latin-1"), round(point.y, 3), round(point.x, 3)])
    book.save(tmp_path / "a.xlsx")
    source = job.take(tmp_path / "a.xlsx").one()
    assert source.encodings[0].encoding == "utf-8>tcvn3"
    assert [field.name for field in source.fields] == ["Tên xã", "X", "Y"]
    rows = job.rows(source, system="VN2000:5899")
    landed(rows)
    assert [row.values["Tên xã"] for row in rows] == NAMES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "tcvn3", "vni", "viscii", "cp1258"])
def test_csv_of_metres_with_decimal_commas(tmp_path, job, encoding):
    points = crs.to_vn2000(shapely.points(PLACES), ZONE)
    text = [
        "Tên xã;X (m);Y (m)",
        *(f"{n};{p.y:.3f};{p.x:.3f}".replace(".", ",") for n, p in zip(NAMES, points, strict=True)),
    ]
    whole = "\r\n".join(text) + "\r\n"
    raw = whole.encode(encoding) if encoding.startswith("utf") else old_bytes(whole, encoding)
    (tmp_path / "a.csv").write_bytes(raw)
    source = job.take(tmp_path / "a.csv").one()
    assert [field.name for field in source.fields] == ["Tên xã", "X (m)", "Y (m)"]
    rows = job.rows(source, system="VN2000:5899")
    landed(rows)
    assert [row.values["Tên xã"] for row in rows] == NAMES


def test_csv_with_both_coordinates_in_one_cell_or_as_wkt(tmp_path, job):
    (tmp_path / "a.csv").write_text(
        "Tên;Tọa độ\n" + "".join(f"{n};{dms(y)}N, {dms(x)}E\n" for n, (x, y) in zip(NAMES, PLACES, strict=True)),
        encoding="utf-8",
    )
    landed(job.rows(job.take(tmp_path / "a.csv").one()), 0.5)
    other = Job(job.folder.with_name("other"))
    (tmp_path / "b.csv").write_text(
        "Tên,WKT\n" + "".join(f'{n},"{a.wkt}"\n' for n, a in zip(NAMES, AREAS, strict=True)), encoding="utf-8"
    )
    source = other.take(tmp_path / "b.csv").one()
    assert source.geometry == "POLYGON"
    landed(other.rows(source))


def test_a_table_without_places_is_read_and_says_so(tmp_path, job):
    (tmp_path / "a.csv").write_text("Mã,Tên xã\n1,Mỹ Đức\n2,Bảo Lộc\n", encoding="utf-8-sig")
    source = job.take(tmp_path / "a.csv").one()
    assert (source.geometry, codes(source.warnings), source.systems) == ("", ["no_places"], ())
    assert [row.values for row in job.rows(source)] == [
        {"Mã": "1", "Tên xã": "Mỹ Đức"},
        {"Mã": "2", "Tên xã": "Bảo Lộc"},
    ]


def test_bad_rows_are_named_and_the_good_ones_kept(tmp_path, job):
    (tmp_path / "a.csv").write_text(
        "ten,lat,lon\nA,11.9,108.4\nB,,108.4\nC,xyz,108.4\nD,108.4,11.9\nE,0,0\nF,99,500\n", encoding="utf-8"
    )
    source = job.take(tmp_path / "a.csv").one()
    found = {row.values["ten"]: (row.number, codes(row.problems), row.wkb is not None) for row in job.rows(source)}
    assert found == {
        "A": (2, [], True),
        "B": (3, ["coordinate_missing"], False),
        "C": (4, ["coordinate_unreadable"], False),
        "D": (5, ["swapped"], True),
        "E": (6, ["null_island"], True),
        "F": (7, ["out_of_range"], False),
    }


def test_areas_that_cross_themselves_are_mended_and_said(tmp_path, job):
    tie = shapely.Polygon([(108.2, 11.9), (108.3, 12.0), (108.3, 11.9), (108.2, 12.0)])
    flat = shapely.Polygon([(108.2, 11.9), (108.3, 12.0), (108.2, 11.9)])
    geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=[tie, AREAS[0], flat], crs=4326).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    rows = job.rows(job.take(tmp_path / "a.gpkg").one())
    assert [codes(row.problems) for row in rows] == [["repaired"], [], ["no_area"]]
    assert shape(rows[0]).is_valid


def test_several_layers_and_files_are_sources_of_their_own(tmp_path, job, frame):
    frame.to_file(tmp_path / "a.gpkg", layer="Điểm dân cư", engine="pyogrio")
    frame.set_geometry(AREAS).to_file(tmp_path / "a.gpkg", layer="Ranh giới", engine="pyogrio")
    frame.to_file(tmp_path / "b.shp", engine="pyogrio", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "gop.zip", "w") as archive:
        for file in [tmp_path / "a.gpkg", *tmp_path.glob("b.*")]:
            archive.write(file, f"Thư mục/{file.name}")
        archive.writestr("doc.txt", "đọc tôi")
    assert incoming.unpack(tmp_path / "gop.zip", job.folder) == ["doc.txt"]
    sources = incoming.inspect(None, job.folder, "68")
    assert [(each.title, each.geometry) for each in sources] == [
        ("Thư mục/a.gpkg", "POINT"), ("Thư mục/a.gpkg", "POLYGON"), ("Thư mục/b.shp", "POINT"),
    ]  # fmt: skip
    assert [each.layer for each in sources[:2]] == ["Điểm dân cư", "Ranh giới"]
    for source in sources:
        landed(job.rows(source))


def test_a_source_survives_being_kept(tmp_path, job, frame):
    frame.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    source = job.take(tmp_path / "a.gpkg").one()
    assert incoming.from_json(json.loads(json.dumps(incoming.to_json(source)))) == source
