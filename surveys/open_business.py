"""Open business: who must answer what, how late it is against its standard, and the ten that wait longest.

One subject at a time: reports, projects and sites' requests stand on no list together (S7).
"""

import datetime as dt
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys import case_sums
from surveys.access import Actor, Verb
from surveys.case_answers import WAITING
from surveys.figures import measuring, of_places
from surveys.layers import named

REPORTS, PROJECTS, SITES = "situation_reports", "resettlement_projects", "religious_sites"
SUBJECTS = (REPORTS, PROJECTS, SITES)
MOST = 10
Rows = list[Row[Any]]

# Days beyond the day its service standard gave: the office's lateness, whoever or wherever it concerns (S8).
_BY_OFFICE = (
    "SELECT o.id, o.name, sum(w.n)::int AS n, {in_time} AS in_time, {week} AS week, {month} AS month, {more} AS more,"
    " {late} AS late, min(w.due_on) AS oldest FROM {waiting} AS w JOIN offices o ON o.id = w.office_id"
    " WHERE w.province_id = :province AND :own IN (0, :commune)"
    ' GROUP BY o.id ORDER BY late DESC, n DESC, o.name COLLATE "vi-x-icu"'
)
_DUE = {
    "in_time": "w.due_on >= :today",
    "week": "w.due_on < :today AND w.due_on >= CAST(:today AS date) - 7",
    "month": "w.due_on < CAST(:today AS date) - 7 AND w.due_on >= CAST(:today AS date) - 30",
    "more": "w.due_on < CAST(:today AS date) - 30",
    "late": "w.due_on < :today",
}
_COUNTED = {key: f"coalesce(sum(w.n) FILTER (WHERE {due}), 0)::int" for key, due in _DUE.items()}
# The first of each state by the index, then of those: all that is overdue needn't be put in order.
_FIRST = (
    "(SELECT * FROM situation_reports WHERE province_id = :province AND :commune IN (0, commune_id)"
    " AND :within IN (0, commune_id) AND state = '{state}' AND due_on < :today ORDER BY due_on, id LIMIT :most)"
)
LONGEST = text(
    "SELECT r.category, r.due_on, CAST(:today AS date) - r.due_on AS days, o.name AS office, c.id AS commune_id,"  # noqa: S608
    " c.kind, c.name AS commune, ST_X(r.geom) AS lon, ST_Y(r.geom) AS lat"
    f" FROM ({' UNION ALL '.join(_FIRST.format(state=state) for state in WAITING)}) AS r"
    " JOIN offices o ON o.id = r.office_id JOIN units c ON c.id = r.commune_id"
    " ORDER BY r.due_on, r.id LIMIT :most"
)
BEHIND = text(
    "SELECT p.name AS title, p.stage, p.next_milestone, p.next_on, CAST(:today AS date) - p.next_on AS days,"
    " p.responsible_office AS office, p.households_affected AS households, p.households_paid AS paid,"
    " p.households_moved AS moved, c.id AS commune_id, c.kind, c.name AS commune,"
    " ST_X(ST_PointOnSurface(p.geom)) AS lon, ST_Y(ST_PointOnSurface(p.geom)) AS lat"
    " FROM resettlement_projects p JOIN units c ON c.id = p.commune_id"
    " WHERE p.province_id = :province AND :commune IN (0, p.commune_id) AND :within IN (0, p.commune_id)"
    " AND (:all OR (p.next_on < :today AND p.next_milestone IS NOT NULL)) ORDER BY p.next_on, p.id LIMIT :most"
)
REQUESTS = (
    "SELECT f.name AS title, f.request, f.received_on, CAST(:until AS date) - f.received_on AS days,"  # noqa: S608
    f" ({of_places.UNDATED}) AS undated,"
    " c.id AS commune_id, c.kind, c.name AS commune, ST_X(f.geom) AS lon, ST_Y(f.geom) AS lat"
    " FROM religious_sites f JOIN units c ON c.id = f.commune_id"
    " WHERE f.province_id = :province AND :commune IN (0, f.commune_id) AND :within IN (0, f.commune_id)"
    f" AND ({of_places.LATE} OR {of_places.UNDATED}) ORDER BY undated, f.received_on, f.id LIMIT :most"
)


def by_office(session: Session, actor: Actor, today: dt.date, within: int = 0) -> Rows:
    """Per office: open cases in time, late by a week, a month, more; the most overdue first. Raises Forbidden.

    From sums, which are about a second behind.
    """
    commune = within or actor.commune_id
    given = _given(actor, REPORTS, today, within) | {"commune": commune, "own": actor.commune_id}
    asked = _BY_OFFICE.format(waiting=case_sums.waiting(commune), **_COUNTED)
    return list(session.execute(text(asked), given))


def longest(session: Session, actor: Actor, today: dt.date, within: int = 0) -> Rows:
    """The cases overdue longest, with where they are (degrees; None without a place). Raises Forbidden."""
    return list(session.execute(LONGEST, _given(actor, REPORTS, today, within) | {"most": MOST}))


def projects(session: Session, actor: Actor, today: dt.date, within: int = 0, *, late: bool = True) -> Rows:
    """Projects behind their milestone, or all of them, the latest first. Raises Forbidden."""
    given = _given(actor, PROJECTS, today, within) | {"all": not late, "most": MOST if late else 100}
    return list(session.execute(BEHIND, given))


def requests(session: Session, actor: Actor, today: dt.date, within: int = 0) -> Rows:
    """Sites' requests past their deadline, then those whose kind has none, the longest waiting first.

    Raises Forbidden.
    """
    given = _given(actor, SITES, today, within) | {"until": today, "most": MOST}
    return list(session.execute(measuring.with_cuts(REQUESTS), given | of_places.cuts(session, given)))


def _given(actor: Actor, layer: str, today: dt.date, within: int) -> dict[str, Any]:
    actor.must(Verb.READ, layer, named(layer).grants)
    return {"province": actor.province_id, "commune": actor.commune_id, "within": within, "today": today}
