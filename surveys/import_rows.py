"""One row of a file as a layer would hold it: its values, and what a person should know of it."""

import math
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.fields import Field
from geodata.foreign.sources import Row
from geodata.problems import InvalidValue
from surveys import import_columns, screening, site_names
from surveys.addresses import bare
from surveys.answer_problems import SubmissionClassified
from surveys.export_columns import Codes
from surveys.import_columns import Columns
from surveys.layer import Layer
from surveys.layers import religious_sites

# What a name says of its own place; layers not named here have nothing to read from it.
NAME_READERS = {religious_sites.layer.key: site_names.read}
MOST_KEPT = 50_000  # different cells of one column that are read once
MOST_UNMATCHED = 500
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")
# What the reading of a file says of a row that keeps it out; the rest is told as a flag.
UNREADABLE = {"row_ragged", "text_undecodable", "null_island"}


CODE_MARK = " – "  # between a code and its name in the drop-downs of our workbooks


@dataclass(frozen=True)
class Choices:
    """What a person chose of an import: a column's field, a word's code, values where a row has none."""

    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # header → bare word → code
    defaults: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, str] = field(default_factory=dict)  # sha256, number, date of what minority areas stand on


@dataclass
class Staged:
    """A row on its way; `doubts` are [reason, what exactly, key of the field or ""]. Without any it is good."""

    number: int
    wkb: bytes | None
    feature_id: uuid.UUID | None = None
    version: int | None = None
    stamp: str | None = None
    export: str | None = None
    observed_on: str | None = None
    commune: str | None = None
    hamlet: str | None = None
    address: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    doubts: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Cell:
    value: Any = None
    masked: bool = False
    doubt: tuple[str, str] | None = None


class Reader:
    """Reads the rows of one file. Cells that repeat, as most do, are read and screened once.

    `unmatched`: header → words that no code of its list is called, with their number.
    """

    def __init__(self, layer: Layer, columns: Columns, codes: Codes, choices: Choices) -> None:
        self.layer, self.columns, self.codes, self.choices = layer, columns, codes, choices
        self.unmatched: dict[str, Counter[str]] = {}
        self._known: dict[str, dict[Any, _Cell]] = {header: {} for header in columns.fields}
        self._roles = {role: header for header, role in columns.roles.items() if role != "told"}
        self._required = [of for of in layer.fields if of.required and of.asked and not of.relevant]
        self._defaults = self._given()
        # A table of ours carries ids; an "ID" of anything else is a number of its own.
        self.returns = "id" in self._roles and "version" in self._roles

    def rows(self, batches: Iterator[Sequence[Row]]) -> Iterator[Staged]:
        """Every row, in order. Raises SubmissionClassified: nothing of such a file is kept."""
        for batch in batches:
            for row in batch:
                yield self.read(row)

    def read(self, row: Row) -> Staged:
        """One row. Raises SubmissionClassified."""
        made = Staged(row.number, row.wkb)
        self._identify(made, row.values)
        for header, of in self.columns.fields.items():
            cell = self._cell(header, of, row.values.get(header), row.number)
            if cell.doubt is not None:
                made.doubts.append([*cell.doubt, of.key])
            if cell.doubt is None or cell.value is not None:
                made.values[of.key] = cell.value
            if cell.masked and "masked" not in made.flags:
                made.flags.append("masked")
        for problem in row.problems:
            if problem.code in UNREADABLE:
                made.doubts.append([problem.code, "", ""])
            else:
                made.flags.append(problem.code)
        if self.columns.address is not None:
            made.address = _text(row.values.get(self.columns.address)) or ""
        if made.feature_id is None:
            self._complete(made)
        return made

    def _identify(self, made: Staged, values: Mapping[str, Any]) -> None:
        told = {role: _text(values.get(header)) for role, header in self._roles.items()}
        # A drop-down of ours offers a commune by code and name; the code is what counts.
        commune = told.get("commune")
        made.commune = commune.split(CODE_MARK)[0].strip() if commune else commune
        made.hamlet = told.get("hamlet")
        day = told.get("observed_on")
        if day:
            try:
                made.observed_on = day[:10] if DAY.match(day) else import_columns.day("Ngày ghi nhận", day)
            except InvalidValue as problem:
                made.doubts.append(["value", f"{problem.facts['field']}: {problem.facts['reason']}", "observed_on"])
        if not self.returns or not told.get("id"):
            return
        try:
            made.feature_id = uuid.UUID(told["id"] or "")
            made.version = int(float(told.get("version") or ""))
        except ValueError:
            made.feature_id = None
            made.doubts.append(["unknown_id", "", ""])
            return
        made.stamp, made.export = told.get("stamp"), told.get("export")

    def _cell(self, header: str, of: Field, raw: Any, line: int) -> _Cell:
        kept = self._known[header]
        found = kept.get(raw)
        if found is None or (raw in (0, 1) and isinstance(raw, bool)):  # True is 1 to a dictionary
            found = self._fresh(header, of, raw, line)
            if len(kept) < MOST_KEPT:
                kept[raw] = found
        elif found.doubt is not None:
            self._note_unmatched(header, of, raw)
        return found

    def _fresh(self, header: str, of: Field, raw: Any, line: int) -> _Cell:
        cell = _clean(raw)
        if isinstance(cell, str) and screening.classified(cell):
            raise SubmissionClassified(field=f"dòng {line}")
        try:
            value = import_columns.value(of, cell, self.codes, self.choices.codes.get(header))
        except InvalidValue as problem:
            self._note_unmatched(header, of, raw)
            return _Cell(doubt=("value", f"{of.label}: {problem.facts['reason']}"))
        if not isinstance(value, str) or of.kind not in ("text", "longtext"):
            return _Cell(value)
        masked, found = screening.mask(value)
        if found and of.key == self.layer.label:
            return _Cell(masked, doubt=("person", ""))
        return _Cell(masked, masked=bool(found))

    def _note_unmatched(self, header: str, of: Field, raw: Any) -> None:
        if of.kind not in ("choice", "choices"):
            return
        words = self.unmatched.setdefault(header, Counter())
        # Shown to a person, so screened like any text; a list of thousands is no list of choices.
        said = screening.mask(_text(_clean(raw)) or "")[0][:60]
        if said in words or len(words) < MOST_UNMATCHED:
            words[said] += 1

    def _complete(self, made: Staged) -> None:
        """What a new row must have, and what its name says of its place."""
        name = str(made.values.get(self.layer.label) or "")
        reader = NAME_READERS.get(self.layer.key)
        if reader is not None:
            told = reader(name)
            if told.private and made.values.get("heritage_rank") in (None, "khong"):
                made.doubts.append(["private", "", ""])
            for key, value in told.values.items():
                if made.values.get(key) is None:
                    made.values[key] = value
                    if key in told.assumed:
                        made.flags.append(f"{key}_assumed")
        for key, value in self._defaults.items():
            if made.values.get(key) is None:
                made.values[key] = value
        doubtful = {doubt[2] for doubt in made.doubts}
        for of in (*self._required, *self.layer.lacking(made.values)):
            if made.values.get(of.key) in (None, "") and of.key not in doubtful:
                made.doubts.append(["value", f"{of.label}: thiếu", of.key])

    def _given(self) -> dict[str, Any]:
        keys = {of.key: of for of in self.layer.fields}
        given = {
            key: import_columns.value(keys[key], value, self.codes)
            for key, value in self.choices.defaults.items()
            if key in keys and keys[key].kind != "document"
        }
        document = self.choices.document
        if "source_file" in keys and document.get("sha256"):
            given |= {
                "source_file": document["sha256"], "source_document": document.get("number"),
                "source_date": document.get("date"),
            }  # fmt: skip
        return given


def _clean(raw: Any) -> Any:
    """Đắk R&#39;Lấp and Ðà Lạt as tables from the web hold them → Đắk R'Lấp, Đà Lạt."""
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    return import_columns.clean(raw) if isinstance(raw, str) else raw


def _text(raw: Any) -> str | None:
    """A cell as text; whole numbers without the point that a column of numbers gives them."""
    if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
        return None
    if isinstance(raw, float) and raw == int(raw):
        return str(int(raw))
    return str(raw).strip() or None


def words(choices: Mapping[str, Any]) -> Choices:
    """The choices of an import as its row keeps them."""
    return Choices(
        columns=dict(choices.get("columns") or {}),
        codes={
            header: {bare(word): code for word, code in given.items()}
            for header, given in (choices.get("codes") or {}).items()
        },
        defaults=dict(choices.get("defaults") or {}),
        document=dict(choices.get("document") or {}),
    )
