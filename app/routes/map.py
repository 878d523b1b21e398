"""The leader's map: the Folium page, its script, and the place beside it."""

import hashlib
from typing import Any

from flask import Blueprint, Response, render_template, request

from app import folium_map, map_asked, map_settings, reads, sessions
from surveys import places
from surveys.layers import KEYS, REPORT_COUNTS

blueprint = Blueprint("map", __name__, url_prefix="/map")


@blueprint.get("/")
def show() -> Any:
    """The map over the actor's province or commune."""
    actor = sessions.actor()
    return _page(actor.commune_id or actor.province_id)


@blueprint.get("/place/<int:unit_id>")
def place(unit_id: int) -> Any:
    """The map at one place; with `part=1` only the panel beside it."""
    if "part" not in request.args:
        return _page(unit_id)
    session, actor = sessions.session(), sessions.actor()
    keys = [key for key in request.args.get("layers", "").split(",") if key in KEYS | {REPORT_COUNTS}]
    found = places.find(session, actor, unit_id, frozenset(keys))
    # The map asks this at every switch of a layer, so what is seen on it is noted here.
    for key in ("place", *map_asked.state(unit_id).allowed()[0].layers):
        reads.note(actor, key, unit_id)
    sessions.commit()
    return render_template("map/place.html", place=found)


@blueprint.get("/script.js")
def script() -> Any:
    """What Folium would have written into the page."""
    session, actor = sessions.session(), sessions.actor()
    state = map_asked.state(map_asked.number("place", actor.commune_id or actor.province_id))
    found = places.find(session, actor, state.unit)
    drawn = folium_map.draw(map_settings.settings(actor, state, found), found.bounds)
    response = Response(drawn.script, mimetype="text/javascript")
    response.set_etag(hashlib.blake2b(drawn.script.encode(), digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


def _page(unit_id: int) -> Any:
    session, actor = sessions.session(), sessions.actor()
    state = map_asked.state(unit_id)
    found = places.find(session, actor, unit_id, frozenset(state.layers))
    drawn = folium_map.draw(map_settings.settings(actor, state, found), found.bounds)
    for key in state.allowed()[0].layers:
        reads.note(actor, key, unit_id)
    page = render_template(
        "map/page.html", drawn=drawn, script=f"/map/script.js?place={unit_id}&{state.query()}", place=found,
        groups=map_settings.groups(actor, state), on=state.layers, state=state, faded=dict(state.faded),
        layers={layer["key"]: layer for layer in map_settings.described(actor)},
        figures=map_settings.figure_choices(actor), menus=map_settings.choices(state, map_asked.today()),
        attention=unit_id == (actor.commune_id or actor.province_id) and not state.figure,
    )  # fmt: skip
    sessions.commit()
    return page
