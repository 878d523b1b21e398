"""Tables of points as offices keep them."""

import csv
import re

import pytest
import shapely

from geodata import crs, encodings, pointtables
from tests.geodata.inputs import shared
from tests.geodata.test_encodings import encoded


@pytest.fixture
def table(tmp_path):
    def writes(content: str | bytes) -> pointtables.Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return writes


def read(path, **more):
    layout = pointtables.layout(path)
    return layout, list(pointtables.rows(path, layout, **more))


@pytest.mark.parametrize(
    "header",
    ["lat,lon", "Latitude,Longitude", "Vĩ độ,Kinh độ", "vi_do,kinh_do", "LAT,LNG", "Tọa độ Y,Tọa độ X", "y,x", "x,y"],
)
def test_usual_headers(table, header):
    layout, rows = read(table(f"tên,{header}\nA,11.94,108.45\nB,11.5,107.8\n"))
    assert [(row.lon, row.lat, row.flags) for row in rows] == [(108.45, 11.94, set()), (107.8, 11.5, set())]
    assert layout.columns[0] == "tên"
    assert not layout.grid


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiters(table, delimiter):
    layout, rows = read(table(delimiter.join(["a", "lat", "lon"]) + "\n" + delimiter.join(["b", "11.94", "108.45"])))
    assert layout.delimiter == delimiter
    assert rows[0].lat == 11.94


def test_decimal_commas_beside_semicolons(table):
    _, rows = read(table("ten;vĩ độ;kinh độ\nThôn 1, xã A;11,94;108,45\n"))
    assert (rows[0].lon, rows[0].lat, rows[0].values["ten"]) == (108.45, 11.94, "Thôn 1, xã A")


@pytest.mark.parametrize("name", ["tcvn3", "cp1258", "utf-8", "utf-16"])
def test_encodings_are_told_and_composed(table, name):
    text = "ten,lat,lon\n" + "".join(f"Thôn Tân Lập số {n} xã Mỹ Đức,11.9,108.4\n" for n in range(9))
    if name == "cp1258":
        raw = text.replace("ậ", "â\u0323").replace("ố", "ô\u0301").replace("ỹ", "y\u0303").replace("ứ", "ư\u0301")
        raw = raw.replace("ã", "a\u0303").encode("cp1258")
    else:
        raw = encoded(text, "tcvn3") if name == "tcvn3" else text.encode(name)
    layout, rows = read(table(raw))
    assert layout.encoding == name
    assert rows[3].values["ten"] in ("Thôn Tân Lập số 3 xã Mỹ Đức", "Thôn Tân Lập số 3 xã Mỹ đức")


def test_a_byte_order_mark_is_no_part_of_a_name(table):
    layout, _ = read(table(b"\xef\xbb\xbflat,lon\n11.9,108.4\n"))
    assert layout.columns == ("lat", "lon")


def test_bad_rows_are_named_and_the_rest_read_on(table):
    text = (
        'ten,lat,lon\n"hai\ndòng",11.9,108.4\nA,,108.4\nB,xyz,108.4\nC,11.9\n\nD,108.4,11.9\nE,0,0\nF,1180992,403869\n'
    )
    _, rows = read(table(text))
    found = {row.line: (row.problem.code, row.problem.facts) if row.problem else row.flags for row in rows}
    assert found == {
        2: set(),
        4: ("coordinate_missing", {"line": 4, "column": "lat"}),
        5: ("coordinate_unreadable", {"line": 5, "column": "lat", "text": "xyz"}),
        6: ("table_row_ragged", {"line": 6, "expected": 3, "found": 2}),
        8: {"swapped"},
        9: {"null_island"},
        10: (
            "geometry_out_of_range",
            {"line": 10, "column": "lat", "lon": 403869.0, "lat": 1180992.0, "flags": ["metres_as_degrees"]},
        ),
    }
    swapped = next(row for row in rows if row.line == 8)
    assert (swapped.lon, swapped.lat) == (108.4, 11.9)


def test_a_broken_line_is_named_and_the_rest_read_on(table):
    body = "".join(f"Thôn Tân Lập {n},11.9,108.4\n" for n in range(50)).encode()
    path = table("tên,lat,lon\n".encode() + body + b"Th\xc3,11.9,108.4\nA,11.9,108.4\n")
    layout = pointtables.layout(path, encoding="utf-8")
    rows = list(pointtables.rows(path, layout))
    assert [row.line for row in rows if row.problem] == [52]
    assert rows[-1].lat == 11.9


def test_outside_the_area_is_flagged(table):
    _, rows = read(table("lat,lon\n11.9,108.4\n21.0,105.8\n"), within=shapely.box(107, 10, 109, 13))
    assert [row.flags for row in rows] == [set(), {"outside_area"}]


def test_metres_need_a_zone(table):
    path = table("stt;X;Y\n1;1180992,826;403869,388\n")
    layout = pointtables.layout(path)
    assert (layout.north, layout.east, layout.grid) == ("X", "Y", True)
    with pytest.raises(pointtables.ZoneNeeded):
        list(pointtables.rows(path, layout))


def test_tables_that_are_none(table):
    with pytest.raises(pointtables.UnreadableTable):
        pointtables.layout(table(""))
    with pytest.raises(pointtables.NoCoordinates) as refused:
        pointtables.layout(table("tên,địa chỉ\nA,B\n"))
    assert refused.value.facts == {"columns": ["tên", "địa chỉ"]}


def test_doubled_and_nameless_columns_keep_their_values(table):
    layout, rows = read(table("lat,lon,a,a,\n11.9,108.4,1,2,3\n"))
    assert layout.columns == ("lat", "lon", "a", "a_2", "cot_5")
    assert [rows[0].values[name] for name in ("a", "a_2", "cot_5")] == ["1", "2", "3"]


def test_the_survey_list_with_northing_as_x_lands_where_it_should():
    path = shared("data", "legacy_samples", "bt_points_vn2000_10830_XN_YE.csv")
    layout, rows = read(path, zone=crs.zone(9218))
    assert layout.grid
    with shared("data", "legacy_samples", "expected_truth_wgs84.csv").open(encoding="utf-8") as file:
        truth = {row["TENXA"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    assert len(rows) > 40
    for row in rows:
        lon, lat = truth[row.values["Tên xã"]]
        assert row.lon == pytest.approx(lon, abs=1e-7)
        assert row.lat == pytest.approx(lat, abs=1e-7)


def test_every_row_of_a_real_list_is_answered_for():
    path = shared("data", "real_places_lamdong.csv")
    layout, rows = read(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert len(rows) == sum(1 for _ in csv.reader(file)) - 1
    assert layout.encoding == "utf-8"
    assert all(row.problem or row.lat is not None for row in rows)
    assert encodings.detect([b"abc"]).encoding == "utf-8"
    assert not re.search("\ufeff", layout.columns[0])
