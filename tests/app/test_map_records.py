"""The records behind the map's numbers: all that a click would tell, in a table, within the asker's scope."""

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, insert, text

from geodata import tiles
from surveys import map_records
from surveys.layers import CATALOGUE, named
from tests.app.conftest import SCRIPT
from tests.rows import feature
from tests.world import World

Machine = Callable[..., FlaskClient]
DAY = dt.date(2026, 10, 1)
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module", autouse=True)
def rows(worker: Engine, world: World) -> Iterator[None]:
    """One row of each layer in communes 11 and 12, the names an attack; four households reached in 12."""
    ids = []
    with worker.begin() as connection:
        for layer in CATALOGUE:
            for commune in (11, 12):
                row = feature(layer, commune, hamlet=100 + (commune - 10) * 10 + 1)
                if "name" in layer.table.__table__.c:
                    row["name"] = f"{SCRIPT} {commune}"
                if layer.key == "joint_activities" and commune == 12:
                    row["households_reached"] = 4
                ids.append(row["id"])
                connection.execute(insert(layer.table), row)
    tiles.refresh_all(worker)
    yield
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(delete(layer.table).where(layer.table.id.in_(ids)))
    tiles.refresh_all(worker)


def listed(client: FlaskClient, unit: int, layer: str, **more: str) -> str:
    answer = client.get(f"/map/place/{unit}/records", query_string={"layer": layer, **more})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("layer", [one.key for one in CATALOGUE])
def test_what_a_click_tells_stands_in_the_table(machine: Machine, layer: str) -> None:
    client = machine("leader")
    # Beside the point, and inside the area where a layer has areas.
    click = {"layer": layer, "lon": 108.05001, "lat": 11.95001, "z": 16, "cell": 0}
    clicked = client.get("/map/at", query_string=click)
    page = listed(client, 11, layer)
    assert page.count("<details>") == 1
    assert len(clicked.get_json()["found"]) == 1
    for found in clicked.get_json()["found"]:
        for label, value in found["features"][0]["told"]:
            assert label in page
            assert value in page
    assert "<img src=x" not in page
    assert f"/map/place/11?layers={layer}&amp;at=15/11.9" in page


@pytest.mark.parametrize("layer", [one.key for one in CATALOGUE])
def test_a_record_leads_to_the_page_where_it_is_worked_on(machine: Machine, layer: str) -> None:
    # Beside the point, and inside the area where a layer has areas.
    click = {"layer": layer, "lon": 108.05001, "lat": 11.95001, "z": 16, "cell": 0}
    worked_on = layer not in ("situation_reports", "hamlet_profiles", "minority_areas")
    for name in ("officer", "leader", "gis", "admin"):
        client = machine(name)
        for page in (listed(client, 11, layer), client.get("/map/at", query_string=click, headers=HTML).text):
            found = re.findall(r'<a href="([^"]+)">Mở trang công việc', page)
            assert len(found) == (worked_on and name in ("officer", "leader"))
            assert all(client.get(one).status_code == 200 for one in found)


def test_the_number_in_the_panel_leads_to_its_records(machine: Machine) -> None:
    page = machine("leader").get("/map/place/11?part=1&layers=joint_activities").text
    assert 'href="/map/place/11/records?layer=joint_activities">1</a>' in page


def test_a_province_a_commune_and_a_hamlet_tell_of_their_own(machine: Machine) -> None:
    client = machine("leader")
    assert {unit: listed(client, unit, "joint_activities").count("<details>") for unit in (1, 11, 111)} == {
        1: 2, 11: 1, 111: 1,
    }  # fmt: skip


def test_a_communes_account_sees_no_neighbours_record(machine: Machine) -> None:
    client = machine("field")
    assert client.get("/map/place/12/records?layer=joint_activities").status_code == 404
    page = listed(client, 1, "joint_activities")
    assert page.count("<details>") == 1
    assert "12</summary>" not in page


def test_small_counts_and_texts_of_reports_do_not_leave(machine: Machine) -> None:
    assert "&lt;5" in listed(machine("leader"), 12, "joint_activities")
    assert "Giếng cạn" not in listed(machine("leader"), 11, "situation_reports")


@pytest.mark.parametrize("layer", ["restricted_reports", "restricted_figures", "situation_report_counts", "units", "x"])
def test_what_is_no_layer_has_no_records(machine: Machine, layer: str) -> None:
    assert machine("answering").get(f"/map/place/1/records?layer={layer}").status_code == 404


def test_older_records_follow_page_by_page_and_none_twice(machine: Machine, worker: Engine) -> None:
    layer = named("community_models")
    more = [
        feature(layer, 13, name=f"Mô hình {n:03}", observed_on=DAY - dt.timedelta(days=n // 9))
        for n in range(2 * map_records.MOST + 3)
    ]
    with worker.begin() as connection:
        connection.execute(insert(layer.table), more)
    client, found, after = machine("leader"), [], ""
    for expected in (50, 50, 3):
        page = listed(client, 13, layer.key, after=after)
        told = re.findall(r"<summary>(Mô hình \d+)</summary>", page)
        assert len(told) == expected
        found += told
        following = re.search(r"after=([0-9a-f_-]+)\"", page)
        after = following[1] if following else ""
    with worker.begin() as connection:
        connection.execute(delete(layer.table).where(layer.table.id.in_([row["id"] for row in more])))
    assert after == ""
    assert sorted(found) == sorted(row["name"] for row in more)
    assert client.get("/map/place/13/records?layer=community_models&after=x").status_code == 422


def test_looking_is_audited(machine: Machine, worker: Engine) -> None:
    asked = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = 'minority_areas' AND area = 131")
    with worker.connect() as connection:
        before = connection.scalar(asked)
    listed(machine("gis"), 131, "minority_areas")
    with worker.connect() as connection:
        assert connection.scalar(asked) == (before or 0) + 1
