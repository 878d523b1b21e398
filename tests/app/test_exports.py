"""Exports over HTTP: asked, made by the real background thread, fetched by nobody but who asked."""

import re
import uuid
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from tests.app.conftest import csrf
from tests.app.exports import PURPOSE, Machine, asks, audited, ended
from tests.world import World


def test_an_export_is_made_and_fetched_by_its_owner_alone(
    exportable: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, world: World
) -> None:
    working()
    gis = machine("gis")
    job = ended(gis, asks(gis))
    assert job["state"] == "done", job["error"]
    assert (job["progress"], job["result"]["rows"], job["result"]["written"]) == (1.0, 3, 3)
    answer = gis.get(job["result"]["download"], buffered=True)
    assert answer.headers["Content-Disposition"].endswith("hamlet_profiles_VN2000_10745.zip")
    assert "private" in answer.headers["Cache-Control"]
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert "hamlet_profiles_VN2000_10745.dbf" in archive.namelist()
        assert PURPOSE in archive.read("bao_cao.txt").decode("utf-8-sig")
    part = gis.get(job["result"]["download"], headers={"Range": "bytes=100-199"}, buffered=True)
    assert (part.status_code, part.data) == (206, answer.data[100:200])
    mark = answer.headers["ETag"]
    same = {"Range": "bytes=100-", "If-Range": mark}
    rest = gis.get(job["result"]["download"], headers=same, buffered=True)
    assert (rest.status_code, rest.data) == (206, answer.data[100:])
    other = {"Range": "bytes=100-", "If-Range": '"another file"'}
    assert gis.get(job["result"]["download"], headers=other, buffered=True).data == answer.data
    assert gis.get(job["result"]["download"], headers={"If-None-Match": mark}).status_code == 304
    (row,) = audited(worker, "export", job["id"])
    assert (row.account_id, row.layer, row.purpose) == (world.gis, "hamlet_profiles", PURPOSE)
    assert (row.detail["rows"], row.detail["epsg"]) == (3, 5899)
    assert len(audited(worker, "download", job["id"])) == 5  # each time anything was asked of it
    for other in ("officer", "leader", "admin", "field"):
        assert machine(other).get(job["result"]["download"]).status_code == 404
        assert machine(other).get(f"/api/jobs/{job['id']}").status_code == 404
    assert machine().get(job["result"]["download"]).status_code in (302, 401)


def test_several_layers_are_one_file_and_each_is_in_the_audit(
    exportable: None, no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls
) -> None:
    gis = machine("gis")
    asked = {
        "layers": ["hamlet_profiles", "community_models"], "format": "gpkg", "epsg": 9218, "unit": 12,
        "columns": {"hamlet_profiles": ["TEN"]}, "purpose": PURPOSE,
    }  # fmt: skip
    answer = gis.post("/api/exports", json=asked)
    assert answer.status_code == 202, answer.text
    jobs.run(cluster, urls, worker, uuid.UUID(answer.json["id"]))
    made = gis.get(answer.headers["Location"]).json["result"]
    assert made["file"] == "2_lop_VN2000_10830_gpkg.zip"
    assert (made["layers"], made["format"], made["epsg"]) == (asked["layers"], "gpkg", 9218)
    assert (made["rows"], made["written"]) == (2, 2)
    with zipfile.ZipFile(BytesIO(gis.get(made["download"], buffered=True).data)) as archive:
        assert "2_lop_VN2000_10830_gpkg.gpkg" in archive.namelist()
        dictionary = archive.read("truong.csv").decode("utf-8-sig")
    assert {line.rsplit(",", 1)[1] for line in dictionary.splitlines()[1:]} == set(asked["layers"])
    rows_of = audited(worker, "export", answer.json["id"])
    assert [(row.layer, row.purpose, row.detail["rows"], row.detail["format"]) for row in rows_of] == [
        (layer, PURPOSE, 1, "gpkg") for layer in asked["layers"]
    ]


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("gis", {"layer": "restricted_reports", "purpose": PURPOSE}, 404, "not_found"),
        ("gis", {"layer": "units", "purpose": PURPOSE}, 404, "not_found"),
        ("gis", {"layer": "hamlet_profiles", "purpose": "   "}, 422, "purpose_needed"),
        ("gis", {"layer": "hamlet_profiles"}, 422, "purpose_needed"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "epsg": 3857}, 422, "zone_unknown"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "format": "tab"}, 422, "export_format_unknown"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "filter": "password = 'x'"}, 400, "filter_invalid"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "state": "mo"}, 422, "invalid_value"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "unit": 21}, 404, "not_found"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "from": "1/2/2026"}, 422, "invalid_value"),
        ("gis", {"layers": [], "purpose": PURPOSE}, 422, "invalid_value"),
        ("gis", {"layers": ["hamlet_profiles", 5], "purpose": PURPOSE}, 422, "invalid_value"),
        ("gis", {"layers": ["situation_reports", "religious_sites"], "purpose": PURPOSE}, 403, "incompatible_layers"),
        ("gis", {"layers": ["minority_areas", "situation_reports"], "purpose": PURPOSE}, 403, "incompatible_layers"),
        ("officer", {"layers": ["hamlet_profiles", "religious_sites"], "purpose": PURPOSE}, 403, "forbidden"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "epsg": 6956}, 422, "zone_deprecated"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "epsg": "5899"}, 422, "invalid_value"),
        ("gis", {"layer": "hamlet_profiles", "purpose": PURPOSE, "where": "1=1"}, 422, "invalid_value"),
        ("gis", ["hamlet_profiles"], 422, "invalid_value"),
        ("officer", {"layer": "religious_sites", "purpose": PURPOSE}, 403, "forbidden"),
        ("officer", {"layer": "minority_areas", "purpose": PURPOSE}, 403, "forbidden"),
        ("leader", {"layer": "hamlet_profiles", "purpose": PURPOSE}, 403, "forbidden"),
        ("field", {"layer": "hamlet_profiles", "purpose": PURPOSE}, 403, "forbidden"),
        ("admin", {"layer": "hamlet_profiles", "purpose": PURPOSE}, 403, "forbidden"),
    ],
)
def test_what_may_not_leave_is_refused_at_once(
    no_jobs: None, machine: Machine, worker: Engine, name: str, body: Any, status: int, code: str
) -> None:
    answer = machine(name).post("/api/exports", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 0


def test_a_person_named_in_the_purpose_is_masked(no_jobs: None, machine: Machine, worker: Engine) -> None:
    asked = machine("gis").post(
        "/api/exports", json={"layer": "hamlet_profiles", "purpose": "Gửi ông Nguyễn Văn An, 0912 345 678"}
    )
    assert asked.status_code == 202
    with worker.connect() as connection:
        kept = connection.scalar(text("SELECT purpose FROM jobs"))
    assert "0912" not in kept
    assert "Nguyễn Văn An" not in kept


def test_the_page_asks_watches_and_hands_out(
    exportable: None, no_jobs: None, browser: Machine, worker: Engine, cluster: Config, urls: Urls
) -> None:
    person = browser("gis")
    page = person.get("/exchange/").text
    assert "Hồ sơ thôn" in page
    assert "107°45" in page
    assert "108°30" in page  # the zone of a former province, by name
    refused = person.post("/exchange/", data={"layers": "hamlet_profiles", "purpose": PURPOSE})
    assert refused.status_code == 400  # no token
    form = {"layers": "hamlet_profiles", "epsg": "", "purpose": "<b>x</b> rà soát", "csrf_token": csrf(page)}
    assert person.post("/exchange/", data=form).status_code == 303
    waiting = person.get("/exchange/jobs").text
    assert 'hx-trigger="every 1s"' in waiting
    assert "<b>x</b>" not in waiting
    with worker.connect() as connection:
        id_ = connection.scalar(text("SELECT id FROM jobs"))
    jobs.run(cluster, urls, worker, id_)
    done = person.get("/exchange/jobs").text
    assert "hx-trigger" not in done
    assert f"/exchange/files/{id_}.zip" in done
    assert person.get(f"/exchange/files/{id_}.zip", buffered=True).status_code == 200


@pytest.mark.parametrize("name", ["leader", "field", "admin"])
def test_the_page_is_for_those_who_may_export(browser: Machine, name: str) -> None:
    assert browser(name).get("/exchange/").status_code == 403


def test_the_description_names_every_address_that_is_served(machine: Machine) -> None:
    gis = machine("gis")
    described = gis.get("/api/openapi.json").json
    assert described["openapi"].startswith("3.1")
    served = {
        re.sub(r"<uuid:\w+>", "{}", rule.rule)
        for rule in gis.application.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.endpoint in ("exchange.file", "qgis.project")
    }
    assert served == {re.sub(r"{\w+}", "{}", path) for path in described["paths"]}
