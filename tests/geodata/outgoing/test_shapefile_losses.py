"""What a shapefile can't hold is cut where it must be, and said."""

import csv

import pytest

from tests.geodata.outgoing.conftest import told
from tests.geodata.outgoing.test_shapefile import records


def test_nothing_stays_nothing(write, hamlets):
    hamlets.execute("insert into hamlets(id, geometry) select 9, geometry from hamlets where id = 1")
    report, folder = write()
    empty = next(record for record in records(folder) if record["ID"] == "9")
    assert {value for key, value in empty.items() if key != "ID"} <= {None, ""}
    assert report.counts["null_number"] == 3
    assert "SO_HO: 1" in told(folder)


@pytest.mark.parametrize("pad", range(6))
def test_long_text_ends_with_a_whole_letter_and_is_listed(write, hamlets, pad):
    text = "x" * pad + "Đường_ổ_gà_ế_😀" * 30
    hamlets.execute("update hamlets set name = %s where id = 2", (text,))
    report, folder = write()
    kept = next(record["TEN"] for record in records(folder) if record["ID"] == "2")
    assert text.startswith(kept)
    assert 250 < len(kept.encode()) <= 254
    assert len((kept + text[len(kept)]).encode()) > 254
    assert report.counts["cut"] == 1
    assert not report.counts["warning"], "cut before GDAL had to"
    assert f"2 · TEN (Tên thôn): {len(text.encode())} byte, {len(text)} ký tự" in told(folder)


def test_text_of_exactly_254_bytes_is_whole(write, hamlets):
    text = "ế" * 84 + "xy"
    hamlets.execute("update hamlets set name = %s where id = 2", (text,))
    report, folder = write()
    assert records(folder)[1]["TEN"] == text
    assert not report.counts["cut"]


def test_an_empty_string_and_a_dropped_time_are_said(write, hamlets):
    hamlets.execute("update hamlets set name = '' where id = 3")
    report, folder = write()
    assert report.counts["empty"] == 1
    hamlets.execute("update hamlets set entered = '2026-03-31T17:30:00Z' where id = 3")
    report, folder = write()
    assert report.counts["time_dropped"] == 1
    assert "NHAP_LUC: 1" in told(folder)


def test_rows_without_a_usable_place_are_kept_in_a_table(write, hamlets):
    hamlets.execute("insert into hamlets(id, name) values (7, '=1+1')")
    hamlets.execute("insert into hamlets(id, name, geometry) values (8, 'đảo số không', 'SRID=4326;POINT(0 0)')")
    hamlets.execute("insert into hamlets(id, name, geometry) values (9, 'rỗng', 'SRID=4326;POINT EMPTY')")
    report, folder = write()
    assert (report.rows, report.written) == (6, 3)
    assert report.lost == 3 + report.counts["time_dropped"]
    with (folder / "khong_hinh.csv").open(encoding="utf-8-sig", newline="") as file:
        kept = {row["ID"]: row for row in csv.DictReader(file)}
    assert set(kept) == {"7", "8", "9"}
    assert kept["7"]["TEN"] == "'=1+1"
    assert kept["8"]["WKT_WGS84"] == "POINT(0 0)"
    assert (report.counts["no_geometry"], report.counts["outside"]) == (2, 1)


def test_big_small_and_impossible_numbers(write, hamlets):
    hamlets.execute("update hamlets set area = 0.000123, households = -2000000000 where id = 1")
    hamlets.execute("update hamlets set area = 123456789.5, money = 9223372036854775807 where id = 2")
    hamlets.execute("update hamlets set area = 'NaN', surveyed = 'infinity' where id = 3")
    report, folder = write()
    first, second, third = records(folder)
    assert (first["DIEN_TICH"], first["SO_HO"]) == (0.000123, -2000000000)
    assert (second["DIEN_TICH"], second["SO_TIEN"]) == (123456789.5, None)
    assert (third["DIEN_TICH"], third["NGAY"]) == (None, None)
    assert report.counts["unwritable"] == 3
    assert "3 · NGAY (Ngày khảo sát): infinity" in told(folder)


def test_what_the_caller_withheld_stands_in_the_report(write):
    report, folder = write(masked=["2 dòng dưới 5 hộ: <5"])
    assert report.counts["masked"] == 1
    assert "2 dòng dưới 5 hộ: <5" in told(folder)
