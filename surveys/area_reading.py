"""A published list of minority and mountainous areas as a file has it: unit codes and classes, and nothing else."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

from geodata import columns, incoming
from geodata.columns import ColumnMissing, plain
from geodata.foreign import refusals
from geodata.foreign.sources import Source
from geodata.problems import Problem
from geodata.units import COMMUNE, HAMLET
from surveys import screening
from surveys.answer_problems import SubmissionClassified

MOST_ROWS = 50_000
LONGEST_CODE, LONGEST_NAME = 20, 120
KINDS = ("csv", "xlsx")
COLUMNS = {
    "commune": (
        "maxa", "maxaphuong", "madvhc", "madonvi", "madonvihanhchinh", "communecode", "wardcode", "maxamoi",
        "madvhccapxa", "ma", "code",
    ),
    "hamlet": ("mathon", "mathonban", "mathontodanpho", "hamletcode"),
    "class": (
        "khuvuc", "phandinhkhuvuc", "phandinh", "thuockhuvuc", "khuvucphandinh", "areaclass", "kv", "loaikhuvuc",
        "class",
    ),
    "name": (
        "tenthon", "tenxa", "tenxaphuong", "tendonvi", "tendonvihanhchinh", "tendvhc", "xa", "thon", "name", "ten",
    ),
    "province": ("matinh", "matinhthanhpho", "provincecode"),
}  # fmt: skip
_OF_COMMUNE = re.compile(r"^(?:xa|phuong|dackhu|thitran)?(?:thuoc|la)?(?:khuvuc|kv|vung)?(i{1,3}|[123])$")
_OF_HAMLET = re.compile(r"^(?:thon|ban|lang|buon|bon|to|todanpho)?(?:dacbietkhokhan|dbkk)$")
_NUMBER = {"i": 1, "ii": 2, "iii": 3}


class EncodingUnclear(Problem):
    """The text of the file isn't surely read. Facts: name."""

    code: ClassVar[str] = "area_list_encoding"


@dataclass(frozen=True)
class Line:
    """A row: where it stands, the code it names and at which level, its class ("" where that isn't readable).

    `told` is the class as it stands there, `name` the unit's; both without persons.
    """

    where: str
    level: int
    code: str
    area_class: str
    told: str = ""
    name: str = ""
    province: str = ""


@dataclass
class Read:
    """The rows of a file, the columns that were dropped for what they say of persons, and those that weren't needed."""

    lines: list[Line] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def read(file: Path, name: str) -> Read:
    """CSV or XLSX, opened in a process apart; every sheet that has codes and classes.

    Raises the refusals of `incoming`, ColumnMissing, EncodingUnclear, SubmissionClassified.
    """
    if screening.classified(name):
        raise SubmissionClassified(field="file")
    found = Read()
    with tempfile.TemporaryDirectory(prefix="diaban-list-") as folder:
        incoming.unpack(file, Path(folder), name)
        sources = incoming.inspect(None, Path(folder), "")
        fitting = [(one, named) for one in sources if (named := _named(one)) is not None]
        if not fitting:
            _refuse(sources)
        for source, named in fitting:
            encoding = source.encodings[0].encoding
            # Of proper UTF-8 with few marks there may be doubt; codes and classes read the same.
            if encoding != "utf-8" and any(one.code.startswith("encoding") for one in source.questions):
                raise EncodingUnclear(name=name)
            _columns(found, source, set(named.values()))
            batches = incoming.rows(Path(folder), source, encoding, "")
            with closing(cast(Any, batches)):
                sheet = f"{source.layer}, " if len(fitting) > 1 else ""
                for row in (row for batch in batches for row in batch):
                    if len(found.lines) >= MOST_ROWS:
                        raise refusals.TooManyRows(name, most=MOST_ROWS)
                    found.lines += _line(f"{sheet}{row.number}", row.values, named)
    return found


def class_of(told: str, level: int) -> str:
    """kv1, kv2, kv3 or thon_dbkk of "Khu vực III", "KV3", "xã khu vực III", "III"; "" for anything else.

    A commune is in a region, a hamlet is one of special difficulty: the other way round nothing was published.
    """
    said = plain(told)
    if level == HAMLET:
        return "thon_dbkk" if _OF_HAMLET.match(said) else ""
    match = _OF_COMMUNE.match(said)
    return f"kv{_NUMBER.get(match[1], match[1])}" if match else ""


def _named(source: Source) -> dict[str, str] | None:
    """What → column, where the table has codes and classes."""
    if source.kind not in KINDS:
        return None
    found = columns.find([one.name for one in source.fields], COLUMNS)
    return found if "class" in found and ("commune" in found or "hamlet" in found) else None


def _refuse(sources: Sequence[Source]) -> None:
    """Raises ColumnMissing for what the first table lacks."""
    heads = [one.name for source in sources[:1] for one in source.fields]
    there = columns.find(heads, COLUMNS)
    needed = "class" if "commune" in there or "hamlet" in there else "commune"
    raise ColumnMissing(needed=needed, names=", ".join(COLUMNS[needed][:4]), found=", ".join(heads)[:300])


def _columns(found: Read, source: Source, taken: set[str]) -> None:
    for one in source.fields:
        if one.name in taken:
            continue
        verdict = screening.column(one.name, list(one.samples))
        if verdict:
            found.dropped += [(one.name, verdict.sentence)] * (one.name not in dict(found.dropped))
        elif one.name not in found.unused:
            found.unused.append(one.name)


def _line(where: str, values: dict[str, Any], named: dict[str, str]) -> Iterator[Line]:
    """The row, unless all its cells that matter are empty, as those of a heading within a table are."""
    told = {what: _text(values.get(column)) for what, column in named.items()}
    if any(screening.classified(cell) for cell in told.values()):
        raise SubmissionClassified(field="file")
    commune, hamlet = columns.code(told.get("commune"), 5), told.get("hamlet", "")
    if not (commune or hamlet or told["class"]):
        return
    level = HAMLET if hamlet else COMMUNE
    yield Line(
        where=where,
        level=level,
        code=(hamlet or commune)[:LONGEST_CODE],
        area_class=class_of(told["class"], level),
        told=screening.mask(told["class"][:LONGEST_NAME])[0],
        name=screening.mask(told.get("name", "")[:LONGEST_NAME])[0],
        province=columns.code(told.get("province"), 2),
    )


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())
