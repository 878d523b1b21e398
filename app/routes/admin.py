"""The administrator's list of accounts of the province."""

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app import accounts, sessions
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
