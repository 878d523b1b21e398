"""Machines sign in with personal tokens, never with a password."""

import base64
import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from tests.app.conftest import PASSWORD, csrf


def _basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def test_bearer_and_basic_both_open(machine: Callable[..., FlaskClient]) -> None:
    assert machine("gis").get("/account/").status_code == 200
    assert machine("gis", basic=True).get("/account/").status_code == 200


def test_neither_a_password_nor_another_accounts_name_opens(site: Flask, tokens: dict[str, str], quiet: None) -> None:
    client = site.test_client()
    for headers in (
        _basic("gis", PASSWORD),
        _basic("officer", tokens["gis"]),
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Digest x"},
        {"Authorization": "Bearer"},
    ):
        answer = client.get("/account/", headers=headers)
        assert answer.status_code == 401, headers


def test_a_wrong_token_does_not_fall_back_to_the_cookie(browser: Callable[..., FlaskClient]) -> None:
    client = browser("officer")
    assert client.get("/").status_code == 200
    for header in ("Bearer nonsense", "Bearer", "Digest x", "Basic !!!", "nonsense"):
        assert client.get("/", headers={"Authorization": header}).status_code == 401, header


def test_a_token_is_looked_up_once_in_half_a_minute(site: Flask, machine: Callable[..., FlaskClient]) -> None:
    site.extensions["diaban_known"].forget()
    seen: list[str] = []
    engine = site.extensions["diaban_engine"]

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        for _ in range(5):
            machine("gis").get("/account/two-steps")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sum("JOIN tokens" in statement for statement in seen) == 1


def test_a_token_is_shown_once_kept_as_hash_and_can_be_revoked(
    site: Flask, browser: Callable[..., FlaskClient], worker: Engine
) -> None:
    client = browser("leader")
    page = csrf(client.get("/account/").text)
    made = client.post(
        "/account/tokens", data={"csrf_token": page, "label": "máy thử", "days": "30", "current": PASSWORD}
    )
    found = re.search(r"diaban_[\w-]{43}", made.text)
    assert found is not None
    token = found.group()
    assert token not in client.get("/account/").text
    with worker.begin() as connection:
        kept = connection.execute(
            text("SELECT id, sha256, expires_on - current_date AS days FROM tokens WHERE label = 'máy thử'")
        ).one()
    assert token.encode() not in kept.sha256
    assert kept.days == 30
    bearer = {"Authorization": f"Bearer {token}"}
    assert site.test_client().get("/account/", headers=bearer).status_code == 200
    client.post(f"/account/tokens/{kept.id}/revoke", data={"csrf_token": page})
    assert site.test_client().get("/account/", headers=bearer).status_code == 401


def test_a_token_needs_the_password_and_nobody_revokes_anothers(
    site: Flask, browser: Callable[..., FlaskClient], worker: Engine, tokens: dict[str, str]
) -> None:
    client = browser("leader")
    page = csrf(client.get("/account/").text)
    wrong = client.post("/account/tokens", data={"csrf_token": page, "label": "x", "current": "sai-mat-khau"})
    assert wrong.status_code == 422
    assert "diaban_" not in wrong.text
    with worker.begin() as connection:
        anothers = connection.scalar(text("SELECT id FROM tokens WHERE account_id = 5 AND label = 'tests'"))
    assert client.post(f"/account/tokens/{anothers}/revoke", data={"csrf_token": page}).status_code == 404
    assert site.test_client().get("/account/", headers={"Authorization": f"Bearer {tokens['gis']}"}).status_code == 200


def test_an_expired_token_opens_nothing(site: Flask, worker: Engine, browser: Callable[..., FlaskClient]) -> None:
    from app import personal_tokens

    with worker.begin() as connection:
        token = personal_tokens.create(connection, 4, "old")
        connection.execute(text("UPDATE tokens SET expires_on = current_date WHERE label = 'old'"))
    assert browser().get("/account/", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_openrosa_by_cookie_needs_its_own_header(browser: Callable[..., FlaskClient]) -> None:
    client = browser("field")
    refused = client.get("/openrosa/formList")
    assert refused.status_code == 400
    assert 'code="openrosa_header_missing"' in refused.text
    assert client.get("/openrosa/formList", headers={"X-OpenRosa-Version": "1.0"}).status_code == 200


def test_openrosa_by_token_does_not(machine: Callable[..., FlaskClient]) -> None:
    assert machine("field", basic=True).get("/openrosa/formList").status_code == 200


def test_machines_are_asked_for_basic_browsers_fetches_are_not(browser: Callable[..., FlaskClient]) -> None:
    collect = browser().get("/openrosa/formList", headers={"X-OpenRosa-Version": "1.0"})
    assert collect.status_code == 401
    assert collect.headers["WWW-Authenticate"].startswith("Basic ")
    phone = browser().get("/openrosa/formList", headers={"Sec-Fetch-Mode": "cors", "X-OpenRosa-Version": "1.0"})
    assert phone.status_code == 401
    assert phone.headers["WWW-Authenticate"] == "Bearer"
