"""Due dates are what a plain walk over the calendar gives: weekends, holidays, decided days, laws that change."""

import datetime as dt
import random
from collections.abc import Iterator

import holidays
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from surveys import cases, complaints, resettlement_rules, site_requests, wall_clock, working_days
from surveys.complaints import ComplaintDeadline
from surveys.resettlement_rules import Stood
from surveys.resettlement_tables import StageRule

CASES = 10_000
FIRST, DAYS = dt.date(2025, 2, 1), 700
LAWFUL = set(holidays.country_holidays("VN", years=range(2024, 2034)))
TET_2027 = dt.date(2027, 2, 6)
SOURCE = "đồng hồ thử"
UTC_MINUTES = (0, 990, 1010, 1019, 1020, 1021, 1050, 1439)  # about 17:00 UTC the day changes in Vietnam


def walked(start: dt.date, days: int, decided: dict[dt.date, bool]) -> dt.date:
    """One day after another, counting those that are worked; written without a look at the code it judges."""
    day, left = start, days
    while left:
        day = dt.date.fromordinal(day.toordinal() + 1)
        worked = decided.get(day)
        if worked is None:
            worked = day.strftime("%a") not in ("Sat", "Sun") and day not in LAWFUL
        left -= 1 if worked else 0
    return day


def some_decided(chance: random.Random) -> dict[dt.date, bool]:
    """Days decided otherwise: weekends worked, working days free, and some that change nothing."""
    return {FIRST + dt.timedelta(days=chance.randrange(DAYS + 200)): chance.random() < 0.4 for _ in range(45)}


def calendar_of(decided: dict[dt.date, bool]) -> working_days.Calendar:
    worked = frozenset(day for day, works in decided.items() if works)
    return working_days.Calendar(worked, frozenset(decided) - worked)


def moment(chance: random.Random) -> tuple[dt.datetime, dt.date]:
    """A moment in UTC, often near midnight in Vietnam, and the day it is there: seven hours ahead."""
    day = FIRST + dt.timedelta(days=chance.randrange(DAYS))
    minutes = chance.choice(UTC_MINUTES) if chance.random() < 0.5 else chance.randrange(1440)
    at = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    return at, day if minutes < 17 * 60 else dt.date.fromordinal(day.toordinal() + 1)


@pytest.fixture
def connection(worker: Engine) -> Iterator[Connection]:
    """As the worker; whatever a test writes is undone."""
    with worker.connect() as made:
        yield made
        made.rollback()


def decide(connection: Connection, decided: dict[dt.date, bool]) -> None:
    rows = [{"day": day, "works": works, "said": SOURCE} for day, works in decided.items()]
    # First the opposite: of two rows of a day the later one holds.
    for flip in (True, False):
        connection.execute(
            text(f"INSERT INTO calendar_days (day, works, source, set_by) VALUES (:day, :works <> {flip}, :said, 6)"),
            rows,
        )


def standards(connection: Connection, chance: random.Random, kinds: list[str]) -> dict[str, list[tuple[dt.date, int]]]:
    """Two rows for each kind, the law changing on a day of its own."""
    connection.execute(text("DELETE FROM service_standards WHERE category = ANY(:kinds)"), {"kinds": kinds})
    made = {}
    for kind in kinds:
        change = FIRST + dt.timedelta(days=chance.randrange(200, 500))
        made[kind] = [(dt.date(2020, 1, 1), chance.randint(1, 60)), (change, chance.randint(1, 60))]
        for day, days in made[kind]:
            connection.execute(
                text("INSERT INTO service_standards VALUES (:kind, :day, :days, :said, 'own')"),
                {"kind": kind, "day": day, "days": days, "said": SOURCE},
            )
    return made


def in_force(rows: list[tuple[dt.date, int]], on: dt.date) -> int:
    return [days for day, days in rows if day <= on][-1]


def test_ten_thousand_due_dates_of_cases_and_requests_equal_a_plain_walk(connection: Connection) -> None:
    chance = random.Random(68)
    categories, requests = ["nuoc", "dien", "cau_duong", "y_te"], ["gcn_dat", "giay_phep_xd", "sua_chua", "xep_hang"]
    given = standards(connection, chance, categories + requests)
    decided = some_decided(chance)
    decide(connection, decided)
    assert working_days.known(connection) == calendar_of(decided)
    for number in range(CASES):
        at, received = moment(chance)
        assert wall_clock.day(at) == received
        kind = chance.choice(categories if number % 2 else requests)
        expected = walked(received, in_force(given[kind], received), decided)
        found = cases.due_on(connection, kind, received) if number % 2 else request_due(connection, kind, received)
        assert found == expected, (kind, at, received)


def request_due(connection: Connection, kind: str, received: dt.date) -> dt.date:
    with Session(connection) as session:
        found = site_requests.due(session, kind, received)
    assert found is not None
    assert found[1] == SOURCE
    return found[0]


def test_service_standards_change_with_the_law_to_the_day(connection: Connection) -> None:
    chance = random.Random(7)
    given = standards(connection, chance, ["nuoc", "gcn_dat"])
    for kind, rows in given.items():
        change = rows[1][0]
        for offset in range(-3, 4):
            received = change + dt.timedelta(days=offset)
            days = rows[0][1] if received < change else rows[1][1]
            asked = cases.due_on if kind == "nuoc" else request_due
            assert asked(connection, kind, received) == walked(received, days, {}), received


def test_ten_thousand_deadlines_of_complaints_equal_a_plain_walk(connection: Connection) -> None:
    chance = random.Random(30)
    change = dt.date(2026, 3, 2)
    numbers = ("days", "days_complex", "days_remote", "days_remote_complex")
    connection.execute(text("DELETE FROM complaint_deadlines"))
    rows = []
    for step in ("a", "b", "c", "d"):
        for begins, ends in ((dt.date(2012, 7, 1), change), (change, None)):
            row = {
                "kind": "khieu_nai", "step": step, "valid_from": begins, "valid_to": ends, "label": step,
                "working": chance.random() < 0.5, "source": SOURCE, "status": "sourced",
            } | {key: chance.choice((None, chance.randint(1, 90))) for key in numbers}  # fmt: skip
            rows.append(row)
            connection.execute(ComplaintDeadline.__table__.insert(), row)  # type: ignore[attr-defined]
    decided = some_decided(chance)
    calendar = calendar_of(decided)
    compared = 0
    held = {day: complaints_on(connection, day) for day in (change - dt.timedelta(days=1), change)}
    while compared < CASES:
        at, begun = moment(chance)
        assert wall_clock.day(at) == begun
        for found in held[change if begun >= change else change - dt.timedelta(days=1)]:
            (row,) = [
                one for one in rows
                if one["step"] == found.step and one["valid_from"] <= begun and (one["valid_to"] or dt.date.max) > begun
            ]  # fmt: skip
            for key in numbers:
                days = row[key]
                expected = None
                if days is not None:
                    expected = walked(begun, days, decided) if row["working"] else begun + dt.timedelta(days=days)
                assert found.due(begun, calendar, getattr(found, key)) == expected
                compared += 1


def complaints_on(connection: Connection, day: dt.date) -> list[ComplaintDeadline]:
    with Session(connection) as session:
        found = complaints.deadlines(session, day)
        session.expunge_all()
    return found


def test_ten_thousand_clocks_of_stages_equal_a_plain_walk() -> None:
    chance = random.Random(87)
    change = dt.date(2026, 1, 1)
    rules = [
        StageRule(
            stage="b", point="ended", kind=kind, days=chance.randint(1, 90), since="a", since_point="began",
            valid_from=begins, valid_to=ends, land="", source=SOURCE, status="own",
        )
        for kind in ("within", "not_before")
        for begins, ends in ((dt.date(2024, 1, 1), change), (change, None))
    ]  # fmt: skip
    compared = 0
    while compared < CASES:
        at, began = moment(chance)
        asked_at, today = moment(chance)
        assert (wall_clock.day(at), wall_clock.day(asked_at)) == (began, today)
        done = began + dt.timedelta(days=chance.randint(0, 150)) if chance.random() < 0.5 else None
        steps = {"a": Stood("a", None, began, None), "b": Stood("b", None, began, done)}
        found = resettlement_rules.clocks(rules, steps, today)
        assert len(found) == 2  # one law holds on a day
        for clock in found:
            (rule,) = [
                one for one in rules if one.kind == clock.rule.kind and (one.valid_to is None) == (began >= change)
            ]
            due, broken = began, 0
            for _ in range(rule.days):
                due = dt.date.fromordinal(due.toordinal() + 1)
            day = (done or today) if rule.kind == "within" else due
            until = due if rule.kind == "within" else done
            while until is not None and day > until:
                day, broken = dt.date.fromordinal(day.toordinal() - 1), broken + 1
            assert (clock.day, clock.broken) == (due, broken)
            compared += 1


def test_tet_is_no_working_time() -> None:
    before = dt.date(2027, 2, 3)
    due = working_days.PLAIN.after(before, 5)
    assert before < TET_2027 < due
    assert (due - before).days >= 12
    assert due not in LAWFUL


def test_a_day_is_the_day_it_is_in_vietnam() -> None:
    for hour, day in ((16, 15), (17, 16), (23, 16)):
        assert wall_clock.day(dt.datetime(2026, 11, 15, hour, 59, tzinfo=dt.UTC)).day == day
    late = dt.datetime(2026, 11, 15, 23, 30, tzinfo=wall_clock.HERE)  # 16:30 UTC: the same day in both
    early = dt.datetime(2026, 11, 15, 23, 30, tzinfo=dt.UTC)  # 06:30 of the next day here
    assert (wall_clock.day(late).day, wall_clock.day(early).day) == (15, 16)
    with pytest.raises(ValueError, match="zone"):
        wall_clock.day(dt.datetime(2026, 11, 15, 12))  # noqa: DTZ001  what must be refused
