"""Petitions, complaints and reception days: numbers an office enters each month, and the deadlines of the law."""

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import sessions
from geodata.problems import InvalidValue
from surveys import complaints, wall_clock, working_days
from surveys.access import Role

blueprint = Blueprint("complaints", __name__, url_prefix="/cases/complaints")


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.LEADER)
def index() -> str:
    """This year's numbers by kind and office, the deadlines, and a form for a month's numbers."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    last = complaints.month_of("last", request.args["last"]) if request.args.get("last") else today.replace(day=1)
    first = complaints.month_of("first", request.args["first"]) if request.args.get("first") else last.replace(month=1)
    begun = _begun(request.args.get("begun", ""), today)
    return render_template(
        "cases/complaints.html", rows=complaints.sums(session, actor, first, last), kinds=_kinds(), first=first,
        last=last, deadlines=complaints.deadlines(session, begun), begun=begun, today=today,
        calendar=working_days.known(session),
        writes=actor.role is Role.OFFICER and bool(actor.office_id), numbers=_numbers(),
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.OFFICER)
def enter() -> Response:
    """A month's numbers; entering them again corrects them."""
    complaints.enter(sessions.session(), sessions.actor(), request.form, wall_clock.today())
    sessions.commit()
    flash(_("Đã lưu số liệu của tháng. Nhập lại tháng đó để sửa."))
    return redirect(url_for(".index"), 303)


def _begun(given: str, today: dt.date) -> dt.date:
    """The day from which due dates are shown, today unless a day is given. Raises InvalidValue."""
    try:
        return dt.date.fromisoformat(given) if given else today
    except ValueError:
        raise InvalidValue(field="begun", value=given[:20], reason="yyyy-mm-dd") from None


def _kinds() -> dict[str, str]:
    return {
        "khieu_nai": _("Khiếu nại"),
        "to_cao": _("Tố cáo"),
        "kien_nghi_phan_anh": _("Kiến nghị, phản ánh"),
        "tiep_cong_dan": _("Tiếp công dân (số ngày tiếp, số lượt)"),
    }


def _numbers() -> dict[str, str]:
    return {
        "received": _("Nhận trong tháng"),
        "referred": _("Chuyển cơ quan có thẩm quyền"),
        "settled": _("Đã giải quyết"),
        "in_time": _("Trong đó đúng hạn"),
        "overdue": _("Đang quá hạn"),
    }
