"""Rules with dates: stages, deadlines, checklist items, and the days offices work; added from a day on, and ended."""

import datetime as dt
from typing import Any

from babel.dates import get_day_names
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import fault_words, form_values, languages, sessions
from surveys import rule_kinds, rules, wall_clock, working_days
from surveys.access import Role
from surveys.field_faults import FieldsRefused, refuse
from surveys.rule_kinds import Kind
from surveys.rule_parts import Part

blueprint = Blueprint("admin_rules", __name__, url_prefix="/admin/rules")
Answer = Response | tuple[str, int]


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """The rules of one kind: those that hold, those to come, those that ended."""
    return _page(rules.kind(request.args.get("kind", rule_kinds.KINDS[0].key)))


@blueprint.post("/<key>/add")
@sessions.only(Role.ADMIN)
def add(key: str) -> Answer:
    """A row from a day on; what is wrong with it is said beside its field, and nothing is lost."""
    of, form = rules.kind(key), request.form.to_dict()
    try:
        rules.add(sessions.session(), sessions.actor(), of, form, wall_clock.today())
    except FieldsRefused as refused:
        return _again(of, refused, "add")
    return _done(_("Đã thêm dòng. Dòng trước cùng việc, nếu có, kết thúc từ ngày đó."), url_for(".index", kind=key))


@blueprint.post("/<key>/end")
@sessions.only(Role.ADMIN)
def end(key: str) -> Answer:
    """From a day on a row doesn't hold any more."""
    of, form = rules.kind(key), request.form
    try:
        which, day = form.get("row", ""), form.get("day", "")
        rules.end(sessions.session(), sessions.actor(), of, which, day, wall_clock.today())
    except FieldsRefused as refused:
        return _again(of, refused, "end")
    return _done(_("Đã ghi ngày kết thúc. Việc đã tính theo dòng này giữ nguyên."), url_for(".index", kind=key))


@blueprint.get("/calendar")
@sessions.only(Role.ADMIN)
def calendar() -> str:
    """Days decided otherwise than the calendar of public holidays says."""
    return _calendar({}, {})


@blueprint.post("/calendar")
@sessions.only(Role.ADMIN)
def decide() -> Answer:
    """Says that offices work on a day or don't, by a decision."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    try:
        given, faults = form_values.read(form, days=("day",))
        refuse(faults)
        works = {"yes": True, "no": False}.get(form.get("works", ""))
        working_days.decide(session, actor, given["day"], works, form.get("source", ""), wall_clock.today())
    except FieldsRefused as refused:
        session.rollback()
        return _calendar(form, fault_words.said(refused.facts["faults"], {})), 422
    return _done(_("Đã ghi ngày này. Hạn trả lời đang mở được tính lại trong ít phút."), url_for(".calendar"))


def _done(said: str, to: str) -> Response:
    sessions.commit()
    flash(said)
    return redirect(to, 303)


def _again(of: Kind, refused: FieldsRefused, which: str) -> tuple[str, int]:
    sessions.session().rollback()
    return _page(of, fault_words.said(refused.facts["faults"], {}), which), 422


def _page(of: Kind, wrong: dict[str, list[str]] | None = None, which: str = "") -> str:
    session, today, english = sessions.session(), wall_clock.today(), languages.current() == "en"
    offered, known = rules.codes(session, of, today), rules.codes(session, of, None)
    found = rules.rows(session, of, today)
    return render_template(
        "admin/rules.html", kinds=_kinds(), kind=of.key, about=of.about_en if english else of.about,
        parts=[(part, _name(part), _choices(part, offered)) for part in of.parts],
        rows=[_row(of, row, known, today) for row in found],
        running=[one for one in found if one.valid_to is None], said=lambda row: _said(of, row, known),
        key=lambda row: rules.key(of, row), today=today, day_before=dt.timedelta(days=1),
        form=request.form, wrong=wrong or {}, which=which,
        standings={rules.HOLDS: _("đang hiệu lực"), rules.COMING: _("sắp hiệu lực"), rules.ENDED: _("đã kết thúc")},
    )  # fmt: skip


def _row(of: Kind, row: Any, known: dict[str, dict[str, tuple[str, str]]], today: dt.date) -> dict[str, Any]:
    return {
        "key": rules.key(of, row), "standing": rules.standing(row, today), "row": row,
        "cells": [_cell(part, getattr(row, part.key), known) for part in of.parts],
    }  # fmt: skip


def _cell(part: Part, value: Any, known: dict[str, dict[str, tuple[str, str]]]) -> str:
    """A field's value in words."""
    if part.kind == "flag":
        return _("có") if value else ""
    if part.kind == "number":
        return "" if value is None else languages.number(value)
    return _choices(part, known).get(value, str(value or ""))


def _said(of: Kind, row: Any, known: dict[str, dict[str, tuple[str, str]]]) -> str:
    """Which rule a row is, in one line."""
    cells = [_cell(part, getattr(row, part.key), known) for part in of.names]
    return " · ".join([*(cell for cell in cells if cell), languages.day(row.valid_from)])


def _choices(part: Part, known: dict[str, dict[str, tuple[str, str]]]) -> dict[str, str]:
    english = languages.current() == "en"
    if part.list:
        return {code: labels[english] for code, labels in known[part.list].items()}
    return {code: en if english else vi for code, vi, en in part.options}


def _name(part: Part) -> str:
    return part.label_en if languages.current() == "en" else part.label


def _kinds() -> list[tuple[str, str]]:
    english = languages.current() == "en"
    return [(one.key, one.title_en if english else one.title) for one in rule_kinds.KINDS]


def _calendar(typed: dict[str, str], wrong: dict[str, list[str]]) -> str:
    rows, seen = [], set()
    for row in working_days.decided(sessions.session()):
        rows.append((row, row.day not in seen))  # of several rows of a day the last one holds
        seen.add(row.day)
    return render_template(
        "admin/calendar.html", kinds=_kinds(), kind="calendar", rows=rows, typed=typed, wrong=wrong,
        today=wall_clock.today(), names=get_day_names("wide", locale=languages.current()),
    )  # fmt: skip
