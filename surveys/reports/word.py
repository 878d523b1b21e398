"""A composed report as a Word file in the Party's or the state's layout: letterhead, text, signature, annexes."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveys import wall_clock
from surveys.reports.composing import Composed, Table
from surveys.reports.layouts import Layout, Size

if TYPE_CHECKING:
    from docx.document import Document

NAME_ROOM_PT = 60  # for the hand that signs; the name is written there, and nowhere here (S1)
NUMBERED, UNITS = 9.0, 42.0  # mm of the tables' first two columns
WIDEST = 30.0


@dataclass(frozen=True)
class Entry:
    """A line of the map's legend: its words and how its box is filled."""

    text: str
    pattern: str = "clear"
    ground: str = "ffffff"
    lines: str = "auto"


@dataclass(frozen=True)
class Picture:
    """The map of the annex."""

    path: Path
    title: str
    legend: tuple[Entry, ...]
    notes: tuple[str, ...]


def write(composed: Composed, picture: Picture | None, out: Path) -> None:
    """Writes the file. Imported late by its callers: the library is no business of a web worker."""
    from docx import Document

    from surveys.reports import docx_parts

    layout, report = composed.layout, composed.report
    document = Document()
    docx_parts.begin(document, layout)
    document.core_properties.title, document.core_properties.author = report.title, report.head.get("issuer", "")
    document.core_properties.language = "vi-VN"
    # No minute of its making, so that the same report gives the same bytes.
    document.core_properties.created = document.core_properties.modified = _moment(report.measured_at)
    _letterhead(document, composed)
    _title(document, composed)
    if composed.opening:
        docx_parts.body(document, composed.opening, layout)
    for section in composed.sections:
        docx_parts.heading(document, section.heading, layout, 1)
        for heading, lines in section.parts:
            if heading:
                docx_parts.heading(document, heading, layout, 2)
            for line in lines:
                docx_parts.body(document, line, layout)
    _signature(document, composed)
    _annex(document, composed, picture)
    document.save(str(out))


def _letterhead(document: "Document", composed: Composed) -> None:
    from surveys.reports import docx_parts as parts

    layout, report = composed.layout, composed.report
    right = layout.width - layout.head_left
    row = parts.columns(document, (layout.head_left, right)).rows[0].cells
    if report.head.get("superior"):
        parts.paragraph(row[0], report.head["superior"].upper(), layout.superior, align=parts.CENTER)
    parts.paragraph(row[0], report.head.get("issuer", "").upper(), layout.issuer, align=parts.CENTER)
    if layout.party:
        parts.paragraph(row[0], "*", layout.issuer, align=parts.CENTER)
    else:
        parts.rule(row[0], layout.head_left * 0.4, layout.head_left)
    number = report.number if report.locked else None
    numbered = layout.numbered(number, report.head.get("symbol", ""))
    parts.paragraph(row[0], numbered, layout.number, align=parts.CENTER)
    if not report.locked:
        parts.paragraph(row[0], "(Dự thảo)", layout.number, align=parts.CENTER)
    for said, size in layout.emblem:
        parts.paragraph(row[1], said, size, align=parts.CENTER)
    parts.rule(row[1], layout.rule, right)
    place = report.head.get("place", "")
    parts.paragraph(row[1], f"{place}, {_dated(report.issued_on if report.locked else None)}", layout.place,
                    align=parts.CENTER, before=6)  # fmt: skip


def _dated(on: dt.date | None) -> str:
    """Day, and months 1 and 2, with a nought before; room for a hand where there is no day yet."""
    if on is None:
        return "ngày      tháng      năm        "
    return f"ngày {on.day:02d} tháng {f'{on.month:02d}' if on.month < 3 else on.month} năm {on.year}"


def _title(document: "Document", composed: Composed) -> None:
    from surveys.reports import docx_parts as parts

    layout = composed.layout
    parts.paragraph(document, "BÁO CÁO", layout.kind, align=parts.CENTER, before=14)
    parts.paragraph(document, composed.about, layout.about, align=parts.CENTER)
    if layout.party:
        parts.paragraph(document, "-----", layout.about, align=parts.CENTER, after=6)
    else:
        parts.rule(document, layout.width * 0.4, layout.width)


def _signature(document: "Document", composed: Composed) -> None:
    from surveys.reports import docx_parts as parts

    layout, head = composed.layout, composed.report.head
    parts.paragraph(document, "", layout.body)
    row = parts.columns(document, (layout.width / 2, layout.width / 2)).rows[0].cells
    parts.paragraph(row[0], "Nơi nhận:", layout.label)
    end = "," if layout.party else ";"
    for line in head.get("recipients", "").split("\n"):
        if line.strip():
            parts.paragraph(row[0], f"- {line.strip().lstrip('- ').rstrip(',;.')}{end}", layout.receiver)
    parts.paragraph(row[0], f"- {layout.archive}", layout.receiver)
    if head.get("authority"):
        prefix, _, rest = head["authority"].partition(" ")
        parts.paragraph(row[1], f"{prefix} {rest.upper()}", layout.authority, align=parts.CENTER)
    parts.paragraph(row[1], head.get("post", "").upper(), layout.post, align=parts.CENTER, after=NAME_ROOM_PT)


def _annex(document: "Document", composed: Composed, picture: Picture | None) -> None:
    from surveys.reports import docx_parts as parts

    layout = composed.layout
    first = parts.paragraph(document, "PHỤ LỤC", layout.kind, align=parts.CENTER)
    first.paragraph_format.page_break_before = True
    said = f"Số liệu đến ngày {composed.until:%d/%m/%Y}; chỉ gồm nội dung đã duyệt"
    parts.paragraph(document, said, Size(layout.receiver.pt, italic=True), align=parts.CENTER)
    for table in composed.tables:
        _table(document, table, layout)
    if picture is not None:
        _picture(document, picture, layout)
    if composed.deadlines:
        rows = [(str(n), *row) for n, row in enumerate(composed.deadlines, start=1)]
        _titled(document, "Thời hạn nêu trong báo cáo và căn cứ", layout)
        header = ("TT", "Việc", "Thời hạn", "Áp dụng từ", "Căn cứ")
        parts.grid(document, header, rows, (NUMBERED, 45, 30, 26, layout.width - 110), words=5)
    if composed.corrections:
        told: list[tuple[str, ...]] = [
            (str(n), one.figure, one.unit, one.frozen, one.now) for n, one in enumerate(composed.corrections, 1)
        ]
        _titled(document, f"Số liệu đã thay đổi sau khi chốt (đối chiếu ngày {wall_clock.today():%d/%m/%Y})", layout)
        header = ("TT", "Chỉ tiêu", "Đơn vị", "Số đã chốt", "Số hiện nay")
        parts.grid(document, header, told, (NUMBERED, 60, 46, 25, 25), words=3)


def _titled(document: "Document", said: str, layout: Layout) -> None:
    from surveys.reports import docx_parts as parts

    parts.paragraph(document, said, Size(layout.receiver.pt + 1, bold=True), before=12, after=4, keep=True)


def _table(document: "Document", table: Table, layout: Layout) -> None:
    from surveys.reports import docx_parts as parts

    _titled(document, table.title, layout)
    figures = len(table.header) - 2
    each = min((layout.width - NUMBERED - UNITS) / figures, WIDEST)
    widths = (NUMBERED, layout.width - NUMBERED - each * figures, *[each] * figures)
    parts.grid(document, table.header, list(table.rows), widths, size=10)
    if table.notes:
        said = "; ".join(table.notes)
        parts.paragraph(document, f"{said[0].upper()}{said[1:]}.", Size(10, italic=True), align=parts.JUSTIFY)


def _picture(document: "Document", picture: Picture, layout: Layout) -> None:
    from docx.shared import Mm

    from surveys.reports import docx_parts as parts

    _titled(document, picture.title, layout)
    shown = document.add_picture(str(picture.path), width=Mm(layout.width))
    shown._inline.docPr.set("descr", picture.title)
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    made = document.add_table(rows=len(picture.legend), cols=2)
    parts.fix(made, (12.0, layout.width - 12.0))
    for entry, row in zip(picture.legend, made.rows, strict=True):
        box, words = row.cells
        parts.shade(box, entry.pattern, entry.ground, entry.lines)
        parts.say(words.paragraphs[0], entry.text, Size(11))
    for note in picture.notes:
        parts.paragraph(document, note, Size(10, italic=True))


def _moment(at: dt.datetime | None) -> Any:
    return at.astimezone(dt.UTC).replace(tzinfo=None) if at else dt.datetime(2000, 1, 1)  # noqa: DTZ001  as the file has it
