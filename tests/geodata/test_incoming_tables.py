"""Tables of text and workbooks: coordinates in every usual way to write them, bad rows named."""

import datetime as dt
from pathlib import Path

import geopandas
import openpyxl
import pytest
import shapely

from geodata import crs
from tests.geodata.incoming_files import AREAS, NAMES, PLACES, ZONE, Job, codes, landed, made, old_bytes
from tests.geodata.test_encodings import encoded


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    return made()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


def dms(degrees: float) -> str:
    seconds = round(degrees * 3600, 2)
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60):02d}'{seconds % 60:.2f}\""


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
        'ten,lat,lon\nA,11.9,108.4\nB,,108.4\nC,xyz,108.4\nD,108.4,11.9\nE,0,0\nF,99,500\n"hai\ndòng",11.9,108.4\n\n'
        "G,11.9\n",
        encoding="utf-8",
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
        "hai\ndòng": (8, [], True),  # one row on two lines
        "G": (11, ["coordinate_missing"], False),
    }
