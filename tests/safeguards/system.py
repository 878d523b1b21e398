"""The whole system in one process, on a database and home of its own: people by token, background work done at once."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, Row, create_engine, text

from app import cluster_programs, create_app, embedded, jobs, personal_tokens
from app.config import Config
from app.roles import Urls
from geodata import tiles
from surveys import applying, form_versions, media, sealing
from surveys.form_definition import Definition
from tests import world as worlds
from tests.app import phone
from tests.conftest import migrate, new_database
from tests.world import KNOWN

NAMES = ("field", "officer", "answering", "leader", "gis", "admin")
ANYBODY: tuple[str | None, ...] = (None, *NAMES)
SEAL_KEY = b"a key of the tests"


@dataclass
class System:
    """One running copy; `home` is its own, the cluster is the tests'."""

    cluster: Config
    home: Path
    urls: Urls
    worker: Engine
    web: Flask
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        found: Config = self.web.extensions["diaban_config"]
        return found

    def client(self, name: str | None) -> FlaskClient:
        """Somebody's machine, or with None somebody's who has no account."""
        client = self.web.test_client()
        if name is not None:
            pair = base64.b64encode(f"{name}:{self.tokens[name]}".encode()).decode()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Basic {pair}"
        return client

    def rows(self, sql: str, **given: Any) -> list[Row[Any]]:
        """As the background role, which sees every row."""
        with self.worker.connect() as connection:
            return list(connection.execute(text(sql), given).all())

    def form(self, key: str) -> Definition:
        with self.worker.connect() as connection:
            return phone.form(connection, key)

    def settle(self) -> None:
        """All that the background process would do about what is there."""
        while applying.apply_batch(self.worker):
            pass
        while media.clean_batch(self.worker, self.home):
            pass
        tiles.refresh_all(self.worker)
        sealing.seal(self.worker, SEAL_KEY, self.home / "seals.log")

    def approve(self, name: str, instance: str, *photos: str) -> str:
        """The reviewer of that name approves what a submission became; the proposal's id."""
        (found,) = self.rows("SELECT id FROM proposals WHERE submission_id = :i", i=instance)
        # Pages of a token need no CSRF mark: no browser sends tokens by itself.
        answer = self.client(name).post(f"/review/{found.id}", data={"decision": "approve", "photo": list(photos)})
        assert answer.status_code == 302, answer.text
        tiles.refresh_all(self.worker)
        return str(found.id)

    def exported(self, name: str, layer: str) -> str:
        """The id of an export that somebody asked for and the background process made."""
        answer = self.client(name).post("/api/exports", json={"layer": layer, "purpose": "Đối chiếu thực địa"})
        assert answer.status_code == 202, answer.text
        id_ = str(answer.json["id"])
        jobs.run(self.config, self.urls, self.worker, uuid.UUID(id_))
        state = self.client(name).get(f"/api/jobs/{id_}").json["state"]
        assert state == "done", state
        return id_

    def reported(self, name: str, subject: str, period: str) -> tuple[int, str]:
        """A report that somebody began, with its figures and its Word file: its id, and the file's job."""
        given = {"subject": subject, "period": period, "layout": "party", "basis": "measured"}
        answer = self.client(name).post("/reports/", data=given)
        assert answer.status_code == 303, answer.text
        report = int(answer.headers["Location"].rsplit("/", 1)[1])
        self._last_job()
        assert self.client(name).post(f"/reports/{report}/file").status_code == 303
        return report, self._last_job()

    def _last_job(self) -> str:
        (row,) = self.rows("SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1")
        jobs.run(self.config, self.urls, self.worker, row.id)
        (row,) = self.rows("SELECT id, state, error FROM jobs WHERE id = :id", id=row.id)
        assert row.state == "done", row.error
        return str(row.id)

    def dump(self) -> str:
        """Everything in the database, as its superuser would back it up."""
        admin = embedded.address(self.cluster)
        assert admin is not None
        program = cluster_programs.find(self.cluster.cluster / "data").folder / "pg_dump"
        where = ["-h", str(admin.host), "-p", str(admin.port), "-U", admin.user, "-d", self.worker.url.database or ""]
        environment = {**os.environ, "PGPASSWORD": admin.password}
        done = subprocess.run([program, *where], env=environment, check=True, capture_output=True, text=True)
        return done.stdout


@contextmanager
def new(cluster: Config, name: str) -> Iterator[System]:
    """The small world without any rows, every form live."""
    urls = new_database(cluster, f"diaban_test_{name}_{uuid.uuid4().hex[:8]}")
    migrate(urls.owner)
    worker = create_engine(urls.worker)
    home = Path(tempfile.mkdtemp(prefix="diaban-safeguards-"))
    worlds.build(worker)
    with worker.begin() as connection:
        form_versions.publish(connection)
        tokens = {who: personal_tokens.create(connection, getattr(KNOWN, who), "tests") for who in NAMES}
    web = create_app(Config(home=home), urls)
    try:
        yield System(cluster, home, urls, worker, web, tokens)
    finally:
        for key in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
            web.extensions[key].dispose()
        worker.dispose()
        shutil.rmtree(home, ignore_errors=True)


def plain(facts: Any) -> str:
    """Rows as text, for looking things up in them."""
    return json.dumps([[str(value) for value in row] for row in facts], ensure_ascii=False)
