"""What asks for attention when the map is opened, and the lists of open business, one subject at a time (S7)."""

from typing import Any

from flask import Blueprint, render_template, request

from app import languages, map_asked, reads, sessions
from geodata.problems import InvalidValue
from surveys import attention, open_business, showing
from surveys.access import Verb
from surveys.layers import named

blueprint = Blueprint("map_business", __name__, url_prefix="/map")


@blueprint.get("/attention")
def first_page() -> str:
    """Overdue offices, who hasn't reported, what is new; a part of the map's page."""
    session, actor = sessions.session(), sessions.actor()
    found = attention.of(session, actor, map_asked.today())
    titles = {key: _title(key) for key, _rows in found.changes}
    home = actor.commune_id or actor.province_id
    sessions.commit()
    return render_template(
        "map/attention.html", found=found, titles=titles, shown=attention.SHOWN, home=home,
        language_code=languages.current(),
    )  # fmt: skip


@blueprint.get("/business")
def business() -> str:
    """Who must answer what and how late it is, with the ten that wait longest, each to be seen on the map."""
    session, actor = sessions.session(), sessions.actor()
    of = request.args.get("of", open_business.REPORTS)
    if of not in open_business.SUBJECTS:
        raise InvalidValue(field="of", value=of[:30], reason=", ".join(open_business.SUBJECTS))
    within, today = map_asked.number("commune", 0), map_asked.today()
    told: dict[str, Any] = {"offices": [], "rows": []}
    if of == open_business.REPORTS:
        told["offices"] = open_business.by_office(session, actor, today, within)
        told["rows"] = open_business.longest(session, actor, today, within)
    elif of == open_business.PROJECTS:
        told["rows"] = open_business.projects(session, actor, today, within)
    else:
        told["rows"] = open_business.requests(session, actor, today, within)
    reads.note(actor, of, within or None)
    labels = showing.labels(session, languages.current())
    sessions.commit()
    subjects = [(key, _title(key)) for key in open_business.SUBJECTS if actor.may(Verb.READ, named(key).grants)]
    return render_template("map/business.html", of=of, subjects=subjects, labels=labels, today=today, **told)


def _title(key: str) -> str:
    layer = named(key)
    return layer.title_en if languages.current() == "en" else layer.title
