"""Signing in: guessing is slowed down, sessions are fresh, `next` stays here, the second step holds."""

import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import passwords, second_factor, signing_in, throttle
from app.config import Config
from tests.app.conftest import PASSWORD, csrf
from tests.world import World


def _try(client: FlaskClient, name: str, password: str, address: str = "10.0.0.1", target: str = "/"):  # type: ignore[no-untyped-def]
    page = csrf(client.get("/login").text)
    data = {"username": name, "password": password, "csrf_token": page, "next": target}
    return client.post("/login", data=data, environ_base={"REMOTE_ADDR": address})


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(browser: Callable[..., FlaskClient]) -> None:
    known = _try(browser(), "officer", "sai-mat-khau")
    unknown = _try(browser(), "khong-co-ai", "sai-mat-khau")
    assert known.status_code == unknown.status_code == 401

    def plain(page: str) -> str:
        return re.sub(r'(content|value)="[^"]*"', "", page)

    assert plain(known.text) == plain(unknown.text)
    assert "không đúng" in known.text


def test_an_unknown_name_costs_as_much_time(quiet: None) -> None:
    stored = passwords.hashed(PASSWORD)

    def seconds(hash_: str | None) -> float:
        begun = time.thread_time()  # not the clock on the wall: other tests run beside this one
        passwords.matches("sai-mat-khau", hash_)
        return time.thread_time() - begun

    known, unknown = (min(seconds(hash_) for _ in range(5)) for hash_ in (stored, None))
    assert 0.5 < known / unknown < 2
    assert not passwords.matches("anything", None)


def test_the_sixth_try_from_one_place_waits_even_with_the_right_password(browser: Callable[..., FlaskClient]) -> None:
    for _ in range(throttle.BOTH):
        assert _try(browser(), "officer", "sai-mat-khau").status_code == 401
    refused = _try(browser(), "officer", PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert "Nhập sai quá nhiều lần" in refused.text


def test_a_stranger_elsewhere_does_not_lock_the_owner_out_at_once(browser: Callable[..., FlaskClient]) -> None:
    for _ in range(throttle.BOTH + 2):
        _try(browser(), "officer", "sai-mat-khau", address="203.0.113.9")
    assert _try(browser(), "officer", PASSWORD, address="10.0.0.1").status_code == 302


def test_an_account_is_throttled_over_all_addresses(
    browser: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "ACCOUNT", 6)
    for i in range(6):
        assert _try(browser(), "officer", "sai-mat-khau", address=f"203.0.113.{i}").status_code == 401
    assert _try(browser(), "officer", PASSWORD, address="203.0.113.99").status_code == 429


def test_an_address_is_throttled_over_all_accounts(
    browser: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "ADDRESS", 6)
    for i in range(6):
        assert _try(browser(), f"ten-{i}", "sai-mat-khau").status_code == 401
    assert _try(browser(), "officer", PASSWORD).status_code == 429
    assert _try(browser(), "officer", PASSWORD, address="10.0.0.2").status_code == 302


def test_typing_errors_are_forgotten_after_the_right_password(browser: Callable[..., FlaskClient]) -> None:
    for _ in range(3):
        for _ in range(throttle.BOTH - 1):
            _try(browser(), "officer", "sai-mat-khau")
        assert _try(browser(), "officer", PASSWORD).status_code == 302


def test_tries_older_than_the_wait_no_longer_count(browser: Callable[..., FlaskClient], worker: Engine) -> None:
    for _ in range(throttle.BOTH + 1):
        _try(browser(), "officer", "sai-mat-khau")
    with worker.connect() as connection:
        rows = connection.execute(text("SELECT who FROM sign_in_failures")).scalars().all()
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failures"))
        for who in rows:
            connection.execute(
                text("INSERT INTO sign_in_failures (who, at) VALUES (:who, now() - interval '16 minutes')"),
                {"who": who},
            )
    assert _try(browser(), "officer", PASSWORD).status_code == 302


def test_a_disabled_account_and_one_without_password_stay_out(
    browser: Callable[..., FlaskClient], worker: Engine, world: World
) -> None:
    client = browser()
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = false WHERE id = :id"), {"id": world.officer})
        connection.execute(text("UPDATE accounts SET password = NULL WHERE id = :id"), {"id": world.leader})
    assert _try(client, "officer", PASSWORD).status_code == 401
    assert _try(client, "leader", "").status_code == 401
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = true"))


def test_a_session_planted_before_signing_in_is_dropped(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    with client.session_transaction() as planted:
        planted["sign_in"] = "planted-by-somebody"
        planted["csrf_token"] = "planted"
    _try(client, "officer", PASSWORD)
    with client.session_transaction() as now:
        assert now["sign_in"] != "planted-by-somebody"
        assert now.get("csrf_token") != "planted"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "http:/\\evil", "", "evil", "/login?next=/login", "/logout",
    ],
)  # fmt: skip
def test_next_never_leads_elsewhere(browser: Callable[..., FlaskClient], target: str) -> None:
    assert signing_in.safe_next(target) == "/"
    assert _try(browser(), "officer", PASSWORD, target=target).headers["Location"] == "/"


def test_next_leads_back_to_the_page_asked_for(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    asked = client.get("/review/?layer=hamlet_profiles")
    assert asked.headers["Location"] == "/login?next=/review/?layer%3Dhamlet_profiles"
    target = "/review/?layer=hamlet_profiles"
    assert _try(client, "officer", PASSWORD, target=target).headers["Location"] == target


def test_a_new_password_signs_every_other_browser_out(browser: Callable[..., FlaskClient]) -> None:
    mine, other = browser("officer"), browser("officer")
    page = csrf(mine.get("/account/").text)
    data = {"csrf_token": page, "current": PASSWORD, "new": "con-duong-moi-2026", "again": "con-duong-moi-2026"}
    assert mine.post("/account/password", data={**data, "current": "sai"}).status_code == 422
    assert mine.post("/account/password", data={**data, "again": "khac"}).status_code == 422
    for weak in ("ngan", "officer-officer", "1234567890", "aaaaaaaaaaaa"):
        assert mine.post("/account/password", data={**data, "new": weak, "again": weak}).status_code == 422
    assert mine.post("/account/password", data=data).status_code == 200
    assert mine.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert _try(browser(), "officer", PASSWORD).status_code == 401
    assert _try(browser(), "officer", "con-duong-moi-2026").status_code == 302


def _switch_on(client: FlaskClient, site: Flask, cluster: Config, worker: Engine, account: int) -> list[str]:
    page = csrf(client.get("/account/").text)
    client.post("/account/two-steps", data={"csrf_token": page, "current": PASSWORD})
    assert client.get("/account/two-steps.svg").mimetype == "image/svg+xml"
    code = _code(cluster, worker, account, steps_ago=1)
    shown = client.post("/account/two-steps/confirm", data={"csrf_token": page, "code": code})
    codes = re.findall(r"<code>([0-9a-f-]{19})</code>", shown.text)
    assert len(codes) == second_factor.RECOVERY_CODES
    return codes


def _code(cluster: Config, worker: Engine, account: int, steps_ago: int = 0) -> str:
    with worker.connect() as connection:
        secret = connection.scalar(text("SELECT tf_totp_secret FROM accounts WHERE id = :id"), {"id": account})
    assert '"enckey"' in secret  # never in the clear
    made = second_factor.factory(cluster).from_source(secret)
    return str(made.generate(time=int(time.time()) - 30 * steps_ago).token)


def test_the_second_step_is_asked_and_each_code_works_once(
    browser: Callable[..., FlaskClient], site: Flask, cluster: Config, worker: Engine, world: World
) -> None:
    recovery = _switch_on(browser("officer"), site, cluster, worker, world.officer)

    def half() -> tuple[FlaskClient, str]:
        client = site.test_client()
        answer = _try(client, "officer", PASSWORD)
        assert answer.headers["Location"].startswith("/login/code")
        assert client.get("/").status_code == 302  # the password alone opens nothing
        return client, csrf(client.get("/login/code").text)

    client, page = half()
    assert client.post("/login/code", data={"csrf_token": page, "code": "000000"}).status_code == 401
    code = _code(cluster, worker, world.officer)
    assert client.post("/login/code", data={"csrf_token": page, "code": code}).status_code == 302
    assert client.get("/").status_code == 200
    client, page = half()
    assert client.post("/login/code", data={"csrf_token": page, "code": code}).status_code == 401
    assert client.post("/login/code", data={"csrf_token": page, "code": recovery[0].upper()}).status_code == 302
    assert client.get("/").status_code == 200
    client, page = half()
    assert client.post("/login/code", data={"csrf_token": page, "code": recovery[0]}).status_code == 401


def test_codes_are_throttled_too(
    browser: Callable[..., FlaskClient], site: Flask, cluster: Config, worker: Engine, world: World
) -> None:
    _switch_on(browser("officer"), site, cluster, worker, world.officer)
    client = site.test_client()
    _try(client, "officer", PASSWORD)
    page = csrf(client.get("/login/code").text)
    answers = [
        client.post("/login/code", data={"csrf_token": page, "code": "000000"}).status_code
        for _ in range(throttle.BOTH + 1)
    ]
    assert answers == [401] * throttle.BOTH + [429]


def test_who_gave_the_password_long_ago_gives_it_again(
    browser: Callable[..., FlaskClient],
    site: Flask,
    cluster: Config,
    worker: Engine,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _switch_on(browser("officer"), site, cluster, worker, world.officer)
    client = site.test_client()
    _try(client, "officer", PASSWORD)
    page = csrf(client.get("/login/code").text)
    code = _code(cluster, worker, world.officer)
    now = time.time()
    monkeypatch.setattr(signing_in.time, "time", lambda: now + 301)
    client.post("/login/code", data={"csrf_token": page, "code": code})
    assert client.get("/").status_code == 302  # to the sign-in page


def test_the_code_page_alone_opens_nothing(browser: Callable[..., FlaskClient]) -> None:
    assert browser().get("/login/code").headers["Location"].startswith("/login?")


def test_signing_in_and_failing_to_are_audited(
    browser: Callable[..., FlaskClient], worker: Engine, world: World
) -> None:
    def rows() -> list[tuple[str, int | None]]:
        with worker.connect() as connection:
            found = connection.execute(text("SELECT verb, account_id FROM audit WHERE verb LIKE 'sign%' ORDER BY id"))
            return [(verb, account) for verb, account in found]

    before = len(rows())
    client = browser()
    _try(client, "officer", "sai-mat-khau")
    _try(client, "officer", PASSWORD)
    client.post("/logout", data={"csrf_token": csrf(client.get("/").text)})
    assert rows()[before:] == [
        ("sign_in_failed", None), ("sign_in", world.officer), ("sign_out", world.officer)
    ]  # fmt: skip
