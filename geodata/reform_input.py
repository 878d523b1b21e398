"""What a reform wants of the units, read from a table (CSV, XLSX) or from new boundaries."""

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import openpyxl
import openpyxl.utils.exceptions
from shapely.geometry import MultiPolygon

from geodata import boundaries, columns, encodings, uploads
from geodata.boundaries import BadRow
from geodata.problems import Problem
from geodata.succession_import import WHOLE
from geodata.units import COMMUNE, PROVINCE

COLUMNS = {
    "old": tuple("oldwardcode maxacu macu oldcode".split()),
    "old_province": tuple("oldprovincecode matinhcu".split()),
    "new": tuple("newwardcode maxamoi mamoi newcode wardcode maxa madvhc code ma".split()),
    "new_province": tuple("newprovincecode matinhmoi provincecode matinh".split()),
    "note": tuple("note ghichu hinhthuc whole".split()),
    "name": tuple("newward newname tenmoi tenxamoi wardname tenxa name ten".split()),
    "kind": tuple("newkind loaimoi kind loai wardtype capdvhc".split()),
    "level": tuple("level cap".split()),
}
KINDS = ("thành phố", "đặc khu", "thị trấn", "thị xã", "phường", "tỉnh", "xã")
TABLES = {".csv", ".xlsx"}
_MOST_ROWS = 50_000
_PROVINCES = {"1", "tinh", "province", "captinh"}


class ReformRefused(Problem):
    """Rows that can't be used: nothing was changed. Facts: count, rows (list of BadRow), first (one in words)."""

    code: ClassVar[str] = "reform_refused"

    def __init__(self, rows: list[BadRow]) -> None:
        one = rows[0]
        first = f"{one.row}: {one.code} {one.name}: {one.reason} {one.detail}".strip()
        super().__init__(count=len(rows), first=first, rows=rows)


class ReformInFuture(Problem):
    """The units of a reform hold from a day that hasn't come. Facts: on."""

    code: ClassVar[str] = "reform_in_future"


@dataclass(frozen=True)
class NewUnit:
    """A unit as it is from the day on; name and kind are "" where the file doesn't say."""

    row: int
    level: int
    province: str
    code: str
    name: str
    kind: str
    area: MultiPolygon | None = None


@dataclass(frozen=True)
class Pair:
    """An old unit went into a new one; `whole` None: the file says neither whole nor part."""

    row: int
    level: int
    old_province: str
    old: str
    new_province: str
    new: str
    whole: bool | None


@dataclass
class Wanted:
    """Everything the files of one reform say; `repaired` lists areas that crossed themselves."""

    units: list[NewUnit] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    repaired: list[boundaries.Boundary] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def read(paths: list[Path], layer: str | None = None) -> Wanted:
    """Tables and boundary files together. Raises ColumnMissing, UnreadableUpload and what `boundaries.read` does."""
    wanted = Wanted()
    for path in paths:
        if path.suffix.lower() in TABLES:
            _add_table(wanted, path)
        else:
            _add_boundaries(wanted, path, layer)
    return wanted


def named(full: str, kind: str = "") -> tuple[str, str]:
    """("Mũi Né", "phường") of "Phường Mũi Né"; the kind given apart wins."""
    full, kind = full.strip(), kind.strip().lower()
    for known in KINDS:
        if full.lower().startswith(f"{known} "):
            return full[len(known) + 1 :].strip(), kind or known
    return full, kind


def check_day(on: dt.date, today: dt.date) -> None:
    """Raises ReformInFuture."""
    if on > today:
        raise ReformInFuture(on=on.strftime("%d/%m/%Y"))


def _add_boundaries(wanted: Wanted, path: Path, layer: str | None) -> None:
    rows, bad = boundaries.read(path, layer)
    wanted.bad += bad
    wanted.repaired += [row for row in rows if row.repaired]
    for row in rows:
        wanted.units.append(NewUnit(row.row, COMMUNE, row.province, row.code, *named(row.name, row.kind), row.area))


def _add_table(wanted: Wanted, path: Path) -> None:
    rows = list(_rows(path))
    header = list(rows[0][1]) if rows else []
    found = columns.find(header, COLUMNS, needed=("new",))
    if not rows:
        wanted.bad.append(BadRow(0, "", path.name, "no_rows"))
    # Province codes have two digits; spreadsheets lose leading zeros, so one long code says that all are communes.
    short = all(len(str(values.get(found["new"]) or "").strip()) <= 2 for _, values in rows)
    for number, values in rows:
        value = {what: str(values.get(column) or "").strip() for what, column in found.items()}
        given = columns.plain(value.get("level", ""))
        level = PROVINCE if (given in _PROVINCES if given else short) else COMMUNE
        width = 2 if level == PROVINCE else 5
        new = columns.code(value["new"], width)
        old = columns.code(value.get("old", ""), width) if "old" in found else new
        name, kind = named(value.get("name", ""), value.get("kind", ""))
        if not new or not old:
            wanted.bad.append(BadRow(number, new or old, name, "no_code"))
            continue
        new_province = new if level == PROVINCE else columns.code(value.get("new_province", ""), 2)
        old_province = old if level == PROVINCE else columns.code(value.get("old_province", ""), 2)
        # A list of units without old codes says that each of them is what it was, under another name or kind.
        whole = WHOLE.get(columns.plain(value["note"])) if "note" in found and value["note"] else None
        if "old" not in found or "note" not in found:
            whole = True
        wanted.units.append(NewUnit(number, level, new_province, new, name, kind))
        wanted.pairs.append(Pair(number, level, old_province, old, new_province, new, whole))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row as the table shows it, values by column)."""
    if path.stat().st_size > uploads.MOST_BYTES:
        raise uploads.UploadRefused(reason="too large", name=path.name)
    if path.suffix.lower() == ".csv":
        raw = path.read_bytes()
        text = encodings.decode(raw, encodings.detect([raw]).encoding).removeprefix("\ufeff")
        delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        lines: Iterator[list[Any]] = csv.reader(text.splitlines(), delimiter=delimiter)
    else:
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (openpyxl.utils.exceptions.InvalidFileException, KeyError, OSError, ValueError) as error:
            raise uploads.UnreadableUpload(reason=f"xlsx: {error}"[:300]) from None
        lines = (list(row) for row in book.worksheets[0].iter_rows(values_only=True))
    header = [str(cell or "") for cell in next(lines, [])]
    for number, line in enumerate(lines, start=2):
        if number > _MOST_ROWS:
            raise uploads.UploadRefused(reason="too many rows", name=path.name)
        if any(cell not in (None, "") for cell in line):
            yield number, dict(zip(header, line, strict=False))
