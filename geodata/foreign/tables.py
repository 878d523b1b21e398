"""Tables of text and workbooks: where the header stands, which columns are coordinates, rows with their points."""

import csv
import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import shapely

from geodata import coordinates, encodings, pointtables
from geodata.columns import plain
from geodata.coordinates import UnreadableCoordinate
from geodata.foreign import refusals, texts
from geodata.foreign.kinds import Found
from geodata.foreign.opened import BATCH, Batch, Layer

_SAMPLE = 300
_TITLES = 25  # lines above the header: the office, the title, the date
# What the drop-downs of a workbook of ours choose from: no table of anybody's.
CHOICES_SHEET = "Danh muc (khong sua)"
_MOST_COLUMNS = 500
_MOST_EMPTY = 2000
_WKT = {"wkt", "geometry", "geom", "wktgeom", "thegeom", "hinhhoc"}
_PAIR = {
    "toado",
    "toadogps",
    "gps",
    "vitri",
    "latlon",
    "latlong",
    "latlng",
    "coordinates",
    "toadovn2000",
    "vitrigps",
    "location",
}
_WKT_START = re.compile(r"(?i)^\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b")

Cells = tuple[int, Sequence[Any]]


@dataclass(frozen=True)
class Place:
    """Which columns say where: two of coordinates (`east`, `north`), or one of both or of WKT (`single`)."""

    sort: str  # "", "pair", "single", "wkt"
    north: int = -1
    east: int = -1
    grid: bool = False


@dataclass
class TableLayer(Layer):
    file: Path = Path()
    name: str = ""
    sheet: int = -1
    dialect: str = ","
    header: int = 0
    place: Place = Place("")

    def batches(self) -> Iterator[Batch]:
        rows = _sheet_rows(self.file, self.sheet) if self.sheet >= 0 else _text_rows(self.file, self.dialect)
        body = ((line, cells) for line, cells in rows if line > self.header and any(_filled(cell) for cell in cells))
        try:
            while part := list(itertools.islice(body, BATCH)):
                yield self._batch(part)
        except (csv.Error, ValueError, KeyError, TypeError) as error:
            raise refusals.Unreadable(self.name, reason=str(error)[:200]) from None

    def _batch(self, part: list[Cells]) -> Batch:
        width = len(self.names)
        problems: list[tuple[int, str, dict[str, Any]]] = []
        shapes = np.full(len(part), None, dtype=object)
        columns: list[list[Any]] = [[None] * len(part) for _ in range(width)]
        for row, (line, cells) in enumerate(part):
            if len(cells) > width and any(_filled(cell) for cell in cells[width:]):
                problems.append((row, "row_ragged", {"line": line, "expected": width, "found": len(cells)}))
            for at, cell in enumerate(cells[:width]):
                columns[at][row] = _value(cell, self.kinds[at])
            shapes[row] = self._shape(row, cells, problems)
        return Batch([line for line, _ in part], columns, shapes, problems)

    def _shape(self, row: int, cells: Sequence[Any], problems: list[tuple[int, str, dict[str, Any]]]) -> Any:
        place = self.place
        told = [_text(cells[at]).strip() if 0 <= at < len(cells) else "" for at in (place.east, place.north)]
        if not place.sort or not all(told):
            if place.sort:
                problems.append((row, "coordinate_missing", {}))
            return None
        try:
            if place.sort == "wkt":
                return shapely.from_wkt(told[0].split(";", 1)[-1] if told[0].upper().startswith("SRID") else told[0])
            if place.sort == "single":
                north, east = split(told[0])
            else:
                read = coordinates.number if place.grid else lambda text: coordinates.angle(text)[0]
                east, north = read(told[0]), read(told[1])
            return shapely.Point(east, north)
        except (UnreadableCoordinate, shapely.errors.ShapelyError):
            problems.append((row, "coordinate_unreadable", {"text": " / ".join(dict.fromkeys(told))[:60]}))
            return None


def layers(found: Found, name: str) -> list[TableLayer]:
    """The table of a text file, or those of a workbook's sheets. Raises Unreadable, Empty."""
    if found.kind.key == "csv":
        made = _layer(found, name, "", -1)
        return [made] if made else []
    sheets = _book(found.file, name).sheetnames
    every = [_layer(found, name, sheet, at) for at, sheet in enumerate(sheets[:50]) if sheet != CHOICES_SHEET]
    return [layer for layer in every if layer is not None]


def split(text: str) -> tuple[float, float]:
    """Both coordinates of a cell, north first: 11°36'49"N 107°54'37"E · 11.94, 108.45. Raises UnreadableCoordinate."""
    for mark in (";", "/", "|", ", ", ","):
        parts = [part for part in text.split(mark) if part.strip()]
        if len(parts) == 2:
            break
    else:
        turned = re.match(r"(?i)^(.+?[NSBEĐDWT\"”″])[\s,]+(\S.*)$", text.strip())
        parts = [turned[1], turned[2]] if turned else text.split()
    if len(parts) != 2:
        raise UnreadableCoordinate(text=text[:40])
    (first, axis), (second, _) = (coordinates.angle(part.strip(" ()")) for part in parts)
    return (second, first) if axis == "lon" else (first, second)


def _layer(found: Found, name: str, sheet: str, at: int) -> TableLayer | None:
    dialect = "," if at >= 0 else _dialect(found.file)
    rows = _sheet_rows(found.file, at) if at >= 0 else _text_rows(found.file, dialect)
    try:
        first = [row for row in itertools.islice(rows, _SAMPLE) if any(_filled(cell) for cell in row[1])]
    except (csv.Error, ValueError, KeyError, TypeError) as error:
        raise refusals.Unreadable(name, reason=str(error)[:200]) from None
    if len(first) < 2:
        return None
    unicode = at >= 0 or found.file.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
    cells = [cell for _, row in first for cell in row if isinstance(cell, bytes)]
    encoding = texts.propose(cells, None, unicode=unicode)[0][0].encoding
    header = _header(first, encoding)
    line, heads = first[header]
    body = [row for _, row in first[header + 1 :]]
    width = max((at + 1 for at, cell in enumerate(heads) if _filled(cell)), default=1)
    width = min(max([width, *(_width(row) for row in body)]), _MOST_COLUMNS)
    heads = [*heads, *[None] * (width - len(heads))][:width]
    shown = pointtables.unique([texts.read(_bytes(cell), encoding) for cell in heads])
    place = _place(shown, [[texts.read(_bytes(cell), encoding) for cell in row] for row in body])
    return TableLayer(
        layer=sheet,
        geometry="MIXED" if place.sort == "wkt" else "POINT" if place.sort else "",
        rows=-1,
        names=[
            _bytes(cell) if cell is not None and _bytes(cell).strip() else one.encode()
            for cell, one in zip(heads, shown, strict=True)
        ],
        kinds=[_kind([row[at] for row in body if at < len(row)]) if sheet else "text" for at in range(width)],
        unicode=unicode,
        degrees=place.sort in ("pair", "single") and not place.grid,
        file=found.file,
        name=name,
        sheet=at,
        dialect=dialect,
        header=line,
        place=place,
    )


def _header(rows: list[Cells], encoding: str) -> int:
    """The row that names coordinates, else the first with as many cells as the table is wide."""
    for at, (_, cells) in enumerate(rows[:_TITLES]):
        shown = pointtables.unique([texts.read(_bytes(cell), encoding) for cell in cells])
        body = [[texts.read(_bytes(cell), encoding) for cell in row] for _, row in rows[at + 1 : at + 40]]
        if body and _place(shown, body).sort:
            return at
    widest = max(sum(map(_filled, cells)) for _, cells in rows)
    return next(at for at, (_, cells) in enumerate(rows) if 2 * sum(map(_filled, cells)) > widest)


def _place(columns: tuple[str, ...], body: list[list[str]]) -> Place:
    sample = [dict(zip(columns, [*row, *[""] * len(columns)], strict=False)) for row in body]
    bare = [plain(column) for column in columns]
    for at, known in enumerate(bare):
        said = [row[at] for row in body if at < len(row) and row[at].strip()]
        if known in _WKT and said and all(_WKT_START.match(text) for text in said[:50]):
            return Place("wkt", at, at)
    try:
        north, east, grid = pointtables.axes(columns, sample)
        return Place("pair", columns.index(north), columns.index(east), grid)
    except pointtables.NoCoordinates:
        pass
    for at, known in enumerate(bare):
        said = [row[at] for row in body if at < len(row) and row[at].strip()][:50]
        if known in _PAIR and said:
            pairs = [pair for pair in map(_pair, said) if pair]
            if len(pairs) * 2 > len(said):
                return Place("single", at, at, grid=sum(abs(a) > 360 for a, _ in pairs) * 2 > len(pairs))
    return Place("")


def _pair(text: str) -> tuple[float, float] | None:
    try:
        return split(text)
    except UnreadableCoordinate:
        return None


def _dialect(file: Path) -> str:
    lines = list(itertools.islice(_lines(file), _SAMPLE))
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


def _text_rows(file: Path, mark: str) -> Iterator[Cells]:
    reader = csv.reader(_lines(file), delimiter=mark)
    line = 1
    for cells in reader:
        yield line, [cell.encode("latin-1") for cell in cells[:_MOST_COLUMNS]]
        line = reader.line_num + 1


def _book(file: Path, name: str = "") -> Any:
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except (KeyError, ValueError, OSError, TypeError, AttributeError, IndexError, SyntaxError) as error:
        raise refusals.Unreadable(name, reason=f"XLSX: {error}"[:200]) from None


def _sheet_rows(file: Path, at: int) -> Iterator[Cells]:
    book = _book(file)
    sheet = book.worksheets[at] if at < len(book.worksheets) else None
    if sheet is None:
        return
    empty = 0
    # The size a sheet declares may be the whole grid.
    sheet.reset_dimensions()
    for line, cells in enumerate(sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS), start=1):
        empty = 0 if any(cell is not None for cell in cells) else empty + 1
        if empty > _MOST_EMPTY:
            return
        yield line, [cell.encode() if isinstance(cell, str) else cell for cell in cells]


def _kind(cells: list[Any]) -> str:
    kinds = {type(cell) for cell in cells if _filled(cell)}
    if kinds and kinds <= {int, bool} and bool not in kinds:
        return "integer"
    if kinds and kinds <= {int, float}:
        return "integer" if all(float(cell).is_integer() for cell in cells if _filled(cell)) else "decimal"
    if kinds == {bool}:
        return "boolean"
    if kinds and kinds <= {dt.datetime, dt.date}:
        whole = all(not isinstance(cell, dt.datetime) or cell.time() == dt.time() for cell in cells if _filled(cell))
        return "date" if whole else "datetime"
    return "text"


def _value(cell: Any, kind: str) -> Any:
    """As the column is; a cell of another sort stays what it is, as text."""
    if not _filled(cell):
        return None
    if kind == "text":
        return _bytes(cell)
    if kind == "integer" and isinstance(cell, int | float) and float(cell).is_integer():
        return int(cell)
    if kind == "decimal" and isinstance(cell, int | float):
        return float(cell)
    if kind == "boolean" and isinstance(cell, bool):
        return cell
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if kind == "date" else cell.isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else _bytes(cell)


def _bytes(cell: Any) -> bytes:
    return cell if isinstance(cell, bytes) else _text(cell).encode()


def _text(cell: Any) -> str:
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


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, bytes) or bool(cell.strip()))


def _width(row: Sequence[Any]) -> int:
    return max((at + 1 for at, cell in enumerate(row) if _filled(cell)), default=0)
