"""What the pages of reports show: parts with their words, figures in tables, steps in words, menus of periods."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import languages
from surveys import periods
from surveys.access import Actor
from surveys.reports import composing, layouts, outline, rolling, steps, writing
from surveys.reports.tables import APPROVED, DRAFT, SUBMITTED, Report

UNIT = text("SELECT kind, name FROM units WHERE id = :id")
# How many periods of each kind the menu offers, the latest first.
OFFERED = {periods.WEEK: 6, periods.MONTH: 12, periods.QUARTER: 8, periods.HALF: 4, periods.NINE: 2, periods.YEAR: 3}


def states() -> dict[str, str]:
    """The states in words."""
    return {DRAFT: _("bản nháp"), SUBMITTED: _("đã trình, chờ duyệt"), APPROVED: _("đã duyệt, đã khóa")}


def acts() -> dict[str, str]:
    """The steps in words."""
    return {
        "create": _("Lập báo cáo"), "measure": _("Lấy số liệu"), "write": _("Sửa mục"), "submit": _("Trình duyệt"),
        "withdraw": _("Rút lại"), "return": _("Trả lại"), "approve": _("Duyệt, cấp số và khóa"),
        "reopen": _("Mở lại"), "remove": _("Bỏ báo cáo"), "restore": _("Lấy lại báo cáo"),
    }  # fmt: skip


def menus(today: dt.date) -> dict[str, Any]:
    """Periods by kind, subjects, layouts."""
    kinds = {
        periods.QUARTER: _("Quý"), periods.MONTH: _("Tháng"), periods.WEEK: _("Tuần"), periods.HALF: _("6 tháng"),
        periods.NINE: _("9 tháng"), periods.YEAR: _("Năm"),
    }  # fmt: skip
    language = languages.current()
    offered = [
        (title, [(one.code, one.title(language)) for one in reversed(periods.latest(kind, today, OFFERED[kind]))])
        for kind, title in kinds.items()
    ]
    last = periods.holding(periods.QUARTER, today).before.code
    return {
        "periods": offered, "usual": last, "subjects": [(one.key, one.name) for one in outline.SUBJECTS],
        "layouts": [("party", _("Thể thức văn bản của Đảng")), ("state", _("Thể thức văn bản hành chính nhà nước"))],
    }  # fmt: skip


def listed(session: Session, actor: Actor) -> list[Report]:
    """The unit's reports."""
    return writing.listed(session, actor)


def one(session: Session, actor: Actor, report: Report, today: dt.date) -> dict[str, Any]:
    """Everything on a report's page but its jobs."""
    subject = outline.named(report.subject)
    found = writing.figures_of(session, report)
    unit = session.execute(UNIT, {"id": report.unit_id}).one()
    place = f"{unit.kind.capitalize()} {unit.name}"
    until = max((one.until for one in found.values()), default=report.of.until(today))
    composed = composing.compose(report, found, place, until)
    return {
        "report": report, "subject": subject, "place": place, "sections": _sections(report, subject),
        "layers": sorted({one.figure.layer for one in found.values()}),
        "composed": composed, "states": states(), "acts": acts(), "steps": writing.steps_of(session, report),
        "may": {act for act in steps.TRANSITIONS if steps.may(actor, report, act)},
        "own": actor.commune_id == report.commune_id, "today": today, "period": report.of,
        "next_number": steps.next_number(session, report, today), "series": steps.series(report.layout, today),
        "layout": layouts.of(report.layout), "covered": rolling.said(report.coverage),
    }  # fmt: skip


def _sections(report: Report, subject: outline.Subject) -> list[dict[str, Any]]:
    return [
        {"heading": section.heading, "parts": [_part(report, part) for part in section.parts]}
        for section in subject.sections
    ]


def _part(report: Report, part: outline.Part) -> dict[str, Any]:
    words, drafted = report.texts.get(part.key, ""), report.drafted.get(part.key, "")
    return {
        "key": part.key, "at": part.key.replace(".", "-"), "heading": part.heading, "text": words,
        "drafted": drafted, "edited": words != drafted, "mark": writing.mark(words),
        "back": part.key in report.replaced and report.replaced[part.key] != words,
    }  # fmt: skip
