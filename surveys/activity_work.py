"""Joint activities at work: the year's plan by month, one month day by day, what was held, and what came of it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from surveys import audit
from surveys.access import Actor, Verb
from surveys.field_faults import Fault, refuse
from surveys.layers.joint_activities import JointActivity, layer
from surveys.map_pages import asked
from surveys.showing import SMALLEST_SHOWN

LONGEST = 1000
MOST, MOST_FED = 500, 2000
FED_DAYS = 366  # of the past, in the calendar feed
Rows = list[Row[Any]]

_SCOPE = (
    " a.province_id = :province AND :commune IN (0, a.commune_id) AND a.planned_on BETWEEN :first AND :last"
    " AND (:agency = '' OR :agency = ANY(a.agencies))"
)
_MISSED = "a.done_on IS NULL AND a.planned_on < :today"
_MONTHS = text(
    "SELECT extract(month FROM a.planned_on)::int AS month, count(*) AS n, count(a.done_on) AS done,"  # noqa: S608
    f" count(*) FILTER (WHERE {_MISSED}) AS missed, sum(a.households_reached) FILTER (WHERE a.done_on IS NOT NULL"
    f" AND (a.households_reached = 0 OR a.households_reached >= {SMALLEST_SHOWN})) AS households"
    f" FROM joint_activities a WHERE {_SCOPE} GROUP BY 1 ORDER BY 1"
)
_DAYS = text(
    "SELECT a.id, a.name, a.kind, a.agencies, a.planned_on, a.done_on, c.kind AS unit_kind, c.name AS commune,"  # noqa: S608
    f" h.name AS hamlet, {_MISSED} AS missed FROM joint_activities a JOIN units c ON c.id = a.commune_id"
    f" LEFT JOIN units h ON h.id = a.hamlet_id WHERE {_SCOPE} ORDER BY a.planned_on, a.id LIMIT :most"
)
_FED = text(
    "SELECT a.id, a.version, a.name, a.kind, a.agencies, a.planned_on, a.done_on, a.created_at, a.updated_at,"  # noqa: S608
    " c.kind AS unit_kind, c.name AS commune, h.name AS hamlet, ST_X(a.geom) AS lon, ST_Y(a.geom) AS lat"
    " FROM joint_activities a JOIN units c ON c.id = a.commune_id LEFT JOIN units h ON h.id = a.hamlet_id"
    f" WHERE {_SCOPE} ORDER BY a.planned_on DESC, a.id LIMIT :most"
)


def activity(session: Session, actor: Actor, id_: uuid.UUID, verb: Verb = Verb.READ) -> JointActivity:
    """The activity, if it is in the actor's scope and the actor holds the verb. Raises Forbidden, NotFound."""
    actor.must(verb, layer.key, layer.grants)
    found = session.get(JointActivity, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="activity", id=str(id_))
    return found


def months(session: Session, actor: Actor, year: int, today: dt.date, agency: str = "") -> dict[int, Row[Any]]:
    """Of each month with any: planned, held, past and not held, households of those held. Raises Forbidden."""
    span = _given(actor, dt.date(year, 1, 1), dt.date(year, 12, 31), agency)
    return {row.month: row for row in session.execute(_MONTHS, span | {"today": today})}


def within(session: Session, actor: Actor, first: dt.date, last: dt.date, today: dt.date, agency: str = "") -> Rows:
    """The activities planned on these days, in their order; at most MOST. Raises Forbidden."""
    return list(session.execute(_DAYS, _given(actor, first, last, agency) | {"today": today, "most": MOST}))


def fed(session: Session, actor: Actor, today: dt.date) -> Rows:
    """What a calendar shows: a year back and all that is planned, at most MOST_FED. Raises Forbidden."""
    first = today - dt.timedelta(days=FED_DAYS)
    return list(session.execute(_FED, _given(actor, first, dt.date.max, "") | {"most": MOST_FED}))


def hold(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, Any], today: dt.date) -> None:
    """Says that it was held: done_on, result, households_reached; without a day that it wasn't.

    Raises FieldsRefused, NamesPersons, SubmissionClassified, NotFound, Forbidden.
    """
    found = activity(session, actor, id_, Verb.REVIEW)
    done_on: dt.date | None = given.get("done_on")
    result = asked.written("result", given.get("result"), LONGEST) or None
    households = given.get("households_reached")
    faults = []
    if done_on is None and (result is not None or households is not None):
        faults.append(Fault("done_on", "missing"))
    if done_on is not None and done_on > today:
        faults.append(Fault("done_on", "day_ahead"))
    if done_on is not None and done_on < dt.date(2000, 1, 1):
        faults.append(Fault("done_on", "day_long_ago", day=dt.date(2000, 1, 1)))
    if households is not None and not 0 <= households <= 1_000_000:
        faults.append(Fault("households_reached", "out_of_range", least=0, most=1_000_000))
    refuse(faults)
    stood = found.households_reached
    if done_on is not None and households is None and stood is not None and 0 < stood < SMALLEST_SHOWN:
        households = stood  # so few are shown to nobody: left empty says nothing
    session.execute(
        update(JointActivity)
        .where(JointActivity.id == id_, JointActivity.province_id == actor.province_id)
        .values(done_on=done_on, result=result, households_reached=households)
        .execution_options(synchronize_session=False)
    )
    session.expire(found)
    verb = "activity_held" if done_on else "activity_not_held"
    audit.record(session, actor, verb, layer=layer.key, area=found.commune_id, detail={"feature": str(id_)})


def put_off(session: Session, actor: Actor, id_: uuid.UUID, planned_on: dt.date | None) -> None:
    """Gives an activity that wasn't held another day. Raises FieldsRefused, NotFound, Forbidden."""
    found = activity(session, actor, id_, Verb.REVIEW)
    if planned_on is None:
        refuse([Fault("planned_on", "missing")])
    elif not dt.date(2000, 1, 1) <= planned_on <= dt.date(2100, 1, 1):
        refuse([Fault("planned_on", "not_a_day")])
    elif found.done_on is not None:
        refuse([Fault("planned_on", "held_already", day=found.done_on)])
    session.execute(
        update(JointActivity)
        .where(JointActivity.id == id_, JointActivity.province_id == actor.province_id)
        .values(planned_on=planned_on)
        .execution_options(synchronize_session=False)
    )
    session.expire(found)
    detail = {"feature": str(id_), "on": str(planned_on)}
    audit.record(session, actor, "activity_put_off", layer=layer.key, area=found.commune_id, detail=detail)


def _given(actor: Actor, first: dt.date, last: dt.date, agency: str) -> dict[str, Any]:
    actor.must(Verb.READ, layer.key, layer.grants)
    return {
        "province": actor.province_id, "commune": actor.commune_id, "first": first, "last": last, "agency": agency,
    }  # fmt: skip
