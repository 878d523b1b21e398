"""A restricted case from end to end: its answering office alone, one at a time, for a reason; five roles knock (S5)."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import cases, wall_clock
from surveys.access import Actor, Role
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport
from tests.rows import DAY
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
REASON = "Trả lời phản ánh"
SECRET = "Chậm chi trả khu Bàu Sen"
OTHERS = ("officer", "leader", "gis", "admin", "field")  # chuyenvien, lanhdao, gis, quantri, canbo


@pytest.fixture
def case(worker: Engine) -> Iterator[str]:
    """A restricted report of the answering office."""
    id_ = uuid.uuid4()
    row = {
        "id": id_, "province_id": 1, "commune_id": 11, "hamlet_id": 111, "office_id": KNOWN.answering_office,
        "observed_on": DAY, "category": "dat_dai_boi_thuong", "what_happened": SECRET, "urgency": "gap",
        "happened_on": DAY, "state": "mo", "due_on": DAY + dt.timedelta(days=30), "households_affected": 7,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(insert(RestrictedReport), row)
    yield str(id_)
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM restricted_reports"))


@pytest.fixture
def other_office(worker: Engine, case: str) -> Iterator[int]:
    """A second office that answers for land; it ends after the case."""
    with worker.begin() as connection:
        made = connection.execute(
            text("INSERT INTO offices (name, unit_id, valid_from) VALUES ('Quỹ đất', 1, '2025-07-01') RETURNING id")
        ).scalar_one()
        connection.execute(text("INSERT INTO office_categories VALUES (:o, 'dat_dai_boi_thuong')"), {"o": made})
    yield made
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM restricted_reports"))
        connection.execute(text("DELETE FROM offices WHERE id = :o"), {"o": made})


def step(client: FlaskClient, case: str, key: str, **said: str) -> int:
    return client.post(f"/cases/restricted/{case}/{key}", data=said).status_code


def opened(client: FlaskClient, case: str, reason: str = REASON) -> str:
    answer = client.post(f"/cases/restricted/{case}", data={"reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.text


def state(table: Connection, case: str) -> tuple[str, int, dt.date, dt.date | None]:
    table.rollback()
    asked = text("SELECT state, office_id, due_on, answered_on FROM restricted_reports WHERE id = :i")
    return tuple(table.execute(asked, {"i": case}).one())  # type: ignore[return-value]


def audited(table: Connection, case: str) -> list[tuple[str, int, str | None]]:
    table.rollback()
    asked = text("SELECT verb, account_id, purpose FROM audit WHERE detail ->> 'report' = :i ORDER BY id")
    return [tuple(row) for row in table.execute(asked, {"i": case})]  # type: ignore[misc]


def test_it_lives_from_open_to_closed_and_back_each_step_audited(
    machine: Machine, table: Connection, worker: Engine, case: str
) -> None:
    client = machine("answering")
    listed = client.get("/cases/restricted/").text
    assert f"/cases/restricted/{case}" in listed
    assert "Đắk Mil" in listed
    assert "Thôn 1" not in listed  # commune, category, state and due date, no more
    assert SECRET not in listed
    assert SECRET not in client.get(f"/cases/restricted/{case}").text
    assert SECRET not in client.get(f"/cases/restricted/{case}?reason={REASON}").text  # a reason in a link is none
    page = opened(client, case)
    assert SECRET in page
    assert "Thôn 1, Đắk Mil" in page
    assert step(client, case, "close") == 409
    assert step(client, case, "take") == 303
    assert step(client, case, "answer", words="Đã chi trả đợt 2.") == 303
    assert state(table, case)[0] == "da_tra_loi"
    assert state(table, case)[3] is not None
    assert step(client, case, "close") == 303
    assert step(client, case, "reopen", words="Còn một phần chưa trả.") == 303
    today = wall_clock.today()
    with worker.connect() as connection:
        due = cases.due_on(connection, "dat_dai_boi_thuong", today)
    assert state(table, case) == ("mo_lai", KNOWN.answering_office, due, None)
    assert "Đã chi trả đợt 2." in opened(client, case)
    me = KNOWN.answering
    assert audited(table, case) == [
        ("open_restricted", me, REASON), ("restricted_take", me, None), ("restricted_answer", me, None),
        ("restricted_close", me, None), ("restricted_reopen", me, None), ("open_restricted", me, REASON),
    ]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_sees_opens_or_moves_it(machine: Machine, table: Connection, case: str, name: str) -> None:
    client = machine(name)
    assert client.get("/cases/restricted/").status_code == 403
    assert client.get(f"/cases/restricted/{case}").status_code == 403
    assert client.post(f"/cases/restricted/{case}", data={"reason": REASON}).status_code == 403
    for key in ("take", "answer", "reassign", "close", "reopen"):
        assert step(client, case, key, words="x", office="1") == 403
    for path in ("/", "/cases/", f"/cases/{case}"):
        answer = client.get(path).text
        assert SECRET not in answer
        assert case not in answer or path.endswith(case)  # a page that isn't there says which one was asked for
    assert state(table, case)[0] == "mo"
    assert audited(table, case) == []


def test_no_reason_or_a_short_one_opens_nothing(machine: Machine, table: Connection, case: str) -> None:
    for reason in ("", "    ", "xem"):
        assert SECRET not in opened(machine("answering"), case, reason)
    assert audited(table, case) == []
    assert "[đã che: số điện thoại]" not in opened(machine("answering"), case, "Gọi lại 0912 345 678")
    assert audited(table, case)[0][2] == "Gọi lại [đã che: số điện thoại]"


def test_it_is_handed_on_with_a_reason_and_leaves_the_first_office_s_sight(
    machine: Machine, table: Connection, case: str, other_office: int
) -> None:
    client, due = machine("answering"), state(table, case)[2]
    for office in ("", "1", str(KNOWN.answering_office), "999999"):
        assert step(client, case, "reassign", office=office, words="Việc của cơ quan khác.") == 422
    assert step(client, case, "reassign", office=str(other_office), words="") == 422
    assert state(table, case)[1] == KNOWN.answering_office
    assert step(client, case, "reassign", office=str(other_office), words="Thuộc Quỹ đất.") == 303
    assert state(table, case)[:3] == ("mo", other_office, due)
    assert client.get(f"/cases/restricted/{case}").status_code == 404
    assert client.post(f"/cases/restricted/{case}", data={"reason": REASON}).status_code == 404
    assert case not in client.get("/cases/restricted/").text
    table.rollback()
    kept = text("SELECT step, office_id, to_office_id, words FROM restricted_steps WHERE report_id = :i")
    assert [tuple(row) for row in table.execute(kept, {"i": case})] == [
        ("reassign", KNOWN.answering_office, other_office, "Thuộc Quỹ đất.")
    ]


def test_it_goes_to_no_office_of_another_province(
    machine: Machine, table: Connection, worker: Engine, other_office: int, case: str
) -> None:
    with worker.begin() as connection:
        connection.execute(text("UPDATE offices SET unit_id = 2 WHERE id = :o"), {"o": other_office})
    said = {"office": str(other_office), "words": "Thuộc Quỹ đất."}
    assert step(machine("answering"), case, "reassign", **said) == 422
    assert state(table, case)[1] == KNOWN.answering_office


def test_its_steps_are_rows_for_its_office_alone_and_only_with_the_right(
    machine: Machine, as_actor: Callable, case: str
) -> None:
    assert step(machine("answering"), case, "answer", words="Đã chi trả đợt 2.") == 303
    mine = KNOWN.actor("answering")
    other = Actor(9, "x", Role.OFFICER, KNOWN.province, 0, KNOWN.liaison_office, frozenset({"read_restricted"}))
    everybody = [(mine, 1), (replace(mine, special=frozenset()), 0), (other, 0)]
    for actor, n in [*everybody, *((KNOWN.actor(name), 0) for name in OTHERS)]:
        with as_actor(actor) as session:
            assert session.scalar(text("SELECT count(*) FROM restricted_steps")) == n, actor


@pytest.mark.parametrize("role", [Role.ADMIN, Role.GIS])
def test_administrators_and_technicians_never_read_one_whatever_they_were_given(role: Role) -> None:
    given = Actor(9, "x", role, KNOWN.province, 0, KNOWN.answering_office, frozenset({"read_restricted"}))
    assert not given.reads_restricted
    assert replace(given, role=Role.OFFICER).reads_restricted


def test_the_list_of_what_waits_tells_its_category_and_commune_alone(machine: Machine, worker: Engine) -> None:
    row = {
        "layer": "restricted_reports", "restricted": True, "feature_id": uuid.uuid4(), "province_id": 1,
        "commune_id": 11, "hamlet_id": 111, "office_id": KNOWN.answering_office, "observed_on": DAY,
        "values": {"category": "dat_dai_boi_thuong", "what_happened": SECRET}, "created_by": KNOWN.field,
    }  # fmt: skip
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM proposals"))
        id_ = connection.execute(insert(Proposal).returning(Proposal.id), row).scalar_one()
    page = machine("answering").get("/review/").text
    assert str(id_) in page
    assert "Đắk Mil" in page
    assert "Thôn 1" not in page
    assert SECRET not in page
    assert str(id_) not in machine("officer").get("/review/").text
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM proposals WHERE id = :i"), {"i": id_})


def test_what_is_written_about_it_holds_no_person_and_no_place(machine: Machine, table: Connection, case: str) -> None:
    client = machine("answering")
    assert step(client, case, "answer", words="TỐI MẬT") == 422
    assert step(client, case, "answer", words="Gọi 0912 345 678, tại 11.95123, 108.05456.") == 303
    table.rollback()
    words = table.scalar(text("SELECT words FROM restricted_steps WHERE report_id = :i"), {"i": case})
    assert words is not None
    assert "0912" not in words
    assert "108.05456" not in words


def test_it_stands_in_no_list_or_figure_of_service_cases(machine: Machine, case: str) -> None:
    for path in ("/cases/", "/cases/figures/", "/cases/figures/table.csv"):
        answer = machine("answering").get(path)
        assert answer.status_code == 200
        assert case not in answer.text
    assert machine("answering").get(f"/cases/{case}").status_code == 404
