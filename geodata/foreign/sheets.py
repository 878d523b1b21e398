"""Text files and workbooks as rows of raw cells: text as bytes, numbers and days as the workbook has them."""

import csv
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from geodata import encodings
from geodata.foreign import refusals

SAMPLE = 300
MOST_COLUMNS = 500
_MOST_EMPTY = 2000

Cells = tuple[int, Sequence[Any]]
"""The line a row stands on, and its cells."""


def dialect(file: Path) -> str:
    """The delimiter of a text file."""
    lines = list(itertools.islice(_lines(file), SAMPLE))
    if not lines:
        return ","
    return max(";,\t|", key=lambda mark: _even(lines, mark))


def _even(lines: list[str], mark: str) -> tuple[int, int]:
    """(rows as wide as most, how wide) under a delimiter: more than one column, and the same in most rows."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:
        return 0, 0
    usual = max(set(widths), key=widths.count) if widths else 0
    return (widths.count(usual) if usual > 1 else 0), usual


def _lines(file: Path) -> Iterator[str]:
    """Lines whose letters are the file's bytes; of UTF-16, its text as UTF-8 bytes."""
    first = file.open("rb").read(3)
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        with file.open(encoding="utf-16", errors="replace", newline="") as wide:
            yield from (line.encode().decode("latin-1") for line in wide)
        return
    with file.open(encoding="latin-1", newline="") as raw:
        if first == b"\xef\xbb\xbf":
            raw.read(3)
        yield from raw


def text_rows(file: Path, mark: str) -> Iterator[Cells]:
    """The rows of a text file; raises csv.Error."""
    reader = csv.reader(_lines(file), delimiter=mark)
    line = 1
    for cells in reader:
        yield line, [cell.encode("latin-1") for cell in cells[:MOST_COLUMNS]]
        line = reader.line_num + 1


def open_book(file: Path, name: str = "") -> Any:
    """A workbook, read as it goes. Raises Unreadable."""
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (KeyError, ValueError, OSError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise refusals.Unreadable(name, reason=f"XLSX: {error}"[:200]) from None


def sheet_rows(file: Path, at: int) -> Iterator[Cells]:
    """The rows of a workbook's sheet, text as bytes."""
    book = open_book(file)
    sheet = book.worksheets[at] if at < len(book.worksheets) else None
    if sheet is None:
        return
    empty = 0
    # The size a sheet declares may be the whole grid.
    sheet.reset_dimensions()
    for line, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
        empty = 0 if any(cell is not None for cell in cells) else empty + 1
        if empty > _MOST_EMPTY:
            return
        yield line, [cell.encode() if isinstance(cell, str) else cell for cell in cells]


def kind(cells: list[Any]) -> str:
    """What a column is, as `sources.Field.kind`."""
    kinds = {type(cell) for cell in cells if filled(cell)}
    if kinds and kinds <= {int, bool} and bool not in kinds:
        return "integer"
    if kinds and kinds <= {int, float}:
        return "integer" if all(float(cell).is_integer() for cell in cells if filled(cell)) else "decimal"
    if kinds == {bool}:
        return "boolean"
    if kinds and kinds <= {dt.datetime, dt.date}:
        whole = all(not isinstance(cell, dt.datetime) or cell.time() == dt.time() for cell in cells if filled(cell))
        return "date" if whole else "datetime"
    return "text"


def value(cell: Any, kind: str) -> Any:
    """As the column is; a cell of another sort stays what it is, as text."""
    if not filled(cell):
        return None
    if kind == "text":
        return raw(cell)
    if kind == "integer" and isinstance(cell, int | float) and float(cell).is_integer():
        return int(cell)
    if kind == "decimal" and isinstance(cell, int | float):
        return float(cell)
    if kind == "boolean" and isinstance(cell, bool):
        return cell
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if kind == "date" else cell.isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else raw(cell)


def raw(cell: Any) -> bytes:
    """A cell as text cells are."""
    return cell if isinstance(cell, bytes) else text(cell).encode()


def text(cell: Any) -> str:
    """A cell as a person reads it."""
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return cell.decode("utf-8") if _utf8(cell) else cell.decode("latin-1")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _utf8(cell: bytes) -> bool:
    try:
        encodings.decode(cell, "utf-8")
    except encodings.UndecodableText:
        return False
    return True


def filled(cell: Any) -> bool:
    """Whether there is something in it."""
    return cell is not None and (not isinstance(cell, bytes) or bool(cell.strip()))


def width(row: Sequence[Any]) -> int:
    """Cells up to the last that is filled."""
    return max((at + 1 for at, cell in enumerate(row) if filled(cell)), default=0)
