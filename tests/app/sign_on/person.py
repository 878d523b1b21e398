"""Somebody who signs in by the province's own service, with a browser of their own; and what the pages say then."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from tests.app.conftest import PASSWORD, csrf
from tests.app.sign_on.provider import Service

HERE = "http://localhost"  # what Flask's test client calls us


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


def rows(worker: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with worker.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def last_audited(worker: Engine) -> tuple[Any, ...]:
    return rows(worker, "SELECT account_id, verb, detail FROM audit ORDER BY id DESC LIMIT 1")[0]


def by_password(web: Flask, name: str) -> FlaskClient:
    client = web.test_client()
    answer = client.post("/login", data={"username": name, "password": PASSWORD, **token(client, "/login")})
    assert answer.status_code == 302, answer.text
    return client


def token(client: FlaskClient, page: str = "/account/") -> dict[str, str]:
    return {"csrf_token": csrf(client.get(page).text)}
