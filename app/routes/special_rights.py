"""Special rights: asked for by one administrator, given by another, taken away by any."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import sessions
from geodata.problems import InvalidValue
from surveys import special_rights
from surveys.access import APPROVE_FORM, READ_RESTRICTED, Role

blueprint = Blueprint("special_rights", __name__, url_prefix="/admin/special")


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """What waits for a second administrator, who holds what, and a form to ask."""
    session, actor = sessions.session(), sessions.actor()
    titles = {READ_RESTRICTED: _("Mở phản ánh hạn chế của cơ quan mình"), APPROVE_FORM: _("Phê duyệt biểu mẫu")}
    return render_template(
        "special_rights.html", titles=titles, waiting=special_rights.waiting(session, actor), me=actor.account_id,
        held=special_rights.held(session, actor),
        fit={verb: special_rights.fit(session, actor, verb) for verb in titles},
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def ask() -> Response:
    """Asks a second administrator."""
    account = request.form.get("account", type=int)
    if account is None:
        raise InvalidValue(field="account", value="", reason="0, 1, 2 …")
    special_rights.ask(sessions.session(), sessions.actor(), account, request.form.get("verb", ""))
    sessions.commit()
    flash(_("Đã đề nghị. Một quản trị khác cần đăng nhập và đồng ý thì quyền mới có."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<int(max=2147483647):request_id>")
@sessions.only(Role.ADMIN)
def decide(request_id: int) -> Response:
    """Gives or refuses."""
    yes = request.form.get("decision") == "grant"
    special_rights.decide(sessions.session(), sessions.actor(), request_id, yes=yes)
    sessions.commit()
    flash(_("Đã cấp quyền trong 12 tháng.") if yes else _("Đã bỏ đề nghị."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/end")
@sessions.only(Role.ADMIN)
def end() -> Response:
    """Takes one away."""
    account = request.form.get("account", type=int) or 0
    special_rights.end(sessions.session(), sessions.actor(), account, request.form.get("verb", ""))
    sessions.commit()
    flash(_("Đã thu quyền; có hiệu lực trong nửa phút."))
    return redirect(url_for(".index"), 303)
