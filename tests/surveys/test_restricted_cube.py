"""Closed quarters are frozen by the background process: once, all of them, late reports in the next."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert, text

from surveys import restricted_cube
from surveys.restricted import RestrictedReport
from tests.world import KNOWN

Q1, Q2, Q3, Q4 = (dt.date(2025, month, 1) for month in (1, 4, 7, 10))
CATEGORIES = 4


@pytest.fixture(autouse=True)
def empty(worker: Engine) -> None:
    with worker.begin() as connection:
        for table in ("restricted_counts", "restricted_reports"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def entered(worker: Engine) -> Callable[..., None]:
    """`entered("2025-02-10 08:00", n=3)`: so many reports, written at that moment of Vietnam."""

    def add(at: str | None, n: int = 1, commune: int = 11, province: int = 1) -> None:
        row = {
            "province_id": province, "commune_id": commune, "office_id": 2, "observed_on": Q1, "urgency": "gap",
            "category": "dat_dai_boi_thuong", "what_happened": "Chậm chi trả", "happened_on": Q1, "state": "mo",
            "due_on": dt.date(2027, 1, 1), **({} if at is None else {"created_at": f"{at} +07"}),
        }  # fmt: skip
        with worker.begin() as connection:
            connection.execute(insert(RestrictedReport), [row] * n)

    return add


def cells(worker: Engine, commune: int = 11) -> dict[dt.date, int | None]:
    """quarter → n (None is "ẩn") of one group of a commune."""
    with worker.connect() as connection:
        found = connection.execute(
            text("SELECT quarter, n FROM restricted_counts WHERE commune_id = :c AND category = 'dat_dai_boi_thuong'"),
            {"c": commune},
        )
        return {row.quarter: row.n for row in found}


def test_every_closed_quarter_since_the_first_report_is_frozen_once(worker: Engine, entered: Callable) -> None:
    entered("2025-02-10 08:00", n=6)
    entered("2025-08-10 08:00", n=3)
    assert restricted_cube.freeze_closed(worker, dt.date(2025, 12, 31)) == 3
    assert cells(worker) == {Q1: 6, Q2: 0, Q3: None}
    assert restricted_cube.freeze_closed(worker, dt.date(2025, 12, 31)) == 0
    assert restricted_cube.freeze_closed(worker, dt.date(2026, 1, 1)) == 1
    assert cells(worker) == {Q1: 6, Q2: 0, Q3: None, Q4: 0}
    assert cells(worker, 12) == dict.fromkeys((Q1, Q2, Q3, Q4), 0)


def test_a_late_report_counts_in_the_quarter_of_its_entry_and_no_frozen_cell_changes(
    worker: Engine, entered: Callable
) -> None:
    entered("2025-03-31 23:59", n=5)
    restricted_cube.freeze_closed(worker, Q2)
    assert cells(worker) == {Q1: 5}
    entered("2025-04-01 00:00", n=7)  # 17:00 of the day before at Greenwich; observed in the first quarter
    restricted_cube.freeze_closed(worker, Q3)
    assert cells(worker) == {Q1: 5, Q2: 7}


def test_each_province_has_its_own_quarters(worker: Engine, entered: Callable) -> None:
    entered("2025-05-02 08:00")
    entered("2025-08-02 08:00", commune=KNOWN.other_commune, province=KNOWN.other_province)
    assert restricted_cube.freeze_closed(worker, Q4) == 3
    assert set(cells(worker)) == {Q2, Q3}
    assert set(cells(worker, KNOWN.other_commune)) == {Q3}


def test_nothing_is_frozen_where_nothing_was_reported_nor_in_the_quarter_under_way(
    worker: Engine, entered: Callable
) -> None:
    assert restricted_cube.freeze_closed(worker) == 0
    entered(None)
    assert restricted_cube.freeze_closed(worker) == 0


def test_two_workers_at_once_freeze_each_quarter_once(worker: Engine, entered: Callable) -> None:
    for round_ in range(5):
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM restricted_counts"))
        if round_ == 0:
            entered("2021-02-10 08:00", n=8)
        made: list[int] = []
        problems: list[BaseException] = []
        start = threading.Barrier(2)

        def work(made: list[int] = made, problems: list[BaseException] = problems, start=start) -> None:
            start.wait()
            try:
                made.append(restricted_cube.freeze_closed(worker, dt.date(2026, 1, 1)))
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert sum(made) == 20
        with worker.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM restricted_counts")) == 20 * 3 * CATEGORIES


def test_a_report_under_way_when_its_quarter_closes_is_counted(worker: Engine, entered: Callable) -> None:
    """Freezing waits for who is writing; and whoever began before but writes after is dated after."""
    entered("2025-02-10 08:00", n=4)
    written, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with worker.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO restricted_reports (province_id, commune_id, office_id, observed_on, category,"
                    " what_happened, urgency, happened_on, state, due_on, created_at) SELECT province_id, commune_id,"
                    " office_id, observed_on, category, what_happened, urgency, happened_on, state, due_on, created_at"
                    " FROM restricted_reports LIMIT 1"
                )
            )
            written.set()
            go_on.wait(20)

    def freeze() -> None:
        restricted_cube.freeze_closed(worker, Q2)
        done.set()

    writer, freezer = threading.Thread(target=write), threading.Thread(target=freeze)
    writer.start()
    assert written.wait(20)
    freezer.start()
    assert not done.wait(0.5)
    go_on.set()
    writer.join()
    freezer.join()
    assert cells(worker) == {Q1: 5}
    with worker.begin() as connection:
        begun = connection.scalar(text("SELECT now()"))
        connection.execute(text("SELECT pg_sleep(0.01)"))
        at = connection.scalar(
            text(
                "INSERT INTO restricted_reports (province_id, commune_id, office_id, observed_on, category,"
                " what_happened, urgency, happened_on, state, due_on) SELECT province_id, commune_id, office_id,"
                " observed_on, category, what_happened, urgency, happened_on, state, due_on"
                " FROM restricted_reports LIMIT 1 RETURNING created_at"
            )
        )
    assert at > begun
