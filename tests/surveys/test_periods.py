"""Periods: each is found by its code and by a day in it, and what is before it ends the day it begins."""

import datetime as dt

import pytest

from geodata.problems import InvalidValue
from surveys import periods

DAYS = [dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2024, 2, 29), dt.date(2027, 1, 3), dt.date(2020, 12, 31)]


@pytest.mark.parametrize("kind", periods.EVERY)
@pytest.mark.parametrize("day", DAYS)
def test_a_period_holds_its_days_and_is_found_by_its_code(kind: str, day: dt.date) -> None:
    found = periods.holding(kind, day)
    assert periods.named(found.code) == found
    assert found.first <= found.last
    if kind != periods.NINE:  # October is in none
        assert found.first <= day <= found.last
        assert found.before.last + dt.timedelta(days=1) == found.first
    assert found.moved(3).moved(-3) == found
    assert found.title("vi")
    assert found.title("en")


def test_nine_months_and_weeks() -> None:
    nine = periods.named("2026-9M")
    assert (nine.first, nine.last) == (dt.date(2026, 1, 1), dt.date(2026, 9, 30))
    assert nine.before == nine.year_before == periods.named("2025-9M")
    week = periods.named("2026-W53")
    assert (week.first, week.last) == (dt.date(2026, 12, 28), dt.date(2027, 1, 3))
    assert week.moved(1).code == "2027-W01"
    assert week.year_before is None
    assert periods.named("2026-Q3").year_before == periods.named("2025-Q3")


@pytest.mark.parametrize("code", ["2025-W53", "2026-W00", "2026-8M", "2026-M9", "2026-W1", "26-W01", "2026-W54"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(InvalidValue):
        periods.named(code)
