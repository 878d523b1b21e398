"""What hamlets lack: by commune and round, what changed since the round before, and who is doing something where."""

from flask import Blueprint, render_template, request
from sqlalchemy import text

from app import languages, map_asked, reads, sessions
from geodata.units import Unit
from surveys import area_classes, needs, showing, wall_clock
from surveys.access import Role, Verb
from surveys.layers import hamlet_profiles, minority_areas

blueprint = Blueprint("needs", __name__, url_prefix="/needs")
READERS = (Role.OFFICER, Role.LEADER)
_LAST = text(
    "SELECT survey_round FROM hamlet_profiles WHERE province_id = :province AND :commune IN (0, commune_id)"
    " ORDER BY observed_on DESC LIMIT 1"
)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """One service in one round: communes with most hamlets without it; of a commune its hamlets."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    labels, language = showing.labels(session, languages.current()), languages.current()
    services, rounds = needs.services(), needs.rounds(session)
    service, round_ = request.args.get("service", ""), request.args.get("round", "")
    service = service if service in services else "nuoc"
    if round_ not in rounds:
        scope = {"province": actor.province_id, "commune": actor.commune_id}
        round_ = session.scalar(_LAST, scope) or (rounds[-1] if rounds else "")
    at = rounds.index(round_) if round_ in rounds else 0
    before = rounds[at - 1] if at else ""
    areas = minority_areas.layer.style.classes if actor.may(Verb.READ, minority_areas.layer.grants) else {}
    area = request.args.get("area", "")
    area = area if area in areas else ""
    rows = needs.by_commune(session, actor, service, round_, before, area)
    commune = session.get(Unit, map_asked.number("commune", 0))
    classes = area_classes.by_commune(session, actor, today)
    chosen = commune if commune is not None and commune.id in {row.id for row in rows} else None
    page = render_template(
        "needs/index.html", rows=rows, service=service, round=round_, before=before, area=area, labels=labels,
        services={code: _service(code, language) for code in services},
        rounds={code: labels.get(("survey_rounds", code), code) for code in rounds},
        areas={code: labels.get(("area_classes", code), code) for code in areas},
        classes=classes, decisions=sorted({(one.decision, one.decided_on) for one in (classes or {}).values()}),
        listed=area_classes.listed(session, actor, today),
        commune=chosen, today=today.isoformat(), most=needs.MOST,
        hamlets=needs.in_commune(session, actor, service, round_, before, chosen.id, today) if chosen else [],
    )  # fmt: skip
    reads.note(actor, hamlet_profiles.layer.key, chosen.id if chosen else None)
    if area or classes:
        reads.note(actor, minority_areas.layer.key)
    sessions.commit()
    return page


def _service(code: str, language: str) -> str:
    field = hamlet_profiles.layer.field(code)
    return field.label_en if language == "en" else field.label
