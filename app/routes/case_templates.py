"""Answer templates: written by an office for itself, by a liaison office for all, ended when they no longer hold."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import languages, sessions
from surveys import answer_templates, case_answers, case_steps, showing, wall_clock
from surveys.access import Role
from surveys.layers.situation_reports import RESTRICTED

blueprint = Blueprint("case_templates", __name__, url_prefix="/cases/templates")


@blueprint.get("/")
@sessions.only(Role.OFFICER)
def index() -> str:
    """Those the asker may use, and a form for a new one."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    labels = showing.labels(session, languages.current())
    categories = {
        code: said for (list_, code), said in labels.items() if list_ == "report_categories" and code not in RESTRICTED
    }
    return render_template(
        "cases/templates.html", rows=answer_templates.listed(session, actor), categories=categories, today=today,
        own=actor.office_id, for_all=case_steps.is_liaison(session, actor), longest=case_answers.LONGEST,
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.OFFICER)
def create() -> Response:
    """A new one."""
    answer_templates.write(sessions.session(), sessions.actor(), request.form, wall_clock.today())
    sessions.commit()
    flash(_("Đã lưu mẫu trả lời. Mẫu hiện ở trang của từng vụ việc cùng lĩnh vực."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<int(max=2147483647):template_id>/end")
@sessions.only(Role.OFFICER)
def end(template_id: int) -> Response:
    """One that isn't offered any more."""
    answer_templates.end(sessions.session(), sessions.actor(), template_id, wall_clock.today())
    sessions.commit()
    flash(_("Đã ngừng dùng mẫu. Những câu đã gửi giữ nguyên."))
    return redirect(url_for(".index"), 303)
