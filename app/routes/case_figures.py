"""How offices deal with service cases: a table by commune, office or month, on the page and as a file."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import text

from app import languages, reads, sessions, table_files
from surveys import case_indicators, complaints, offices, wall_clock
from surveys.access import Role
from surveys.case_indicators import Asked, Line
from surveys.layers.situation_reports import layer

blueprint = Blueprint("case_figures", __name__, url_prefix="/cases/figures")
READERS = (Role.OFFICER, Role.LEADER)
_COMMUNES = text(
    "SELECT id, name FROM units WHERE province_id = :province AND level = 3 AND valid_to IS NULL"
    ' AND :commune IN (0, id) ORDER BY name COLLATE "vi-x-icu", id'
)


@blueprint.get("/")
@sessions.only(*READERS)
def page() -> str:
    """The table, with the choice of what it is by and of."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    asked = _asked(today)
    found, whole = case_indicators.lines(session, actor, asked, today)
    shown = render_template(
        "cases/figures.html", lines=found, whole=whole, asked=asked, by=_by(), fewest=case_indicators.FEWEST,
        offices=offices.in_force(session, actor, today), query=request.query_string.decode("ascii", "replace"),
        communes=session.execute(_COMMUNES, {"province": actor.province_id, "commune": actor.commune_id}).all(),
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return shown


@blueprint.get("/table.<kind>")
@sessions.only(*READERS)
def file(kind: str) -> Response:
    """The same as CSV or XLSX."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    asked = _asked(today)
    found, whole = case_indicators.lines(session, actor, asked, today)
    about = _("Vụ việc nhận từ %(first)s đến %(last)s; số liệu ngày %(today)s", first=f"{asked.first:%m/%Y}",
              last=f"{asked.last:%m/%Y}", today=languages.day(today))  # fmt: skip
    rows = [_row(line, line.name) for line in found] + [_row(whole, _("Chung"))]
    answer = table_files.answer(
        kind, f"vu-viec-{today:%Y%m%d}", _("Kết quả xử lý vụ việc"), (about,), _head(asked), rows
    )
    reads.note(actor, layer.key)
    sessions.commit()
    return answer


def _asked(today: dt.date) -> Asked:
    """What the address asks for; without it the last twelve months by office."""
    given = request.args
    last = complaints.month_of("last", given["last"]) if given.get("last") else today.replace(day=1)
    first = complaints.month_of("first", given["first"]) if given.get("first") else _back(last, 11)
    return Asked(
        by=given.get("by", case_indicators.OFFICE), first=first, last=last, unit=given.get("unit", 0, type=int),
        office=given.get("office", 0, type=int),
    )  # fmt: skip


def _back(month: dt.date, months: int) -> dt.date:
    year, past = divmod(month.year * 12 + month.month - 1 - months, 12)
    return dt.date(year, past + 1, 1)


def _by() -> dict[str, str]:
    return {
        case_indicators.OFFICE: _("Cơ quan"),
        case_indicators.UNIT: _("Xã, phường"),
        case_indicators.MONTH: _("Tháng nhận"),
    }


def _head(asked: Asked) -> list[str]:
    return [
        _by()[asked.by], _("Nhận"), _("Xác nhận trong 7 ngày"), _("Đã trả lời"), _("Trả lời đúng hạn"),
        _("Tỷ lệ đúng hạn (phần trăm)"), _("Số ngày trả lời, trung vị"), _("Số ngày trả lời, 9/10 vụ không quá"),
        _("Đang chờ"), _("Chờ quá 30 ngày"), _("Chờ quá 60 ngày"), _("Chờ quá 90 ngày"), _("Phải mở lại"),
    ]  # fmt: skip


def _row(line: Line, name: str) -> list[Any]:
    few = _("dưới %(n)s vụ", n=case_indicators.FEWEST) if line.few else "–"
    share = few if line.in_time_share is None else round(line.in_time_share, 1)
    days = [few if value is None else value for value in (line.median, line.p90)]
    return [
        name, line.received, line.acknowledged, line.answered, line.in_time, share, *days, line.waiting,
        line.waiting_30, line.waiting_60, line.waiting_90, line.reopened,
    ]  # fmt: skip
