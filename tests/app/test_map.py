"""The map over HTTP: tiles, the page under its strict policy, places, clicks, and what may not be seen together."""

import gzip
import re
import uuid
from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, delete, insert, text
from werkzeug.test import TestResponse

from app.tile_cache import Tile, Tiles
from geodata import tiles
from surveys.at import Spot
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY, KEYS, REPORT_COUNTS, named
from tests.geodata import mvt
from tests.rows import feature
from tests.world import World

Machine = Callable[..., FlaskClient]
HERE = {"lon": 108.05, "lat": 11.95, "z": 12, "cell": 64}
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def placed(worker: Engine) -> Iterator[dict[str, uuid.UUID]]:
    """One row of each layer in communes 11 and 12, with real commits; the names are an attack."""
    ids: dict[str, uuid.UUID] = {}
    with worker.begin() as connection:
        for layer in CATALOGUE:
            for commune in (11, 12):
                row = feature(layer, commune, hamlet=100 + (commune - 10) * 10 + 1)
                if "name" in layer.table.__table__.c:
                    row["name"] = SCRIPT
                ids[f"{layer.key}{commune}"] = row["id"]
                connection.execute(insert(layer.table), row)
    tiles.refresh_all(worker)
    yield ids
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(delete(layer.table).where(layer.table.id.in_(ids.values())))
    tiles.refresh_all(worker)


def address(keys: str, z: int = 10, lon: float = 108.05, lat: float = 11.95) -> str:
    x, y = mvt.at(lon, lat, z)
    return f"/tiles/{keys}/{z}/{x}/{y}.mvt"


def test_one_request_brings_several_layers(machine: Machine, placed: object) -> None:
    answer = machine("leader").get(address("units,hamlet_profiles,community_models"))
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert {"units", "unit_labels", "hamlet_profiles", "community_models"} == set(mvt.names(answer.data))


def test_a_tile_is_private_and_answered_304_to_who_has_it(machine: Machine, placed: object) -> None:
    first = machine("leader").get(address("hamlet_profiles"))
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = machine("leader").get(address("hamlet_profiles"), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = machine("field").get(address("units,hamlet_profiles"), headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_large_tile_is_packed_where_the_asker_takes_it(machine: Machine, placed: object) -> None:
    plain = machine("leader").get(address(",".join(["units", *(KEYS - FAITH_AND_ETHNICITY)]), 8))
    packed = machine("leader").get(
        address(",".join(["units", *(KEYS - FAITH_AND_ETHNICITY)]), 8), headers={"Accept-Encoding": "gzip"}
    )
    if len(plain.data) >= 1400:
        assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_each_scope_gets_its_own_tile_though_one_process_remembers_both(machine: Machine, placed: object) -> None:
    counts = {}
    for name in ("leader", "field", "leader"):
        found = mvt.features(machine(name).get(address("joint_activities", 8)).data, "joint_activities")
        counts[name] = sum(one["n"] for one in found)
    assert counts["field"] >= 1
    assert counts["leader"] == counts["field"] + 1


def test_a_tile_follows_the_rows_within_two_seconds(machine: Machine, placed: object, worker: Engine) -> None:
    layer = named("joint_activities")
    client = machine("field")
    before = sum(one["n"] for one in mvt.features(client.get(address(layer.key, 8)).data, layer.key))
    id_ = uuid.uuid4()
    with worker.begin() as connection:
        connection.execute(insert(layer.table), feature(layer, 11, id=id_))
    tiles.refresh_all(worker)
    client.application.extensions["tile_generations"]._until = 0.0  # a second has passed
    after = sum(one["n"] for one in mvt.features(client.get(address(layer.key, 8)).data, layer.key))
    with worker.begin() as connection:
        connection.execute(delete(layer.table).where(layer.table.id == id_))
    tiles.refresh_all(worker)
    assert after == before + 1


@pytest.mark.parametrize("where", ["/tiles/nothing/10/1/1.mvt", "/tiles/units/10/1024/1.mvt", "/tiles/units/3/1/1.mvt",
                                   "/tiles/units/21/1/1.mvt", "/tiles/units/-1/1/1.mvt", "/tiles/units/10/1/x.mvt",
                                   "/tiles/users.json", "/tiles/restricted_reports/10/1/1.mvt"])  # fmt: skip
def test_what_is_no_tile_is_404(machine: Machine, where: str) -> None:
    assert machine("leader").get(where).status_code == 404


@pytest.mark.parametrize("where", ["/map/", "/map/place/11", "/map/at", "/map/script.js", "/tiles/units/10/819/478.mvt",
                                   "/tiles/units.json"])  # fmt: skip
def test_nobody_sees_the_map_without_signing_in(machine: Machine, where: str) -> None:
    assert machine().get(where, headers={"Accept": "application/json"}).status_code == 401


def test_tilejson_describes_a_combination(machine: Machine) -> None:
    answer = machine("gis").get("/tiles/units,hamlet_profiles.json").get_json()
    assert answer["tilejson"] == "3.0.0"
    assert [one["id"] for one in answer["vector_layers"]] == ["hamlet_profiles", "units", "unit_labels"]
    assert answer["tiles"][0].endswith("/tiles/hamlet_profiles,units/{z}/{x}/{y}.mvt")


def test_grievances_are_refused_beside_faith_and_ethnicity_on_every_way(machine: Machine, placed: object) -> None:
    client = machine("leader")
    for first, second in combinations(sorted(KEYS | {REPORT_COUNTS, "units"}), 2):
        forbidden = {first, second} & FAITH_AND_ETHNICITY and "situation_reports" in {first, second}
        for order in (f"{first},{second}", f"{second},{first}", f"units,{second},hamlet_profiles,{first}"):
            for way in (address(order), f"/tiles/{order}.json", f"/map/at?layer={order}&lon=108.05&lat=11.95&z=12"):
                answer = client.get(way, headers={"Accept": "application/json"})
                assert answer.status_code == (403 if forbidden else 200), way
                if forbidden:
                    assert answer.get_json()["code"] == "incompatible_layers"


def test_the_map_turns_reports_into_numbers_beside_faith_and_says_so(machine: Machine, placed: object) -> None:
    script = machine("leader").get("/map/script.js?layers=situation_reports,religious_sites").text
    assert '"on": ["situation_report_counts", "religious_sites"]' in script
    assert "\\u0111\\u1eb7t c\\u1ea1nh" in script  # “đặt cạnh”, as Folium's JSON writes it


def test_the_page_is_small_and_carries_no_script_or_style_of_its_own(machine: Machine, placed: object) -> None:
    answer = machine("leader").get("/map/")
    assert answer.status_code == 200
    assert len(answer.data) <= 60_000
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert "<style" not in answer.text
    assert not re.search(r'\sstyle="|\son\w+="', answer.text)
    assert not re.search(r"https?://(?!www\.w3\.org)", answer.text)
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_the_script_asks_no_other_machine_and_is_answered_304(machine: Machine, placed: object) -> None:
    answer = machine("leader").get("/map/script.js")
    assert answer.mimetype == "text/javascript"
    assert "L.map(" in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    again = machine("leader").get("/map/script.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def figures(page: str) -> dict[str, tuple[str, ...]]:
    """Layer title → the cells of its row."""
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.S)
    return {title: tuple(re.findall(r"<td[^>]*>(.*?)</td>", cells, re.S)) for title, cells in rows}


def test_a_commune_tells_its_rows_and_what_waits(machine: Machine, placed: object, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO proposals (layer, feature_id, values, province_id, commune_id, observed_on, created_by)"
                " SELECT 'hamlet_profiles', gen_random_uuid(), '{}', 1, 11, current_date, 1 FROM generate_series(1, 3)"
            )
        )
        waiting = connection.scalar(
            text(
                "SELECT count(*) FROM proposals"
                " WHERE state = 'waiting' AND layer = 'hamlet_profiles' AND commune_id = 11"
            )
        )
        approved = connection.scalar(text("SELECT count(*) FROM hamlet_profiles WHERE commune_id = 11"))
    page = machine("leader").get("/map/place/11?part=1").text
    with worker.begin() as connection:
        connection.execute(
            text("DELETE FROM proposals WHERE values = '{}' AND commune_id = 11 AND submission_id IS NULL")
        )
    assert figures(page)["Hồ sơ thôn"] == (str(approved), str(waiting))
    assert "Thôn 1" in page


def test_below_a_commune_reports_and_faith_never_stand_in_one_table(machine: Machine, placed: object) -> None:
    plain = figures(machine("leader").get("/map/place/111?part=1&layers=situation_reports").text)
    assert plain["Phản ánh tình hình"] == ("1",)
    assert "Không hiện" in plain["Cơ sở tôn giáo, tín ngưỡng"][0]
    assert "Không hiện" in plain["Vùng đồng bào dân tộc thiểu số"][0]
    beside = figures(machine("leader").get("/map/place/111?part=1&layers=religious_sites").text)
    assert beside["Cơ sở tôn giáo, tín ngưỡng"] == ("1",)
    assert "Không hiện" in beside["Phản ánh tình hình"][0]


SEEN = [("leader", 12), ("field", 11), ("field", 1), ("field", 111)]
NOT_SEEN = [("leader", 21), ("leader", 2), ("leader", 9999), ("field", 12), ("field", 121)]


@pytest.mark.parametrize(("name", "unit", "status"), [(*one, 200) for one in SEEN] + [(*one, 404) for one in NOT_SEEN])
def test_a_place_out_of_scope_is_as_if_it_did_not_exist(machine: Machine, name: str, unit: int, status: int) -> None:
    for query in ("", "?part=1"):
        assert machine(name).get(f"/map/place/{unit}{query}").status_code == status


def test_a_commune_account_finds_only_its_own_rows_in_the_province(machine: Machine, placed: object) -> None:
    mine = figures(machine("field").get("/map/place/1?part=1").text)
    assert mine == figures(machine("field").get("/map/place/11?part=1").text)


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
        client.get(address("democracy_checks"))
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


def test_the_store_of_tiles_keeps_within_its_bytes_and_drops_the_oldest() -> None:
    kept = Tiles(most_bytes=5000)
    for n in range(10):
        kept.keep(n, Tile.of(bytes([n]) * 600))
    assert kept.find(0) is None
    assert kept.find(9) is not None
    kept.keep("large", Tile.of(bytes(range(256)) * 100))
    assert kept._bytes <= 5000
