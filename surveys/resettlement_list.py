"""The projects of a province at one look: how far each is, what is late and whose it is, the latest first."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys import resettlement, resettlement_rules
from surveys.access import Actor, Verb
from surveys.layers.resettlement_projects import layer
from surveys.resettlement_rules import Clock
from surveys.showing import SMALLEST_SHOWN

MOST = 500
_SCOPE = "p.province_id = :province AND :commune IN (0, p.commune_id)"
_ROWS = text(
    "SELECT p.id, p.name, p.kind, p.responsible_office AS office, p.stage, p.observed_on, p.households_affected,"  # noqa: S608  its own parts
    " p.households_approved, p.households_paid, p.households_moved, p.plots_total, p.plots_ready, p.money_approved,"
    " p.money_paid, p.next_milestone, p.next_on, greatest(0, CAST(:today AS date) - p.next_on) AS behind,"
    " c.id AS commune_id, c.kind AS commune_kind, c.name AS commune, count(*) OVER () AS found"
    " FROM resettlement_projects p JOIN units c ON c.id = p.commune_id"
    f" WHERE {_SCOPE} ORDER BY (p.next_milestone IS NOT NULL AND p.next_on < :today) DESC, p.next_on, p.name, p.id"
    f" LIMIT {MOST}"
)
# A project's number of households below five enters no sum, so no two sums differ by it (S6).
_SUM = "sum(p.{0}) FILTER (WHERE p.{0} = 0 OR p.{0} >= {1}) AS {0}"
_TOTALS = text(
    "SELECT count(*) AS projects,"  # noqa: S608  its own parts
    " count(*) FILTER (WHERE p.next_milestone IS NOT NULL AND p.next_on < :today) AS behind,"
    f" count(*) FILTER (WHERE p.households_affected < {SMALLEST_SHOWN}) AS small, "
    + ", ".join(
        _SUM.format(key, SMALLEST_SHOWN)
        for key in ("households_affected", "households_approved", "households_paid", "households_moved")
    )
    + ", sum(p.plots_total) AS plots_total, sum(p.plots_ready) AS plots_ready, sum(p.money_approved) AS money_approved,"
    f" sum(p.money_paid) AS money_paid FROM resettlement_projects p WHERE {_SCOPE}"
)


@dataclass(frozen=True)
class Line:
    """A project of the list; `late` are the clocks of the law that ran out and still run, the longest first."""

    row: Row[Any]
    late: list[Clock]

    @property
    def days(self) -> int:
        """How late its office is, by the milestone or by the law, whichever is more."""
        return max([self.row.behind or 0 if self.row.next_milestone else 0, *(clock.broken for clock in self.late)])


def totals(session: Session, actor: Actor, today: dt.date) -> Row[Any]:
    """Sums over the actor's scope. Raises Forbidden."""
    return session.execute(_TOTALS, _given(actor, today)).one()


def lines(session: Session, actor: Actor, today: dt.date) -> list[Line]:
    """The projects, those whose office is latest first; at most MOST. Raises Forbidden."""
    rows = session.execute(_ROWS, _given(actor, today)).all()
    rules, steps = resettlement.rules(session), resettlement.steps(session, actor)
    found = [Line(row, late(rules, resettlement.stood(steps.get(row.id, {})), today)) for row in rows]
    return sorted(found, key=lambda line: -line.days)  # a stable sort: else by milestone


def late(rules: list[Any], steps: resettlement_rules.Steps, today: dt.date) -> list[Clock]:
    """Clocks that ran out while their stage still goes on."""
    running = [clock for clock in resettlement_rules.clocks(rules, steps, today) if clock.open and clock.broken]
    return sorted(running, key=lambda clock: -clock.broken)


def _given(actor: Actor, today: dt.date) -> dict[str, Any]:
    actor.must(Verb.READ, layer.key, layer.grants)
    return {"province": actor.province_id, "commune": actor.commune_id, "today": today}
