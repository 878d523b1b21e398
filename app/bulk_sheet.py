"""The workbook of offices and accounts: an empty or filled one to hand out, and the rows of one that comes back."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from surveys import form_workbook
from surveys.form_faults import Wrong

OFFICES, ACCOUNTS, LISTS = "Co quan", "Tai khoan", "Danh muc"
COLUMNS = {
    OFFICES: ("Tên cơ quan", "Mã đơn vị", "Lĩnh vực trả lời", "Từ ngày"),
    ACCOUNTS: ("Tên đăng nhập", "Vai trò", "Mã đơn vị", "Cơ quan", "Đang dùng"),
}
MOST_ROWS = 5000
_DOWN = 1000  # rows of a new sheet that have drop-downs


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell, as a spreadsheet names it: sheet, B7, words."""

    sheet: str
    cell: str
    said: str


@dataclass(frozen=True)
class Line:
    """A row of a sheet: its number and its cells by column title, trimmed; an empty one is ""."""

    sheet: str
    row: int
    cells: dict[str, str]

    def fault(self, column: str, said: str) -> CellFault:
        """Something wrong with one of its cells."""
        letter = get_column_letter(COLUMNS[self.sheet].index(column) + 1)
        return CellFault(self.sheet, f"{letter}{self.row}", said)


def written(choices: dict[str, Sequence[str]], rows: dict[str, Iterable[Sequence[Any]]]) -> bytes:
    """XLSX with a sheet for offices, one for accounts, and the lists its drop-downs choose from.

    `choices`: column title → what may stand there.
    """
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet, columns in COLUMNS.items():
        made = book.create_sheet(sheet)
        head(made, columns)
        for row in rows.get(sheet, ()):
            made.append([_plain(value) for value in row])
    lists = book.create_sheet(LISTS)
    for at, (title, offered) in enumerate(choices.items(), start=1):
        letter = get_column_letter(at)
        lists[f"{letter}1"] = title
        for line, value in enumerate(offered, start=2):
            lists[f"{letter}{line}"] = _plain(value)
        area = f"'{LISTS}'!${letter}$2:${letter}${max(len(offered) + 1, 2)}"
        for sheet, columns in COLUMNS.items():
            if title in columns:
                drop_down(book[sheet], columns.index(title) + 1, area, _DOWN)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def head(sheet: Worksheet, columns: Sequence[str]) -> None:
    """Titles in the first row, which stays in sight."""
    sheet.append(list(columns))
    for number, cell in enumerate(sheet[1], start=1):
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E2EFED")
        sheet.column_dimensions[get_column_letter(number)].width = max(14, len(str(cell.value)) + 4)
    sheet.freeze_panes = "A2"


def drop_down(sheet: Worksheet, column: int, area: str, rows: int, *, strict: bool = True) -> None:
    """Offers the values of an area in a column; `strict`: nothing else may be entered."""
    offered = DataValidation(type="list", formula1=area, allow_blank=True, showErrorMessage=strict)
    offered.error, offered.errorTitle = "Hãy chọn trong danh sách.", "Không có trong danh mục"
    letter = get_column_letter(column)
    offered.add(f"{letter}2:{letter}{rows + 1}")
    sheet.add_data_validation(offered)


def read(data: bytes) -> tuple[list[Line], list[CellFault]]:
    """The rows of both sheets, and what keeps them from being read. Macros, links and bombs are refused unopened."""
    try:
        if form_workbook.kind_of(data) != ".xlsx":
            return [], [CellFault("", "", "Không phải tệp .xlsx. Hãy tải mẫu về và điền vào đó.")]
    except Wrong as wrong:
        return [], [CellFault("", "", wrong.faults[0].words)]
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    lines: list[Line] = []
    faults: list[CellFault] = []
    try:
        for sheet, columns in COLUMNS.items():
            if sheet not in book.sheetnames:
                continue
            rows = book[sheet].iter_rows(values_only=True, max_col=len(columns), max_row=MOST_ROWS + 2)
            titles = next(rows, ())
            for at, column in enumerate(columns):
                if at >= len(titles) or _text(titles[at]) != column:
                    faults.append(CellFault(sheet, f"{get_column_letter(at + 1)}1", f"Cột này phải là “{column}”."))
            found = list(_lines(sheet, columns, rows))
            if found and found[-1].row > MOST_ROWS + 1:
                faults.append(CellFault(sheet, f"A{MOST_ROWS + 2}", f"Nhiều nhất {MOST_ROWS} dòng mỗi trang."))
            lines += found
    finally:
        book.close()
    if not lines and not faults:
        faults.append(CellFault("", "", f"Không có dòng nào ở trang “{OFFICES}” hoặc “{ACCOUNTS}”."))
    return lines, faults


def _lines(sheet: str, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=2):
        cells = {column: _text(row[at]) if at < len(row) else "" for at, column in enumerate(columns)}
        if any(cells.values()):
            yield Line(sheet, number, cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a code typed into a cell of numbers
    return " ".join(str(value).split())[:300]


def _plain(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula stays text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" and value else value
