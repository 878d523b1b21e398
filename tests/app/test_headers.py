"""Every answer carries the strict policy, pages keep to it, and what is too large is refused."""

import gzip
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import client_files, create_app, response_headers
from app.config import Config
from app.roles import Urls

PAGES = ("/", "/login", "/login/code", "/account/", "/account/two-steps", "/review/", "/survey/", "/map/", "/khong-co")


def test_every_page_of_every_role_has_the_policy_and_keeps_it(browser: Callable[..., FlaskClient]) -> None:
    for name in (None, "field", "officer", "leader", "gis", "admin"):
        client = browser(name)
        for path in PAGES:
            answer = client.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy, path
            assert "frame-ancestors 'none'" in policy
            assert "'unsafe-inline'" not in policy
            assert "'unsafe-eval'" not in policy
            assert "http" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert "geolocation=(self)" in answer.headers["Permissions-Policy"]
            assert "Strict-Transport-Security" not in answer.headers
            if answer.mimetype == "text/html":
                _keeps_to_the_policy(answer.text, path)


class _Inline(HTMLParser):
    """Collects what a strict policy would block, and every address a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.blocked += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.blocked.append(tag)
        self.addresses += [value for name in ("src", "href", "action") if (value := given.get(name))]


def _keeps_to_the_policy(page: str, path: str) -> None:
    found = _Inline()
    found.feed(page)
    assert not found.blocked, path
    for address in found.addresses:
        assert not re.match(r"[a-z]+:|//", address) or address.startswith("data:image/"), f"{path}: {address}"


def test_wasm_is_allowed_for_the_survey_alone() -> None:
    assert "wasm" not in response_headers.SOURCES["script-src"]


def test_private_pages_leave_no_copy(browser: Callable[..., FlaskClient]) -> None:
    assert "no-store" in browser("officer").get("/").headers["Cache-Control"]


def test_pages_are_packed_for_those_who_take_it(browser: Callable[..., FlaskClient]) -> None:
    client = browser("officer")
    packed = client.get("/account/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert b"<main" in gzip.decompress(packed.data)
    assert "Content-Encoding" not in client.get("/account/", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_static_files_stay_in_their_folder(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    assert client.get("/static/css/office.css").mimetype == "text/css"
    for path in ("../config.py", "%2e%2e/config.py", "/etc/passwd", "css/../../config.py", "css"):
        assert client.get(f"/static/{path}").status_code in (308, 404)


def test_parts_of_pages_carry_only_what_they_obey(browser: Callable[..., FlaskClient]) -> None:
    client = browser()
    for path in ("/static/css/office.css", "/static/js/office.js"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Security-Policy" not in headers
    picture = client.get("/static/icons/diaban.svg").headers  # can be opened as a page of its own
    assert "default-src 'self'" in picture["Content-Security-Policy"]
    assert picture["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" in client.get("/static/css/khong-co.css").headers


def test_what_the_build_packed_is_sent_in_the_smallest_form_that_is_asked_for(
    browser: Callable[..., FlaskClient],
) -> None:
    client, path = browser(), client_files.address("survey.js")
    said = {
        asked: client.get(path, headers={"Accept-Encoding": asked})
        for asked in ("gzip, deflate, br", "gzip", "br;q=0, gzip", "*", "identity")
    }
    assert [answer.headers.get("Content-Encoding") for answer in said.values()] == ["br", "gzip", "gzip", None, None]
    assert gzip.decompress(said["gzip"].data) == said["identity"].data
    assert len(said["gzip, deflate, br"].data) < len(said["gzip"].data)
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in said.values())


def test_a_static_file_is_asked_again_but_not_sent_again(browser: Callable[..., FlaskClient]) -> None:
    first = browser().get("/static/css/office.css")
    again = browser().get("/static/css/office.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Cache-Control"], again.status_code) == ("no-cache", 304)


def test_more_than_100_mb_is_refused_before_it_is_read(machine: Callable[..., FlaskClient]) -> None:
    answer = machine("field").post(
        "/openrosa/submission",
        input_stream=io.BytesIO(b""),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(100 * 1024 * 1024 + 1)},
    )
    assert answer.status_code == 413
    assert 'code="too_large"' in answer.text


@pytest.fixture
def behind_proxy(cluster: Config, urls: Urls) -> Flask:
    return create_app(Config(home=cluster.home, trusted_proxy=("10.1.1.1",)), urls)


def test_only_the_named_proxy_is_believed(behind_proxy: Flask) -> None:
    seen: list[tuple[str | None, str]] = []

    def note() -> str:
        seen.append((request.remote_addr, request.scheme))
        return ""

    behind_proxy.add_url_rule("/seen", "seen", note)
    behind_proxy.extensions["open_endpoints"].add("seen")
    forwarded = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    for address in ("10.1.1.1", "10.1.1.2"):
        behind_proxy.test_client().get("/seen", headers=forwarded, environ_base={"REMOTE_ADDR": address})
    assert seen == [("203.0.113.5", "https"), ("10.1.1.2", "http")]


def test_without_a_named_proxy_nobody_is_believed(site: Flask) -> None:
    answer = site.test_client().get(
        "/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, environ_base={"REMOTE_ADDR": "203.0.113.5"}
    )
    assert answer.status_code in (302, 401)
