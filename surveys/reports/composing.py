"""A report in words, ready to be set: numbered sections, tables by unit, deadlines with their sources, corrections."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from surveys.figures.cells import HIDDEN, NONE, WAITING
from surveys.figures.declared import Figure
from surveys.reports import frozen, layouts, outline, rolling, standards
from surveys.reports.frozen import BEFORE, MISSING, NOW, YEAR, Frozen, Line
from surveys.reports.layouts import Layout
from surveys.reports.tables import Report
from surveys.showing import day, number

MARKS = {NONE: "–", WAITING: "chờ duyệt", HIDDEN: "ẩn", MISSING: "chưa báo cáo"}
MARKS_SAID = {
    NONE: "“–”: chưa có số liệu", WAITING: "“chờ duyệt”: có phiếu chưa duyệt, chưa tính",
    HIDDEN: "“ẩn”: không nêu số để không chỉ ra hộ hay người nào, không cộng",
    MISSING: "“chưa báo cáo”: đơn vị chưa có báo cáo được duyệt, không ước tính",
}  # fmt: skip
NOT_BY_HAMLET, NO_DEADLINE = "không nêu", "chưa có thời hạn"


@dataclass(frozen=True)
class Section:
    """A heading with its number, and the paragraphs of its parts under theirs."""

    heading: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Table:
    """A table of the annex, all of it in words; the first two columns are words, the others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correction:
    """A figure that is another today than when the report was frozen."""

    figure: str
    unit: str
    frozen: str
    now: str


@dataclass(frozen=True)
class Composed:
    """The whole document but for its map."""

    report: Report
    layout: Layout
    about: str
    until: dt.date
    opening: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    deadlines: tuple[tuple[str, ...], ...]
    corrections: tuple[Correction, ...] = ()


def compose(
    report: Report, found: dict[str, Frozen], place: str, until: dt.date, corrections: Sequence[Correction] = ()
) -> Composed:
    """`place` names the unit in the tables' first row. Raises IncompatibleLayers (S7)."""
    figures = [one.figure for one in found.values()]
    outline.refuse(figures, [one.figure for one in found.values() if one.hamlets])
    layout, subject = layouts.of(report.layout), outline.named(report.subject)
    sections = _sections(report, subject, layout)
    tables = [
        _table(part, found, place, report.standards)
        for part in subject.parts
        if any(key in found for key in part.figures)
    ]
    titled = (
        Table(f"Biểu {n}. {table.title}", table.header, table.rows, table.notes)
        for n, table in enumerate(tables, start=1)
    )
    return Composed(
        report, layout, report.title, until, rolling.said(report.coverage) if report.rolled else "",
        tuple(sections), tuple(titled), tuple(deadlines(report)), tuple(corrections),
    )  # fmt: skip


def amount(figure: Figure, value: float | None, mark: str = NONE) -> str:
    """A value, or in a word why there is none."""
    return MARKS.get(mark or NONE, MARKS[NONE]) if value is None else number(value, figure.decimals)


def deadlines(report: Report) -> list[tuple[str, ...]]:
    """What, how many working days, since when, and the source with a word where nobody has checked it."""
    told: list[tuple[str, ...]] = []
    for one in report.standards:
        source = one["source"] if one["status"] == "sourced" else f"{one['source']} (cần đối chiếu văn bản gốc)"
        told.append((one["label"], f"{one['days']} ngày làm việc", day(one["from"]), source))
    return told


def _sections(report: Report, subject: outline.Subject, layout: Layout) -> list[Section]:
    """What has words; a part nobody wrote is left out, and so is its number."""
    found: list[Section] = []
    for section in subject.sections:
        written = [(part, lines) for part in section.parts if (lines := _lines(report.texts.get(part.key, "")))]
        if not written:
            continue
        numbers = iter(range(1, len(written) + 1))
        parts = tuple((f"{next(numbers)}. {part.heading}" if part.heading else "", lines) for part, lines in written)
        found.append(Section(layout.section(len(found) + 1, section.heading), parts))
    if found:
        found[-1] = _ended(found[-1], layout)
    return found


def _lines(said: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in said.split("\n") if line.strip())


def _ended(section: Section, layout: Layout) -> Section:
    """The text's last mark: "." of the Party's documents, "./." of the state's."""
    heading, lines = section.parts[-1]
    last = lines[-1].rstrip("./") + ("." if layout.party else "./.")
    return Section(section.heading, (*section.parts[:-1], (heading, (*lines[:-1], last))))


def _table(part: outline.Part, found: dict[str, Frozen], place: str, deadlines: Sequence[dict[str, Any]]) -> Table:
    """The figures of one part by units, above them the whole in this period and in those it is compared with."""
    mine = [found[key] for key in part.figures if key in found]
    outline.refuse_beside([one.figure for one in mine])
    header = ("TT", "Đơn vị", *(f"{one.figure.title} ({one.figure.unit})" for one in mine))
    unset = {one.figure.key for one in mine if standards.unset(one.figure, deadlines)}
    rows = [("", place, *(_total(one, NOW, unset) for one in mine))]
    for when, said in ((BEFORE, "Kỳ trước"), (YEAR, "Cùng kỳ năm trước")):
        if any(one.whole(when) is not None for one in mine):
            rows.append(("", said, *(_total(one, when, unset) for one in mine)))
    units, marks = _by_unit(mine, unset)
    rows += units
    marks |= {MARKS[NONE] for row in rows if MARKS[NONE] in row}
    notes = [MARKS_SAID[mark] for mark, said in MARKS.items() if said in marks]
    if any(one.figure.restricted for one in mine):
        notes.append("Số đã chốt khi hết quý; cộng chỉ gồm nơi nêu số")
    small = frozen.left_out(mine)
    if small:
        notes.append(f"không cộng {number(small)} hồ sơ dưới 5 hộ")
    return Table(part.heading, header, tuple(rows), tuple(notes))


def _total(one: Frozen, when: int, unset: set[str]) -> str:
    return NO_DEADLINE if one.figure.key in unset else amount(one.figure, one.total(when))


def _by_unit(mine: Sequence[Frozen], unset: set[str]) -> tuple[list[tuple[str, ...]], set[str]]:
    """A row for each commune, or for each hamlet of a commune's own report."""
    one_commune = any(one.hamlets for one in mine)
    lines = [{line.unit.id: line for line in (one.hamlets if one_commune else one.lines)} for one in mine]
    units = {line.unit.id: line.unit for known in lines for line in known.values()}
    if not one_commune and len(units) == 1:
        return [], set()  # a commune's own line is the whole already
    rows = []
    for place, unit in enumerate(units.values(), start=1):
        told = [
            NO_DEADLINE
            if one.figure.key in unset
            else NOT_BY_HAMLET
            if one_commune and not one.hamlets
            else _cell(one, known.get(unit.id))
            for one, known in zip(mine, lines, strict=True)
        ]
        rows.append((str(place), unit.name if one_commune else unit.full, *told))
    return rows, {said for row in rows for said in row if said in MARKS.values()}


def _cell(one: Frozen, line: Line | None) -> str:
    return MARKS[NONE] if line is None else amount(one.figure, one.value(line, NOW), line.mark)
