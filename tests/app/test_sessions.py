"""Everything is closed unless it says it is open, and a session is what it should be."""

import re
import time
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.routing import Rule

from app import create_app, sessions
from app.config import Config
from app.roles import Urls
from tests.app.conftest import NAMES, PASSWORD, csrf
from tests.world import World

OPEN = {
    "assets.static", "health.lives", "health.ready", "health.metrics", "language.choose",
    "sign_in.form", "sign_in.enter", "sign_in.code_form", "sign_in.code_enter", "sign_in.leave",
    "sign_in_provider.leave", "sign_in_provider.back",
    "survey.webmanifest", "survey.shell", "survey.worker",
}  # fmt: skip


def _address(rule: Rule) -> str:
    made = re.sub(r"<uuid:[^>]+>", str(uuid.UUID(int=7)), rule.rule)
    made = re.sub(r"<(int|float)[^>]*>", "7", made)
    made = re.sub(r"<any\((\w+)[^>]*>", r"\1", made)
    return re.sub(r"<[^>]+>", "x", made)


def test_every_endpoint_is_closed_but_the_listed_ones(site: Flask, browser: Callable[..., FlaskClient]) -> None:
    asked = 0
    for rule in site.url_map.iter_rules():
        if rule.endpoint in OPEN:
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = browser().open(_address(rule), method=method)
            to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
            assert answer.status_code == 401 or to_sign_in, f"{method} {rule.rule} answered {answer.status_code}"
            asked += 1
    assert asked > 20


def test_only_the_listed_endpoints_say_they_are_open(site: Flask) -> None:
    open_ones = {rule.endpoint for rule in site.url_map.iter_rules() if sessions.is_open(site, rule.endpoint)}
    assert open_ones == OPEN


@pytest.mark.parametrize("name", NAMES)
def test_every_role_comes_home_and_every_link_of_its_menu_opens(browser: Callable[..., FlaskClient], name: str) -> None:
    client = browser(name)
    home = client.get("/")
    assert home.status_code == 200
    assert "Xã Đắk Mil" in home.text if name == "field" else "Tỉnh Lâm Đồng" in home.text
    menu = home.text.split("<nav", 1)[1].split("</nav>", 1)[0]
    for path in re.findall(r'href="([^"]+)"', menu):
        assert client.get(path).status_code == 200, path


def test_a_role_is_kept_out_of_other_roles_screens(browser: Callable[..., FlaskClient]) -> None:
    for name in ("field", "leader", "gis", "admin"):
        answer = browser(name).get("/review/")
        assert answer.status_code == 403
        assert "không có quyền" in answer.text


def test_the_cookie_is_closed_to_scripts_and_other_sites(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    token = csrf(client.get("/login").text)
    answer = client.post("/login", data={"username": "officer", "password": PASSWORD, "csrf_token": token})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie  # on localhost without https it would never come back


def test_over_https_the_cookie_is_secure_and_the_browser_told_to_stay(cluster: Config, urls: Urls) -> None:
    public = Config(home=cluster.home, url="https://diaban.example.vn")
    web = create_app(public, urls)
    answer = web.test_client().get("/login", base_url="https://diaban.example.vn")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    web.extensions["diaban_engine"].dispose()


def test_signing_out_ends_a_copied_cookie_too(site: Flask, browser: Callable[..., FlaskClient]) -> None:
    client, thief = browser("officer"), browser()
    copied = client.get_cookie("diaban")
    assert copied is not None
    thief.set_cookie("diaban", copied.value)
    assert thief.get("/").status_code == 200
    client.post("/logout", data={"csrf_token": csrf(client.get("/").text)})
    assert client.get("/").status_code == 302
    assert thief.get("/").status_code == 302


def test_a_session_ends_by_itself(site: Flask, browser: Callable[..., FlaskClient], owner: Engine) -> None:
    office, phone = browser("officer"), browser("field")
    with owner.begin() as connection:
        hours = connection.execute(
            text("SELECT account_id, extract(epoch FROM expires_at - now()) / 3600 FROM sign_ins ORDER BY created_at")
        )
        lasts = {account: round(left) for account, left in hours}
        connection.execute(text("UPDATE sign_ins SET expires_at = now()"))
    assert (lasts[2], lasts[1]) == (12, 14 * 24)
    site.extensions["diaban_known"].forget()
    assert office.get("/").status_code == phone.get("/").status_code == 302


def test_a_disabled_account_is_out_once_what_is_remembered_runs_out(
    site: Flask, browser: Callable[..., FlaskClient], worker: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser("officer")
    assert client.get("/").status_code == 200
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = false WHERE id = :id"), {"id": world.officer})
    now = time.monotonic()
    monkeypatch.setattr("app.credentials.time.monotonic", lambda: now + 31)
    assert client.get("/").status_code == 302
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = true WHERE id = :id"), {"id": world.officer})


def test_rights_taken_away_count_within_half_a_minute(
    site: Flask, machine: Callable[..., FlaskClient], worker: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = machine("answering")
    with site.test_request_context("/", headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}):
        assert sessions.actor().reads_restricted
    with worker.begin() as connection:
        connection.execute(text("UPDATE special_verbs SET granted_on = current_date - 366, expires_on = current_date"))
    now = time.monotonic()
    try:
        with monkeypatch.context() as patch:
            patch.setattr("app.credentials.time.monotonic", lambda: now + 31)
            with site.test_request_context("/", headers={"Authorization": client.environ_base["HTTP_AUTHORIZATION"]}):
                assert not sessions.actor().reads_restricted
    finally:
        with worker.begin() as connection:
            connection.execute(
                text("UPDATE special_verbs SET granted_on = current_date, expires_on = current_date + 300")
            )
        site.extensions["diaban_known"].forget()


def test_the_database_session_is_the_actors_and_ends_with_the_request(
    site: Flask, machine: Callable[..., FlaskClient]
) -> None:
    header = {"Authorization": machine("field").environ_base["HTTP_AUTHORIZATION"]}
    for _ in range(30):  # more often than the pool has connections
        with site.test_request_context("/", headers=header):
            found = sessions.session().scalar(text("SELECT current_setting('app.commune')"))
            assert found == "11"
    with site.extensions["diaban_engine"].connect() as connection:
        assert connection.scalar(text("SELECT nullif(current_setting('app.commune', true), '')")) is None
    assert site.extensions["diaban_engine"].pool.checkedout() == 0


def test_what_is_not_committed_is_gone(site: Flask, machine: Callable[..., FlaskClient], worker: Engine) -> None:
    header = {"Authorization": machine("officer").environ_base["HTTP_AUTHORIZATION"]}
    before = _sign_in_failures(worker)
    with site.test_request_context("/", headers=header):
        sessions.session().execute(text("INSERT INTO sign_in_failures (who) VALUES ('not kept')"))
    assert _sign_in_failures(worker) == before
    with site.test_request_context("/", headers=header):
        sessions.session().execute(text("INSERT INTO sign_in_failures (who) VALUES ('kept')"))
        sessions.commit()
    assert _sign_in_failures(worker) == before + 1


def _sign_in_failures(worker: Engine) -> int:
    with worker.begin() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM sign_in_failures")) or 0)


def test_a_form_without_the_pages_token_is_refused(browser: Callable[..., FlaskClient]) -> None:
    client = browser("officer")
    for path in ("/account/tokens", "/account/password", "/logout", "/login"):
        answer = client.post(path, data={"current": PASSWORD, "label": "x"})
        assert answer.status_code == 400, path
        assert 'data-code="csrf"' in answer.text
