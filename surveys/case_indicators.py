"""How offices deal with service cases: received, acknowledged, answered in time, how long, what waits, what came back.

By commune, office or month of receipt, over months; from sums, so that a million cases cost what a hundred thousand do.
Reports joined to another are that one. Restricted ones are in none of it (S6).
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys.access import Actor, Verb
from surveys.case_sums import ALL, DAYS
from surveys.layers.situation_reports import layer

UNIT, OFFICE, MONTH = "unit", "office", "month"
BY = (UNIT, OFFICE, MONTH)
WAITING_DAYS = (30, 60, 90)
# A share or a middle of fewer cases would tell of one of them.
FEWEST = 5
MOST_MONTHS = 36


@dataclass(frozen=True)
class Asked:
    """By what to group; first and last month (their first days), both counted; 0: every commune, every office."""

    by: str
    first: dt.date
    last: dt.date
    unit: int = 0
    office: int = 0

    def __post_init__(self) -> None:
        if self.by not in BY:
            raise InvalidValue(field="by", value=self.by[:20], reason=", ".join(BY))
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        if not 1 <= months <= MOST_MONTHS:
            raise InvalidValue(field="last", value=str(self.last), reason=f"1–{MOST_MONTHS}")


@dataclass(frozen=True)
class Line:
    """One group's figures; `key` is a unit's or office's id, or a month's first day, None for all together.

    Days are calendar days from receipt to the last answer; None where nothing was answered, or too few (`FEWEST`).
    """

    key: Any
    name: str
    received: int
    acknowledged: int
    answered: int
    in_time: int
    reopened: int
    waiting: int
    waiting_30: int
    waiting_60: int
    waiting_90: int
    median: int | None = None
    p90: int | None = None

    @property
    def few(self) -> bool:
        """Whether something was answered, but too few to give shares and days of."""
        return 0 < self.answered < FEWEST

    @property
    def in_time_share(self) -> float | None:
        """Percent of what was answered."""
        return 100 * self.in_time / self.answered if self.answered >= FEWEST else None

    @property
    def acknowledged_share(self) -> float | None:
        """Percent of what was received."""
        return 100 * self.acknowledged / self.received if self.received >= FEWEST else None


def lines(session: Session, actor: Actor, asked: Asked, today: dt.date) -> tuple[list[Line], Line]:
    """Each group with something in it, and all together. Raises Forbidden."""
    actor.must(Verb.READ, layer.key, layer.grants)
    if actor.commune_id:
        asked = replace(asked, unit=actor.commune_id)
    given = {
        "province": actor.province_id, "first": asked.first, "last": asked.last, "unit": asked.unit,
        "office": asked.office, **{f"d{n}": today - dt.timedelta(days=n) for n in WAITING_DAYS},
    }  # fmt: skip
    found = [_line(row) for row in session.execute(text(_sql(asked, asked.by)), given)]
    return found, _total(found, session.execute(text(_sql(asked, "")), given).one_or_none())


def _line(row: Row[Any]) -> Line:
    made = Line(**row._mapping)
    return made if made.answered >= FEWEST else replace(made, median=None, p90=None)


def _total(found: list[Line], whole: Row[Any] | None) -> Line:
    """The lines added up, so that the table's foot is theirs at any moment; the days of all of them."""
    counts = (*_COUNTS, "waiting", *(f"waiting_{days}" for days in WAITING_DAYS))
    made = Line(None, "", **{key: sum(getattr(line, key) for line in found) for key in counts})
    return made if whole is None or made.answered < FEWEST else replace(made, median=whole.median, p90=whole.p90)


# Of each group: its key, its name, what else that needs, the order.
_GROUPS = {
    UNIT: ("s.commune_id", "u.name", "JOIN units u ON u.id = c.key", 'ORDER BY u.name COLLATE "vi-x-icu", c.key'),
    OFFICE: ("s.office_id", "o.name", "JOIN offices o ON o.id = c.key", 'ORDER BY o.name COLLATE "vi-x-icu", c.key'),
    MONTH: ("s.month", "to_char(c.key, 'MM/YYYY')", "", "ORDER BY c.key"),
    "": ("0", "''", "", ""),
}
_COUNTS = ("received", "acknowledged", "answered", "in_time", "reopened")


def _sql(asked: Asked, by: str) -> str:
    """The lines by one of BY, or the one of all together.

    Of what waits each sum knows how many were received by which day of its month, so those received before a day are
    one look; the last look is all. Median and ninth tenth are exact: the smallest number of days that so many answers
    didn't pass.
    """
    key, name, join, order = _GROUPS[by]
    # The sums of just this kind: of single communes or offices where these are the groups, else of all or of one.
    communes = f"s.commune_id > {ALL}" if by == UNIT and not asked.unit else "s.commune_id = :unit"
    offices = f"s.office_id > {ALL}" if by == OFFICE and not asked.office else "s.office_id = :office"
    counts = ", ".join(f"sum(s.{column})::int AS {column}" for column in _COUNTS)
    waits = {"waiting": str(DAYS)} | {
        f"waiting_{days}": f"least(CAST(:d{days} AS date) - s.month, {DAYS})" for days in WAITING_DAYS
    }
    waiting = ", ".join(f"coalesce(sum(s.waiting_upto[{day}]), 0)::int AS {column}" for column, day in waits.items())
    return f"""
WITH s AS (SELECT {key} AS key, s.* FROM case_sums s WHERE s.province_id = :province AND {communes} AND {offices}
           AND s.month BETWEEN :first AND :last),
     c AS (SELECT key, {counts}, {waiting} FROM s GROUP BY key),
     a AS (SELECT key, days, sum(n) AS n
           FROM (SELECT key, unnest(answer_days) AS days, unnest(answer_cases) AS n FROM s) AS one GROUP BY key, days),
     m AS (SELECT key, min(days) FILTER (WHERE upto * 2 >= n) AS median,
                  min(days) FILTER (WHERE upto * 10 >= n * 9) AS p90
           FROM (SELECT key, days, sum(n) OVER (PARTITION BY key ORDER BY days) AS upto,
                        sum(n) OVER (PARTITION BY key) AS n FROM a) AS passed GROUP BY key)
SELECT c.key, {name} AS name, {", ".join(f"c.{column}" for column in (*_COUNTS, *waits))}, m.median, m.p90
FROM c LEFT JOIN m ON m.key = c.key {join} {order}
"""
