"""Signing in by the province's own service: only what holds, only into accounts that are here, only for one person."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app import create_app, languages, passwords, provider_client, provider_signing_in, second_factor, throttle
from app.config import Config
from app.provider_client import Client
from app.roles import Urls
from tests import provider
from tests.app.conftest import PASSWORD, csrf
from tests.provider import Service
from tests.world import World

HERE = "http://localhost"  # what Flask's test client calls us


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    with provider.running() as made:
        yield made


@pytest.fixture(scope="module")
def web(cluster: Config, urls: Urls, running: Service, worker: Engine, world: World) -> Iterator[Flask]:
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET password = :hash"), {"hash": passwords.hashed(PASSWORD)})
    made = create_app(Config(home=cluster.home, url=HERE, provider=running.settings()), urls)
    made.testing = True
    yield made
    made.extensions["diaban_engine"].dispose()


@pytest.fixture
def service(web: Flask, running: Service, worker: Engine, world: World) -> Iterator[Service]:
    """Honest, knowing Lan as `officer`; nobody here has asked it anything yet, nobody is bound."""
    running.honest()
    running.knows("lan", preferred_username="officer")
    web.extensions["diaban_provider"] = Client(running.settings())
    yield running
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM account_subjects"))
        connection.execute(text("DELETE FROM sign_ins"))
        connection.execute(text("DELETE FROM sign_in_failures"))
        connection.execute(text("UPDATE accounts SET active = true WHERE id < 100"))
        for name in ("officer", "admin"):
            second_factor.switch_off(connection, getattr(world, name))
    web.extensions["diaban_known"].forget()


@dataclass
class Person:
    """Somebody with a browser of their own."""

    client: FlaskClient
    service: Service

    def leaves(self, target: str = "/") -> str:
        """Presses the button; the address they are sent to."""
        return self.client.get("/login/provider", query_string={"next": target}).headers["Location"]

    def returns(self, address: str) -> TestResponse:
        """Is sent back here."""
        assert address.startswith(f"{HERE}/login/provider/back?")
        return self.client.get(address[len(HERE) :])

    def signs_in(self, subject: str = "lan", target: str = "/") -> TestResponse:
        """All of it."""
        return self.returns(self.service.signs_in(self.leaves(target), subject))

    @property
    def is_in(self) -> bool:
        return self.client.get("/account/").status_code == 200


@pytest.fixture
def person(web: Flask, service: Service) -> Callable[[], Person]:
    return lambda: Person(web.test_client(), service)


def goes_on_to(page: TestResponse) -> str:
    """Where the page after coming back leads by itself."""
    assert page.status_code == 200, page.text
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', page.text)
    assert found is not None
    return found[1].replace("&amp;", "&")


def refused(page: TestResponse, status: int, words: str) -> None:
    """The sign-in page says why, and still takes a password."""
    assert page.status_code == status, page.text
    notice = re.search(r'id="said">([^<]*)<', page.text)
    assert notice is not None
    assert words in notice[1]
    assert 'name="password"' in page.text


def _rows(worker: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with worker.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def _last_audited(worker: Engine) -> tuple[Any, ...]:
    return _rows(worker, "SELECT account_id, verb, detail FROM audit ORDER BY id DESC LIMIT 1")[0]


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
    assert _last_audited(worker) == (world.officer, "sign_in", {"by": "provider", "bound": True})
    assert _rows(worker, "SELECT by_password FROM sign_ins") == [(False,)]
    assert _rows(worker, "SELECT account_id, issuer, subject FROM account_subjects") == [
        (world.officer, lan.service.issuer, "lan")
    ]
    assert lan.service.seen == ["basic"]
    again = person()
    again.signs_in()
    assert again.is_in
    assert _last_audited(worker)[2] == {"by": "provider", "bound": False}


def test_a_service_that_wants_the_secret_in_the_form_gets_it_there(person: Callable[[], Person]) -> None:
    lan = person()
    lan.service.published = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    goes_on_to(lan.signs_in())
    assert lan.service.seen == ["post"]


def test_a_name_told_only_when_asked_about_the_person_is_asked_for(person: Callable[[], Person]) -> None:
    lan = person()
    lan.service.claims = lambda said: {key: value for key, value in said.items() if key != "preferred_username"}
    goes_on_to(lan.signs_in())
    assert lan.is_in


FUTURE, PAST = int(time.time()) + 86_400, int(time.time()) - 86_400


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"nonce": "khac"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "khac"}, "aud"),
        ({"aud": ["khac", "nua"]}, "aud"),
        ({"aud": [provider.CLIENT, "khac"], "azp": "khac"}, "azp"),
        ({"exp": PAST, "iat": PAST - 60}, "exp"),
        ({"exp": None}, "exp"),
        ({"iat": FUTURE}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"at_hash": "khac"}, "at_hash"),
        ({"preferred_username": ["officer"]}, "preferred_username"),
        ({"preferred_username": ""}, "preferred_username"),
    ],
)
def test_a_token_that_says_something_wrong_is_refused(
    person: Callable[[], Person], worker: Engine, change: dict[str, Any], named: str
) -> None:
    lan = person()
    lan.service.claims = lambda said: {
        key: value for key, value in (said | change).items() if value is not None or key not in change
    }
    refused(lan.signs_in(), 502, f"(mục {named})")
    assert not lan.is_in
    assert _last_audited(worker)[1:] == ("sign_in_failed", {"by": "provider", "why": "provider_answer_wrong"})
    assert _rows(worker, "SELECT * FROM account_subjects") == []


@pytest.mark.parametrize(
    ("forge", "named"),
    [
        (provider.by_another_key, "bad_signature"),
        (provider.changed("admin"), "bad_signature"),
        (provider.by_nobody, "unsupported_algorithm"),
        (provider.by_the_shared_secret, "unsupported_algorithm"),
        (provider.by_the_public_key, "unsupported_algorithm"),
        (lambda _claims, _key: None, "id_token"),
        (lambda _claims, _key: "x.y.z", ""),
    ],
)
def test_a_token_the_service_did_not_sign_is_refused(
    person: Callable[[], Person], forge: Callable[..., str | None], named: str
) -> None:
    lan = person()
    lan.service.signed = forge
    refused(lan.signs_in(), 502, f"(mục {named}")
    assert not lan.is_in


def test_a_service_that_changed_its_keys_is_asked_for_the_new_ones_but_not_at_every_try(
    web: Flask, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    lan, client = person(), web.extensions["diaban_provider"]
    goes_on_to(lan.signs_in())
    asked = lan.service.keys_asked
    goes_on_to(lan.signs_in())
    assert lan.service.keys_asked == asked
    stranger = provider.RSAKey.generate_key(2048)
    lan.service.signed = lambda claims, _: provider.honestly(claims, stranger)
    refused(lan.signs_in(), 502, "(mục")
    assert lan.service.keys_asked == asked  # a stranger's tokens don't make us ask again and again
    monkeypatch.setattr(provider_client, "KEYS_AGAIN_S", 0)
    refused(lan.signs_in(), 502, "(mục")
    assert lan.service.keys_asked == asked + 1
    # As if the keys we hold were those of before.
    lan.service.signed = None
    client._keys = (time.monotonic(), provider_client.KeySet([stranger]))
    goes_on_to(lan.signs_in())


def test_what_was_not_begun_in_this_browser_is_refused(
    person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    lan, other = person(), person()
    back = lan.service.signs_in(lan.leaves(), "lan")
    refused(other.returns(back), 400, "không bắt đầu từ trình duyệt này")  # no cookie
    other.leaves()
    refused(other.returns(back), 400, "không bắt đầu từ trình duyệt này")  # the cookie of another sign-in
    for wrong in (re.sub("state=[^&]*", "state=khac", back), re.sub("&?state=[^&]*", "", back)):
        refused(lan.returns(wrong), 400, "không bắt đầu từ trình duyệt này")
    lan.client.set_cookie("diaban-provider", "bia-ra", path="/login/provider")
    refused(lan.returns(back), 400, "không bắt đầu từ trình duyệt này")
    late = person()
    back = late.service.signs_in(late.leaves(), "lan")
    monkeypatch.setattr(provider_signing_in, "WITHIN_S", -1)
    refused(late.returns(back), 400, "quá 10 phút")
    assert [lan.is_in, other.is_in, late.is_in] == [False] * 3


def test_a_code_is_good_once_and_only_for_whom_it_was_made(person: Callable[[], Person]) -> None:
    lan, thief = person(), person()
    back = lan.service.signs_in(lan.leaves(), "lan")
    cookie = lan.client.get_cookie("diaban-provider", path="/login/provider")
    assert cookie is not None
    # Somebody else's code under the own state: the verifier is another one.
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    own = thief.service.signs_in(thief.leaves(), "lan")
    refused(thief.returns(re.sub("code=[^&]*", f"code={stolen}", own)), 401, "không nhận mã")
    goes_on_to(lan.returns(back))
    assert lan.client.get_cookie("diaban-provider", path="/login/provider") is None
    refused(lan.returns(back), 400, "lần nữa")
    lan.client.set_cookie("diaban-provider", cookie.value, path="/login/provider")
    refused(lan.returns(back), 401, "không nhận mã")
    assert not thief.is_in


def test_no_account_is_ever_made(person: Callable[[], Person], worker: Engine) -> None:
    before = _rows(worker, "SELECT count(*) FROM accounts")
    hoa = person()
    hoa.service.knows("hoa", preferred_username="hoa.nguyen")
    refused(hoa.signs_in("hoa"), 403, "xác nhận tên hoa.nguyen, nhưng ở đây chưa có tài khoản")
    assert _rows(worker, "SELECT count(*) FROM accounts") == before
    assert _last_audited(worker)[1:] == ("sign_in_failed", {"by": "provider", "why": "provider_no_account"})
    hoa.service.knows("hoa", preferred_username="<script>alert(1)</script>")
    assert "<script>alert" not in hoa.signs_in("hoa").text
    assert not hoa.is_in


def test_a_locked_account_stays_out(person: Callable[[], Person], worker: Engine, world: World) -> None:
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = false WHERE id = :id"), {"id": world.officer})
    lan = person()
    refused(lan.signs_in(), 403, "Tài khoản officer đã bị khóa")
    assert not lan.is_in
    assert _last_audited(worker)[2]["account"] == world.officer


def test_a_name_given_to_somebody_else_there_opens_nothing_until_an_administrator_clears_it(
    web: Flask, person: Callable[[], Person], worker: Engine, world: World
) -> None:
    lan, minh = person(), person()
    goes_on_to(lan.signs_in())
    lan.service.knows("minh", preferred_username="officer")
    refused(minh.signs_in("minh"), 403, "đang gắn với một người khác")
    assert not minh.is_in
    assert _last_audited(worker)[1:] == (
        "sign_in_failed",
        {"by": "provider", "why": "provider_other_person", "account": world.officer},
    )
    # Nor does the person of one account get another.
    lan.service.knows("lan", preferred_username="admin")
    refused(person().signs_in("lan"), 403, "Tài khoản admin đang gắn với một người khác")
    admin = _by_password(web, "admin")
    page = admin.get("/admin/").text
    assert f'action="/admin/accounts/{world.officer}/clear"' in page
    assert lan.client.post(f"/admin/accounts/{world.officer}/clear", data=_token(lan.client)).status_code == 403
    cleared = admin.post(f"/admin/accounts/{world.officer}/clear", data=_token(admin))
    assert cleared.status_code == 302
    assert "chưa gắn" in admin.get("/admin/").text
    assert not lan.is_in  # signed out with it
    assert _last_audited(worker) == (world.admin, "subject_cleared", {"account": world.officer})
    assert admin.post(f"/admin/accounts/{world.officer}/clear", data=_token(admin)).status_code == 404
    goes_on_to(minh.signs_in("minh"))


def test_an_administrator_clears_only_accounts_of_the_own_province(
    web: Flask, service: Service, worker: Engine
) -> None:
    with worker.begin() as connection:
        connection.execute(text("INSERT INTO accounts (id, username, role, unit_id) VALUES (99, 'xa', 'officer', 2)"))
        connection.execute(text("INSERT INTO account_subjects VALUES (99, 'https://a', 'b')"))
    try:
        admin = _by_password(web, "admin")
        assert admin.post("/admin/accounts/99/clear", data=_token(admin)).status_code == 404
        assert _rows(worker, "SELECT account_id FROM account_subjects") == [(99,)]
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
    assert _rows(worker, "SELECT * FROM account_subjects") == []  # not through yet

    def enters(code: str) -> TestResponse:
        return lan.client.post(
            "/login/code", data={"code": code, "next": "/review/", **_token(lan.client, "/login/code")}
        )

    assert enters("000000").status_code == 401
    assert enters(totp.generate().token).headers["Location"] == "/review/"
    assert lan.is_in
    assert _rows(worker, "SELECT subject FROM account_subjects") == [("lan",)]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/login/provider"]
)
def test_next_never_leads_elsewhere(person: Callable[[], Person], target: str) -> None:
    assert goes_on_to(person().signs_in(target=target)) == "/"


def test_the_page_in_between_carries_a_path_as_it_is(person: Callable[[], Person]) -> None:
    target = "/review/?a=1&b=';url=//x\"><script>"
    assert goes_on_to(person().signs_in(target=target)) == "/review/?a=1&b=&#39;;url=//x&#34;&gt;&lt;script&gt;"


def test_the_phone_signs_in_too_but_a_forgotten_pin_needs_the_password(
    web: Flask, person: Callable[[], Person]
) -> None:
    lan = person()
    lan.service.knows("tho", preferred_username="field")
    assert goes_on_to(lan.signs_in("tho", target="/survey/")) == "/survey/"
    assert lan.client.get("/survey/api/me").json["username"] == "field"  # type: ignore[index]
    headers = {"X-Diaban-Client": "1"}
    answer = lan.client.post("/survey/api/recover", json={"keyId": "x", "sealed": ""}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (403, "sign_in_again")  # type: ignore[index]
    typed = _by_password(web, "field").post("/survey/api/recover", json={"keyId": "x", "sealed": ""}, headers=headers)
    assert typed.json["code"] != "sign_in_again"  # type: ignore[index]


def test_who_says_no_there_is_told_so_here(person: Callable[[], Person]) -> None:
    lan = person()
    back = lan.service.signs_in(lan.leaves(), "lan", action="deny")
    assert "error=access_denied" in back
    state = parse_qs(urlsplit(lan.leaves()).query)["state"][0]
    page = lan.client.get(
        "/login/provider/back",
        query_string={"error": "access_denied", "error_description": "<b>x</b>", "code": "x", "state": state},
    )
    refused(page, 401, "không xác nhận, hoặc bạn đã hủy")
    assert "<b>x" not in page.text


def test_an_answer_in_the_name_of_another_service_is_refused(person: Callable[[], Person]) -> None:
    lan = person()
    back = lan.service.signs_in(lan.leaves(), "lan")
    refused(lan.returns(f"{back}&iss=https%3A%2F%2Fevil.example"), 502, "(mục iss)")
    goes_on_to(lan.returns(f"{lan.service.signs_in(lan.leaves(), 'lan')}&iss={lan.service.issuer}"))


@pytest.mark.parametrize(
    ("told", "comes_in"),
    [("Officer", True), ("OFFICER", True), ("officer ", False), ("oﬃcer", False), ("officer\x00", False)],
)
def test_a_name_is_ours_in_any_case_but_not_by_likeness(
    person: Callable[[], Person], told: str, comes_in: bool
) -> None:
    lan = person()
    lan.service.claims = lambda said: said | {"preferred_username": told}
    page = lan.signs_in()
    assert (page.status_code == 200) is lan.is_in is comes_in


def test_the_kelvin_sign_is_no_k(person: Callable[[], Person], worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text("INSERT INTO accounts (id, username, role, unit_id) VALUES (99, 'kim', 'gis', 1)"))
    try:
        kim = person()
        kim.service.claims = lambda said: said | {"preferred_username": "\N{KELVIN SIGN}im"}
        refused(kim.signs_in(), 403, "chưa có tài khoản")
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM account_subjects WHERE account_id = 99"))
            connection.execute(text("DELETE FROM sign_ins WHERE account_id = 99"))
            connection.execute(text("DELETE FROM accounts WHERE id = 99"))


@pytest.mark.parametrize(("verified", "words"), [(None, "email_verified"), (False, "email_verified"), (True, None)])
def test_an_email_counts_only_where_the_service_checked_it(
    web: Flask, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch, verified: bool | None, words: str | None
) -> None:
    lan = person()
    settings = lan.service.settings(claim="email")
    config = web.extensions["diaban_config"]
    monkeypatch.setitem(web.extensions, "diaban_provider", Client(settings))
    monkeypatch.setitem(web.extensions, "diaban_config", Config(home=config.home, url=HERE, provider=settings))
    lan.service.claims = lambda said: (
        said | {"email": "officer"} | ({} if verified is None else {"email_verified": verified})
    )
    page = lan.signs_in()
    if words:
        refused(page, 502, words)
    assert lan.is_in is (words is None)


@pytest.mark.parametrize(
    ("published", "status"),
    [
        ({"issuer": "https://evil.example"}, 502),
        ({"token_endpoint": "http://evil.example/token"}, 502),
        ({"authorization_endpoint": "javascript:alert(1)"}, 502),
        ({"jwks_uri": None}, 502),
        ({"userinfo_endpoint": "ftp://evil.example"}, 502),
        ({"much": "x" * 300_000}, 503),
    ],
)
def test_a_service_that_publishes_something_else_sends_nobody_anywhere(
    person: Callable[[], Person], published: dict[str, Any], status: int
) -> None:
    lan = person()
    lan.service.published = published
    refused(lan.client.get("/login/provider"), status, "đăng nhập một lần")


def test_tries_from_one_address_are_limited(person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "ADDRESS", 2)
    lan = person()
    for _ in range(3):
        goes_on_to(lan.signs_in())  # those that were right don't count
    lan.service.knows("hoa", preferred_username="hoa")
    for status in (403, 403, 429):
        assert lan.signs_in("hoa").status_code == status
    assert lan.signs_in().status_code == 429


def test_where_the_service_is_down_the_password_still_works(cluster: Config, urls: Urls, service: Service) -> None:
    gone = service.settings(issuer="http://localhost:1")
    web = create_app(Config(home=cluster.home, url=HERE, provider=gone), urls)
    client = web.test_client()
    assert "Đăng nhập bằng Cổng Lâm Đồng" in client.get("/login").text
    refused(client.get("/login/provider?next=/review/"), 503, "không trả lời. Hãy đăng nhập bằng mật khẩu")
    begun = time.monotonic()
    assert client.get("/login/provider").status_code == 503
    assert time.monotonic() - begun < 1  # not asked again at once
    assert _by_password(web, "officer").get("/account/").status_code == 200
    web.extensions["diaban_engine"].dispose()


def test_without_the_block_there_is_no_button_and_no_way(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    assert "/login/provider" not in client.get("/login").text
    assert (
        client.get("/login/provider").status_code == client.get("/login/provider/back?state=&code=x").status_code == 404
    )


def test_the_button_is_a_link_and_the_policy_names_nobody_else(person: Callable[[], Person]) -> None:
    lan = person()
    page = lan.client.get("/login?next=/review/")
    assert '<a class="button" href="/login/provider?next=/review/">Đăng nhập bằng Cổng Lâm Đồng</a>' in page.text
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


def _by_password(web: Flask, name: str) -> FlaskClient:
    client = web.test_client()
    answer = client.post("/login", data={"username": name, "password": PASSWORD, **_token(client, "/login")})
    assert answer.status_code == 302, answer.text
    return client


def _token(client: FlaskClient, page: str = "/account/") -> dict[str, str]:
    return {"csrf_token": csrf(client.get(page).text)}
