"""The records behind a number of the map's table: one layer in one place, each with all a click on it would tell."""

from functools import partial

from flask import Blueprint, render_template, request

from app import languages, reads, sessions, work_pages
from surveys import map_records, places, showing
from surveys.access import Verb
from surveys.layers import CATALOGUE, named

blueprint = Blueprint("map_records", __name__, url_prefix="/map")


@blueprint.get("/place/<int:unit_id>/records")
def page(unit_id: int) -> str:
    """One layer alone (S7), a page at a time; the audited read."""
    session, actor = sessions.session(), sessions.actor()
    readable = [one.key for one in CATALOGUE if actor.may(Verb.READ, one.grants)]
    layer = named(request.args.get("layer") or readable[0])
    place = places.find(session, actor, unit_id, frozenset({layer.key}))
    language = languages.current()
    labels = showing.labels(session, language)
    found = map_records.page(session, actor, layer, place, request.args.get("after", ""), labels, language)
    reads.note(actor, layer.key, unit_id)
    sessions.commit()
    return render_template(
        "map/records.html", place=place, layer=layer, found=found, work_page=partial(work_pages.address, actor)
    )
