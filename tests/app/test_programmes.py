"""Programmes over HTTP: written by officers of the place, read there, and shown with what carries them out."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from geodata.problems import InvalidValue, NotFound
from surveys import programmes
from surveys.access import Actor, Role
from surveys.layers import named
from tests.rows import feature
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
GIVEN = {
    "kind": "de_an", "number": "02-ĐA/TU", "title": "Nhân rộng mô hình", "goals": "100 mô hình mới mỗi năm",
    "starts_on": "2026-01-01", "ends_on": "2030-12-31", "office": "1",
}  # fmt: skip
COMMUNE_OFFICER = Actor(KNOWN.officer, "officer", Role.OFFICER, KNOWN.province, 11, KNOWN.liaison_office)


@pytest.fixture(autouse=True)
def nothing_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in ("decisions", "briefings", "joint_activities", "programmes"):
            connection.execute(text(f"DELETE FROM {table}"))


def written(machine: Machine, **other: str) -> int:
    answer = machine("officer").post("/programmes/", data=GIVEN | other)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_a_programme_is_written_corrected_and_read(machine: Machine, table: Connection) -> None:
    assert "Ghi chương trình đầu tiên" in machine("officer").get("/programmes/").text
    id_ = written(machine)
    page = machine("leader").get(f"/programmes/{id_}").text
    assert "100 mô hình mới mỗi năm" in page
    assert "01/01/2026 – 31/12/2030" in page
    assert "Ban Tuyên giáo và Dân vận" in page
    assert machine("officer").post(f"/programmes/{id_}", data=GIVEN | {"ends_on": ""}).status_code == 303
    assert "01/01/2026 – …" in machine("leader").get("/programmes/").text
    table.rollback()
    audited = text("SELECT account_id FROM audit WHERE verb = 'programme' AND detail ->> 'programme' = :i")
    assert list(table.scalars(audited, {"i": str(id_)})) == [KNOWN.officer] * 2


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "khac"}, {"number": " "}, {"title": ""}, {"starts_on": "hôm nay"}, {"ends_on": "2025-12-31"},
        {"office": "999"}, {"office": ""}, {"goals": "Hỏi số 0912 345 678"}, {"goals": "x" * 2001},
        {"title": "TỐI MẬT: kế hoạch"},
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_and_nothing_stored(machine: Machine, table: Connection, bad: dict[str, str]) -> None:
    assert machine("officer").post("/programmes/", data=GIVEN | bad).status_code == 422
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM programmes")) == 0


def test_only_officers_write_and_only_of_their_own_place(machine: Machine, as_actor: Callable, worker: Engine) -> None:
    id_ = written(machine)
    for name in ("leader", "field", "gis", "admin"):
        assert machine(name).post("/programmes/", data=GIVEN).status_code == 403
        assert machine(name).post(f"/programmes/{id_}", data=GIVEN).status_code == 403
    with as_actor(COMMUNE_OFFICER) as session:
        assert programmes.find(session, COMMUNE_OFFICER, id_).number == GIVEN["number"]
        with pytest.raises(Exception, match="forbidden"):
            programmes.write(session, COMMUNE_OFFICER, GIVEN, programmes.dt.date(2026, 3, 1), id_)
        own = programmes.write(session, COMMUNE_OFFICER, GIVEN, programmes.dt.date(2026, 3, 1))
        assert programmes.find(session, COMMUNE_OFFICER, own).commune_id == 11
    elsewhere = Actor(KNOWN.officer, "officer", Role.OFFICER, KNOWN.province, 12, KNOWN.liaison_office)
    with as_actor(elsewhere) as session:
        with pytest.raises(NotFound):
            programmes.find(session, elsewhere, own)
        assert [one.id for one in programmes.listed(session, elsewhere)] == [id_]


def test_work_and_decisions_point_to_it_and_it_shows_them(
    machine: Machine, as_actor: Callable, worker: Engine, world: object
) -> None:
    id_ = written(machine)
    activity = feature(named("joint_activities"), 11)
    with worker.begin() as connection:
        connection.execute(insert(named("joint_activities").table), activity)
    officer = KNOWN.actor("officer")
    with as_actor(officer) as session:
        programmes.point(session, officer, "joint_activities", activity["id"], id_)
        assert programmes.chosen(session, officer, "") is None
        with pytest.raises(InvalidValue):
            programmes.chosen(session, officer, "999999")
        with pytest.raises(NotFound):
            programmes.point(session, officer, "joint_activities", activity["id"], 999999)
    held = machine("leader").post("/briefings/", data={"title": "Giao ban", "held_on": "2026-11-30"}).headers
    meeting = held["Location"].rsplit("/", 1)[1]
    said = {"said": "Nhân rộng ở vùng sâu", "office": "2", "due_on": "2026-12-31", "programme_id": str(id_)}
    assert machine("leader").post(f"/briefings/{meeting}/decisions", data=said).status_code == 303
    assert "02-ĐA/TU" in machine("leader").get(f"/briefings/{meeting}").text
    page = machine("leader").get(f"/programmes/{id_}").text
    assert "Ngày Chủ nhật xanh" in page
    assert "Nhân rộng ở vùng sâu" in page


def test_a_form_offers_only_what_runs(machine: Machine, as_actor: Callable) -> None:
    id_ = written(machine)
    officer = KNOWN.actor("officer")
    with as_actor(officer) as session:
        for on, found in (("2025-12-31", []), ("2026-01-01", [id_]), ("2030-12-31", [id_]), ("2031-01-01", [])):
            day = programmes.dt.date.fromisoformat(on)
            assert [one.id for one in programmes.choices(session, officer, day)] == found
