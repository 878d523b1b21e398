"""What waits for a unit after a reform: an officer of the province says which commune each row belongs to."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import sessions
from app.reform_words import RELATIONS
from surveys import unplaced
from surveys.access import Role

blueprint = Blueprint("unplaced", __name__, url_prefix="/review/places")


@blueprint.get("/")
@sessions.only(Role.OFFICER)
def index() -> str:
    """The rows by former commune, each with the communes that came of it."""
    session, actor = sessions.session(), sessions.actor()
    communes = session.execute(
        text(
            "SELECT id, kind || ' ' || name AS name FROM units WHERE level = 3 AND valid_to IS NULL"
            ' AND province_id = :p ORDER BY units.name COLLATE "vi-x-icu"'
        ),
        {"p": actor.province_id},
    ).all()
    return render_template(
        "units/unplaced.html", groups=unplaced.waiting(session, actor), total=unplaced.count(session, actor),
        communes=communes, relations=RELATIONS,
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.OFFICER)
def settle() -> Response:
    """Puts the ticked rows into the chosen commune."""
    session, actor = sessions.session(), sessions.actor()
    ids = [uuid.UUID(given) for given in request.form.getlist("row", type=str)]
    n = unplaced.settle(session, actor, ids, request.form.get("unit", type=int) or 0)
    sessions.commit()
    flash(_("Đã xếp %(n)s bản ghi.", n=n))
    return redirect(url_for("unplaced.index"), 303)
