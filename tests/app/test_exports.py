"""Exports over HTTP: asked, made by the real background thread, fetched; rights are read again when a job runs."""

import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import exporting, jobs
from app.config import Config
from app.roles import Urls
from tests.app.conftest import csrf
from tests.rows import one_of_each
from tests.world import World

PURPOSE = "Rà soát quý III"
Machine = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def rows(worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        for table in ("hamlet_profiles", "situation_reports", "religious_sites"):
            connection.execute(text(f"DELETE FROM {table}"))
        one_of_each(connection, (*world.communes, world.other_commune))


@pytest.fixture
def no_jobs(worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text(jobs.IN_QUEUE))
        connection.execute(text("DELETE FROM jobs"))
        connection.execute(text("DELETE FROM procrastinate.procrastinate_jobs"))


@pytest.fixture
def working(cluster: Config, urls: Urls) -> Iterator[Callable[[], None]]:
    """Starts the real job thread when called; stopped at the end."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start() -> None:
        threads.append(threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()


def asks(client: FlaskClient, layer: str = "hamlet_profiles", **more: Any) -> str:
    answer = client.post("/api/exports", json={"layer": layer, "purpose": PURPOSE, **more})
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/api/jobs/{answer.json['id']}"
    return str(answer.headers["Location"])


def ended(client: FlaskClient, address: str, seconds: float = 30) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(address).json
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def audited(worker: Engine, verb: str, job: str) -> list[Any]:
    query = text("SELECT account_id, layer, purpose, detail FROM audit WHERE verb = :v AND detail ->> 'job' = :j")
    with worker.connect() as connection:
        return list(connection.execute(query, {"v": verb, "j": job}))


def test_an_export_is_made_and_fetched_by_its_owner_alone(
    rows: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, world: World
) -> None:
    working()
    gis = machine("gis")
    job = ended(gis, asks(gis))
    assert job["state"] == "done", job
    assert (job["progress"], job["result"]["rows"], job["result"]["written"]) == (1.0, 3, 3)
    answer = gis.get(job["result"]["download"], buffered=True)
    assert answer.headers["Content-Disposition"].endswith("hamlet_profiles_VN2000_10745.zip")
    assert "private" in answer.headers["Cache-Control"]
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert "hamlet_profiles_VN2000_10745.dbf" in archive.namelist()
        assert PURPOSE in archive.read("bao_cao.txt").decode("utf-8-sig")
    part = gis.get(job["result"]["download"], headers={"Range": "bytes=100-199"}, buffered=True)
    assert (part.status_code, part.data) == (206, answer.data[100:200])
    (row,) = audited(worker, "export", job["id"])
    assert (row.account_id, row.layer, row.purpose) == (world.gis, "hamlet_profiles", PURPOSE)
    assert (row.detail["rows"], row.detail["epsg"]) == (3, 5899)
    assert len(audited(worker, "download", job["id"])) == 1
    for other in ("officer", "leader", "admin", "field"):
        assert machine(other).get(job["result"]["download"]).status_code == 404
        assert machine(other).get(f"/api/jobs/{job['id']}").status_code == 404
    assert machine().get(job["result"]["download"]).status_code in (302, 401)


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


@pytest.mark.parametrize(
    "revoke", ["UPDATE accounts SET role = 'leader' WHERE id = 5", "UPDATE accounts SET active = false WHERE id = 5"]
)
def test_rights_taken_between_asking_and_running_count(
    rows: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config,
    revoke: str,
) -> None:  # fmt: skip
    gis = machine("gis")
    gis.get("/account/")
    id_ = asks(gis).rsplit("/", 1)[1]
    with worker.begin() as connection:
        connection.execute(text(revoke))
    try:
        working()
        job = _state(worker, id_, "failed")
        assert job.error["code"] in ("forbidden", "job_rights_lost")
        assert job.result is None
        assert not (cluster.exports / id_).exists()
        assert not audited(worker, "export", id_)
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET role = 'gis', active = true WHERE id = 5"))


def test_a_scope_made_smaller_cuts_the_file_and_closes_older_ones(
    rows: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine
) -> None:
    gis = machine("gis")
    working()
    whole = ended(gis, asks(gis))
    try:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET unit_id = 11 WHERE id = 5"))
        gis.application.extensions["diaban_known"].forget()
        cut = ended(gis, asks(gis))
        assert (whole["result"]["rows"], cut["result"]["rows"]) == (3, 1)
        assert gis.get(whole["result"]["download"]).status_code == 404
        assert gis.get(cut["result"]["download"], buffered=True).status_code == 200
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET unit_id = 1 WHERE id = 5"))
        gis.application.extensions["diaban_known"].forget()


def test_a_job_whose_process_was_killed_is_begun_again(
    rows: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config
) -> None:
    gis = machine("gis")
    begun, taken = asks(gis), asks(gis)
    left = cluster.exports / begun.rsplit("/", 1)[1]
    left.mkdir(parents=True)
    (left / "half.zip").write_bytes(b"half")
    with worker.begin() as connection:  # as a kill -9 leaves them: one begun, one only taken from the queue
        connection.execute(text(jobs.IN_QUEUE))
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        connection.execute(
            text("UPDATE jobs SET state = 'running', done = 1, total = 3, started_at = now() WHERE id = :id"),
            {"id": begun.rsplit("/", 1)[1]},
        )
    working()
    for address in (begun, taken):
        assert ended(gis, address)["state"] == "done"
    assert [file.name for file in left.iterdir()] == ["hamlet_profiles_VN2000_10745.zip"]


def test_a_cancelled_job_never_runs_or_ends_and_leaves_nothing(
    rows: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    gis = machine("gis")
    early = asks(gis)
    assert gis.post(f"{early}/cancel").json["state"] == "cancelled"
    reached, go = threading.Event(), threading.Event()
    write = exporting.exchange.write

    def slowly(*given: Any, **more: Any) -> Any:
        made = write(*given, **more)
        reached.set()
        assert go.wait(20)
        return made

    monkeypatch.setattr(exporting.exchange, "write", slowly)
    late = asks(gis)
    working()
    assert reached.wait(20)
    assert machine("officer").post(f"{late}/cancel").status_code == 404
    assert gis.post(f"{late}/cancel").json["state"] == "cancelled"
    go.set()
    last = ended(gis, asks(gis))  # the queue goes on
    assert last["state"] == "done"
    for address in (early, late):
        id_ = address.rsplit("/", 1)[1]
        assert gis.get(address).json["state"] == "cancelled"
        assert not (cluster.exports / id_).exists()
        assert not audited(worker, "export", id_)


def test_a_process_told_to_stop_leaves_the_job_for_the_next(
    rows: None, no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls
) -> None:
    id_ = asks(machine("gis")).rsplit("/", 1)[1]
    jobs.run(cluster, urls, worker, uuid.UUID(id_), stopping=lambda: True)
    assert _state(worker, id_, "running").result is None
    jobs.run(cluster, urls, worker, uuid.UUID(id_))
    assert _state(worker, id_, "done").result["rows"] == 3


def test_a_fault_is_told_without_its_innards(
    no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret path /x")

    monkeypatch.setattr(exporting.exchange, "write", broken)
    gis = machine("gis")
    address = asks(gis)
    jobs.run(cluster, urls, worker, uuid.UUID(address.rsplit("/", 1)[1]))
    job = gis.get(address).json
    assert (job["state"], job["error"]["code"]) == ("failed", "job_failed")
    assert "secret" not in json.dumps(job)


def test_old_files_are_forgotten_after_seven_days(
    rows: None, no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls
) -> None:
    gis = machine("gis")
    addresses = [asks(gis), asks(gis)]
    for address in addresses:
        jobs.run(cluster, urls, worker, uuid.UUID(address.rsplit("/", 1)[1]))
    old, new = (address.rsplit("/", 1)[1] for address in addresses)
    with worker.begin() as connection:
        connection.execute(text("UPDATE jobs SET finished_at = now() - interval '8 days' WHERE id = :id"), {"id": old})
    download = gis.get(addresses[0]).json["result"]["download"]
    assert jobs.clean(cluster, worker) == 1
    assert {folder.name for folder in cluster.exports.iterdir()} == {new}
    gone = gis.get(download, headers={"Accept": "application/json"})
    assert (gone.status_code, gone.json["code"], gone.json["facts"]) == (410, "export_swept", {"days": 7})
    assert "download" not in gis.get(addresses[0]).json["result"]
    assert gis.get(addresses[1]).json["result"]["download"]
    with worker.begin() as connection:
        connection.execute(text("UPDATE jobs SET finished_at = now() - interval '91 days' WHERE id = :id"), {"id": old})
    assert jobs.clean(cluster, worker) == 1
    assert gis.get(addresses[0]).status_code == 404
    assert gis.get(addresses[1]).status_code == 200


def test_the_page_asks_watches_and_hands_out(
    rows: None, no_jobs: None, browser: Machine, worker: Engine, cluster: Config, urls: Urls
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
        rule.rule.replace("<uuid:id_>", "{id}")
        for rule in gis.application.url_map.iter_rules()
        if rule.endpoint.startswith("api.") or rule.endpoint in ("exchange.file", "qgis.project")
    }
    assert served == set(described["paths"])


def _state(worker: Engine, id_: str, wanted: str, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        with worker.connect() as connection:
            row = connection.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": id_}).one()
        if row.state == wanted:
            return row
        assert time.monotonic() < deadline, row
        time.sleep(0.1)
