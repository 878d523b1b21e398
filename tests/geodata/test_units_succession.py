"""Successions from a table: added, corrected, or refused as a whole."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from geodata import succession_import
from geodata.succession_import import SuccessionRefused
from tests.province import Province

HEAD = "old_province_code,old_ward_code,new_province_code,new_ward_code,note\n"


@pytest.fixture
def units(province: Province):
    with province.undone() as connection:
        yield connection


def table(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "sap_nhap.csv"
    path.write_text(head + "\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


def part(connection: Connection, old: str, new: str) -> bool | None:
    query = """
        SELECT NOT whole FROM succession s JOIN units o ON o.id = old_id JOIN units n ON n.id = new_id
        WHERE o.code = :o AND n.code = :n
    """
    return connection.scalar(text(query), {"o": old, "n": new})


def test_a_row_is_added_or_corrected(units: Connection, tmp_path: Path) -> None:
    rows = ("60,22915,68,22918,Nhập một phần", "60,22915,68,22924,Nhập một phần", "60,22918,68,22918,Nhập toàn bộ")
    report = succession_import.load(units, table(tmp_path, *rows))
    assert (report.rows, report.added, report.changed, report.same) == (3, 1, 1, 1)
    assert part(units, "22915", "22918") is True
    assert part(units, "22915", "22924") is True
    again = succession_import.load(units, table(tmp_path, *rows))
    assert (again.added, again.changed, again.same) == (0, 0, 3)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("60,99999,68,22918,Nhập toàn bộ", "unknown_old_unit"),
        ("68,22915,68,22918,Nhập toàn bộ", "unknown_old_unit"),  # that code, but of another province
        ("60,22915,68,99999,Nhập toàn bộ", "unknown_new_unit"),
        ("60,22915,68,22918,?", "neither_whole_nor_part"),
        ("60,22918,68,22918,Nhập toàn bộ", "twice"),
    ],
)
def test_one_bad_row_changes_nothing_and_is_named(units: Connection, tmp_path: Path, row: str, reason: str) -> None:
    before = units.scalar(text("SELECT md5(string_agg(s::text, '' ORDER BY s::text)) FROM succession s"))
    path = table(tmp_path, "60,22918,68,22918,Nhập một phần", row)
    with pytest.raises(SuccessionRefused) as refused, units.begin_nested():
        succession_import.load(units, path)
    assert (3, reason) in [(number, why) for number, why, _ in refused.value.facts["rows"]]
    assert units.scalar(text("SELECT md5(string_agg(s::text, '' ORDER BY s::text)) FROM succession s")) == before


def test_the_official_table_of_the_demo_province_agrees(units: Connection, shared: Path) -> None:
    report = succession_import.load(units, shared / "data" / "succession_2025_lamdong.csv")
    assert report.rows == 330
    assert report.added == 0
    assert report.changed + report.same == 330
