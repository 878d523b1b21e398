"""A model, a check and an activity each say on their own page which programme they carry out."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, text

from surveys.layers import named
from tests.rows import feature

Machine = Callable[..., FlaskClient]
PAGES = {"community_models": "models", "democracy_checks": "checks", "joint_activities": "activities"}
GIVEN = {
    "kind": "de_an", "number": "02-ĐA/TU", "title": "Nhân rộng mô hình", "goals": "", "starts_on": "2020-01-01",
    "ends_on": "", "office": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in (*PAGES, "programmes"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.mark.parametrize(("key", "page"), PAGES.items())
def test_the_programme_chosen_stands_on_the_page_and_can_be_taken_off(
    machine: Machine, worker: Engine, key: str, page: str
) -> None:
    client = machine("officer")
    programme = client.post("/programmes/", data=GIVEN).headers["Location"].rsplit("/", 1)[1]
    row, elsewhere = feature(named(key), 11), feature(named(key), 21)
    with worker.begin() as connection:
        connection.execute(insert(named(key).table), [row, elsewhere])
    address = f"/programmes/carried-out/{key}/{row['id']}"
    assert client.post(address, data={"programme_id": programme}).status_code == 303
    link = f'<a href="/programmes/{programme}">'
    assert link in machine("leader").get(f"/{page}/{row['id']}").text
    assert client.post(address, data={"programme_id": ""}).status_code == 303
    assert link not in machine("leader").get(f"/{page}/{row['id']}").text
    assert client.post(address, data={"programme_id": "999999"}).status_code == 422
    assert machine("leader").post(address, data={"programme_id": programme}).status_code == 403
    for wrong in (f"{key}/{elsewhere['id']}", f"religious_sites/{row['id']}"):
        assert client.post(f"/programmes/carried-out/{wrong}", data={"programme_id": programme}).status_code == 404


def test_a_field_officer_opens_an_activity_of_a_programme(machine: Machine, worker: Engine) -> None:
    programme = machine("officer").post("/programmes/", data=GIVEN).headers["Location"].rsplit("/", 1)[1]
    row = feature(named("joint_activities"), 11, programme_id=int(programme))
    with worker.begin() as connection:
        connection.execute(insert(named("joint_activities").table), row)
    assert machine("field").get(f"/activities/{row['id']}").status_code == 200
