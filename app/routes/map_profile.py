"""One place on one page: what is read from the map's figures, for a meeting or for paper."""

from flask import Blueprint, render_template

from app import figure_answers, languages, map_asked, reads, sessions
from geodata.units import COMMUNE
from surveys import area_classes, places, profile, showing
from surveys.layers import CATALOGUE
from surveys.places import Place
from surveys.profile import Fact, Profile

blueprint = Blueprint("map_profile", __name__, url_prefix="/map")


@blueprint.get("/place/<int:unit_id>/profile")
def page(unit_id: int) -> str:
    """The place's profile in the period the address names, by default this quarter."""
    session, actor = sessions.session(), sessions.actor()
    state = map_asked.state(unit_id)
    place = places.find(session, actor, unit_id)
    told = profile.of(session, actor, place, state.period, map_asked.today())
    # Of a commune, as it was published; beside a hamlet's reports nothing of the kind stands (S7).
    classes = area_classes.of_commune(session, actor, unit_id, map_asked.today()) if _is_commune(place) else None
    reads.note(actor, "place", unit_id)
    sessions.commit()
    labels = showing.labels(sessions.session(), languages.current())
    retold = figure_answers.retold() if state.period.last < map_asked.today() else ""
    return render_template(
        "map/profile.html", place=place, retold=retold, state=state, told=told, groups=_groups(told), labels=labels,
        until=state.period.until(map_asked.today()), period=state.period.title(languages.current()),
        services={layer.key: layer for layer in CATALOGUE}["hamlet_profiles"],
        changed=_changed, number=figure_answers.number, classes=classes,
    )  # fmt: skip


def _is_commune(place: Place) -> bool:
    return place.unit.level == COMMUNE


def _groups(told: Profile) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in told.facts:
        found.setdefault(figure_answers.layer_title(fact.figure), []).append(fact)
    return found


def _changed(fact: Fact) -> str:
    """The change with its sign, "" where there is none to tell."""
    if fact.change is None:
        return ""
    said = figure_answers.number(fact.figure, fact.change)
    return f"+{said}" if fact.change > 0 else said
