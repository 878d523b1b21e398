"""Special rights by two administrators: one asks, another gives; nobody alone, nobody to themselves (S5)."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from app import personal_tokens
from surveys.access import Actor, Role
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
ASKED = {"verb": "read_restricted", "account": str(KNOWN.officer)}


@pytest.fixture(autouse=True)
def nothing_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM special_requests"))
        connection.execute(text("DELETE FROM special_verbs WHERE account_id <> :a"), {"a": KNOWN.answering})


@pytest.fixture
def second(machine: Machine, worker: Engine) -> FlaskClient:
    """The other administrator."""
    with worker.begin() as connection:
        token = personal_tokens.create(connection, KNOWN.admin2, "second")
    client = machine()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def asked(machine: Machine, table: Connection, **other: str) -> int:
    assert machine("admin").post("/admin/special/", data=ASKED | other).status_code == 303
    table.rollback()
    return int(table.scalar(text("SELECT max(id) FROM special_requests")) or 0)


def held(table: Connection, account: int = KNOWN.officer) -> list[tuple[str, int, int]]:
    table.rollback()
    query = text(
        "SELECT verb, granted_by, seconded_by FROM special_verbs WHERE account_id = :a AND expires_on > current_date"
    )
    return [tuple(row) for row in table.execute(query, {"a": account})]  # type: ignore[misc]


def decide(client: FlaskClient, id_: int, how: str = "grant") -> int:
    return client.post(f"/admin/special/{id_}", data={"decision": how}).status_code


def test_it_takes_a_second_administrator(machine: Machine, table: Connection, second: FlaskClient) -> None:
    id_ = asked(machine, table)
    assert held(table) == []
    assert "Đồng ý cấp" not in machine("admin").get("/admin/special/").text
    assert decide(machine("admin"), id_) == 422  # not by who asked
    assert held(table) == []
    assert "Đồng ý cấp" in second.get("/admin/special/").text
    assert decide(second, id_) == 303
    assert held(table) == [("read_restricted", KNOWN.admin, KNOWN.admin2)]
    assert decide(second, id_) == 404  # decided
    given = {"account": str(KNOWN.officer), "verb": "read_restricted"}
    assert machine("admin").post("/admin/special/end", data=given).status_code == 303  # one is enough to take it away
    assert held(table) == []
    table.rollback()
    verbs = text("SELECT verb, account_id FROM audit WHERE verb LIKE 'special_%' ORDER BY id DESC LIMIT 3")
    assert [tuple(row) for row in table.execute(verbs)] == [
        ("special_ended", KNOWN.admin), ("special_granted", KNOWN.admin2), ("special_asked", KNOWN.admin)
    ]  # fmt: skip


def test_a_request_is_refused_or_taken_back(machine: Machine, table: Connection, second: FlaskClient) -> None:
    assert decide(second, asked(machine, table), "refuse") == 303
    assert decide(machine("admin"), asked(machine, table), "refuse") == 303
    assert held(table) == []


@pytest.mark.parametrize(
    ("verb", "account"),
    [
        ("read_restricted", KNOWN.gis), ("read_restricted", KNOWN.admin2), ("read_restricted", KNOWN.leader),
        ("read_restricted", 999), ("approve_form", KNOWN.admin), ("approve_form", KNOWN.admin2),
        ("everything", KNOWN.officer),
    ],
)  # fmt: skip
def test_whom_it_is_never_given_to(machine: Machine, table: Connection, verb: str, account: int) -> None:
    data = {"verb": verb, "account": str(account)}
    assert machine("admin").post("/admin/special/", data=data).status_code == 422
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM special_requests")) == 0


def test_asking_twice_is_one_request(machine: Machine, table: Connection) -> None:
    asked(machine, table)
    assert machine("admin").post("/admin/special/", data=ASKED).status_code == 409


def test_only_administrators_are_asked(machine: Machine, table: Connection) -> None:
    id_ = asked(machine, table)
    for name in ("officer", "answering", "leader", "gis", "field"):
        assert machine(name).get("/admin/special/").status_code == 403
        assert machine(name).post("/admin/special/", data=ASKED).status_code == 403
        assert decide(machine(name), id_) == 403
    assert held(table) == []


def test_the_database_itself_gives_it_only_for_two(as_actor: Callable, table: Connection, machine: Machine) -> None:
    id_ = asked(machine, table)
    for name in ("officer", "answering", "leader", "gis"):
        with as_actor(KNOWN.actor(name)) as session:
            assert session.scalar(text("SELECT decide_special(:i, true)"), {"i": id_}) is False
            assert session.scalar(text("SELECT end_special(3, 'read_restricted')")) is False
    neighbour = Actor(KNOWN.admin2, "admin2", Role.ADMIN, KNOWN.other_province)
    with as_actor(neighbour) as session:
        assert session.scalar(text("SELECT decide_special(:i, true)"), {"i": id_}) is False
        assert session.scalar(text("SELECT end_special(3, 'read_restricted')")) is False
    assert held(table) == []
    assert held(table, KNOWN.answering) != []


def test_an_account_that_is_closed_gets_none(machine: Machine, table: Connection, worker: Engine) -> None:
    closing = text("UPDATE accounts SET active = :on WHERE id = :id")
    with worker.begin() as connection:
        connection.execute(closing, {"on": False, "id": KNOWN.officer})
    try:
        assert machine("admin").post("/admin/special/", data=ASKED).status_code == 422
    finally:
        with worker.begin() as connection:
            connection.execute(closing, {"on": True, "id": KNOWN.officer})


@pytest.fixture
def elsewhere(worker: Engine) -> Iterator[int]:
    """An officer of the neighbour province who reads restricted reports there."""
    with worker.begin() as connection:
        made = connection.scalar(
            text(
                "INSERT INTO accounts (username, role, unit_id, office_id) VALUES ('tinh_ben', 'officer', 2, 2)"
                " RETURNING id"
            )
        )
        connection.execute(
            text("INSERT INTO special_verbs VALUES (:a, 'read_restricted', current_date, current_date + 9, 6, 7)"),
            {"a": made},
        )
    yield int(made or 0)
    with worker.begin() as connection:
        for table in ("special_requests", "special_verbs"):
            connection.execute(text(f"DELETE FROM {table} WHERE account_id = :a"), {"a": made})
        connection.execute(text("DELETE FROM accounts WHERE id = :a"), {"a": made})


def test_another_provinces_accounts_are_not_seen_and_not_reached(
    machine: Machine, table: Connection, elsewhere: int
) -> None:
    client, given = machine("admin"), {"account": str(elsewhere), "verb": "read_restricted"}
    assert "tinh_ben" not in client.get("/admin/special/").text
    for verb in ("read_restricted", "approve_form"):
        assert client.post("/admin/special/", data=given | {"verb": verb}).status_code == 422
    assert client.post("/admin/special/end", data=given).status_code == 404
    assert held(table, elsewhere) != []
