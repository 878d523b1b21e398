"""What binds a project's stages and figures: order, legal clocks, and numbers that must fit each other."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.field_faults import Fault
from surveys.resettlement_tables import StageRule

NEEDS, NOT_BEFORE, WITHIN = "needs", "not_before", "within"
EARLIEST = dt.date(2000, 1, 1)
SMALL = 10  # households; fewer and money or a place would point at persons (S6)
COUNTS = (
    "households_affected", "households_approved", "households_paid", "households_moved", "plots_total", "plots_ready",
    "money_approved", "money_paid",
)  # fmt: skip
# (the part, what it is a part of): a part is never more.
PARTS = (
    ("households_approved", "households_affected"), ("households_paid", "households_approved"),
    ("households_paid", "households_affected"), ("households_moved", "households_affected"),
    ("plots_ready", "plots_total"), ("money_paid", "money_approved"),
)  # fmt: skip
LARGEST = {"money_approved": 2**53, "money_paid": 2**53}
# What is counted since a project's beginning only grows; less than before is a slip, or a correction to be explained.
GROWING = ("households_paid", "households_moved", "plots_ready", "money_paid")


@dataclass(frozen=True)
class Stood:
    """The days of one stage of a project."""

    stage: str
    planned_on: dt.date | None = None
    began_on: dt.date | None = None
    ended_on: dt.date | None = None

    def at(self, point: str) -> dt.date | None:
        """The day it `began` or `ended`."""
        return self.began_on if point == "began" else self.ended_on


Steps = Mapping[str, Stood]


@dataclass(frozen=True)
class Clock:
    """A rule's day for one stage: not before it, or by it. `broken`: so many days too early or too late, as of today.

    `done` is the day the stage reached the point, None while it is still to come.
    """

    rule: StageRule
    day: dt.date
    done: dt.date | None
    broken: int

    @property
    def open(self) -> bool:
        return self.done is None


def in_force(rules: Iterable[StageRule], on: dt.date) -> list[StageRule]:
    """The rules that hold on a day."""
    return [rule for rule in rules if rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)]


def order_faults(rules: Sequence[StageRule], steps: Steps) -> list[Fault]:
    """Stages that stand without the one they need, or before it; the fault is of the field `stage`."""
    found = []
    for rule in rules:
        here = steps.get(rule.stage)
        day = here.at(rule.point) if here else None
        if rule.kind != NEEDS or day is None or rule not in in_force(rules, day):
            continue
        needed = steps.get(rule.since)
        since = needed.at(rule.since_point) if needed else None
        facts = {"later": rule.stage, "stage": rule.since, "point": rule.since_point, "source": rule.source}
        if since is None:
            found.append(Fault("stage", "stage_skipped", **facts))
        elif day < since:
            found.append(Fault(f"{rule.point}_on", "stage_before", day=since, **facts))
    return found


def clocks(rules: Sequence[StageRule], steps: Steps, today: dt.date) -> list[Clock]:
    """Every running or past clock, by its day. A rule counts from a day on which it held, whatever came after."""
    found = []
    for rule in rules:
        needed = steps.get(rule.since)
        since = needed.at(rule.since_point) if needed else None
        if rule.kind == NEEDS or since is None or rule not in in_force(rules, since):
            continue
        day = since + dt.timedelta(days=rule.days)
        here = steps.get(rule.stage)
        done = here.at(rule.point) if here else None
        if rule.kind == WITHIN:
            broken = max(0, ((done or today) - day).days)
        elif done is None and rule.days == 0:
            continue  # nothing to wait for
        else:
            broken = max(0, (day - done).days) if done else 0
        found.append(Clock(rule, day, done, broken))
    return sorted(found, key=lambda clock: (clock.day, clock.rule.stage))


def day_faults(given: Mapping[str, Any], today: dt.date) -> list[Fault]:
    """Days of one stage that can't be."""
    began, ended = given.get("began_on"), given.get("ended_on")
    faults = [
        Fault(key, "day_ahead")
        for key, day in (("began_on", began), ("ended_on", ended)) if day is not None and day > today
    ]  # fmt: skip
    faults += [
        Fault(key, "day_long_ago", day=EARLIEST)
        for key in ("planned_on", "began_on", "ended_on") if given.get(key) is not None and given[key] < EARLIEST
    ]  # fmt: skip
    if ended is not None and began is None:
        faults.append(Fault("began_on", "not_begun"))
    if began is not None and ended is not None and ended < began:
        faults.append(Fault("ended_on", "ends_before", day=began))
    if (given.get("opinions_answered") or 0) > (given.get("opinions") or 0):
        faults.append(Fault("opinions_answered", "part_larger", part="opinions_answered", whole="opinions"))
    return faults


def count_faults(given: Mapping[str, Any]) -> list[Fault]:
    """Numbers that don't fit each other, each at the field of the part."""
    faults = []
    for key in COUNTS:
        value = given.get(key)
        if value is not None and not 0 <= value <= LARGEST.get(key, 2**31 - 1):
            faults.append(Fault(key, "out_of_range", least=0, most=LARGEST.get(key, 2**31 - 1)))
    affected = given.get("households_affected")
    if affected is None:
        faults.append(Fault("households_affected", "missing"))
    for part, whole in PARTS:
        few, many = given.get(part), given.get(whole)
        if few is not None and many is not None and few > many and part not in {fault.field for fault in faults}:
            faults.append(Fault(part, "part_larger", part=part, whole=whole, few=few, many=many))
    if affected is not None and affected < SMALL:
        faults += [Fault(key, "small_money", most=SMALL) for key in ("money_approved", "money_paid") if given.get(key)]
    return faults


def falls(rows: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Where a number that only grows fell from one day's figures to the next; `rows` by day."""
    last: dict[str, tuple[dt.date, int]] = {}
    found = []
    for row in rows:
        for key in GROWING:
            value = row.get(key)
            if value is None:
                continue
            if key in last and value < last[key][1]:
                found.append(Fault(key, "fell", on=row["on"], before=last[key][0], few=value, many=last[key][1]))
            last[key] = (row["on"], value)
    return found
