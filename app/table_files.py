"""A table as a file: CSV and XLSX, formulas defused, numbers as numbers."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from flask import Response
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from geodata.csvfiles import defused
from geodata.problems import NotFound

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}


def answer(
    kind: str, name: str, title: str, notes: Sequence[str], header: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Response:
    """The table as a download named `name`.`kind`. Raises NotFound for another kind than csv and xlsx."""
    if kind not in TYPES:
        raise NotFound(what="file", id=kind[:10])
    data = csv_bytes(header, rows) if kind == "csv" else xlsx_bytes(title, notes, header, rows)
    about = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "private, no-store"}
    return Response(data, content_type=TYPES[kind], headers=about)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with BOM, as spreadsheets open it rightly."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(header)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return made.getvalue().encode("utf-8-sig")


def xlsx_bytes(title: str, notes: Sequence[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet: what it is in the first lines, a header row, the rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has no sheet")
    sheet.title = "So lieu"
    for note in (title, *notes):
        _put(sheet, (note,))
    sheet["A1"].font = Font(bold=True, size=14)
    _put(sheet, header)
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    for row in rows:
        _put(sheet, row)
    for number in range(1, len(header) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = 30 if number == 1 else 18
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _put(sheet: Any, row: Sequence[Any]) -> None:
    sheet.append([_safe(value) for value in row])
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"  # text, whatever it looks like


def _safe(value: Any) -> Any:
    return defused(value) if isinstance(value, str) else value
