"""A briefing on the projector: one page that loads all of it at once, and then needs no network."""

import flask
from flask import Blueprint, Response, render_template

from app import briefing_data, languages, map_asked, reads, sessions
from app.routes.briefings import READERS
from surveys import briefings

blueprint = Blueprint("briefing_show", __name__, url_prefix="/briefings")


@blueprint.get("/<int(max=2147483647):briefing_id>/show")
@sessions.only(*READERS)
def page(briefing_id: int) -> str:
    """The frame; its script asks for the pages."""
    return render_template(
        "briefings/show.html", view=briefings.find(sessions.session(), sessions.actor(), briefing_id)
    )


@blueprint.get("/<int(max=2147483647):briefing_id>/pages.json")
@sessions.only(*READERS)
def pages(briefing_id: int) -> Response:
    """All pages with everything on them, as of now: what changes while they are shown is seen the next time."""
    session, actor = sessions.session(), sessions.actor()
    view = briefings.find(session, actor, briefing_id)
    data, read = briefing_data.made(session, actor, view, map_asked.today(), languages.current())
    for key, unit in read:
        reads.note(actor, key, unit)
    sessions.commit()
    return flask.jsonify(data)
