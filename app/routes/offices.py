"""The offices of the province: dated, each of a unit, with the categories of reports it answers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import languages, sessions
from surveys import office_changes, showing, wall_clock
from surveys.access import Role

blueprint = Blueprint("offices", __name__, url_prefix="/admin/offices")
_UNITS = text(
    "SELECT id, kind || ' ' || name AS name FROM units WHERE province_id = :province AND level IN (1, 3)"
    ' AND valid_to IS NULL ORDER BY level, name COLLATE "vi-x-icu", id'
)


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """Those in force with what each answers, those that ended, and a form for a new one."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    labels = showing.labels(session, languages.current())
    categories = {code: said for (list_, code), said in labels.items() if list_ == "report_categories"}
    rows = office_changes.listed(session, actor)
    return render_template(
        "offices.html", categories=categories, today=today, alone=office_changes.unanswered(session, actor, today),
        offices=[row for row in rows if row.valid_to is None or row.valid_to > today],
        ended=[row for row in rows if row.valid_to is not None and row.valid_to <= today],
        units=session.execute(_UNITS, {"province": actor.province_id}).all(),
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def create() -> Response:
    """A new one."""
    form = request.form
    office_changes.add(sessions.session(), sessions.actor(), form, form.getlist("category"), wall_clock.today())
    sessions.commit()
    flash(_("Đã thêm cơ quan."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<int(max=2147483647):office_id>")
@sessions.only(Role.ADMIN)
def change(office_id: int) -> Response:
    """Its name and categories, or its end."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    if form.get("act") == "end":
        office_changes.end(session, actor, office_id, wall_clock.today())
        said = _("Cơ quan đã kết thúc. Vụ việc còn lại của cơ quan cần được chuyển.")
    else:
        office_changes.change(session, actor, office_id, form.get("name", ""), form.getlist("category"))
        said = _("Đã lưu cơ quan.")
    sessions.commit()
    flash(said)
    return redirect(url_for(".index"), 303)
