"""The map over HTTP: tiles, the page under its strict policy, places, clicks, and what may not be seen together."""

import gzip
import re
import uuid
from collections.abc import Callable
from itertools import combinations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, insert, text

from app.tile_cache import Tile, Tiles
from geodata import tiles
from surveys.layers import FAITH_AND_ETHNICITY, KEYS, REPORT_COUNTS, named
from tests.geodata import mvt
from tests.rows import feature

Machine = Callable[..., FlaskClient]


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
    cells = {title: re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for title, row in rows}
    return {title: tuple(re.sub("<[^>]+>", "", cell) for cell in row) for title, row in cells.items()}


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


def test_the_store_of_tiles_keeps_within_its_bytes_and_drops_the_oldest() -> None:
    kept = Tiles(most_bytes=5000)
    for n in range(10):
        kept.keep(n, Tile.of(bytes([n]) * 600))
    assert kept.find(0) is None
    assert kept.find(9) is not None
    kept.keep("large", Tile.of(bytes(range(256)) * 100))
    assert kept._bytes <= 5000
