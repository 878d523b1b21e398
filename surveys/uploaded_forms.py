"""Forms made by staff: linted, checked against the layer they feed, drafts until a second account approves."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, ClassVar

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import get_xlsform
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys import audit, form_versions, screening, xforms, xlsforms
from surveys.access import APPROVE_FORM, Actor, Role
from surveys.form_definition import GEO_KINDS, Definition, parse
from surveys.layer import Layer
from surveys.layers import KEYS, named
from surveys.layers.situation_reports import RESTRICTED

MOST_BYTES = 5_000_000
UPLOADERS = frozenset({Role.OFFICER, Role.GIS, Role.ADMIN})
SAVED_BESIDE_FIELDS = frozenset({"commune", "hamlet", "observed_on", "geometry"})
# Field kind → kinds of question that may feed it.
FEEDS = {
    "text": {"text"},
    "longtext": {"text"},
    "integer": {"int"},
    "money": {"int", "decimal"},
    "decimal": {"int", "decimal"},
    "date": {"date"},
    "boolean": {"select1"},
    "choice": {"select1"},
    "choices": {"select"},
    "document": {"binary"},
}


class FormRefused(Problem):
    """A question, setting or column of an uploaded form that isn't allowed; facts: field, reason, more (how many)."""

    code: ClassVar[str] = "form_refused"


class FormNeedsSecondAccount(Problem):
    """Whoever uploaded a form doesn't approve it, nor does an account without the verb."""

    code: ClassVar[str] = "form_needs_second_account"


def add(session: Session | Connection, actor: Actor, xlsx: bytes) -> tuple[str, str]:
    """Stores an XLSForm as a draft; (form id, version). Raises FormNotConvertible, FormRefused."""
    if actor.role not in UPLOADERS:
        raise FormRefused(field="--as", reason="tài khoản này không được đưa biểu mẫu lên", more=0)
    if len(xlsx) > MOST_BYTES:
        raise FormRefused(field="xlsx", reason="tệp lớn hơn 5 MB", more=0)
    survey, choices, title, layer_key = _read(xlsx)
    lint(survey, choices)
    xform = xforms.convert(xlsx)
    xforms.validate(xform)
    definition = parse(xform, layer_key)
    codes = xlsforms.codes_on(session, dt.date.today())  # noqa: DTZ011 - code lists hold by the office's own day
    wrong = list(_settings_wrong(definition, layer_key))
    wrong += _fields_wrong(definition, None if layer_key is None else named(layer_key), codes, survey)
    _refuse(wrong)
    known = form_versions.TABLE.c
    if session.execute(
        select(known.version).where(known.form_id == definition.form_id, known.version == definition.version)
    ).first():
        _refuse([("version", "phiên bản này đã có, hãy đặt số khác")])
    form_versions.store(
        session,
        form_id=definition.form_id,
        version=definition.version,
        title=title or definition.form_id,
        layer=layer_key,
        xform=xform,
        uploaded_by=actor.account_id,
    )
    detail = {"form": definition.form_id, "version": definition.version}
    audit.record(session, actor, "form uploaded", layer=layer_key, detail=detail)
    return definition.form_id, definition.version


def approve(session: Session | Connection, actor: Actor, form_id: str, version: str) -> None:
    """Makes a draft live. Raises UnknownForm, FormNeedsSecondAccount."""
    known = form_versions.TABLE.c
    row = session.execute(
        select(known.uploaded_by, known.layer).where(
            known.form_id == form_id, known.version == version, known.origin == "upload"
        )
    ).one_or_none()
    if row is None:
        raise form_versions.UnknownForm(form_id=form_id, version=version)
    if row.uploaded_by == actor.account_id or APPROVE_FORM not in actor.special:
        raise FormNeedsSecondAccount
    form_versions.make_live(session, form_id, version, approved_by=actor.account_id)
    audit.record(session, actor, "form approved", layer=row.layer, detail={"form": form_id, "version": version})


def lint(survey: list[dict[str, Any]], choices: list[dict[str, Any]]) -> None:
    """Refuses questions about persons, belief, opinion and the like (S1). Raises FormRefused."""
    _refuse(
        [(found.name or f"dòng {found.row + 2}", found.verdict.sentence) for found in screening.form(survey, choices)]
    )


def _read(xlsx: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str, str | None]:
    """(survey rows, choices rows, title, key of the layer it feeds)."""
    if not zipfile.is_zipfile(io.BytesIO(xlsx)):
        raise xforms.FormNotConvertible(reason="XLSX")
    try:
        book = get_xlsform(io.BytesIO(xlsx))
    except (PyXFormError, ValueError, KeyError, OSError) as error:
        raise xforms.FormNotConvertible(reason=str(error)[:300]) from error
    settings = {key: value for row in book.settings or () for key, value in row.items()}
    lists = [str(row.get("list_name") or row.get("dataset") or "") for row in book.entities or ()]
    if len(lists) > 1 or any(name not in KEYS for name in lists):
        _refuse([("entities", "list_name phải là mã của một lớp, và chỉ một")])
    return (
        list(book.survey or ()),
        list(book.choices or ()),
        str(settings.get("form_title", "")),
        next(iter(lists), None),
    )


def _settings_wrong(definition: Definition, layer_key: str | None) -> Iterator[tuple[str, str]]:
    if not definition.version:
        yield "settings", "thiếu version"
    if definition.form_id in KEYS:
        yield "settings", "form_id trùng với biểu mẫu của một lớp, hãy đặt tên khác"
    if layer_key is None and definition.saved:
        yield "entities", "thiếu trang entities cho các cột save_to"


def _fields_wrong(
    definition: Definition, layer: Layer | None, codes: dict[str, list[Any]], survey: list[dict[str, Any]]
) -> list[tuple[str, str]]:
    wrong = list(_files_wrong(definition, layer))
    if layer is None:
        return wrong
    fields = {field.key: field for field in layer.fields if field.asked}
    saved = dict(definition.saved)
    if definition.label in definition.questions:
        saved.setdefault(layer.label, definition.questions[definition.label])
    for key, question in saved.items():
        field = fields.get(key)
        if field is None:
            if key not in SAVED_BESIDE_FIELDS:
                wrong.append((question.name, f"lớp không có cột “{key}”"))
            continue
        if question.kind not in FEEDS[field.kind]:
            wrong.append((question.name, f"kiểu câu hỏi không hợp với cột “{key}”"))
        allowed = {"true", "false"} if field.kind == "boolean" else {c.code for c in codes.get(field.list or "", ())}
        if field.kind in ("boolean", "choice", "choices") and not (question.choices or {""}) <= allowed:
            wrong.append((question.name, f"lựa chọn không thuộc danh mục của cột “{key}”"))
    needed = {field.key for field in fields.values() if field.required and not field.relevant}
    missing = sorted((needed | {"commune", "observed_on"}) - set(saved))
    wrong += [(key, "cột bắt buộc của lớp chưa có câu hỏi (save_to)") for key in missing]
    if layer.key == "religious_sites":
        wrong += _beside_wrong(definition, survey)
    if layer.geometry_relevant:
        wrong += _place_always_asked(definition, survey)
    return wrong


def _files_wrong(definition: Definition, layer: Layer | None) -> Iterator[tuple[str, str]]:
    """Photos are for service reports and sites only (S10); documents only for a column that keeps them."""
    for question in definition.questions.values():
        if question.kind == "binary" and question.save_to is None and not (layer is not None and layer.photos):
            yield question.name, "lớp này không lấy ảnh, tệp"
        if question.kind in GEO_KINDS and question.save_to != "geometry":
            yield question.name, "câu hỏi vị trí phải ghi vào cột geometry của một lớp"


def _beside_wrong(definition: Definition, survey: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """No free questions beside a religious site's own columns (S3)."""
    notes = {str(row.get("name")) for row in survey if row.get("type") == "note"}
    for path, question in definition.questions.items():
        own = question.save_to or question.name == definition.label or question.kind in ("binary", "entity")
        if not own and question.name not in notes and not path.startswith("meta/"):
            yield question.name, "biểu mẫu về cơ sở tôn giáo không được có câu hỏi ngoài các cột của lớp"


def _place_always_asked(definition: Definition, survey: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Place and photo must not be asked where the category is a restricted one (S5)."""
    category = definition.saved.get("category")
    if category is None:
        return
    relevant = {str(row.get("name")): str(row.get("relevant") or "") for row in survey}
    for question in definition.questions.values():
        if question.kind in GEO_KINDS or question.kind == "binary":
            asked = relevant.get(question.name, "").replace(" ", "").replace('"', "'")
            excluded = all(f"${{{category.name}}}!='{code}'" in asked for code in RESTRICTED)
            # Only plain conjunctions are understood here; anything cleverer might let one through.
            if not excluded or re.search(r"or|not\(", re.sub(r"'[^']*'|\$\{[^}]*\}", "", asked)):
                yield question.name, "chỉ được hỏi (relevant) khi lĩnh vực không phải loại hạn chế"


def _refuse(wrong: list[tuple[str, str]]) -> None:
    if wrong:
        field, reason = wrong[0]
        raise FormRefused(field=field, reason=reason, more=len(wrong) - 1)
