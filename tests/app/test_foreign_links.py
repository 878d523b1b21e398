"""A page asked for by a link on another site is opened by its reader, not by the link."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

FROM_A_MAIL = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize(
    ("asked", "led_to"), [("/reports/?period=2026-Q3", "/reports/?period=2026-Q3"), ("//evil.example/x", "/")]
)
def test_the_page_leads_to_this_site_alone_and_sets_no_cookie(
    browser: Callable[..., FlaskClient], asked: str, led_to: str
) -> None:
    answer = browser().get(f"http://localhost{asked}", headers=FROM_A_MAIL)
    assert answer.status_code == 200
    assert f'href="{led_to}"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_picture_or_a_machine_is_answered_as_ever(machine: Callable[..., FlaskClient]) -> None:
    assert "Vụ việc" in machine("answering").get("/cases/", headers=FROM_A_MAIL | {"Accept": "text/html"}).text
    icon = machine("answering").get("/static/icons/diaban.svg", headers=FROM_A_MAIL | {"Sec-Fetch-Dest": "image"})
    assert icon.mimetype == "image/svg+xml"
