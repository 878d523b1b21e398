"""Briefings over HTTP: pages saved from the map, ordered, noted, shown; decisions that come back the next time."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from geodata import tiles
from tests.app.conftest import csrf
from tests.rows import one_of_each
from tests.world import World

Browser = Callable[..., FlaskClient]
Machine = Callable[..., FlaskClient]
TODAY = dt.date(2026, 11, 21)
FIGURE = "layers=&figure=no_nuoc&period=2026-Q4"


@pytest.fixture(scope="module", autouse=True)
def rows(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        one_of_each(connection, (*world.communes, world.other_commune))
    tiles.refresh_all(worker)


@pytest.fixture(autouse=True)
def nothing_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        for table in ("decisions", "briefing_pages", "briefings"):
            connection.execute(text(f"DELETE FROM {table}"))


def sends(client: FlaskClient, path: str, **given: Any) -> Any:
    given["csrf_token"] = csrf(client.get("/briefings/").text)
    return client.post(path, data=given)


def made(client: FlaskClient, title: str = "Giao ban tháng 11", held_on: str = "2026-11-30") -> int:
    answer = sends(client, "/briefings/", title=title, held_on=held_on)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def saves(client: FlaskClient, briefing: int, query: str, **more: Any) -> Any:
    return sends(client, "/briefings/save", briefing=briefing, unit=more.pop("unit", 1), query=query, **more)


def shown(client: FlaskClient, briefing: int) -> Any:
    answer = client.get(f"/briefings/{briefing}/pages.json", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json


def pages(table: Connection, briefing: int) -> list[int]:
    query = "SELECT id FROM briefing_pages WHERE briefing_id = :b AND NOT removed ORDER BY position"
    return list(table.scalars(text(query), {"b": briefing}))


def test_a_page_shows_the_figures_the_server_tells(browser: Browser) -> None:
    client = browser("leader")
    briefing = made(client)
    assert saves(client, briefing, FIGURE, note="Hỏi cơ quan trả lời").status_code == 303
    (page,) = shown(client, briefing)["pages"]
    assert (page["title"], page["note"]) == ("Thôn chưa có nước sạch", "Hỏi cơ quan trả lời")
    figure = client.get(f"/map/figure?unit=1&{FIGURE}", headers={"Accept": "application/json"}).json
    told = {str(unit["id"]): unit["fill"] for unit in page["units"] if "fill" in unit}
    assert told == {
        id_: {key: cell[key] for key in ("c", "m", "t") if key in cell} for id_, cell in figure["units"].items()
    }
    assert page["classes"] == figure["classes"]
    rows = client.get(f"/map/table.csv?unit=1&{FIGURE}").text.splitlines()
    assert len(page["table"]["rows"]) == 3
    for name, said in page["table"]["rows"]:
        (row,) = [row for row in rows if row.startswith(name)]
        value, note = row.split(",")[1:3]
        assert said == (f"{float(value):.0f}" if value else note)


def test_pages_are_put_in_order_written_anew_taken_out_and_brought_back(browser: Browser, table: Connection) -> None:
    client = browser("officer")
    briefing = made(client)
    for title in ("Một", "Hai", "Ba"):
        saves(client, briefing, "layers=hamlet_profiles", title=title)
    first, second, third = pages(table, briefing)
    sends(client, f"/briefings/{briefing}/pages/{third}", act="up")
    assert [page["title"] for page in shown(client, briefing)["pages"]] == ["Một", "Ba", "Hai"]
    sends(client, f"/briefings/{briefing}/pages/{first}", act="up")  # the first stays the first
    sends(client, f"/briefings/{briefing}/pages/{first}", act="write", title="Mở đầu", note="Xem")
    answer = sends(client, f"/briefings/{briefing}/pages/{second}", act="remove")
    assert [page["title"] for page in shown(client, briefing)["pages"]] == ["Mở đầu", "Ba"]
    assert "Hoàn tác" in client.get(answer.headers["Location"]).text
    sends(client, f"/briefings/{briefing}/pages/{second}", act="restore")
    assert [page["title"] for page in shown(client, briefing)["pages"]] == ["Mở đầu", "Ba", "Hai"]
    assert sends(client, f"/briefings/{briefing}/pages/{first}", act="x").status_code == 422
    assert sends(client, f"/briefings/{briefing}/pages/999999", act="up").status_code == 404


def test_a_decision_comes_back_at_the_next_meeting_with_its_state(browser: Browser, table: Connection) -> None:
    client = browser("leader")
    before = made(client, "Giao ban tháng 10", "2026-10-30")
    saves(client, before, FIGURE)
    (page,) = pages(table, before)
    given = {"said": "Kéo nước về Thôn 1", "office": 2, "due_on": "2026-11-15", "programme": "Nước sạch nông thôn"}
    assert sends(client, f"/briefings/{before}/decisions", page=page, **given).status_code == 303
    (decision,) = shown(client, before)["pages"][0]["decisions"]
    assert (decision["office"], decision["due"], decision["programme"]) == (
        "Phòng Kinh tế", "15/11/2026", "Nước sạch nông thôn",
    )  # fmt: skip
    after = made(client)
    saves(client, after, FIGURE)
    (again,) = shown(client, after)["pages"][-1]["decisions"]
    assert (again["said"], again["late"], again["meeting"]) == ("Kéo nước về Thôn 1", True, "Giao ban tháng 10")
    (id_,) = table.scalars(text("SELECT id FROM decisions")).all()
    table.rollback()
    assert sends(client, f"/briefings/decisions/{id_}", state="done", seen=after).status_code == 303
    assert shown(client, after)["pages"][-1]["decisions"][0]["state"] == "đã xong"
    assert "Mở lại" in client.get(f"/briefings/{after}").text


@pytest.mark.parametrize("said", ["Gặp ông Nguyễn Văn Hùng", "Gọi 0912 345 678"])
def test_words_about_persons_are_not_stored(browser: Browser, table: Connection, said: str) -> None:
    client = browser("leader")
    briefing = made(client)
    assert saves(client, briefing, FIGURE, note=said).status_code == 422
    assert saves(client, briefing, FIGURE, title=said).status_code == 422
    assert sends(client, "/briefings/", title=said, held_on="2026-11-30").status_code == 422
    given = {"said": said, "office": 2, "due_on": "2026-11-15", "programme": ""}
    assert sends(client, f"/briefings/{briefing}/decisions", **given).status_code == 422
    assert pages(table, briefing) == []
    assert table.scalar(text("SELECT count(*) FROM decisions")) == 0


def test_what_may_not_be_seen_together_is_no_page(browser: Browser, worker: Engine, table: Connection) -> None:
    client = browser("leader")
    briefing = made(client)
    bad = ("layers=situation_reports,religious_sites", "layers=religious_sites&figure=reports_open")
    for query in bad:
        assert saves(client, briefing, query).status_code == 403, query
    assert pages(table, briefing) == []
    table.rollback()
    # Were such a page ever stored, it says why it isn't shown, and shows nothing.
    insert = (
        "INSERT INTO briefing_pages (briefing_id, province_id, commune_id, position, unit_id, query, title, note)"
        " VALUES (:b, 1, 0, 1, 1, :q, 'Cũ', '')"
    )
    with worker.begin() as connection:
        connection.execute(text(insert), {"b": briefing, "q": bad[0]})
    (page,) = shown(client, briefing)["pages"]
    assert page.keys() & {"layers", "units", "table"} == set()
    assert "cạnh" in page["note"]


def test_a_commune_sees_its_own_briefings_alone_and_other_roles_none(
    browser: Browser, machine: Machine, worker: Engine
) -> None:
    briefing = made(browser("leader"))
    for name, status in (("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        for path in (f"/briefings/{briefing}", f"/briefings/{briefing}/pages.json", f"/briefings/{briefing}/show"):
            assert machine(name).get(path).status_code == status, (name, path)
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET role = 'leader' WHERE id = 1"))
    try:
        client = browser("field")  # now the leader of commune 11
        assert client.get(f"/briefings/{briefing}").status_code == 404
        own = made(client, "Giao ban xã")
        saves(client, own, "layers=hamlet_profiles", unit=11)
        assert saves(client, own, "layers=hamlet_profiles", unit=12).status_code == 303
        first, second = shown(client, own)["pages"]
        assert first["layers"][0]["spots"]
        assert "layers" not in second  # another commune's place isn't told of
        assert browser("leader").get(f"/briefings/{own}").status_code == 200
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET role = 'field' WHERE id = 1"))


def test_showing_is_audited_as_a_read_of_each_layer(browser: Browser, worker: Engine) -> None:
    client = browser("leader")
    briefing = made(client)
    saves(client, briefing, "layers=hamlet_profiles,community_models")
    shown(client, briefing)
    query = "SELECT layer FROM audit WHERE verb = 'read' AND account_id = 4 AND at > now() - interval '1 minute'"
    with worker.connect() as connection:
        assert {"hamlet_profiles", "community_models"} <= set(connection.scalars(text(query)))
