"""Signing in by the province's own service: only into accounts that are here, and only for one person each."""

import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app import create_app, doctor, languages, second_factor, throttle
from app.config import Config
from app.roles import Urls
from tests.app.sign_on.person import HERE, Person, by_password, goes_on_to, last_audited, refused, rows, token
from tests.app.sign_on.provider import Service
from tests.world import World


def test_who_signs_in_there_is_signed_in_here(person: Callable[[], Person], worker: Engine, world: World) -> None:
    lan = person()
    sent = urlsplit(lan.leaves("/review/?layer=hamlet_profiles&state=x"))
    asked = {key: value[0] for key, value in parse_qs(sent.query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{HERE}/login/provider/back"
    page = lan.signs_in(target="/review/?layer=hamlet_profiles&state=x")
    assert goes_on_to(page) == "/review/?layer=hamlet_profiles&state=x"
    assert lan.is_in
    assert "officer" in lan.client.get("/account/").text
    assert last_audited(worker) == (world.officer, "sign_in", {"by": "provider", "bound": True})
    assert rows(worker, "SELECT by_password FROM sign_ins") == [(False,)]
    assert rows(worker, "SELECT account_id, issuer, subject FROM account_subjects") == [
        (world.officer, lan.service.issuer, "lan")
    ]
    assert lan.service.seen == ["basic"]
    again = person()
    again.signs_in()
    assert again.is_in
    assert last_audited(worker)[2] == {"by": "provider", "bound": False}


def test_no_account_is_ever_made(person: Callable[[], Person], worker: Engine) -> None:
    before = rows(worker, "SELECT count(*) FROM accounts")
    hoa = person()
    hoa.service.knows("hoa", preferred_username="hoa.nguyen")
    refused(hoa.signs_in("hoa"), 403, "xác nhận tên hoa.nguyen, nhưng ở đây chưa có tài khoản")
    assert rows(worker, "SELECT count(*) FROM accounts") == before
    assert last_audited(worker)[1:] == ("sign_in_failed", {"by": "provider", "why": "provider_no_account"})
    hoa.service.knows("hoa", preferred_username="<script>alert(1)</script>")
    assert "<script>alert" not in hoa.signs_in("hoa").text
    assert not hoa.is_in


def test_a_locked_account_stays_out(person: Callable[[], Person], worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = false WHERE id = :id"), {"id": world.officer})
    lan = person()
    refused(lan.signs_in(), 403, "Tài khoản officer đã bị khóa")
    assert not lan.is_in
    assert last_audited(worker)[2]["account"] == world.officer


def test_a_name_given_to_somebody_else_there_opens_nothing_until_an_administrator_clears_it(
    sign_on_site: Flask, person: Callable[[], Person], worker: Engine, world: World
) -> None:
    lan, minh = person(), person()
    goes_on_to(lan.signs_in())
    lan.service.knows("minh", preferred_username="officer")
    refused(minh.signs_in("minh"), 403, "đang gắn với một người khác")
    assert not minh.is_in
    assert last_audited(worker)[1:] == (
        "sign_in_failed",
        {"by": "provider", "why": "provider_other_person", "account": world.officer},
    )
    # Nor does the person of one account get another.
    lan.service.knows("lan", preferred_username="admin")
    refused(person().signs_in("lan"), 403, "Tài khoản admin đang gắn với một người khác")
    admin = by_password(sign_on_site, "admin")
    page = admin.get("/admin/").text
    assert f'action="/admin/accounts/{world.officer}/clear"' in page
    assert lan.client.post(f"/admin/accounts/{world.officer}/clear", data=token(lan.client)).status_code == 403
    cleared = admin.post(f"/admin/accounts/{world.officer}/clear", data=token(admin))
    assert cleared.status_code == 302
    assert "chưa gắn" in admin.get("/admin/").text
    assert not lan.is_in  # signed out with it
    assert last_audited(worker) == (world.admin, "subject_cleared", {"account": world.officer})
    assert admin.post(f"/admin/accounts/{world.officer}/clear", data=token(admin)).status_code == 404
    goes_on_to(minh.signs_in("minh"))


def test_an_administrator_clears_only_accounts_of_the_own_province(
    sign_on_site: Flask, service: Service, worker: Engine
) -> None:
    with worker.begin() as connection:
        connection.execute(text("INSERT INTO accounts (id, username, role, unit_id) VALUES (99, 'xa', 'officer', 2)"))
        connection.execute(text("INSERT INTO account_subjects VALUES (99, 'https://a', 'b')"))
    try:
        admin = by_password(sign_on_site, "admin")
        assert admin.post("/admin/accounts/99/clear", data=token(admin)).status_code == 404
        assert rows(worker, "SELECT account_id FROM account_subjects") == [(99,)]
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM account_subjects WHERE account_id = 99"))
            connection.execute(text("DELETE FROM accounts WHERE id = 99"))


def test_our_own_second_step_is_asked_for_whatever_the_service_says(
    cluster: Config, person: Callable[[], Person], worker: Engine, world: World
) -> None:
    totp = second_factor.factory(cluster).new()
    with worker.begin() as connection:
        connection.execute(
            text("UPDATE accounts SET tf_totp_secret = :s, tf_primary_method = 'totp' WHERE id = :id"),
            {"s": totp.to_json(encrypt=True), "id": world.officer},
        )
    lan = person()
    lan.service.claims = lambda said: said | {"amr": ["pwd", "otp", "mfa"], "acr": "3"}
    assert goes_on_to(lan.signs_in(target="/review/")) == "/login/code?next=/review/"
    assert not lan.is_in
    assert rows(worker, "SELECT * FROM account_subjects") == []  # not through yet

    def enters(code: str) -> TestResponse:
        return lan.client.post(
            "/login/code", data={"code": code, "next": "/review/", **token(lan.client, "/login/code")}
        )

    assert enters("000000").status_code == 401
    assert enters(totp.generate().token).headers["Location"] == "/review/"
    assert lan.is_in
    assert rows(worker, "SELECT subject FROM account_subjects") == [("lan",)]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/login/provider"]
)
def test_next_never_leads_elsewhere(person: Callable[[], Person], target: str) -> None:
    assert goes_on_to(person().signs_in(target=target)) == "/"


def test_the_page_in_between_carries_a_path_as_it_is(person: Callable[[], Person]) -> None:
    target = "/review/?a=1&b=';url=//x\"><script>"
    assert goes_on_to(person().signs_in(target=target)) == "/review/?a=1&b=&#39;;url=//x&#34;&gt;&lt;script&gt;"


def test_an_address_too_long_for_a_cookie_is_forgotten_not_the_sign_in(person: Callable[[], Person]) -> None:
    lan, odd = person(), "".join(f"{n:x}" for n in range(1, 2000))
    assert goes_on_to(lan.signs_in(target=f"/review/?q={odd}")) == "/"
    assert goes_on_to(lan.signs_in(target=f"/review/?q={odd[:1400]}")) == f"/review/?q={odd[:1400]}"


def test_the_phone_signs_in_too_but_a_forgotten_pin_needs_the_password(
    sign_on_site: Flask, person: Callable[[], Person]
) -> None:
    lan = person()
    lan.service.knows("tho", preferred_username="field")
    assert goes_on_to(lan.signs_in("tho", target="/survey/")) == "/survey/"
    assert lan.client.get("/survey/api/me").json["username"] == "field"  # type: ignore[index]
    headers = {"X-Diaban-Client": "1"}
    answer = lan.client.post("/survey/api/recover", json={"keyId": "x", "sealed": ""}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "sign_in_again")  # type: ignore[index]
    typed = by_password(sign_on_site, "field").post(
        "/survey/api/recover", json={"keyId": "x", "sealed": ""}, headers=headers
    )
    assert typed.json["code"] != "sign_in_again"  # type: ignore[index]


def test_tries_from_one_address_are_limited_and_so_are_the_rows_they_write(
    person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch, worker: Engine
) -> None:
    monkeypatch.setattr(throttle, "ADDRESS", 2)
    lan = person()
    for _ in range(3):
        goes_on_to(lan.signs_in())  # those that were right don't count
    lan.service.knows("hoa", preferred_username="hoa")
    for status in (403, 403, 429):
        assert lan.signs_in("hoa").status_code == status
    before = rows(worker, "SELECT count(*) FROM audit")
    assert lan.signs_in().status_code == 429
    state = parse_qs(urlsplit(lan.leaves()).query)["state"][0]
    assert lan.returns(f"{HERE}/login/provider/back?error=access_denied&state={state}").status_code == 429
    assert rows(worker, "SELECT count(*) FROM audit") == before


def test_where_the_service_is_down_the_password_still_works(cluster: Config, urls: Urls, service: Service) -> None:
    gone = service.settings(issuer="http://localhost:1")
    web = create_app(Config(home=cluster.home, url=HERE, provider=gone), urls)
    client = web.test_client()
    assert "Đăng nhập bằng Cổng Lâm Đồng" in client.get("/login").text
    refused(client.get("/login/provider?next=/review/"), 503, "không trả lời. Hãy đăng nhập bằng mật khẩu")
    begun = time.monotonic()
    assert client.get("/login/provider").status_code == 503
    assert time.monotonic() - begun < 1  # not asked again at once
    assert by_password(web, "officer").get("/account/").status_code == 200
    web.extensions["diaban_engine"].dispose()


def test_doctor_says_whether_the_service_answers(cluster: Config, service: Service) -> None:
    def found(**settings: str) -> list[tuple[bool, str]]:
        config = Config(home=cluster.home, provider=service.settings(**settings))
        return [(one.good, one.do) for one in doctor.provider(config)]

    assert found() == [(True, "")]
    ((good, do),) = found(issuer="http://localhost:1")
    assert not good
    assert "(network)" in do
    assert list(doctor.provider(cluster)) == []


def test_without_the_block_there_is_no_button_and_no_way(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    assert "/login/provider" not in client.get("/login").text
    assert (
        client.get("/login/provider").status_code == client.get("/login/provider/back?state=&code=x").status_code == 404
    )


def test_the_button_is_a_link_and_the_policy_names_nobody_else(person: Callable[[], Person]) -> None:
    lan = person()
    page = lan.client.get("/login?next=/review/")
    assert 'href="/login/provider?next=/review/">Đăng nhập bằng Cổng Lâm Đồng</a>' in page.text
    assert "Đăng xuất ở đây không đăng xuất khỏi Cổng Lâm Đồng" in page.text
    lan.client.set_cookie(languages.COOKIE, "en")
    assert "Sign in with Cổng Lâm Đồng" in lan.client.get("/login").text
    for answer in (page, lan.signs_in()):
        policy = answer.headers["Content-Security-Policy"]
        assert "form-action 'self'" in policy
        assert "http" not in policy


@pytest.mark.parametrize("address", [HERE, "https://diaban.example.vn"])
def test_what_the_browser_carries_is_signed_short_and_sent_to_that_path_alone(
    cluster: Config, urls: Urls, service: Service, address: str
) -> None:
    web = create_app(Config(home=cluster.home, url=address, provider=service.settings()), urls)
    answer = web.test_client().get("/login/provider", base_url=address)
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if "diaban-provider" in one]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/login/provider", "Max-Age=600"):
        assert part in cookie
    assert cookie.startswith("__Secure-") is ("Secure;" in cookie) is address.startswith("https")
    web.extensions["diaban_engine"].dispose()
