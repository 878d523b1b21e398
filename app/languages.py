"""Vietnamese first, English second: the catalogue, and how numbers and days are written."""

import datetime as dt
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request

COOKIE = "lang"
LANGUAGES = ("vi", "en")
CATALOGUE = Path(__file__).parent / "translations" / "en.po"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


@cache
def english() -> dict[str, str]:
    """Vietnamese text → English text, read from the catalogue once per process; no compiled file to keep in step."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}


def register(web: Flask) -> None:
    """Gives templates `_`, the current language, and the filters `number`, `day`, `moment`."""
    web.jinja_env.globals["_"] = translated
    web.jinja_env.globals["language"] = current
    web.jinja_env.filters.update(number=number, day=day, moment=moment)


def current() -> str:
    """`vi` or `en`, as this browser chose; `vi` outside a request."""
    chosen = request.cookies.get(COOKIE) if has_request_context() else None
    return chosen if chosen in LANGUAGES else "vi"


def translated(text: str, **facts: object) -> str:
    """The text (Vietnamese) in the current language, its {names} filled with the facts."""
    said = english().get(text, text) if current() == "en" else text
    return said.format(**facts) if facts else said


def number(value: float | None, decimals: int = 0) -> str:
    """1234.5 → `1.234,5` (in English `1,234.5`); nothing is a dash, never 0."""
    if value is None:
        return "–"
    said = f"{value:,.{decimals}f}"
    return said if current() == "en" else said.translate(str.maketrans(",.", ".,"))


def day(value: dt.date | None) -> str:
    """dd/MM/yyyy; a moment is taken at UTC+7."""
    if value is None:
        return "–"
    if isinstance(value, dt.datetime):
        value = value.astimezone(HERE)
    return value.strftime("%d/%m/%Y")


def moment(value: dt.datetime | None) -> str:
    """HH:MM dd/MM/yyyy at UTC+7."""
    return "–" if value is None else value.astimezone(HERE).strftime("%H:%M %d/%m/%Y")
