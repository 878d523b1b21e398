"""An export between asking and fetching: rights taken away, processes killed, cancelled, swept after seven days."""

import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app import exporting, jobs
from app.config import Config
from app.roles import Urls
from tests.app.exports import Machine, asks, audited, ended, state


@pytest.mark.parametrize(
    "revoke", ["UPDATE accounts SET role = 'leader' WHERE id = 5", "UPDATE accounts SET active = false WHERE id = 5"]
)
def test_rights_taken_between_asking_and_running_count(
    exportable: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config,
    revoke: str,
) -> None:  # fmt: skip
    gis = machine("gis")
    gis.get("/account/")
    id_ = asks(gis).rsplit("/", 1)[1]
    with worker.begin() as connection:
        connection.execute(text(revoke))
    try:
        working()
        job = state(worker, id_, "failed")
        assert job.error["code"] in ("forbidden", "job_rights_lost")
        assert job.result is None
        assert not (cluster.exports / id_).exists()
        assert not audited(worker, "export", id_)
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE accounts SET role = 'gis', active = true WHERE id = 5"))


def test_a_scope_made_smaller_cuts_the_file_and_closes_older_ones(
    exportable: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine
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
    exportable: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config
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
    exportable: None, no_jobs: None, working: Callable[[], None], machine: Machine, worker: Engine, cluster: Config,
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
    exportable: None, no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls
) -> None:
    id_ = asks(machine("gis")).rsplit("/", 1)[1]
    jobs.run(cluster, urls, worker, uuid.UUID(id_), stopping=lambda: True)
    assert state(worker, id_, "running").result is None
    jobs.run(cluster, urls, worker, uuid.UUID(id_))
    assert state(worker, id_, "done").result["rows"] == 3


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
    exportable: None, no_jobs: None, machine: Machine, worker: Engine, cluster: Config, urls: Urls
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
