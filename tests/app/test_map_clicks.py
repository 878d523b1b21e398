"""A click on the map over HTTP: what stands there, in words, within the asker's scope, and audited."""

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, delete, insert, text
from werkzeug.test import TestResponse

from surveys.at import Spot
from surveys.layers import named
from tests.app.conftest import SCRIPT
from tests.geodata import mvt
from tests.rows import feature
from tests.world import World

Machine = Callable[..., FlaskClient]
HERE = {"lon": 108.05, "lat": 11.95, "z": 12, "cell": 64}


def at(client: FlaskClient, **asked: object) -> TestResponse:
    return client.get("/map/at", query_string={**HERE, **asked}, headers={"Accept": "application/json"})


def test_a_click_tells_what_is_there_in_words(machine: Machine, placed: object) -> None:
    answer = at(machine("leader"), layer="hamlet_profiles").get_json()
    assert answer["commune"] == 11
    (one,) = answer["found"]
    (told,) = [f for f in one["features"] if f["title"] == SCRIPT]
    assert ["Nước sạch", "Không"] in told["told"]
    assert ["Ngày ghi nhận", "01/10/2026"] in told["told"]


def test_text_from_a_phone_stays_text(machine: Machine, placed: object) -> None:
    page = (
        machine("leader")
        .get("/map/at", query_string={**HERE, "layer": "joint_activities"}, headers={"Accept": "text/html"})
        .text
    )
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page


def test_free_text_of_reports_never_leaves_by_a_click(machine: Machine, placed: object) -> None:
    for accept in ("text/html", "application/json"):
        answer = machine("leader").get(
            "/map/at", query_string={**HERE, "layer": "situation_reports"}, headers={"Accept": accept}
        )
        assert "Giếng" not in answer.get_data(as_text=True).encode().decode("unicode_escape", "ignore") + answer.text
        assert "01/10/2026" in answer.text


def test_a_click_outside_ones_scope_finds_nothing(machine: Machine, placed: object) -> None:
    answer = at(machine("field"), layer="hamlet_profiles", lon=108.15).get_json()
    assert answer == {"commune": None, "reports": None, "found": []}


def test_a_click_beside_a_lone_symbol_means_the_ground(machine: Machine, placed: object) -> None:
    near = at(machine("leader"), layer="community_models", lon=108.1503, z=14, cell=0).get_json()
    west, _, east, _ = Spot(108.15, 11.95, 12, 64).box()
    edge = max(west + 0.0003, east - 0.0003, key=lambda lon: abs(lon - 108.15))  # in the same cell, as far as can be
    far = at(machine("leader"), layer="community_models", lon=edge, z=12, cell=64).get_json()
    assert near["found"][0]["total"] == 1
    assert far["found"] == []


@pytest.mark.parametrize(
    "wrong", [{"lon": "x"}, {"lat": "91"}, {"lon": "nan"}, {"z": "-1"}, {"z": "99"}, {"cell": "7"}, {"lat": ""}]
)
def test_a_click_that_makes_no_sense_is_422(machine: Machine, wrong: dict[str, str]) -> None:
    answer = at(machine("leader"), layer="hamlet_profiles", **wrong)
    assert answer.status_code == 422


def reads(table: Connection, layer: str, world: World) -> int:
    asked = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = :layer AND account_id = :me")
    return int(table.scalar(asked, {"layer": layer, "me": world.gis}) or 0)


def test_reading_is_one_audit_row_for_a_session_a_layer_and_an_area(
    machine: Machine, placed: object, worker: Engine, world: World
) -> None:
    client = machine("gis")
    with worker.connect() as table:
        before = reads(table, "democracy_checks", world)
        for _ in range(3):
            at(client, layer="democracy_checks")
            at(client, layer="democracy_checks", lon=108.15)
        assert reads(table, "democracy_checks", world) == before + 2  # two communes
        x, y = mvt.at(HERE["lon"], HERE["lat"], 10)
        client.get(f"/tiles/democracy_checks/10/{x}/{y}.mvt")
        assert reads(table, "democracy_checks", world) == before + 2  # tiles are no rows
        details = table.execute(text("SELECT detail, purpose FROM audit WHERE verb = 'read'")).all()
        assert all(row.detail is None and row.purpose is None for row in details)  # no coordinate, no text


def test_switching_a_layer_on_is_noted_for_the_place_seen(machine: Machine, worker: Engine, world: World) -> None:
    client = machine("gis")
    with worker.connect() as table:
        before = reads(table, "community_models", world)
        for _ in range(2):
            client.get("/map/place/12?part=1&layers=community_models,joint_activities")
        assert reads(table, "community_models", world) == before + 1


def test_small_counts_of_people_are_not_told(machine: Machine, placed: object, worker: Engine) -> None:
    layer = named("joint_activities")
    id_ = uuid.uuid4()
    with worker.begin() as connection:
        connection.execute(insert(layer.table), feature(layer, 13, id=id_, households_reached=3))
    told = at(machine("leader"), layer="joint_activities", lon=108.25).get_json()
    with worker.begin() as connection:
        connection.execute(delete(layer.table).where(layer.table.id == id_))
    assert ["Số hộ được giúp", "<5"] in told["found"][0]["features"][0]["told"]
