"""What the sign-in service answers: taken only where all of it holds, and belongs to what this browser began."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, text

from app import provider_client, provider_signing_in
from app.config import Config
from app.provider_client import Client
from tests.app.sign_on import provider
from tests.app.sign_on.person import HERE, Person, goes_on_to, last_audited, refused, rows
from tests.app.sign_on.provider import Claims


def test_a_service_that_wants_the_secret_in_the_form_gets_it_there(person: Callable[[], Person]) -> None:
    lan = person()
    lan.service.published = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    goes_on_to(lan.signs_in())
    assert lan.service.seen == ["post"]


def test_a_name_told_only_when_asked_about_the_person_is_asked_for(person: Callable[[], Person]) -> None:
    lan = person()
    lan.service.claims = lambda said: {key: value for key, value in said.items() if key != "preferred_username"}
    lan.service.about = {"sub": "minh"}
    refused(lan.signs_in(), 502, "(mục sub)")  # told of somebody else
    lan.service.about = {}
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
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "a\x00"}, "sub"),
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
    assert last_audited(worker)[1:] == ("sign_in_failed", {"by": "provider", "why": "provider_answer_wrong"})
    assert rows(worker, "SELECT * FROM account_subjects") == []


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


def test_keys_of_kinds_nobody_knows_are_left_out(person: Callable[[], Person]) -> None:
    lan = person()
    odd = [{"kty": "AKP", "kid": "a"}, {"kty": "EC", "crv": "none", "x": "", "y": ""}, {"kty": "RSA"}, {}, "x", None]
    lan.service.keys = lambda own: [*odd, *own]
    goes_on_to(lan.signs_in())


@pytest.mark.parametrize("keys", [[], "x", None, [{"kty": "RSA"}]])
def test_without_keys_nobody_is_signed_in(person: Callable[[], Person], keys: Any) -> None:
    lan = person()
    lan.service.keys = lambda _own: keys
    refused(lan.signs_in(), 503, "không trả lời")
    assert not lan.is_in


def test_a_key_for_something_else_signs_nothing(person: Callable[[], Person]) -> None:
    lan = person()
    lan.service.keys = lambda own: [{**own[0], "use": "enc"}, RSAKey.generate_key(2048).as_dict(private=False)]
    refused(lan.signs_in(), 502, "(mục")


def test_a_service_that_changed_its_keys_is_asked_for_the_new_ones_but_not_at_every_try(
    sign_on_site: Flask, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    lan, client = person(), sign_on_site.extensions["diaban_provider"]
    goes_on_to(lan.signs_in())
    asked = lan.service.keys_asked
    goes_on_to(lan.signs_in())
    assert lan.service.keys_asked == asked
    stranger = RSAKey.generate_key(2048)
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
    ("told", "status"), [("Officer", 200), ("OFFICER", 200), ("officer ", 403), ("oﬃcer", 403), ("officer\x00", 502)]
)
def test_a_name_is_ours_in_any_case_but_not_by_likeness(person: Callable[[], Person], told: str, status: int) -> None:
    lan = person()
    lan.service.claims = lambda said: said | {"preferred_username": told}
    assert lan.signs_in().status_code == status
    assert lan.is_in is (status == 200)


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


@pytest.mark.parametrize(
    ("more", "comes_in"), [({}, False), ({"email_verified": False}, False), ({"email_verified": True}, True)]
)
def test_an_email_counts_only_where_the_service_checked_it(
    sign_on_site: Flask, person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch, more: Claims, comes_in: bool
) -> None:
    lan = person()
    settings = lan.service.settings(claim="email")
    config = Config(home=sign_on_site.extensions["diaban_config"].home, url=HERE, provider=settings)
    monkeypatch.setitem(sign_on_site.extensions, "diaban_provider", Client(settings))
    monkeypatch.setitem(sign_on_site.extensions, "diaban_config", config)
    lan.service.claims = lambda said: said | {"email": "officer"} | more
    page = lan.signs_in()
    if not comes_in:
        refused(page, 502, "email_verified")
    assert lan.is_in is comes_in


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
