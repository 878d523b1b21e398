"""How offices deal with service cases: received, acknowledged, answered in time, how long, what waits, what came back.

By commune, office or month of receipt, over months; from sums, so that a million cases cost what a thousand do. Reports
joined to another are that one. Restricted ones are in none of it (S6).
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys import case_sums
from surveys.access import Actor, Verb
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
        "office": asked.office, "today": today, **{f"d{n}": today - dt.timedelta(days=n) for n in WAITING_DAYS},
    }  # fmt: skip
    days = {row.key: row for row in session.execute(text(_days(asked, grouped=True)), given)}
    whole = session.execute(text(_days(asked, grouped=False)), given).one_or_none()
    found = [_line(row, days.get(row.key)) for row in session.execute(text(_counts(asked.by)), given)]
    return found, _total(found, whole)


def _line(row: Row[Any], days: Row[Any] | None) -> Line:
    made = Line(**row._mapping)
    return made if days is None or made.answered < FEWEST else replace(made, median=days.median, p90=days.p90)


def _total(found: list[Line], days: Row[Any] | None) -> Line:
    counts = ("received", "acknowledged", "answered", "in_time", "reopened", "waiting", "waiting_30", "waiting_60",
              "waiting_90")  # fmt: skip
    made = Line(None, "", **{key: sum(getattr(line, key) for line in found) for key in counts})
    return made if days is None or made.answered < FEWEST else replace(made, median=days.median, p90=days.p90)


def _counts(by: str) -> str:
    """The counts of each group; what waits is of the months asked for too."""
    key = {UNIT: "commune_id", OFFICE: "office_id", MONTH: "month"}[by]
    opened = "date_trunc('month', received_on)::date" if by == MONTH else key
    name, join, order = {
        UNIT: ("u.name", "JOIN units u ON u.id = k.key", 'u.name COLLATE "vi-x-icu", k.key'),
        OFFICE: ("o.name", "JOIN offices o ON o.id = k.key", 'o.name COLLATE "vi-x-icu", k.key'),
        MONTH: ("to_char(k.key, 'MM/YYYY')", "", "k.key"),
    }[by]
    within = "province_id = :province AND (:unit = 0 OR commune_id = :unit) AND (:office = 0 OR office_id = :office)"
    counts = ("received", "acknowledged", "answered", "in_time", "reopened")
    sums = ", ".join(f"sum({column})::int AS {column}" for column in counts)
    late = ", ".join(
        f"coalesce(sum(n) FILTER (WHERE received_on < :d{days}), 0)::int AS waiting_{days}" for days in WAITING_DAYS
    )
    waits = ("waiting", *(f"waiting_{days}" for days in WAITING_DAYS))
    return f"""
WITH k AS (SELECT {key} AS key, {sums} FROM case_sums
           WHERE {within} AND month BETWEEN :first AND :last GROUP BY 1),
     w AS (SELECT {opened} AS key, sum(n)::int AS waiting, {late} FROM case_open
           WHERE {within} AND received_on >= :first AND received_on < (CAST(:last AS date) + interval '1 month')::date
           GROUP BY 1)
SELECT k.key, {name} AS name, {", ".join(f"k.{column}" for column in counts)},
       {", ".join(f"coalesce(w.{column}, 0) AS {column}" for column in waits)}
FROM k LEFT JOIN w ON w.key = k.key {join}
ORDER BY {order}
"""


def _days(asked: Asked, *, grouped: bool) -> str:
    """Median and ninth tenth of the days to an answer, exact: the smallest number of days that so many cases didn't
    pass. From how many took how many; of one office in one commune from the rows, which are few.
    """
    key = {UNIT: "commune_id", OFFICE: "office_id", MONTH: "month"}[asked.by] if grouped else "0"
    of_commune = asked.by == UNIT or asked.unit
    of_office = asked.by == OFFICE or asked.office
    if of_commune and of_office:
        month = case_sums.MONTH
        source = (
            f"SELECT r.commune_id, r.office_id, {month} AS month, r.answered_on - {case_sums.RECEIVED} AS days, 1 AS n"
            f" FROM situation_reports r WHERE r.province_id = :province AND {case_sums.ANSWERED}"
            + " AND r.commune_id = :unit" * bool(asked.unit)
            + " AND r.office_id = :office" * bool(asked.office)
            + f" AND {case_sums.RECEIVED} >= :first"
            f" AND {case_sums.RECEIVED} < (CAST(:last AS date) + interval '1 month')::date"
            f" AND {case_sums.ITSELF}"
        )
    else:
        table, filtered = (
            ("case_days_commune", "(:unit = 0 OR commune_id = :unit)")
            if of_commune
            else ("case_days_office", "(:office = 0 OR office_id = :office)")
        )
        source = (
            f"SELECT * FROM {table} WHERE province_id = :province AND month BETWEEN :first AND :last AND {filtered}"
        )
    return f"""
SELECT key, min(days) FILTER (WHERE upto * 2 >= n) AS median, min(days) FILTER (WHERE upto * 10 >= n * 9) AS p90
FROM (SELECT key, days, sum(n) OVER (PARTITION BY key ORDER BY days) AS upto, sum(n) OVER (PARTITION BY key) AS n
      FROM (SELECT {key} AS key, days, sum(n) AS n FROM ({source}) s GROUP BY 1, 2) c) d
GROUP BY key
"""
