"""Due dates are what a plain count on the wall calendar gives, over weekends, holidays and changes of the standard."""

import datetime as dt
import random

import holidays
import pytest
from sqlalchemy import Engine, text

from surveys import cases, wall_clock

DAYS_OFF = set(holidays.country_holidays("VN", years=range(2024, 2031)))
TET_2027 = dt.date(2027, 2, 6)


def counted(start: dt.date, days: int) -> dt.date:
    """By listing every working day after the start and taking the one wanted."""
    calendar = [start + dt.timedelta(days=n) for n in range(1, days * 2 + 40)]
    working = [day for day in calendar if day.strftime("%a") not in ("Sat", "Sun") and day not in DAYS_OFF]
    return working[days - 1]


def test_ten_thousand_due_dates_equal_a_plain_count() -> None:
    chance = random.Random(68)
    for _ in range(10_000):
        start = dt.date(2024, 6, 1) + dt.timedelta(days=chance.randrange(2000))
        days = chance.choice((1, 2, 5, 10, 15, 20, 30, 60))
        assert cases.after_working_days(start, days) == counted(start, days), (start, days)


def test_tet_is_no_working_time() -> None:
    before = dt.date(2027, 2, 3)
    due = cases.after_working_days(before, 5)
    assert before < TET_2027 < due
    assert (due - before).days >= 12
    assert due not in DAYS_OFF


def test_a_changed_standard_counts_from_its_day_and_never_backwards(worker: Engine) -> None:
    change = dt.date(2026, 3, 2)
    with worker.connect() as connection:
        connection.execute(text("INSERT INTO service_standards VALUES ('nuoc', :on, 7, 'test', 'own')"), {"on": change})
        for offset in range(-40, 40):
            received = change + dt.timedelta(days=offset)
            days = 15 if received < change else 7
            assert cases.due_on(connection, "nuoc", received) == counted(received, days), received
        connection.rollback()


def test_a_day_is_the_day_it_is_in_vietnam() -> None:
    for hour, day in ((16, 15), (17, 16), (23, 16)):
        assert wall_clock.day(dt.datetime(2026, 11, 15, hour, 59, tzinfo=dt.UTC)).day == day
    with pytest.raises(ValueError, match="zone"):
        wall_clock.day(dt.datetime(2026, 11, 15, 12))  # noqa: DTZ001  what must be refused
