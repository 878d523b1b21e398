"""Two periods or places side by side, and small maps of up to twelve periods."""

from dataclasses import asdict
from typing import Any

import flask
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app import figure_answers, folium_map, languages, map_asked, map_settings, reads, sessions
from surveys import comparing, outlines_of, places
from surveys.comparing import Pair
from surveys.map_state import MapState

SIDES = ("left", "right")
FIRST = "reports"  # the figure shown where none is asked for

blueprint = Blueprint("map_compare", __name__, url_prefix="/map")


@blueprint.get("/compare")
def compare() -> str:
    """Both maps, what each shows, and one table of both."""
    session, actor = sessions.session(), sessions.actor()
    pair = _pair()
    drawn = [_drawn(side, state) for side, state in zip(SIDES, (pair.left, pair.right), strict=True)]
    found = [places.find(session, actor, state.unit) for state in (pair.left, pair.right)]
    page = render_template(
        "map/compare.html", pair=pair, drawn=drawn, scripts=_in_order(drawn, "scripts"),
        styles=_in_order(drawn, "styles"), figures=map_settings.figure_choices(actor), spots=found,
        menus=[map_settings.choices(state, map_asked.today()) for state in (pair.left, pair.right)],
        units=places.find(session, actor, actor.commune_id or actor.province_id), told=_told(pair),
    )  # fmt: skip
    sessions.commit()
    return page


@blueprint.get("/compare.js")
def script() -> Response:
    """What Folium would have written into the page, for both maps."""
    pair = _pair()
    made = [_drawn(side, state).script for side, state in zip(SIDES, (pair.left, pair.right), strict=True)]
    return Response("\n".join(made), mimetype="text/javascript", headers={"Cache-Control": "private, no-cache"})


@blueprint.get("/compare/figures")
def figures() -> Response:
    """Both figures in the classes they share."""
    pair = _pair()
    return flask.jsonify(dict(zip(SIDES, _painted([pair.left, pair.right]), strict=True)))


@blueprint.get("/multiples")
def multiples() -> str:
    """One figure in up to twelve periods, as small maps and as a table."""
    session, actor = sessions.session(), sessions.actor()
    state, count = map_asked.state(figure=FIRST), map_asked.number("n", 6)
    state.check()
    states = comparing.series(state, count)
    measured, _ends = comparing.figures(session, actor, states, map_asked.today())
    page = render_template(
        "map/multiples.html", state=state, count=count, most=comparing.MOST,
        periods=[one.period.title(languages.current()) for one in states],
        about=figure_answers.summary(measured[-1]), retold=figure_answers.retold(),
        lines=list(zip(*map(figure_answers.lines, measured), strict=True)),
        figures=map_settings.figure_choices(actor), menus=map_settings.choices(state, map_asked.today()),
    )  # fmt: skip
    sessions.commit()
    return page


@blueprint.get("/multiples/figures")
def multiples_figures() -> Response:
    """The figures of those small maps, in the classes they share."""
    return flask.jsonify(_painted(comparing.series(map_asked.state(figure=FIRST), map_asked.number("n", 6))))


@blueprint.get("/outlines")
def outlines() -> Response:
    """Outlines of the communes of the actor's province, light enough for twelve small maps."""
    found = outlines_of.communes(sessions.session(), sessions.actor())
    answer = flask.jsonify([asdict(one) for one in found])
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _pair() -> Pair:
    actor = sessions.actor()
    given = {"figure": FIRST} | {key: value for key, value in request.args.items() if value or key == "layers"}
    return comparing.read(given, actor, actor.commune_id or actor.province_id, map_asked.today())


def _drawn(side: str, state: MapState) -> folium_map.Drawn:
    session, actor = sessions.session(), sessions.actor()
    found = places.find(session, actor, state.unit)
    for key in state.layers:
        reads.note(actor, key, state.unit)
    return folium_map.draw_side(side, map_settings.settings(actor, state, found), found.bounds)


def _painted(states: list[MapState]) -> list[dict[str, Any]]:
    session, actor = sessions.session(), sessions.actor()
    measured, ends = comparing.figures(session, actor, states, map_asked.today())
    for state, found in zip(states, measured, strict=True):
        reads.note(actor, f"figure:{found.figure.layer}", state.unit)
    answer = [
        figure_answers.painted(found, state.method, ends) for state, found in zip(states, measured, strict=True)
    ]  # fmt: skip
    sessions.commit()
    return answer


def _told(pair: Pair) -> dict[str, Any] | None:
    """Both figures as one table: by unit where both are of one place, else each in its own columns."""
    if not (pair.left.figure and pair.right.figure):
        return None
    session, actor = sessions.session(), sessions.actor()
    measured, _ends = comparing.figures(session, actor, [pair.left, pair.right], map_asked.today())
    left, right = measured
    lines = [figure_answers.lines(one) for one in measured]
    same = [one.unit_id for one in lines[0]] == [one.unit_id for one in lines[1]]
    return {
        "same": same,
        "about": [figure_answers.summary(left), figure_answers.summary(right)],
        "lines": list(zip(*lines, strict=True)) if same else lines,
        "title": _("So sánh"),
    }


def _in_order(drawn: list[folium_map.Drawn], what: str) -> list[str]:
    return list(dict.fromkeys(address for one in drawn for address in getattr(one, what)))
