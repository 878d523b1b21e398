"""Whoever has Excel and no GIS fills in a workbook; it comes back by the usual way, and each wrong cell is named."""

import io
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from app import layer_template
from geodata.foreign.tables import CHOICES_SHEET
from surveys import import_report, wall_clock
from surveys.import_columns import match
from surveys.import_rows import CODE_MARK
from surveys.layers import CATALOGUE, named


def workbook(worker: Engine, key: str) -> openpyxl.Workbook:
    with worker.connect() as connection:
        data = layer_template.workbook(connection, named(key), 1, wall_clock.today())
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_the_import_knows_every_column_of_the_workbook(worker: Engine, key: str) -> None:
    sheet = workbook(worker, key).worksheets[0]
    headers = [str(cell.value) for cell in sheet[1]]
    places = frozenset({layer_template.NORTH, layer_template.EAST}) & set(headers)
    found = match(named(key), headers, {}, frozenset(places))
    wanted = {field.key for field in named(key).fields if field.asked and field.kind != "document"}
    assert {field.key for field in found.fields.values()} == wanted
    assert set(found.roles.values()) == {"commune", "hamlet", "observed_on"}
    assert found.dropped == ()
    assert found.unused == ()


def test_drop_downs_offer_the_codes_of_today_and_the_communes_by_name(worker: Engine) -> None:
    book = workbook(worker, "religious_sites")
    lists: Any = book[CHOICES_SHEET]
    columns = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in lists.iter_cols()}
    assert "Phật giáo" in columns["Tôn giáo, tín ngưỡng"]
    assert columns["Mã xã"][0].split(CODE_MARK)[0].isdigit()
    assert not any("Cam Lâm" in commune for commune in columns["Mã xã"])  # of another province
    assert len(book.worksheets[0].data_validations.dataValidation) == len(columns)


def test_a_doubt_names_its_cell() -> None:
    doubts = [["value", "Tôn giáo: không có trong danh mục", "tradition"], ["outside", "", ""], ["far", "x"]]
    assert import_report.cells(7, doubts, {"tradition": "B", "name": "A"}) == ["B7"]
    assert import_report.cells(7, doubts, {}) == []
