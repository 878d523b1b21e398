"""OGC API – Features as other programs read it: Debian's ogrinfo, pyogrio's newer GDAL, OWSLib, and by hand."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from owslib.ogcapi.features import Features
from owslib.util import Authentication
from sqlalchemy import Engine, insert, text
from werkzeug.serving import make_server

from app import create_app, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys.layers import CATALOGUE, named
from tests.rows import feature
from tests.world import World

SITES = named("religious_sites")
PAGE = 1000  # what GDAL asks for at once
MAKE = """
INSERT INTO religious_sites (id, province_id, commune_id, observed_on, origin, name, tradition, facility_type, geom)
SELECT gen_random_uuid(), 1, 11 + n % 3, date '2026-01-01' + n % 300, 'demo', 'Chùa số ' || n, 'phat_giao', 'chua',
       CASE WHEN n % 10 > 0
            THEN ST_SetSRID(ST_Point(108.4 + n % 100 * 0.001, 11.9 + n / 100 * 0.001), 4326) END
FROM generate_series(1, :n) n
"""


@dataclass(frozen=True)
class Api:
    """The server's address, and an account's name and token."""

    root: str
    name: str
    token: str

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.root, auth=(self.name, self.token), timeout=60)

    @property
    def header(self) -> str:
        pair = base64.b64encode(f"{self.name}:{self.token}".encode()).decode()
        return f"Authorization: Basic {pair}"


@pytest.fixture(scope="module")
def as_(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[Callable[[str], Api]]:
    """`as_("gis")`: the API as that account asks it."""
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def asked_by(name: str) -> Api:
        with worker.begin() as connection:
            return Api(
                f"http://127.0.0.1:{server.port}/ogc",
                name,
                personal_tokens.create(connection, getattr(world, name), "API"),
            )

    yield asked_by
    server.shutdown()
    for key in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[key].dispose()


@pytest.fixture
def filled(worker: Engine) -> Callable[[int], None]:
    """Puts exactly so many sites into the layer, every tenth without a place."""

    def put(n: int) -> None:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM religious_sites"))
            connection.execute(text(MAKE), {"n": n})

    return put


def _ogrinfo(api: Api, *more: str) -> str:
    command = ["ogrinfo", "-ro", "-q", *more, "--config", "GDAL_HTTP_HEADERS", api.header, f"OAPIF:{api.root}"]
    return subprocess.run([*command, SITES.key], check=True, capture_output=True, text=True, timeout=300).stdout


@pytest.mark.parametrize("n", [0, 1, PAGE - 1, PAGE, PAGE + 1, 10_001])
def test_every_client_gets_exactly_as_many_as_there_are(
    as_: Callable[[str], Api], filled: Callable[[int], None], n: int
) -> None:
    api = as_("gis")
    filled(n)
    listed = _ogrinfo(api)
    ids = set(re.findall(r"^\s*id \(String\) = (.+)$", listed, re.MULTILINE))
    assert listed.count("OGRFeature(") == n == len(ids)
    newer = _newer(api, SITES.key)
    assert newer["rows"] == n
    if n:
        assert newer["empty"] == n // 10
        assert set(newer["names"]) == {f"Chùa số {i}" for i in range(1, n + 1)}
    owslib, found, after = Features(api.root, auth=Authentication(api.name, api.token)), [], {}
    while True:
        page = owslib.collection_items(SITES.key, limit=PAGE, **after)
        found += [each["id"] for each in page["features"]]
        if not after:
            assert page["numberMatched"] == n
        following = [each["href"] for each in page["links"] if each["rel"] == "next"]
        if not following:
            break
        after = {"after": httpx.URL(following[0]).params["after"]}
    assert len(found) == len(set(found)) == n
    assert not ids or ids == set(found)


def _newer(api: Api, key: str) -> dict[str, Any]:
    """What pyogrio reads, in a process of its own: in ours its GDAL would keep the server waiting."""
    script = (
        "import json, sys, pyogrio; d = pyogrio.read_dataframe('OAPIF:' + sys.argv[1], layer=sys.argv[2]);"
        "print(json.dumps({'rows': len(d), 'names': list(d.get('name', [])),"
        " 'empty': int(d.geometry.isna().sum()) if len(d) and 'geometry' in d else 0}))"
    )
    settings = {"GDAL_HTTP_USERPWD": f"{api.name}:{api.token}", "GDAL_HTTP_AUTH": "BASIC"}
    command = [sys.executable, "-c", script, api.root, key]
    said = subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True, timeout=120).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def test_every_layer_is_a_collection_that_gdal_reads(as_: Callable[[str], Api], worker: Engine, world: World) -> None:
    api = as_("gis")
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(text(f"DELETE FROM {layer.key}"))
            connection.execute(insert(layer.table), feature(layer, world.communes[0]))
    for layer in CATALOGUE:
        assert _newer(api, layer.key)["rows"] == 1
        with api.http as client:
            schema = client.get(f"/collections/{layer.key}/queryables").json()
            (one,) = client.get(f"/collections/{layer.key}/items").json()["features"]
        assert set(one["properties"]) == (set(schema["properties"]) - {"geometry"}) | {
            field.key for field in layer.leaving if field.kind == "choices"
        }


def test_positions_in_the_provinces_zone_are_those_of_the_official_formula(
    as_: Callable[[str], Api], worker: Engine, world: World
) -> None:
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM religious_sites"))
        connection.execute(insert(SITES.table), feature(SITES, world.communes[0]))
        x, y = connection.execute(
            text("SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(geom, 905899) AS g FROM religious_sites) t")
        ).one()
    with as_("gis").http as client:
        zones = client.get(f"/collections/{SITES.key}").json()["crs"]
        assert "http://www.opengis.net/def/crs/EPSG/0/5899" in zones
        answer = client.get(f"/collections/{SITES.key}/items", params={"crs": zones[1]})
        assert answer.headers["Content-Crs"] == f"<{zones[1]}>"
        (one,) = answer.json()["features"]
        assert one["geometry"]["coordinates"] == pytest.approx([x, y], abs=0.001)
        box = f"{x - 5},{y - 5},{x + 5},{y + 5}"
        inside = client.get(f"/collections/{SITES.key}/items", params={"bbox": box, "bbox-crs": zones[1]}).json()
        assert inside["numberMatched"] == 1
        away = f"{x + 5000},{y - 5},{x + 5010},{y + 5}"
        outside = client.get(f"/collections/{SITES.key}/items", params={"bbox": away, "bbox-crs": zones[1]}).json()
        assert outside["numberMatched"] == 0


@pytest.mark.parametrize(
    ("asked", "n"),
    [
        ({"filter": "name = 'Chùa số 7'"}, 1),
        ({"filter": "name LIKE 'Chùa số 1_' OR (name IN ('Chùa số 5') AND NOT source IS NOT NULL)"}, 11),
        ({"filter": "CASEI(name) LIKE CASEI('CHÙA SỐ 9%')"}, 11),
        ({"filter": "observed_on BETWEEN DATE('2026-01-02') AND DATE('2026-01-04')"}, 3),
        ({"filter": '{"op":"<=","args":[{"property":"version"},1]}', "filter-lang": "cql2-json"}, 100),
        ({"filter": "S_INTERSECTS(geometry, BBOX(108.4005, 11.8, 108.4025, 12))"}, 2),
        ({"filter": "commune_code = 'none'"}, 0),
        ({"bbox": "108.4005,11.8,108.4025,12"}, 2),
        ({"bbox": "108.4005,11.8,108.4025,12", "filter": "name = 'Chùa số 1'"}, 1),
        ({"datetime": "2026-01-02/2026-01-04"}, 3),
        ({"datetime": "../2026-01-03"}, 2),
        ({"name": "Chùa số 7"}, 1),
        ({"tradition": "x' OR '1'='1"}, 0),
    ],
)
def test_what_is_asked_for_is_what_comes(
    as_: Callable[[str], Api], filled: Callable[[int], None], asked: dict[str, str], n: int
) -> None:
    filled(100)
    with as_("gis").http as client:
        answer = client.get(f"/collections/{SITES.key}/items", params={**asked, "limit": "2"})
        assert answer.status_code == 200, answer.text
        seen, page = [], answer.json()
        assert page["numberMatched"] == n
        while True:
            seen += [each["id"] for each in page["features"]]
            following = [each["href"] for each in page["links"] if each["rel"] == "next"]
            if not following:
                break
            page = client.get(following[0]).json()
    assert len(seen) == len(set(seen)) == n


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"}, {"limit": "x"}, {"bbox": "1,2,3"}, {"bbox": "1,2,3,nan"}, {"bbox": "1,5,3,2"}, {"nothing": "1"},
        {"datetime": "hôm qua"}, {"datetime": "2026-02-01/2026-01-01"}, {"crs": "EPSG:4756"}, {"filter": "name ="},
        {"filter": "what_happened = 'x'"}, {"filter": "name > 5"}, {"filter": "((((((((((((((name = 'x'"},
        {"filter": "[]", "filter-lang": "cql2-json"}, {"filter": "1", "filter-lang": "xpath"}, {"after": "x"},
        {"filter": '{"op":"pg_sleep","args":[5]}', "filter-lang": "cql2-json"},
        {"filter": "name = '" + "x" * 9000 + "'"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(as_: Callable[[str], Api], asked: dict[str, str]) -> None:
    with as_("gis").http as client:
        answer = client.get(f"/collections/{SITES.key}/items", params=asked)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("query_invalid", "filter_invalid")


def test_a_commune_gets_its_own_and_nobody_gets_words_of_reports(
    as_: Callable[[str], Api], filled: Callable[[int], None], worker: Engine, world: World
) -> None:
    filled(90)
    reports = named("situation_reports")
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM situation_reports"))
        connection.execute(insert(reports.table), feature(reports, world.communes[0], what_happened="BÍ MẬT RIÊNG"))
    with as_("field").http as client:
        page = client.get(f"/collections/{SITES.key}/items", params={"limit": "1000", "bbox": "100,8,115,24"}).json()
        own = client.get(f"/collections/{SITES.key}/items", params={"limit": "1000"}).json()
    with worker.connect() as connection:
        in_own = connection.scalar(text("SELECT count(*) FROM religious_sites WHERE commune_id = 11"))
        foreign = connection.scalar(text("SELECT id::text FROM religious_sites WHERE commune_id = 12 LIMIT 1"))
    assert own["numberMatched"] == len(own["features"]) == in_own
    assert page["numberMatched"] == sum(each["geometry"] is not None for each in own["features"])
    with as_("field").http as client:
        assert client.get(f"/collections/{SITES.key}/items/{foreign}").status_code == 404
        assert client.get("/collections/restricted_reports/items").status_code == 404
    with as_("officer").http as client:
        told = client.get("/collections/situation_reports/items")
        assert told.json()["numberMatched"] == 1
        assert "RIÊNG" not in told.text
        assert client.get("/collections/situation_reports/items", params={"what_happened": "x"}).status_code == 400


def test_reads_are_audited_once_and_nobody_unknown_gets_in(
    as_: Callable[[str], Api], filled: Callable[[int], None], worker: Engine, world: World
) -> None:
    filled(3)
    api = as_("leader")
    count = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = :layer AND account_id = :id")
    who = {"layer": SITES.key, "id": world.leader}
    with worker.connect() as connection:
        before = connection.scalar(count, who)
    with api.http as client:
        for _ in range(3):
            client.get(f"/collections/{SITES.key}/items")
    with worker.connect() as connection:
        assert connection.scalar(count, who) == (before or 0) + 1
    for path in ("/", "/collections", f"/collections/{SITES.key}/items", "/api"):
        assert httpx.get(api.root + path).status_code == 401


def test_the_description_names_every_address_and_each_answers(as_: Callable[[str], Api]) -> None:
    with as_("gis").http as client:
        described: dict[str, Any] = json.loads(client.get("/api").text)
        for path in described["paths"]:
            if "{featureId}" in path:
                continue
            assert client.get(path.replace("{collectionId}", SITES.key)).status_code == 200
        for each in client.get("/").json()["links"]:
            assert client.get(each["href"]).status_code == 200


def test_small_numbers_of_people_are_neither_told_nor_found(
    as_: Callable[[str], Api], worker: Engine, world: World
) -> None:
    profiles = named("hamlet_profiles")
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM hamlet_profiles"))
        connection.execute(insert(profiles.table), feature(profiles, world.communes[0], households=7))
    with as_("gis").http as client:
        (one,) = client.get("/collections/hamlet_profiles/items").json()["features"]
        assert one["properties"]["households"] is None
        for guess in ("households = 7", "households < 20", "NOT households IS NULL"):
            found = client.get("/collections/hamlet_profiles/items", params={"filter": guess}).json()
            assert (found["numberMatched"], found["features"]) == (0, []), guess
        assert client.get("/collections/hamlet_profiles/items", params={"households": "7"}).json()["features"] == []
        (again,) = client.get("/collections/hamlet_profiles/items", params={"filter": "households IS NULL"}).json()[
            "features"
        ]
        assert again["id"] == one["id"]
