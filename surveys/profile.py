"""One place on one page: its figures with their change, who must answer what, resettlement, services, models."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.units import COMMUNE, HAMLET, PROVINCE
from surveys import figures, open_business
from surveys.access import Actor
from surveys.figures import measuring
from surveys.figures.declared import Figure
from surveys.figures.measuring import Where
from surveys.figures.of_places import SERVICES
from surveys.layers import FAITH_AND_ETHNICITY
from surveys.periods import Period
from surveys.places import Place

KEYS = (
    "reports", "reports_open", "reports_overdue", "reports_in_time", "hamlets_surveyed", "share_nuoc", "share_dien",
    "share_duong", "share_truong", "share_y_te", "projects", "projects_behind", "households_paid", "households_moved",
    "sites", "site_requests", "site_requests_late", "minority_areas", "models_new", "models_kept", "checks",
    "checks_done", "activities", "activities_put_off",
)  # fmt: skip
HAMLET_SERVICES = text(
    "SELECT u.id, u.name, p.observed_on, p.nuoc, p.dien, p.duong, p.truong, p.y_te, p.mobile_signal"  # noqa: S608
    " FROM units u LEFT JOIN LATERAL ("
    "   SELECT * FROM hamlet_profiles h WHERE h.province_id = :province AND h.commune_id = :within"
    "   AND h.hamlet_id = u.id AND h.observed_on <= :until ORDER BY h.observed_on DESC, h.id LIMIT 1) p ON TRUE"
    " WHERE u.level = 4 AND u.parent_id = :within AND u.province_id = :province AND u.valid_to IS NULL"
    " AND :commune IN (0, u.parent_id) AND :hamlet IN (0, u.id) " + measuring.ORDER
)
MODELS = text(
    "SELECT f.state, count(*) AS n FROM community_models f WHERE f.province_id = :province"
    " AND :commune IN (0, f.commune_id) AND :within IN (0, f.commune_id) AND :hamlet IN (0, f.hamlet_id)"
    " AND f.registered_on <= :until GROUP BY f.state ORDER BY n DESC, f.state"
)


@dataclass(frozen=True)
class Fact:
    """One figure of the place: its value now and in the period before, and how many units told anything."""

    figure: Figure
    value: float | None
    before: float | None
    reported: int
    of: int
    waiting: int

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True)
class Profile:
    """`offices`, `projects`: rows of `open_business`; `hamlets`: a row each with the state of five services."""

    facts: list[Fact]
    offices: list[Row[Any]]
    projects: list[Row[Any]]
    hamlets: list[Row[Any]]
    models: list[Row[Any]]
    services: tuple[str, ...] = tuple(SERVICES)


def of(session: Session, actor: Actor, place: Place, period: Period, today: dt.date) -> Profile:
    """The profile of a place the actor may see. Of a hamlet nothing of faith or ethnicity beside its reports (S7)."""
    level = int(str(place.unit.level))
    commune = next((int(str(unit.id)) for unit in place.path if unit.level == COMMUNE), 0)
    hamlet = int(str(place.unit.id)) if level == HAMLET else 0
    chosen = [figure for key in KEYS if figures.may_read(actor, figure := figures.named(key))]
    if level == HAMLET:
        chosen = [one for one in chosen if one.finest == HAMLET and one.layer not in FAITH_AND_ETHNICITY]
    given = {
        "province": actor.province_id, "commune": actor.commune_id, "within": commune, "hamlet": hamlet,
        "until": period.until(today),
    }  # fmt: skip
    return Profile(
        facts=[_fact(session, actor, figure, period, today, commune, hamlet) for figure in chosen],
        offices=[] if hamlet else open_business.by_office(session, actor, today, commune),
        projects=[] if hamlet else open_business.projects(session, actor, today, commune, late=level == PROVINCE),
        hamlets=list(session.execute(HAMLET_SERVICES, given)) if commune else [],
        models=list(session.execute(MODELS, given)),
    )


def _fact(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, commune: int, hamlet: int
) -> Fact:
    where = Where(within=commune) if hamlet else Where(only=[commune]) if commune else Where()
    now, then = (
        measuring.measure(session, actor, figure, one, today, where) for one in (period, period.before)
    )  # fmt: skip
    if hamlet:
        cell, earlier = now.of(hamlet), then.of(hamlet)
        told = int(cell is not None and cell.part.base > 0)
        return Fact(figure, cell.value if cell else None, earlier.value if earlier else None, told, 1, 0)
    return Fact(figure, now.total, then.total, now.reported, len(now.cells), now.waiting)
