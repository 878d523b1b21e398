"""Checks one form from its file to its XForm. Runs in a process of its own (see form_process), knows no database."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import DefinitionData, get_xlsform
from pyxform.xls2xform import convert as pyxform_convert

from surveys import form_rules, form_workbook, screening, xform_questions, xform_rules, xform_support
from surveys.form_definition import FormUnreadable, parse
from surveys.form_faults import CONVERSION, Fault, Wrong, of_pyxform
from surveys.form_rules import Codes

MOST_NOTED = 20
_NAME_COLUMNS = ("name", "tag", "value")
_DULL = ("max-pixels", "On the choices sheet there is a choice with no label", "duplicate label")


@dataclass
class Checked:
    """What came of it; with any faults there is no more than them."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what its author and approver should know
    xform: str = ""
    form_id: str = ""
    version: str = ""
    title: str = ""
    layer: str | None = None
    rows: dict[str, int] = field(default_factory=dict)  # line of each question in the survey sheet
    missing: list[str] = field(default_factory=list)  # files it names that weren't given


def check(data: bytes, name: str, files: dict[str, bytes], codes: Codes) -> Checked:
    """Everything but ODK Validate. `name` is the file's; `files` its media; `codes` what layers' choices may be."""
    checked = Checked()
    try:
        _check(checked, data, name, files, codes)
    except Wrong as wrong:
        checked.faults = wrong.faults
    except PyXFormError as error:
        code = error.code.name if error.code is not None else ""
        checked.faults = [of_pyxform(str(error), code, error.context)]
    except RecursionError:
        checked.faults = [Fault("Các nhóm lồng nhau quá sâu.", kind=CONVERSION)]
    return checked


def _check(checked: Checked, data: bytes, name: str, files: dict[str, bytes], codes: Codes) -> None:
    kind = form_workbook.kind_of(data)
    book = _read(data, kind)
    sheets = {sheet: list(getattr(book, sheet) or ()) for sheet in form_workbook.SHEETS}
    headers = {sheet: sum(map(len, getattr(book, f"{sheet}_header") or ())) for sheet in form_workbook.SHEETS}
    form_workbook.check_sizes(sheets, headers)
    _stop_at(form_workbook.classified(sheets))
    checked.rows = _lines(sheets["survey"])
    _name_it(checked, book, sheets, data, name)
    checked.xform = _convert(book, checked.notes)
    form = xform_questions.opened(checked.xform)
    checked.layer, wrong = form_rules.layer_of(form)
    _stop_at([*wrong, *xform_rules.faults(form, checked.layer, checked.rows), *_lists(form, files)])
    try:
        definition = parse(checked.xform, checked.layer)
    except FormUnreadable as problem:
        raise Wrong([Fault("Không đọc được biểu mẫu đã chuyển.", original=str(problem.facts))]) from None
    _stop_at(form_rules.faults(form, definition, codes, checked.rows))
    checked.form_id, checked.version = definition.form_id, definition.version
    title = " ".join((form.document.findtext(".//{http://www.w3.org/1999/xhtml}title") or "").split())
    checked.title = PurePath(name).stem if title in ("", _plain_name(name)) else title
    checked.missing = sorted(xform_rules.files(form) - set(files))
    checked.notes += _remarks(form_rules.unmapped(form, definition), checked)
    unknown = xform_support.unknown(form)
    if unknown:
        names = ", ".join(unknown[:MOST_NOTED])
        checked.notes.append(f"Điện thoại không tính được hàm: {names}. Chỉ dùng được với ODK Collect.")


def _read(data: bytes, kind: str) -> DefinitionData:
    try:
        return get_xlsform(io.BytesIO(data), file_type=kind)
    except PyXFormError:
        raise
    except Exception as error:
        raise Wrong([of_pyxform(f"Error reading {kind}: {type(error).__name__}: {error}")]) from error


def _convert(book: DefinitionData, notes: list[str]) -> str:
    warnings: list[str] = []
    given = {name: getattr(book, name) for name in DefinitionData.__slots__}
    try:
        made: str = pyxform_convert(given, warnings=warnings, form_name="data").xform
    except (PyXFormError, RecursionError):
        raise
    except Exception as error:
        raise Wrong([of_pyxform(f"{type(error).__name__}: {error}")]) from error
    notes += [" ".join(said.split()) for said in warnings if not any(dull in said for dull in _DULL)][:MOST_NOTED]
    return made


def _name_it(
    checked: Checked, book: DefinitionData, sheets: dict[str, list[dict[str, Any]]], data: bytes, name: str
) -> None:
    """A form needs an id and a version; where the file says none they come from its name and its bytes."""
    book.fallback_form_name = _plain_name(name)
    settings = sheets["settings"][0] if sheets["settings"] else {}
    if any(key.strip().lower() == "version" and value for key, value in settings.items()):
        return
    made = str(int(hashlib.sha256(data).hexdigest(), 16))[:10]
    book.settings = [{**settings, "version": made}, *sheets["settings"][1:]]
    book.settings_header = [dict.fromkeys([*(key for row in book.settings_header or () for key in row), "version"])]
    checked.notes.append(f"Tệp không ghi version; đã đặt “{made}”.")


def _plain_name(name: str) -> str:
    """A form id made of a file's name: letters without marks."""
    stem = unicodedata.normalize("NFD", PurePath(name).stem.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(sign for sign in stem if not unicodedata.combining(sign))
    return re.sub(r"[^\w.-]+", "_", plain, flags=re.ASCII).strip("_.")[:60] or "bieu_mau"


def _lines(survey: list[dict[str, Any]]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for at, row in enumerate(survey):
        for column, value in row.items():
            if column.strip().lower() in _NAME_COLUMNS and value:
                lines.setdefault(str(value).strip(), at + 2)
    return lines


def _lists(form: xform_questions.Form, files: dict[str, bytes]) -> list[Fault]:
    """Lists that come as files are looked at like imported tables: no persons in them (S1)."""
    found = []
    for name, data in files.items():
        if not name.lower().endswith(".csv"):
            continue
        try:
            rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        except (UnicodeDecodeError, csv.Error) as error:
            found.append(Fault("Danh sách phải là CSV UTF-8.", about=name, original=str(error)[:200]))
            continue
        for column in rows[0] if rows else ():
            if column is None:
                continue
            verdict = screening.column(column, [row[column] for row in rows if row[column]])
            if verdict is not None and column.lower() not in ("name", "label"):
                found.append(Fault(verdict.sentence, sheet=name, row=1, column=column))
        found += _choices_in(form, name, rows)
    return found


def _choices_in(form: xform_questions.Form, name: str, rows: list[dict[str, Any]]) -> list[Fault]:
    for question in xform_questions.asked(form):
        if question.list_file != name:
            continue
        labels = [str(value) for row in rows for key, value in row.items() if value and key and key != "name"]
        for label in question.labels or [""]:
            verdict = screening.question(question.name, label, question.kind, "", labels, question.save_to)
            if verdict is not None:
                return [Fault(verdict.sentence, sheet=name, about=question.name)]
    return []


def _remarks(unmapped: list[str], checked: Checked) -> list[str]:
    remarks = []
    if checked.layer is None:
        remarks.append("Biểu mẫu không ghi vào lớp nào: mọi câu trả lời chỉ hiện khi duyệt.")
    elif unmapped:
        shown = ", ".join(unmapped[:MOST_NOTED]) + ("…" if len(unmapped) > MOST_NOTED else "")
        remarks.append(f"Câu không ghi vào lớp, chỉ hiện khi duyệt: {shown}.")
    if checked.missing:
        remarks.append(f"Còn thiếu tệp kèm theo: {', '.join(checked.missing[:MOST_NOTED])}.")
    return remarks


def _stop_at(faults: Iterable[Fault]) -> None:
    found = list(faults)
    if found:
        raise Wrong(found)
