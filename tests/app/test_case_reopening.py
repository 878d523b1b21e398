"""Whoever sent a report says on the phone that the answer didn't help: the case opens again, its clock anew."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from surveys import cases, wall_clock
from tests.app.test_cases import WORDS, approved_report, case_of, state, step
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
WHY = "Giếng lại cạn sau hai ngày."


def reopen(client: FlaskClient, instance: str, words: object = WHY) -> int:
    return client.post(f"/survey/api/mine/{instance}/reopen", json={"words": words}).status_code


@pytest.fixture
def answered(machine: Machine, table: Connection, worker: Engine) -> tuple[str, str]:
    instance, case = approved_report(machine, table, worker)
    assert step(machine("answering"), case, "answer", answer=WORDS) == 302
    return instance, case


def test_the_sender_reopens_and_the_office_reads_why(
    machine: Machine, table: Connection, worker: Engine, answered: tuple[str, str]
) -> None:
    instance, case = answered
    assert case_of(machine("field"), instance)["reopens"] is True
    assert reopen(machine("field"), instance) == 200
    told = case_of(machine("field"), instance)
    assert (told["state"], told["answeredOn"], told["reopens"]) == ("mo_lai", None, False)
    today = wall_clock.today()
    with worker.connect() as connection:
        assert state(table, case) == ("mo_lai", KNOWN.answering_office, cases.due_on(connection, "nuoc", today))
    page = machine("answering").get(f"/cases/{case}").text
    assert WHY in page
    assert "Nơi gửi phản ánh" in page
    assert reopen(machine("field"), instance) == 409  # it waits already
    assert step(machine("answering"), case, "answer", answer="Đã khoan giếng mới.") == 302
    assert step(machine("officer"), case, "close") == 302
    assert reopen(machine("field"), instance) == 200  # also once it was closed
    table.rollback()
    audited = text("SELECT account_id, area FROM audit WHERE verb = 'reopen' AND detail ->> 'feature' = :f")
    assert [tuple(row) for row in table.execute(audited, {"f": case})] == [(KNOWN.field, 11)] * 2


def test_nobody_else_reopens_it_from_a_phone(machine: Machine, table: Connection, answered: tuple[str, str]) -> None:
    instance, case = answered
    for name in ("officer", "answering", "leader", "gis", "admin"):
        assert reopen(machine(name), instance) == 404
    assert reopen(machine("field"), "uuid:00000000-0000-0000-0000-000000000000") == 404
    assert state(table, case)[0] == "da_tra_loi"


def test_why_is_said_and_screened(machine: Machine, table: Connection, answered: tuple[str, str]) -> None:
    instance, case = answered
    for bad in ("", "  ", None, 7, "x" * 2001, "TỐI MẬT: xem lại"):
        assert reopen(machine("field"), instance, bad) == 422
    assert machine("field").post(f"/survey/api/mine/{instance}/reopen", data="{").status_code == 422
    answer = machine("field").post(f"/survey/api/mine/{instance}/reopen", json={"words": "Gọi 0912 345 678."})
    assert answer.json["masked"] is True
    page = machine("officer").get(f"/cases/{case}").text
    assert "0912 345 678" not in page
    assert "[đã che: số điện thoại]" in page


def test_a_case_not_answered_yet_and_a_restricted_one_are_not_reopened(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    instance, case = approved_report(machine, table, worker)
    assert case_of(machine("field"), instance)["reopens"] is False
    assert reopen(machine("field"), instance) == 409
    assert state(table, case)[0] == "mo"


def test_who_sent_a_joined_report_reopens_the_one_that_stands_for_it(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    _, main = approved_report(machine, table, worker)
    second, copy = approved_report(machine, table, worker)
    answering = machine("answering")
    assert step(answering, copy, "duplicate", case=main) == 302
    assert step(answering, main, "answer", answer=WORDS) == 302
    assert reopen(machine("field"), second) == 200
    assert state(table, main)[0] == "mo_lai"
    assert state(table, copy)[0] == "dong"


def test_the_days_of_a_case_are_kept(machine: Machine, table: Connection, worker: Engine) -> None:
    instance, case = approved_report(machine, table, worker)
    asked = text("SELECT received_on, acknowledged_on, reopened_on FROM situation_reports WHERE id = :f")

    def days() -> tuple[dt.date | None, ...]:
        table.rollback()
        return tuple(table.execute(asked, {"f": case}).one())

    before, after = wall_clock.today() - dt.timedelta(days=1), wall_clock.today()
    received = days()[0]
    assert received is not None
    assert before <= received <= after
    assert step(machine("officer"), case, "escalate", words="Việc gấp.") == 302
    assert days()[1:] == (None, None)  # the liaison office's step is no answering office's
    assert step(machine("answering"), case, "take") == 302
    taken = days()[1]
    assert taken is not None
    assert before <= taken <= after + dt.timedelta(days=1)
    assert step(machine("answering"), case, "answer", answer=WORDS) == 302
    assert reopen(machine("field"), instance) == 200
    assert days()[2] is not None
    assert days()[1] == taken
