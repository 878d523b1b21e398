"""An office answers its service reports; whoever sent one reads the answer, and it leaves by no other way."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import applying
from surveys.layers import named
from tests.app.phone import form, new_id, send
from tests.rows import feature
from tests.surveys.filled import fill

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
    assert client.post(f"/cases/{case}", data={"answer": WORDS}).status_code == 302
    told = case_of(machine("field"), instance)
    assert (told["state"], told["answer"], told["office"]) == ("da_tra_loi", WORDS, "Phòng Kinh tế")
    assert told["answeredOn"] >= "2026"
    assert f"/cases/{case}" not in client.get("/cases/").text
    assert WORDS in client.get(f"/cases/{case}").text
    assert client.post(f"/cases/{case}", data={"answer": "Lần nữa"}).status_code == 409
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
    assert client.post(f"/cases/{case}", data={"answer": "Đã có nước."}).status_code == 302
    assert case_of(machine("field"), instance)["answer"] == "Đã có nước."


def test_only_the_office_that_must_answer_opens_and_answers(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    _, case = approved_report(machine, table, worker)
    for name, status in (("officer", 404), ("leader", 403), ("gis", 403), ("field", 403), ("admin", 403)):
        assert machine(name).get(f"/cases/{case}").status_code == status
        assert machine(name).post(f"/cases/{case}", data={"answer": WORDS}).status_code == status
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
        assert client.post(f"/cases/{case}", data={"answer": bad}).status_code == 422
    client.post(f"/cases/{case}", data={"answer": "Gọi số 0912 345 678 để hỏi."})
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
