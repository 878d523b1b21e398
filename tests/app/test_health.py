"""Liveness, readiness and figures."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import create_app
from app.config import Config
from app.roles import Urls
from app.routes import health
from tests.world import World


@pytest.fixture(autouse=True)
def nothing_waits(worker: Engine) -> None:
    """What other tests left waiting is no concern of these."""
    with worker.begin() as connection:
        connection.execute(text("UPDATE submissions SET state = 'applied' WHERE state = 'received'"))


def test_it_lives_and_is_ready(site: Flask) -> None:
    assert site.test_client().get("/healthz").text == "ok\n"
    answer = site.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"database": "ok", "queue": "ok", "disk": "ok"}


def test_it_lives_but_is_not_ready_without_its_database(cluster: Config, urls: Urls) -> None:
    nowhere = Urls(urls.owner, urls.web.rsplit(":", 1)[0] + ":1/nothing", urls.worker)
    client = create_app(cluster, nowhere).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"] == "does not answer"  # type: ignore[index]
    assert client.get("/metrics").text.endswith("diaban_database_up 0\n")
    signed = client.get("/account/", headers={"Authorization": "Bearer x", "Accept": "text/html"})
    assert signed.status_code == 503
    assert "tạm thời không trả lời" in signed.text


def test_a_queue_that_stands_still_is_not_ready(site: Flask, worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, sha256_received,"
                " sha256_kept, xml, code, received_at)"
                " VALUES ('stuck', 'f', '1', :me, 1, '', '', '', 'c', now() - interval '10 minutes')"
            ),
            {"me": world.field},
        )
    try:
        answer = site.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "oldest submission" in answer.json["queue"]  # type: ignore[index]
        figures = site.test_client().get("/metrics").text
        assert "diaban_submissions_waiting 1" in figures
        assert "diaban_submission_oldest_seconds 6" in figures
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM submissions WHERE instance_id = 'stuck'"))


def test_a_full_disk_is_not_ready(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FREE_MB", 10**12)
    assert site.test_client().get("/readyz").status_code == 503


def test_figures_are_for_this_machine_or_an_administrator(site: Flask, machine: Callable[..., FlaskClient]) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.5"}
    assert "diaban_up 1" in site.test_client().get("/metrics").text
    assert site.test_client().get("/metrics", environ_base=elsewhere).status_code in (302, 401)
    assert machine("gis").get("/metrics", environ_base=elsewhere).status_code == 404
    assert machine("admin").get("/metrics", environ_base=elsewhere).status_code == 200
    # A proxy nobody named makes everyone look local.
    assert site.test_client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.5"}).status_code in (302, 401)
