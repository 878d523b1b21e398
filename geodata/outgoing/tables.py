"""Layers as tables for spreadsheets, CSV and XLSX: coordinates in columns, formulas never run."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from psycopg import sql

from geodata import csvfiles, sources
from geodata.outgoing import beside
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.sources import Shapes
from geodata.systems import System

MOST_ROWS = 1_048_576  # of one sheet, its head among them
MOST_LETTERS = 32_767  # of one cell
_HERE = dt.timezone(dt.timedelta(hours=7))
_YES_NO = {True: "Có", False: "Không"}


def write_csv(work: Work, part: Part, report: Writer) -> None:
    """One .csv in UTF-8 with BOM."""
    shapes, names = _begin(work, part, report)
    told = _Told(part, report)
    rows = (told.csv(row) for row in _rows(work, part, shapes))
    csvfiles.write(work.folder / f"{part.title.name}.csv", names, rows)
    told.finish()


def write_xlsx(work: Work, part: Part, report: Writer) -> None:
    """A sheet of the one .xlsx of all layers, more where it has more rows than a sheet holds."""
    shapes, names = _begin(work, part, report)
    book = work.open.get("book")
    if book is None:
        book = work.open["book"] = Workbook(write_only=True)
        work.kept.callback(lambda: book.save(work.folder / f"{work.stem}.xlsx"))
    told, at, sheets = _Told(part, report), MOST_ROWS, 0
    for row in _rows(work, part, shapes):
        if at == MOST_ROWS:
            sheet, sheets, at = _sheet(book, part, names, sheets), sheets + 1, 1
        sheet.append(told.xlsx(sheet, row))
        at += 1
    if not sheets:
        _sheet(book, part, names, 0)
    if sheets > 1:
        report.add("sheets", f"{part.title.title}: {sheets}")
    told.finish()


class _Told:
    """Values as the table takes them, and how many were changed: none of these formats tells "" from nothing."""

    def __init__(self, part: Part, report: Writer) -> None:
        self.part, self.report = part, report
        self.empty = self.defused = self.control = self.cut = 0

    def csv(self, row: Sequence[Any]) -> list[Any]:
        self.empty += sum(value == "" for value in row)
        self.defused += sum(isinstance(value, str) and csvfiles.defused(value) != value for value in row)
        return [_YES_NO[value] if isinstance(value, bool) else _local(value) for value in row]

    def xlsx(self, sheet: Any, row: Sequence[Any]) -> list[Any]:
        self.empty += sum(value == "" for value in row)
        values = map(_local, row)
        # A cell holds no offset: the hour is Vietnam's.
        return [
            self.cell(sheet, value)
            if isinstance(value, str)
            else (value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value)
            for value in values
        ]

    def cell(self, sheet: Any, value: str) -> Any:
        """Text stays text: a formula would be one only if the cell said so."""
        clean = ILLEGAL_CHARACTERS_RE.sub("", value)
        self.control += clean != value
        self.cut += len(clean) > MOST_LETTERS
        if csvfiles.defused(clean) == clean and clean:
            return clean[:MOST_LETTERS]
        found = WriteOnlyCell(sheet, clean[:MOST_LETTERS])
        found.data_type = "s"
        found.quotePrefix = True  # as if typed with an apostrophe: it stays text when the cell is edited
        return found

    def finish(self) -> None:
        title = self.part.title.title
        counts = {"control": self.control, "cut": self.cut, "defused": self.defused, "empty": self.empty}
        for kind, n in counts.items():
            if n:
                self.report.add(kind, f"{title}: {n}", n)


def _local(value: Any) -> Any:
    return value.astimezone(_HERE) if isinstance(value, dt.datetime) else value


def coordinate_names(system: System, point: bool) -> tuple[str, ...]:
    """Of a point Easting and Northing, never X and Y, which surveyors read the other way round; else WKT."""
    if not point:
        return ("WKT",)
    return ("KINH_DO", "VI_DO") if system.geographic else ("E_DONG", "N_BAC")


def _begin(work: Work, part: Part, report: Writer) -> tuple[Shapes, list[str]]:
    with work.database.cursor() as cursor:
        shapes = sources.count(cursor, part.source)
    report.report.rows = report.report.written = shapes.rows
    if not work.system.geographic:
        beside.keep_shapeless(work, part, shapes.classes, ("outside",), report)
    beside.describe(work, part, f"{part.title.name}.xml", shapes.box)
    beside.add_to_dictionary(work, part)
    return shapes, [
        *(column.name for column in part.source.columns),
        *coordinate_names(work.system, _point(shapes)),
    ]


def _point(shapes: Shapes) -> bool:
    return set(shapes.classes) <= {"POINT", "no_geometry", "outside"}


def _rows(work: Work, part: Part, shapes: Shapes) -> Iterator[Sequence[Any]]:
    decimals = 8 if work.system.geographic else 3
    if _point(shapes):
        forms = [f"round(ST_X({{}})::numeric, {decimals})", f"round(ST_Y({{}})::numeric, {decimals})"]
    else:
        forms = [f"ST_AsText({{}}, {decimals})"]
    places = sql.SQL(", ").join(sources.place(part.source, work.system, form) for form in forms)
    done = 0
    for batch in sources.rows(work.database, part.source, places):
        yield from batch
        done += len(batch)
        work.stop_if_cancelled()
        work.tick(done)


def _sheet(book: Workbook, part: Part, names: Sequence[str], before: int) -> Any:
    """Sheets are named by the layer's key: titles are longer than the 31 letters there are."""
    sheet = book.create_sheet(part.key[:28] + (f"_{before + 1}" if before else ""))
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, name) for name in names]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    return sheet
