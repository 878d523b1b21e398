"""Imports over HTTP: sent, looked at by the real background thread, confirmed, approved by another, undone."""

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import importing, jobs
from app.config import Config
from app.roles import Urls
from tests.app.conftest import csrf
from tests.old_files import shapefile
from tests.world import World

Machine = Callable[..., FlaskClient]


@pytest.fixture
def clean(worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text(jobs.IN_QUEUE))
        for table in ("jobs", "procrastinate.procrastinate_jobs", "proposals", "imports", "religious_sites"):
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def working(cluster: Config, urls: Urls, clean: None) -> Iterator[None]:
    """The real job thread."""
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(cluster, urls, stop), daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two pagodas in TCVN3, one of them twice."""
    return shapefile(
        tmp_path / "chùa.zip",
        {
            "TEN": ["Chùa Linh Sơn", "Chùa Phước Huệ", "Chùa Linh Sơn"],
            "TON_GIAO": ["Phật giáo", "phat giao", "Phật giáo"],
            "LOAI": ["Chùa"] * 3,
            "TEN_XA": ["Đắk Mil"] * 3,
        },
        [shapely.Point(108.05, 11.95), shapely.Point(108.06, 11.96), shapely.Point(108.0501, 11.95)],
    )


def sends(client: FlaskClient, file: Path, layer: str = "religious_sites", **more: str) -> Any:
    data = {"layer": layer, "file": (io.BytesIO(file.read_bytes()), file.name), **more}
    return client.post("/api/imports", data=data, content_type="multipart/form-data")


def ended(client: FlaskClient, answer: Any, seconds: float = 60) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(answer.headers["Location"]).json
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def state(worker: Engine, id_: str, wanted: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with worker.connect() as connection:
            found = connection.execute(text("SELECT state, error FROM imports WHERE id = :id"), {"id": id_}).one()
        if found.state == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(tuple(found))


def test_a_file_goes_in_and_out_again(
    working: None, machine: Machine, browser: Machine, worker: Engine, cluster: Config, file: Path, world: World
) -> None:
    gis = machine("gis")
    job = ended(gis, sends(gis, file))
    assert (job["state"], job["result"]["state"]) == ("done", "ready"), job
    id_ = job["result"]["import"]
    told = gis.get(f"/api/imports/{id_}").json
    assert told["found"]["encoding"] == "tcvn3"
    assert told["report"]["counts"] | {} == {
        "create": 2, "update": 0, "conflict": 0, "unchanged": 0, "doubtful": 1, "remove": 0, "remove_changed": 0,
    }  # fmt: skip
    for other in ("officer", "leader", "admin", "field"):
        assert machine(other).get(f"/api/imports/{id_}").status_code == 404
        assert machine(other).post(f"/api/imports/{id_}", json={"decision": "confirm"}).status_code == 404

    page = browser("gis")
    seen = page.get(f"/exchange/imports/{id_}").text
    assert "Chùa Phước Huệ" in seen
    assert "TCVN3" in seen
    report = page.get(f"/exchange/imports/{id_}/bao_cao.csv")
    assert report.data.startswith(b"\xef\xbb\xbf")
    assert "trùng" in report.data.decode()

    job = ended(gis, gis.post(f"/api/imports/{id_}", json={"decision": "confirm"}))
    assert (job["state"], job["result"]["proposed"]) == ("done", 2), job
    folder = cluster.home / "imports" / id_
    assert {each.name for each in folder.iterdir()} == {"bao_cao.csv"}

    desk = browser("officer")
    listed = desk.get("/review/").text
    assert listed.count("data-import") == 1
    assert "Chùa Linh Sơn" not in listed
    shown = desk.get(f"/review/imports/{id_}").text
    assert "<svg" in shown
    token = csrf(shown)
    desk.post(f"/review/imports/{id_}", data={"decision": "approve", "csrf_token": token})
    state(worker, id_, "approved")
    with worker.connect() as connection:
        rows = connection.execute(text("SELECT commune_id, entered_by, confirmed_by FROM religious_sites")).all()
        verbs = connection.scalars(
            text("SELECT verb FROM audit WHERE detail ->> 'import' = :id ORDER BY id"), {"id": id_}
        ).all()
    assert [tuple(row) for row in rows] == [(11, world.gis, world.officer)] * 2
    assert verbs == ["import", "approve_import"]
    desk.post(f"/review/imports/{id_}", data={"decision": "undo", "csrf_token": token})
    state(worker, id_, "undone")
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM religious_sites")) == 0
    assert "bỏ 2 dòng mới" in desk.get(f"/review/imports/{id_}").text


@pytest.mark.parametrize(
    ("name", "layer", "more", "status", "code"),
    [
        ("gis", "situation_reports", {}, 403, "forbidden"),
        ("gis", "restricted_reports", {}, 404, "not_found"),
        ("officer", "religious_sites", {}, 403, "forbidden"),
        ("field", "religious_sites", {}, 403, "forbidden"),
        ("leader", "religious_sites", {}, 403, "forbidden"),
        ("admin", "religious_sites", {}, 403, "forbidden"),
        ("gis", "religious_sites", {"choices": "[]"}, 422, "invalid_value"),
        ("gis", "religious_sites", {"choices": '{"document": {"sha256": "aa"}}'}, 422, "invalid_value"),
        ("gis", "religious_sites", {"choices": '{"source": "1"}'}, 422, "invalid_value"),
    ],
)
def test_what_may_not_come_in_is_refused_at_once_and_leaves_no_file(
    clean: None, machine: Machine, worker: Engine, cluster: Config, file: Path,
    name: str, layer: str, more: dict[str, str], status: int, code: str,
) -> None:  # fmt: skip
    before = set((cluster.home / "imports").glob("*/upload"))
    answer = sends(machine(name), file, layer, **more)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert set((cluster.home / "imports").glob("*/upload")) == before
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM imports")) == 0


def test_a_file_that_cannot_be_read_says_why_and_may_be_given_up(
    working: None, machine: Machine, browser: Machine, tmp_path: Path
) -> None:
    gis = machine("gis")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\x03\x04 nothing")
    job = ended(gis, sends(gis, bad))
    assert job["state"] == "failed"
    desk = browser("gis")
    page = desk.get("/exchange/imports/").text
    assert "Không nhận được" in page
    (id_,) = re.findall(r'href="/exchange/imports/([0-9a-f-]{36})"', page)
    shown = desk.get(f"/exchange/imports/{id_}").text
    assert job["error"]["title"] in shown
    assert gis.post(f"/api/imports/{id_}", json={"decision": "confirm"}).status_code == 409
    assert gis.post(f"/api/imports/{id_}", json={"decision": "withdraw"}).json["state"] == "withdrawn"


def test_what_nobody_confirmed_for_a_week_goes(
    clean: None, machine: Machine, worker: Engine, cluster: Config, file: Path
) -> None:
    assert sends(machine("gis"), file).status_code == 202
    with worker.begin() as connection:
        id_ = connection.scalar(text("UPDATE imports SET created_at = now() - interval '8 days' RETURNING id"))
    assert importing.clean(cluster, worker) == 1
    assert not (cluster.home / "imports" / str(id_)).exists()


def test_only_those_who_import_have_the_page(browser: Machine) -> None:
    assert browser("gis").get("/exchange/imports/").status_code == 200
    for name in ("officer", "leader", "field", "admin"):
        assert browser(name).get("/exchange/imports/").status_code == 403
