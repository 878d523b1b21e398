"""Figures of service cases equal what is counted from the rows, whatever happened to these."""

import datetime as dt
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median_low
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys import case_counting, case_indicators, open_business, reminders
from surveys.case_indicators import Asked, Line
from surveys.layers import named
from surveys.restricted import RestrictedReport
from tests.rows import feature
from tests.world import KNOWN

TABLE = named("situation_reports").table
TODAY = dt.date(2026, 11, 21)
FIRST, LAST = dt.date(2025, 12, 1), dt.date(2026, 11, 1)
WAITS = ("mo", "dang_xu_ly", "mo_lai")


@pytest.fixture
def two_offices(worker: Engine) -> Iterator[tuple[int, int]]:
    """The answering office and another; what belongs to the other goes with it."""
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports"))
        other = connection.execute(
            text(
                "INSERT INTO offices (name, unit_id, valid_from) VALUES ('Phòng Hạ tầng', 1, '2025-07-01') RETURNING id"
            )
        ).scalar_one()
    yield KNOWN.answering_office, other
    with worker.begin() as connection:
        for table in ("situation_reports", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM offices WHERE id = :o"), {"o": other})
    case_counting.refresh_all(worker)


def lived(chance: random.Random, offices: tuple[int, int]) -> dict[str, Any]:
    """A case with days that fit together, of some commune and office."""
    received = TODAY - dt.timedelta(days=chance.randrange(500))
    observed = received - dt.timedelta(days=chance.choice((0, 0, 3)))
    answered = received + dt.timedelta(days=chance.randrange(60))
    state = chance.choice(("mo", "dang_xu_ly", "mo_lai", "da_tra_loi", "dong", "dong", "dong"))
    done = state in ("da_tra_loi", "dong") and answered <= TODAY
    if not done and state in ("da_tra_loi", "dong"):
        state = "mo"
    layer = named("situation_reports")
    return feature(
        layer, chance.choice((11, 12, 13)), observed_on=observed, happened_on=observed, state=state,
        received_on=received if chance.random() < 0.9 else None, due_on=received + dt.timedelta(days=30),
        answered_on=answered if done else None, office_id=chance.choice(offices),
        acknowledged_on=received + dt.timedelta(days=chance.randrange(14)) if state != "mo" else None,
        reopened_on=TODAY if state == "mo_lai" else None,
    )  # fmt: skip


def counted(rows: list[Any], name: str, key: Any) -> Line:
    """A group's line, by reading every row."""
    received = [row.received_on or row.observed_on for row in rows]
    days = sorted(
        (row.answered_on - on).days for row, on in zip(rows, received, strict=True)
        if row.state in ("da_tra_loi", "dong") and row.answered_on is not None
    )  # fmt: skip
    in_time = sum(
        row.answered_on <= row.due_on
        for row in rows if row.state in ("da_tra_loi", "dong") and row.answered_on is not None
    )  # fmt: skip
    waits = [(TODAY - on).days for row, on in zip(rows, received, strict=True) if row.state in WAITS]
    few = len(days) < case_indicators.FEWEST
    return Line(
        key=key, name=name, received=len(rows),
        acknowledged=sum(
            row.acknowledged_on is not None and (row.acknowledged_on - on).days <= 7
            for row, on in zip(rows, received, strict=True)
        ),
        answered=len(days), in_time=in_time, reopened=sum(row.reopened_on is not None for row in rows),
        waiting=len(waits), waiting_30=sum(n > 30 for n in waits), waiting_60=sum(n > 60 for n in waits),
        waiting_90=sum(n > 90 for n in waits), median=None if few else median_low(days),
        p90=None if few else days[-(-len(days) * 9 // 10) - 1],
    )  # fmt: skip


def expected(engine: Engine, asked: Asked) -> dict[Any, Line]:
    """Group → line, from the rows and nothing else."""
    query = (
        "SELECT r.* FROM situation_reports r WHERE NOT EXISTS (SELECT FROM case_duplicates d WHERE d.report_id = r.id)"
    )
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
        names = {
            "unit": dict(connection.execute(text("SELECT id, name FROM units")).all()),
            "office": dict(connection.execute(text("SELECT id, name FROM offices")).all()),
        }
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        month = (row.received_on or row.observed_on).replace(day=1)
        if not asked.first <= month <= asked.last or asked.unit not in (0, row.commune_id):
            continue
        if asked.office not in (0, row.office_id):
            continue
        key = {"unit": row.commune_id, "office": row.office_id, "month": month}[asked.by]
        groups.setdefault(key, []).append(row)
        groups.setdefault(None, []).append(row)
    return {
        key: counted(found, "" if key is None else names[asked.by][key] if asked.by in names else f"{key:%m/%Y}", key)
        for key, found in groups.items()
    }


def asked_in_every_way(offices: tuple[int, int]) -> list[Asked]:
    whole = Asked("office", FIRST, LAST)
    return [
        replace(whole, by=by, unit=unit, office=office, first=first)
        for by in case_indicators.BY
        for unit in (0, 12)
        for office in (0, offices[1])
        for first in (FIRST, LAST)
    ]


def test_every_line_equals_a_count_of_the_rows_also_after_these_changed(
    worker: Engine, as_actor: Callable, two_offices: tuple[int, int]
) -> None:
    chance = random.Random(68)
    rows = [lived(chance, two_offices) for _ in range(400)]
    with worker.begin() as connection:
        connection.execute(insert(TABLE), rows)
        joined = [row["id"] for row in rows[:6]]
        connection.execute(
            text(
                "INSERT INTO case_duplicates (report_id, main_id, province_id, commune_id, account_id)"
                " SELECT id, :main, 1, commune_id, 2 FROM situation_reports WHERE id = ANY(:ids)"
            ),
            {"main": rows[10]["id"], "ids": joined},
        )
    leader = KNOWN.actor("leader")
    for _ in range(2):
        case_counting.refresh_all(worker)
        for asked in asked_in_every_way(two_offices):
            with as_actor(leader) as session:
                found, whole = case_indicators.lines(session, leader, asked, TODAY)
            wanted = expected(worker, asked)
            assert {line.key: line for line in found} | ({None: whole} if found else {}) == wanted, asked
        # Then some change hands, some are answered, some vanish: also the one that others were joined to.
        with worker.begin() as connection:
            ids = [row["id"] for row in rows]
            connection.execute(
                text(
                    "UPDATE situation_reports SET office_id = :o, commune_id = 13, answered_on = :on, state = 'dong'"
                    " WHERE id = ANY(:ids)"
                ),
                {"o": two_offices[1], "on": TODAY, "ids": ids[20:60]},
            )
            gone = [ids[10], *ids[60:90]]
            connection.execute(text("DELETE FROM situation_reports WHERE id = ANY(:ids)"), {"ids": gone})


def edit(engine: Engine, chance: random.Random, offices: tuple[int, int]) -> None:
    """A few cases come, a few change hands, place, days or state, one is joined to another, one vanishes."""
    with engine.begin() as connection:
        connection.execute(insert(TABLE), [lived(chance, offices) for _ in range(4)])
        some = text("SELECT id FROM situation_reports ORDER BY md5(id::text || :seed) LIMIT 6 FOR UPDATE SKIP LOCKED")
        found = list(connection.scalars(some, {"seed": str(chance.random())}))
        for id_ in found[:-2]:
            values = lived(chance, offices)
            del values["id"]
            connection.execute(update(TABLE).where(TABLE.id == id_).values(values))
        if len(found) == 6:
            joined = text(
                "WITH d AS (INSERT INTO case_duplicates (report_id, main_id, province_id, commune_id, account_id)"
                " SELECT id, :main, 1, commune_id, 2 FROM situation_reports WHERE id = :id ON CONFLICT DO NOTHING)"
                " UPDATE situation_reports SET state = 'dong' WHERE id = :id"
            )
            connection.execute(joined, {"id": found[0], "main": found[1]})
            connection.execute(text("DELETE FROM situation_reports WHERE id = :id"), {"id": found[-1]})


def test_sums_are_the_rows_again_once_many_have_written_while_they_were_made(
    worker: Engine, as_actor: Callable, two_offices: tuple[int, int]
) -> None:
    stop, settled = threading.Event(), []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            edit(worker, chance, two_offices)

    def make() -> None:
        while not stop.is_set():
            settled.append(case_counting.refresh(worker, 9))
        settled.append(-1)

    makers = [threading.Thread(target=make) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for thread in (*makers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in makers:
        thread.join()
    assert settled.count(-1) == 2  # neither failed
    case_counting.refresh_all(worker)
    leader = KNOWN.actor("leader")
    with as_actor(leader) as session:
        for asked in asked_in_every_way(two_offices):
            found, whole = case_indicators.lines(session, leader, asked, TODAY)
            assert {line.key: line for line in found} | ({None: whole} if found else {}) == expected(worker, asked)
        for unit in (0, 12):
            told = [
                (row.id, row.n, row.late, row.oldest) for row in open_business.by_office(session, leader, TODAY, unit)
            ]
            assert sorted(told) == sorted(waiting(worker, unit))


def waiting(engine: Engine, unit: int) -> list[tuple[Any, ...]]:
    """(office, waiting, overdue, nearest due date), from the rows and nothing else."""
    query = (
        "SELECT office_id, count(*), count(*) FILTER (WHERE due_on < :today), min(due_on) FROM situation_reports r"
        " WHERE state = ANY(:states) AND :unit IN (0, commune_id)"
        " AND NOT EXISTS (SELECT FROM case_duplicates d WHERE d.report_id = r.id) GROUP BY 1"
    )
    with engine.connect() as connection:
        given = {"today": TODAY, "states": list(WAITS), "unit": unit}
        return [tuple(row) for row in connection.execute(text(query), given)]


def test_a_restricted_report_is_in_no_line(worker: Engine, as_actor: Callable, two_offices: tuple[int, int]) -> None:
    """Of the same communes, offices and months, in every state: what counts them too counts more than the rows."""
    chance = random.Random(12)
    rows = [lived(chance, two_offices) for _ in range(120)]
    with worker.begin() as connection:
        connection.execute(insert(TABLE), rows)
        connection.execute(insert(RestrictedReport), [restricted(row) for row in rows])
    case_counting.refresh_all(worker)
    leader = KNOWN.actor("leader")
    for asked in asked_in_every_way(two_offices):
        with as_actor(leader) as session:
            found, whole = case_indicators.lines(session, leader, asked, TODAY)
        wanted = expected(worker, asked)
        assert {line.key: line for line in found} | ({None: whole} if found else {}) == wanted, asked
    with as_actor(leader) as session:
        told = sum(row.waiting for row in reminders.by_office(session, leader, TODAY))
    assert told == sum(row["state"] in WAITS for row in rows)


def restricted(row: dict[str, Any]) -> dict[str, Any]:
    """A restricted report of the same place, office, month and state; it took much longer."""
    received = row["received_on"] or row["observed_on"]
    answered = row["answered_on"] and row["answered_on"] + dt.timedelta(days=200)
    return {
        "province_id": 1, "commune_id": row["commune_id"], "office_id": row["office_id"], "observed_on": received,
        "category": "dat_dai_boi_thuong", "what_happened": "Chậm chi trả", "urgency": "gap", "happened_on": received,
        "state": row["state"], "due_on": row["due_on"], "answered_on": answered,
    }  # fmt: skip


def test_the_query_alone_cuts_to_province_and_commune(
    worker: Engine, background: Session, two_offices: tuple[int, int]
) -> None:
    """The background role is under no policy."""
    days = {"received_on": LAST, "observed_on": LAST, "happened_on": LAST, "state": "dong", "due_on": LAST}
    layer = named("situation_reports")
    with worker.begin() as connection:
        for commune, took in ((11, 2), (12, 3), (21, 40)):
            row = days | {"answered_on": LAST + dt.timedelta(days=took)}
            connection.execute(insert(TABLE), [feature(layer, commune, **row) for _ in range(5)])
    case_counting.refresh_all(worker)
    for commune, seen, days_taken in ((0, {11, 12}, 2), (12, {12}, 3)):
        actor = replace(KNOWN.actor("officer"), commune_id=commune)
        for by in case_indicators.BY:
            found, whole = case_indicators.lines(background, actor, Asked(by, LAST, LAST), TODAY)
            assert (whole.received, whole.median) == (5 * len(seen), days_taken), by
            if by == case_indicators.UNIT:
                assert {line.key for line in found} == seen


def test_a_commune_s_officer_sees_the_commune_alone(
    worker: Engine, as_actor: Callable, two_offices: tuple[int, int]
) -> None:
    chance = random.Random(7)
    with worker.begin() as connection:
        connection.execute(insert(TABLE), [lived(chance, two_offices) for _ in range(120)])
    case_counting.refresh_all(worker)
    actor = replace(KNOWN.actor("officer"), commune_id=12)
    for by in case_indicators.BY:
        with as_actor(actor) as session:
            found, whole = case_indicators.lines(session, actor, Asked(by, FIRST, LAST, unit=11), TODAY)
        assert {line.key: line for line in found} | {None: whole} == expected(worker, Asked(by, FIRST, LAST, unit=12))
    with as_actor(actor) as session:
        of_others = "SELECT count(*) FROM {} WHERE commune_id <> 12"
        assert [session.scalar(text(of_others.format(table))) for table in ("case_sums", "case_open")] == [0, 0]
        assert session.scalar(text("SELECT count(*) FROM case_due")) == 0


def test_few_answers_give_no_share_and_no_days(
    worker: Engine, as_actor: Callable, two_offices: tuple[int, int]
) -> None:
    row = {"received_on": LAST, "observed_on": LAST, "happened_on": LAST, "state": "dong", "due_on": LAST}
    row["answered_on"] = LAST + dt.timedelta(days=3)
    leader = KNOWN.actor("leader")
    for n, shown in ((4, None), (5, 3)):
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM situation_reports"))
            connection.execute(insert(TABLE), [feature(named("situation_reports"), 11, **row) for _ in range(n)])
        case_counting.refresh_all(worker)
        with as_actor(leader) as session:
            (line,), whole = case_indicators.lines(session, leader, Asked("office", LAST, LAST), TODAY)
        assert (line.median, line.p90, whole.median) == (shown, shown, shown)
        assert (line.in_time_share is None) == (shown is None)
        assert line.few == (shown is None)


@pytest.mark.parametrize(("first", "last"), [("2026-02-01", "2026-01-01"), ("2020-01-01", "2026-01-01")])
def test_months_asked_for_are_few_and_in_order(first: str, last: str) -> None:
    with pytest.raises(InvalidValue):
        Asked("office", dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def test_reminders_count_what_is_due_within_three_working_days_and_what_is_late(
    worker: Engine, as_actor: Callable, two_offices: tuple[int, int]
) -> None:
    friday = dt.date(2026, 10, 16)
    due = [dt.date(2026, 10, day) for day in (15, 16, 19, 21, 22)]  # late; today; Monday; the third working day; later
    with worker.begin() as connection:
        connection.execute(
            insert(TABLE),
            [feature(named("situation_reports"), 11, due_on=on, office_id=two_offices[1]) for on in due]
            + [feature(named("situation_reports"), 11, due_on=due[0], state="dong", office_id=two_offices[1])],
        )
    case_counting.refresh_all(worker)
    leader = KNOWN.actor("leader")
    with as_actor(leader) as session:
        (row,) = reminders.by_office(session, leader, friday)
    assert (row.id, row.late, row.soon, row.waiting, row.oldest) == (two_offices[1], 1, 3, 5, due[0])
    with as_actor(KNOWN.actor("answering")) as session:
        assert reminders.by_office(session, KNOWN.actor("answering"), friday) == []
