"""What the phone keeps for follow-up visits: an account's own features, layer by layer."""

from flask import Blueprint, Response, jsonify, request

from app import reads, sessions
from surveys import visits

blueprint = Blueprint("visits", __name__, url_prefix="/survey/api/features")


@blueprint.get("")
def index() -> Response:
    """The layers whose features the account may visit again, and how many of them are its own."""
    session, actor = sessions.session(), sessions.actor()
    layers = [
        {
            "layer": layer.key,
            "title": layer.title,
            "title_en": layer.title_en,
            "form": layer.key,
            "count": visits.known(session, actor, layer).total,
        }
        for layer in visits.visited(actor)
    ]
    return jsonify({"layers": layers})


@blueprint.get("/<layer_key>")
def one(layer_key: str) -> Response:
    """The layer's features; 304 where the asker holds this very state. No browser keeps them: the app encrypts them."""
    session, actor = sessions.session(), sessions.actor()
    layer = visits.layer_of(actor, layer_key)
    now = visits.known(session, actor, layer)
    reads.note(actor, layer.key)
    response = Response(content_type="application/json")
    response.set_etag(now.mark)
    response.headers["Cache-Control"] = "private, no-store"
    if not request.if_none_match.contains_weak(now.mark):
        response.set_data(visits.body(session, actor, layer, now.total))
    sessions.commit()
    response.make_conditional(request)
    return response
