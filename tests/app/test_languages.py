"""Vietnamese first; every text has its English; numbers and days as each language writes them."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from app import languages, navigation

APP = Path(languages.__file__).parent
NAMES = re.compile(r"%\((\w+)\)s")


def _texts() -> set[str]:
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(str(APP), methods, directory_filter=lambda folder: "node_modules" not in folder)
    return {message for _, _, message, _, _ in found if isinstance(message, str)} | {
        text for place in navigation.PLACES for text in (place.title, place.group) if text
    }


def test_every_text_of_pages_and_code_has_its_english() -> None:
    with languages.CATALOGUE.open("rb") as file:
        english = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    texts = _texts()
    assert len(texts) > 100
    missing = sorted(text for text in texts if not english.get(text))
    assert not missing, "add to app/translations/en.po: " + " | ".join(missing)
    for text, said in english.items():
        assert set(NAMES.findall(text)) == set(NAMES.findall(said)), text


def test_a_text_has_one_english() -> None:
    """Said twice, the later one would hold everywhere, whoever wrote the first."""
    said = re.findall(r'^msgid (".+"(?:\n".*")*)$', languages.CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [text for text, times in Counter(said).items() if times > 1] == []


def test_the_chosen_language_stays(browser: Callable[..., FlaskClient]) -> None:
    client = browser("officer")
    assert 'lang="vi"' in client.get("/").text
    answer = client.get("/lang/en?next=/account/")
    assert answer.headers["Location"] == "/account/"
    page = client.get("/account/").text
    assert '<html lang="en"' in page
    assert "Change password" in page
    assert "Đổi mật khẩu" not in page
    client.get("/lang/vi")
    assert "Đổi mật khẩu" in client.get("/account/").text


def test_an_unknown_language_is_no_page_and_next_stays_here(browser: Callable[..., FlaskClient]) -> None:
    assert browser("gis").get("/lang/xx").status_code == 404
    assert browser().get("/lang/en?next=//evil.example").headers["Location"] == "/"


@pytest.mark.parametrize(("language", "number"), [("vi", "1.234,5"), ("en", "1,234.5")])
def test_numbers_and_days(site: Flask, language: str, number: str) -> None:
    with site.test_request_context("/", headers={"Cookie": f"lang={language}"}):
        assert languages.number(1234.5, 1) == number
        assert languages.number(None) == "–"
        assert languages.day(dt.date(2026, 3, 7)) == "07/03/2026"
        late = dt.datetime(2026, 3, 6, 18, 30, tzinfo=dt.UTC)  # already the 7th in Vietnam
        assert languages.day(late) == "07/03/2026"
        assert languages.moment(late) == "01:30 07/03/2026"
