"""An office answers its service reports; whoever sent one reads the answer, and it leaves by no other way."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from app import languages, personal_tokens
from surveys import applying, cases
from surveys.layers import named
from tests.app.phone import form, new_id, send
from tests.rows import feature
from tests.surveys.filled import fill
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
WORDS = "Xã đã cho đào lại giếng; ngày 30 có nước."


def approved_report(machine: Machine, table: Connection, worker: Engine) -> tuple[str, str]:
    """(instance id, case id) of a report from the field account, of the answering office's category."""
    instance = new_id()
    xml = fill(form(table, "situation_reports"), {"category": "nuoc", "photo": None}, instance=instance)
    assert send(machine("field"), xml).status_code == 201
    while applying.apply_batch(worker):
        pass
    table.rollback()
    found = table.execute(text("SELECT id, feature_id FROM proposals WHERE submission_id = :i"), {"i": instance}).one()
    assert machine("officer").post(f"/review/{found.id}", data={"decision": "approve"}).status_code == 302
    return instance, str(found.feature_id)


def case_of(client: FlaskClient, instance: str) -> dict[str, str]:
    (one,) = [r for r in client.get("/survey/api/mine").json["records"] if r["instanceID"] == instance]
    found: dict[str, str] = one["case"]
    return found


def test_the_answer_of_the_office_reaches_who_sent_the_report(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    instance, case = approved_report(machine, table, worker)
    client = machine("answering")
    assert f"/cases/{case}" in client.get("/cases/").text
    assert case_of(machine("field"), instance)["answer"] is None
    assert client.post(f"/cases/{case}/answer", data={"answer": WORDS}).status_code == 302
    told = case_of(machine("field"), instance)
    assert (told["state"], told["answer"], told["office"]) == ("da_tra_loi", WORDS, "Phòng Kinh tế")
    assert told["answeredOn"] >= "2026"
    assert f"/cases/{case}" not in client.get("/cases/").text
    assert WORDS in client.get(f"/cases/{case}").text
    assert client.post(f"/cases/{case}/answer", data={"answer": "Lần nữa"}).status_code == 409
    table.rollback()
    audited = text("SELECT account_id, area FROM audit WHERE verb = 'answer' AND detail ->> 'feature' = :f")
    assert [tuple(row) for row in table.execute(audited, {"f": case})] == [(3, 11)]
    for address in (
        "/map/at?layer=situation_reports&lon=108.05&lat=11.95&z=16",
        "/survey/api/nearby/situation_reports",
    ):
        assert "đào lại giếng" not in machine("field").get(address).text
    with worker.begin() as connection:
        connection.execute(text("UPDATE situation_reports SET state = 'mo_lai' WHERE id = :f"), {"f": case})
    assert client.post(f"/cases/{case}/answer", data={"answer": "Đã có nước."}).status_code == 302
    assert case_of(machine("field"), instance)["answer"] == "Đã có nước."


def test_only_the_office_that_must_answer_opens_and_answers(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    _, case = approved_report(machine, table, worker)
    assert machine("officer").get(f"/cases/{case}").status_code == 200  # the liaison office sees that it moves
    for name in ("officer", "leader", "gis", "field", "admin"):
        status = 403
        assert name == "officer" or machine(name).get(f"/cases/{case}").status_code == status
        assert machine(name).post(f"/cases/{case}/answer", data={"answer": WORDS}).status_code == status
    assert machine("field").get("/cases/").status_code == 403
    leader = machine("leader").get("/cases/").text
    assert "Phòng Kinh tế" in leader
    assert case not in leader
    elsewhere = feature(named("situation_reports"), 21)
    with worker.begin() as connection:
        connection.execute(insert(named("situation_reports").table), elsewhere)
    assert machine("answering").get(f"/cases/{elsewhere['id']}").status_code == 404


def test_an_answer_is_screened_and_never_empty(machine: Machine, table: Connection, worker: Engine) -> None:
    instance, case = approved_report(machine, table, worker)
    client = machine("answering")
    for bad in ("", "   ", "x" * 2001, "TỐI MẬT: xem lại"):
        assert client.post(f"/cases/{case}/answer", data={"answer": bad}).status_code == 422
    client.post(f"/cases/{case}/answer", data={"answer": "Gọi số 0912 345 678 để hỏi."})
    assert "[đã che: số điện thoại]" in case_of(machine("field"), instance)["answer"]


def test_the_list_says_which_office_is_late(machine: Machine, worker: Engine) -> None:
    long_ago = dt.date(2026, 1, 5)
    late = feature(
        named("situation_reports"), 12, observed_on=long_ago, happened_on=long_ago, due_on=dt.date(2026, 2, 1)
    )  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(named("situation_reports").table), late)
    page = machine("answering").get("/cases/").text
    assert page.index(str(late["id"])) < page.index("cơ quan trả lời muộn")
    assert "Giếng cạn" not in page


def test_what_came_on_monday_morning_was_not_received_on_sunday(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    instance = new_id()
    xml = fill(form(table, "situation_reports"), {"category": "nuoc", "photo": None}, instance=instance)
    assert send(machine("field"), xml).status_code == 201
    while applying.apply_batch(worker):
        pass
    monday = dt.date(2026, 11, 16)
    with worker.begin() as connection:  # 01:30 in Vietnam, still Sunday for a server on universal time
        moved = text("UPDATE proposals SET created_at = '2026-11-15 18:30+00' WHERE submission_id = :i RETURNING id")
        proposal = connection.execute(moved, {"i": instance}).scalar_one()
    assert machine("officer").post(f"/review/{proposal}", data={"decision": "approve"}).status_code == 302
    table.rollback()
    asked = text("SELECT r.due_on FROM situation_reports r WHERE r.proposal_id = :p")
    with worker.connect() as connection:
        assert table.scalar(asked, {"p": proposal}) == cases.due_on(connection, "nuoc", monday)


def step(client: FlaskClient, case: str, key: str, /, **said: str) -> int:
    return client.post(f"/cases/{case}/{key}", data=said).status_code


def state(table: Connection, case: str) -> tuple[str, int, dt.date]:
    table.rollback()
    asked = text("SELECT state, office_id, due_on FROM situation_reports WHERE id = :f")
    found = table.execute(asked, {"f": case}).one()
    return found.state, found.office_id, found.due_on


@pytest.fixture
def other_office(worker: Engine) -> Iterator[int]:
    """A second office that answers for water."""
    with worker.begin() as connection:
        made = connection.execute(
            text(
                "INSERT INTO offices (name, unit_id, valid_from) VALUES ('Phòng Hạ tầng', 1, '2025-07-01') RETURNING id"
            )
        ).scalar_one()
        connection.execute(text("INSERT INTO office_categories VALUES (:o, 'nuoc')"), {"o": made})
        account = text("UPDATE accounts SET office_id = :o WHERE username = :n")
    yield made
    with worker.begin() as connection:
        connection.execute(account, {"o": KNOWN.answering_office, "n": "answering"})
        connection.execute(text("DELETE FROM case_answers"))
        connection.execute(text("DELETE FROM case_events"))
        connection.execute(text("UPDATE situation_reports SET office_id = 2 WHERE office_id = :o"), {"o": made})
        connection.execute(text("DELETE FROM offices WHERE id = :o"), {"o": made})


def test_a_case_lives_through_its_steps_each_taken_by_its_own_office(
    machine: Machine, table: Connection, worker: Engine, other_office: int
) -> None:
    _, case = approved_report(machine, table, worker)
    due = state(table, case)[2]
    answering, liaison = machine("answering"), machine("officer")
    assert step(liaison, case, "take") == 403  # that is the answering office's
    assert step(answering, case, "close") == 403
    assert step(answering, case, "take") == 302
    assert state(table, case)[0] == "dang_xu_ly"
    assert step(liaison, case, "reassign", office=str(other_office), words="Thuộc Phòng Hạ tầng.") == 302
    assert state(table, case) == ("mo", other_office, due)  # passing it on wins nobody time
    assert step(answering, case, "answer", answer=WORDS) == 404  # no longer theirs
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET office_id = :o WHERE username = 'answering'"), {"o": other_office})
        token = personal_tokens.create(connection, KNOWN.answering, "moved")
    answering = machine()  # an account's office is remembered for half a minute with each token
    answering.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    page = answering.get(f"/cases/{case}").text
    assert "Thuộc Phòng Hạ tầng." in page  # the office that got it reads why
    assert step(answering, case, "answer", answer=WORDS) == 302
    assert step(answering, case, "reopen", words="x") == 403
    assert step(liaison, case, "close") == 302
    assert step(liaison, case, "close") == 409
    assert step(liaison, case, "reopen", words="Nước lại đục.") == 302
    reopened = state(table, case)
    assert reopened[0] == "mo_lai"
    today = dt.datetime.now(languages.HERE).date()
    with worker.connect() as connection:
        assert reopened[2] == cases.due_on(connection, "nuoc", today)
    assert step(answering, case, "answer", answer="Đã thay máy lọc.") == 302
    assert step(liaison, case, "close") == 302
    history = machine("officer").get(f"/cases/{case}").text
    steps = re.findall(r'data-event="(\w+)"', history)
    assert steps == ["take", "reassign", "answer", "close", "reopen", "answer", "close"]
    table.rollback()
    audited = text("SELECT verb FROM audit WHERE detail ->> 'feature' = :f AND verb = ANY(:v) ORDER BY id")
    assert table.scalars(audited, {"f": case, "v": steps}).all() == steps


def test_a_case_goes_to_no_office_that_does_not_answer_its_kind(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    _, case = approved_report(machine, table, worker)
    client = machine("answering")
    for office in ("", "1", "2", "999999"):
        assert step(client, case, "reassign", office=office, words="Không phải việc của phòng.") == 422
    assert state(table, case)[:2] == ("mo", KNOWN.answering_office)


def test_who_sent_a_joined_report_gets_the_answer_of_the_one_that_stands_for_it(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    first, main = approved_report(machine, table, worker)
    second, copy = approved_report(machine, table, worker)
    client = machine("answering")
    assert main in client.get(f"/cases/{copy}").text  # the same trouble at the same place is shown
    assert step(client, copy, "duplicate", case=copy) == 422
    assert step(client, copy, "duplicate", case=main) == 302
    assert step(client, main, "duplicate", case=copy) == 422  # never in a circle
    assert step(client, main, "answer", answer=WORDS) == 302
    for instance in (first, second):
        assert case_of(machine("field"), instance)["answer"] == WORDS


def test_reasons_are_screened_and_never_empty(machine: Machine, table: Connection, worker: Engine) -> None:
    _, case = approved_report(machine, table, worker)
    liaison = machine("officer")
    for bad in ("", "  ", "TỐI MẬT: xem lại"):
        assert step(liaison, case, "escalate", words=bad) == 422
    assert step(liaison, case, "escalate", words="Hỏi số 0912 345 678 mới rõ.") == 302
    assert "[đã che: số điện thoại]" in liaison.get(f"/cases/{case}").text
    assert "0912 345 678" not in liaison.get(f"/cases/{case}").text


def test_what_is_put_before_the_leader_waits_there_until_the_office_has_answered(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    _, case = approved_report(machine, table, worker)
    assert step(machine("officer"), case, "escalate", words="Cần quyết kinh phí.") == 302
    leader = machine("leader")
    for page in (leader.get("/cases/").text, leader.get("/cases/?list=closed").text):
        assert "Cần quyết kinh phí." in page
        assert "Cần sửa mái" not in page  # what was reported
    told = put_before(leader)
    assert told > 0
    for name in ("officer", "answering"):
        assert "data-escalated" not in machine(name).get("/cases/").text  # they read it with the case
    assert step(machine("answering"), case, "answer", answer=WORDS) == 302
    assert "Cần quyết kinh phí." not in leader.get("/cases/").text
    assert put_before(leader) == told - 1


def put_before(leader: FlaskClient) -> int:
    """How many cases the leader's home says wait there."""
    found = re.search(r"<b>(\d+)</b> việc chuyên viên báo cáo lãnh đạo", leader.get("/").text)
    return int(found[1]) if found else 0


def test_two_steps_at_once_are_one(machine: Machine, table: Connection, worker: Engine) -> None:
    _, case = approved_report(machine, table, worker)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: step(machine("answering"), case, "take"), range(4)))
    assert sorted(answers) == [302, 409, 409, 409]


def test_an_emergency_stands_first(machine: Machine, worker: Engine) -> None:
    today = dt.date(2026, 10, 1)
    rows = [
        feature(named("situation_reports"), 12, urgency=urgency, due_on=today + dt.timedelta(days=days))
        for urgency, days in (("thuong", 0), ("khan_cap", 9))
    ]
    with worker.begin() as connection:
        connection.execute(insert(named("situation_reports").table), rows)
    page = machine("answering").get("/cases/").text
    assert page.index(str(rows[1]["id"])) < page.index(str(rows[0]["id"]))
