"""Which programme a model, check or activity carries out: one small form that their pages share."""

import uuid

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug import Response

from app import sessions
from geodata.problems import NotFound
from surveys import programmes
from surveys.access import Role

blueprint = Blueprint("carried_out", __name__, url_prefix="/programmes")
# Layer → the address of one feature's page.
PAGES = {"community_models": "/models/{}", "democracy_checks": "/checks/{}", "joint_activities": "/activities/{}"}


@blueprint.post("/carried-out/<layer_key>/<uuid:feature_id>")
@sessions.only(Role.OFFICER)
def point(layer_key: str, feature_id: uuid.UUID) -> Response:
    """Stores the programme chosen, or none."""
    if layer_key not in PAGES:
        raise NotFound(what="layer", id=layer_key[:40])
    session, actor = sessions.session(), sessions.actor()
    chosen = programmes.chosen(session, actor, request.form.get("programme_id"))
    programmes.point(session, actor, layer_key, feature_id, chosen)
    sessions.commit()
    flash(_("Đã ghi chương trình."))
    return redirect(PAGES[layer_key].format(feature_id), 303)
