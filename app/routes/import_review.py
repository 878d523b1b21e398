"""A whole import before its second person: what it would change, the conflicts to decide, approve, reject, undo."""

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import import_forms, import_map, sessions
from app.routes import imports
from surveys import import_deciding
from surveys.access import Role
from surveys.layers import named

blueprint = Blueprint("import_review", __name__, url_prefix="/review/imports")


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def one(id_: uuid.UUID) -> str:
    """Figures, samples, the map, every field that two sides changed."""
    session, actor = sessions.session(), sessions.actor()
    found = import_deciding.find(session, actor, id_)
    return render_template(
        "imports/review.html",
        **imports.facts(found),
        layer=named(found.layer),
        own=found.account_id == actor.account_id,
        picture=import_map.draw(session, (found.report or {}).get("points", [])),
    )


@blueprint.get("/<uuid:id_>/progress")
@sessions.only(Role.OFFICER)
def progress(id_: uuid.UUID) -> Response | str:
    """How far applying or undoing is."""
    return imports.watched(import_deciding.find(sessions.session(), sessions.actor(), id_), "import_review.one")


@blueprint.post("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def act(id_: uuid.UUID) -> Response:
    """Approves (with the picks of conflicts), rejects with a reason, or undoes."""
    session, actor = sessions.session(), sessions.actor()
    found = import_deciding.find(session, actor, id_)
    match request.form.get("decision"):
        case "approve":
            import_deciding.begin(session, actor, id_, "applying", import_forms.picks())
            import_forms.queue(session, actor, id_, found.layer, "apply")
        case "undo":
            import_deciding.begin(session, actor, id_, "undoing")
            import_forms.queue(session, actor, id_, found.layer, "undo")
        case "reject":
            import_deciding.reject(session, actor, id_, request.form.get("comment", ""))
            flash(_("Đã từ chối kèm lý do."))
        case _:
            abort(400)
    sessions.commit()
    return redirect(url_for("import_review.one", id_=id_), 303)
