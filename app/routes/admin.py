"""The administrator's list of accounts of the province, and whose they are at its sign-in service."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app import accounts, sessions, subjects
from geodata.problems import NotFound
from surveys import audit
from surveys.access import Role

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> Any:
    """Who can sign in, with which role and scope; changes are made by commands on the server."""
    titles = {
        Role.FIELD: _("cán bộ cơ sở"),
        Role.OFFICER: _("chuyên viên"),
        Role.LEADER: _("lãnh đạo"),
        Role.GIS: _("kỹ thuật viên GIS"),
        Role.ADMIN: _("quản trị"),
    }
    actor = sessions.actor()
    rows = accounts.listing(sessions.session().connection(), actor.province_id)
    return render_template("accounts.html", rows=rows, titles=titles)


@blueprint.post("/accounts/<int:account_id>/clear")
@sessions.only(Role.ADMIN)
def clear(account_id: int) -> Any:
    """The account is nobody's at the sign-in service any more, until the next sign-in there under its name."""
    session, actor = sessions.session(), sessions.actor()
    # One of another province isn't there for the row policy.
    if not subjects.clear(session.connection(), account_id):
        raise NotFound(what="subject", id=account_id)
    accounts.end_sign_ins(session.connection(), account_id)
    audit.record(session, actor, "subject_cleared", detail={"account": account_id})
    sessions.commit()
    sessions.known().forget(account_id)
    flash(_("Đã bỏ gắn và đăng xuất tài khoản. Người đăng nhập một lần tiếp theo bằng tên này sẽ được gắn."))
    return redirect(url_for("admin.index"))
