"""A form's file from outside: what kind it is, and whether it may be opened at all. Sizes are counted, not believed."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from surveys import screening
from surveys.form_faults import CONVERSION, Fault, Wrong

MOST_BYTES = 5_000_000
MOST_UNPACKED = 64 << 20
MOST_PARTS = 500
MOST_SHEET_ROWS = 60_000  # of any sheet, counted before it is opened
MOST_ROWS = {"survey": 5_000, "choices": 50_000, "external_choices": 50_000}
MOST_COLUMNS = 256
SHEETS = ("survey", "choices", "settings", "entities", "external_choices", "osm")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_REACHES_OUT = re.compile(rb"<f[^>]*>[^<]*(?:WEBSERVICE|FILTERXML|IMPORTDATA|\[[0-9]+\]|\bDDE\b|\|)", re.I)
_OVERLAP = 256  # bytes kept of the block before, so that nothing hides at a seam


def kind_of(data: bytes) -> str:
    """ ".xlsx", ".xls", ".csv" or ".md" by content, whatever its name says. Raises Wrong."""
    if not data.strip():
        raise _unreadable("Tệp rỗng.")
    if len(data) > MOST_BYTES:
        raise _unreadable("Tệp lớn hơn 5 MB.")
    if data.startswith(b"PK\x03\x04"):
        _check_parts(data)
        return ".xlsx"
    if data.startswith(_OLE):
        if "_VBA_PROJECT".encode("utf-16-le") in data:
            raise _unreadable("Tệp có macro. Hãy lưu lại thành .xlsx không macro.")
        return ".xls"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("Không phải tệp XLSX, XLS, CSV hay bảng Markdown (UTF-8).") from None
    if "\0" in text or text.lstrip().startswith(("<", "{")):
        raise _unreadable("Không phải tệp XLSX, XLS, CSV hay bảng Markdown (UTF-8).")
    if text.count("\n") > MOST_SHEET_ROWS:
        raise _too_many_rows("")
    return ".md" if re.search(r"^\s*\|.*\|\s*$", text, re.M) else ".csv"


def check_sizes(rows: dict[str, list[dict[str, Any]]], headers: dict[str, int]) -> None:
    """Raises Wrong for a sheet with more rows or columns than any form needs."""
    for sheet, most in MOST_ROWS.items():
        if len(rows.get(sheet, ())) > most:
            raise _too_many_rows(sheet)
    for sheet, columns in headers.items():
        if columns > MOST_COLUMNS:
            raise Wrong([Fault(f"Trang có {columns} cột; nhiều nhất {MOST_COLUMNS}.", sheet=sheet)])


def classified(rows: dict[str, list[dict[str, Any]]]) -> Iterator[Fault]:
    """Cells that carry a classified marking: such a file isn't stored."""
    for sheet, given in rows.items():
        for at, row in enumerate(given):
            for column, value in row.items():
                marking = screening.classified(str(value)) if value else None
                if marking:
                    words = "Có dấu tài liệu mật. Không đưa vào đây; gửi theo đường văn thư mật."
                    yield Fault(words, sheet=sheet, row=at + 2, column=str(column), about=str(marking))


def _check_parts(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise _unreadable("Tệp nén chứa quá nhiều phần.")
            if "xl/workbook.xml" not in {part.filename for part in parts}:
                raise _unreadable("Tệp nén này không phải bảng tính XLSX.")
            left = MOST_UNPACKED
            for part in parts:
                left -= _check_part(archive, part, left)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError) as error:
        raise _unreadable("Tệp XLSX bị hỏng hoặc có mật khẩu.", str(error)) from None


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Bytes unpacked. What a zip declares of sizes may lie, so it is poured out and counted, and never kept."""
    name = part.filename.lower()
    if "vbaproject" in name or name.startswith(("xl/macrosheets", "xl/dialogsheets")) or "activex" in name:
        raise _unreadable("Tệp có macro. Hãy lưu lại thành .xlsx không macro.", part.filename)
    if name.startswith(("xl/externallinks", "xl/embeddings")) or name == "xl/connections.xml":
        raise _unreadable("Tệp liên kết tới tệp hay nguồn dữ liệu khác. Hãy gỡ liên kết rồi lưu lại.", part.filename)
    is_xml = name.endswith((".xml", ".rels", ".vml"))
    unpacked, rows, before = 0, 0, b""
    with archive.open(part) as packed:
        while block := packed.read(1 << 16):
            unpacked += len(block)
            if unpacked > left:
                raise _unreadable("Tệp nén bung ra quá lớn (trên 64 MB).", part.filename)
            if is_xml:
                seam = before + block
                if unpacked == len(block) and (block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in block[:64]):
                    raise _unreadable("Phần XML của tệp không ở dạng UTF-8.", part.filename)
                if _DECLARES.search(seam):
                    raise _unreadable("Tệp có khai báo DOCTYPE hoặc ENTITY nên không được mở.", part.filename)
                if name.startswith("xl/worksheets") and _REACHES_OUT.search(seam):
                    raise _unreadable("Có công thức lấy dữ liệu từ nơi khác. Hãy dán lại thành giá trị.", part.filename)
                rows += seam.count(b"<row ") + seam.count(b"<row>") - before.count(b"<row ") - before.count(b"<row>")
                if rows > MOST_SHEET_ROWS and name.startswith("xl/worksheets"):
                    raise _too_many_rows(part.filename)
                before = seam[-_OVERLAP:]
    return unpacked


def _too_many_rows(sheet: str) -> Wrong:
    words = (
        f"Trang có quá nhiều dòng (survey ≤ {MOST_ROWS['survey']}, choices ≤ {MOST_ROWS['choices']}). "
        "Hãy xóa các dòng trống ở cuối trang; danh mục dài đưa vào tệp CSV kèm theo."
    )
    return Wrong([Fault(words, sheet=sheet)])


def _unreadable(words: str, original: str = "") -> Wrong:
    return Wrong([Fault(words, kind=CONVERSION if original else "safeguard", original=original[:200])])
