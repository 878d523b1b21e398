"""Asking for exports over HTTP, and looking at what became of them."""

import time
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

PURPOSE = "Rà soát quý III"
Machine = Callable[..., FlaskClient]


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


def state(worker: Engine, id_: str, wanted: str, seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        with worker.connect() as connection:
            row = connection.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": id_}).one()
        if row.state == wanted:
            return row
        assert time.monotonic() < deadline, row
        time.sleep(0.1)
