"""Code lists, service standards and periods: dated rows an administrator adds and ends."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app import constraints, errors, languages, sessions
from geodata.problems import InvalidValue, Problem
from surveys import dated_rows, keeping, showing, wall_clock
from surveys.access import Role

blueprint = Blueprint("admin_dated", __name__, url_prefix="/admin/dated")


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """One list with its codes, the standards, and the periods."""
    return _page()


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def act() -> Any:
    """Adds or ends what the form says; what is wrong with it is said beside the form, and nothing is lost."""
    try:
        _add()
        sessions.commit()
    except IntegrityError as error:
        sessions.session().rollback()
        problem = constraints.problem_of(error) or abort(500)
        return _page(problem), errors.of(problem).status
    except InvalidValue as problem:
        return _page(problem), errors.of(problem).status
    flash(_("Đã ghi. Biểu mẫu dùng danh mục này đổi theo trong vòng một giờ."))
    return redirect(_here(), 303)


def _here() -> str:
    return url_for("admin_dated.index", list=request.form.get("list") or request.args.get("list") or None)


def _add() -> None:
    session, actor, form = sessions.session(), sessions.actor(), request.form
    day, source = _day(form.get("day", "")), form.get("source", "")
    match form.get("what"):
        case "code":
            list_, code, vi, en = (form.get(key, "") for key in ("list", "code", "label_vi", "label_en"))
            dated_rows.add_code(session, actor, list_, code, day, vi, en, source)
        case "end":
            dated_rows.end_code(session, actor, form.get("list", ""), form.get("code", ""), day)
        case "standard":
            dated_rows.add_standard(session, actor, form.get("category", ""), day, _number(form.get("days")), source)
        case "period":
            dated_rows.add_period(session, actor, form.get("kind", ""), day, _number(form.get("length")), source)
        case _:
            abort(400)


def _day(given: str) -> dt.date:
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field="từ ngày", value=given[:20], reason="cần một ngày") from None


def _number(given: str | None) -> int:
    try:
        return int(given or "")
    except ValueError:
        raise InvalidValue(field="số", value=(given or "")[:20], reason="cần một số nguyên") from None


def _page(problem: Problem | None = None) -> str:
    session = sessions.session()
    names = dated_rows.lists(session)
    chosen = request.values.get("list", "")
    chosen = chosen if chosen in names else next(name for name in names if name not in dated_rows.CLOSED)
    labels = showing.labels(session, languages.current())
    categories = {code: said for (list_, code), said in labels.items() if list_ == "report_categories"}
    kinds = {
        keeping.RESTRICTED_MONTHS: _("Nội dung phản ánh hạn chế, tháng sau khi đóng"),
        keeping.WITHDRAWAL_DAYS: _("Thực hiện yêu cầu rút phiếu, ngày"),
        keeping.BACKUP_DAYS: _("Giữ bản sao lưu, ngày"),
    }
    return render_template(
        "admin/dated.html", lists=names, chosen=chosen, closed=chosen in dated_rows.CLOSED,
        codes=dated_rows.codes(session, chosen), standards=dated_rows.standards(session), categories=categories,
        periods=dated_rows.periods(session), kinds=kinds, today=wall_clock.today(), form=request.form,
        said=errors.sentence(problem, languages.current()) if problem else "",
    )  # fmt: skip
