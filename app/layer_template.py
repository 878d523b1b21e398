"""A workbook to fill in for a layer: its columns, with drop-downs; what comes back goes the way of every import."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app import bulk_sheet
from geodata.fields import Field
from geodata.foreign.tables import CHOICES_SHEET
from surveys import xlsforms
from surveys.import_rows import CODE_MARK
from surveys.layer import Layer

ROWS = 2000  # with drop-downs
COMMUNE, HAMLET, DAY, NORTH, EAST = "Mã xã", "Mã thôn", "Ngày ghi nhận", "Vĩ độ", "Kinh độ"
_COMMUNES = text(
    "SELECT code, kind || ' ' || name AS name FROM units WHERE level = 3 AND valid_to IS NULL AND province_id = :p"
    ' ORDER BY name COLLATE "vi-x-icu"'
)
_KINDS = {
    "integer": "Số nguyên.", "money": "Số nguyên, đồng.", "decimal": "Số.", "date": "Ngày, ví dụ 31/12/2026.",
    "choices": "Nhiều mục thì cách nhau bằng dấu ;.",
}  # fmt: skip


def workbook(session: Session | Connection, layer: Layer, province_id: int, on: Any) -> bytes:
    """XLSX with one sheet of titles in its first row, and the lists its drop-downs choose from, as of that day."""
    codes = xlsforms.codes_on(session, on)
    fields = [field for field in layer.fields if field.asked and field.kind != "document"]
    places = (NORTH, EAST) if layer.shape == "POINT" else ()
    communes = [f"{row.code}{CODE_MARK}{row.name}" for row in session.execute(_COMMUNES, {"p": province_id})]
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = layer.title[:31]
    bulk_sheet.head(sheet, [*map(_title, fields), f"{COMMUNE} *", HAMLET, f"{DAY} *", *places])
    lists = book.create_sheet(CHOICES_SHEET)
    for column, field in enumerate(fields, start=1):
        sheet.cell(1, column).comment = Comment(_said(field), "Địa Bàn")
        offered = _offered(field, codes)
        if offered:
            _offer(lists, sheet, column, field.label, offered, strict=field.kind != "choices")
    _offer(lists, sheet, len(fields) + 1, COMMUNE, communes, strict=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(field: Field) -> str:
    return f"{field.label} *" if field.required and not field.relevant else field.label


def _offered(field: Field, codes: Any) -> list[str]:
    if field.kind == "boolean":
        return ["có", "không"]
    return [code.label_vi for code in codes.get(field.list or "", ())]


def _said(field: Field) -> str:
    parts = [field.label_en, _KINDS.get(field.kind, ""), f"Đơn vị: {field.unit}." if field.unit else "", field.hint]
    return " ".join(part for part in parts if part)


def _offer(lists: Any, sheet: Any, column: int, title: str, offered: Sequence[str], *, strict: bool) -> None:
    at = lists.max_column + 1 if lists["A1"].value else 1
    letter = get_column_letter(at)
    lists[f"{letter}1"] = title
    for line, value in enumerate(offered, start=2):
        lists[f"{letter}{line}"] = value
    area = f"'{lists.title}'!${letter}$2:${letter}${len(offered) + 1}"
    bulk_sheet.drop_down(sheet, column, area, ROWS, strict=strict)
