"""Everything is closed unless it says it is open, and a session is what it should be."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.app.conftest import NAMES

OPEN = {
    "assets.static", "health.lives", "health.ready", "health.metrics", "language.choose",
    "sign_in.form", "sign_in.enter", "sign_in.code_form", "sign_in.code_enter", "sign_in.leave",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_home_of_every_role(browser: Callable[..., FlaskClient], name: str) -> None:
    answer = browser(name).get("/")
    assert answer.status_code == 200
    assert "Lâm Đồng" in answer.text or "Đắk Mil" in answer.text
