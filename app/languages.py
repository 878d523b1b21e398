"""Vietnamese first, English second: the catalogue, and how numbers and days are written."""

import datetime as dt
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain

from surveys.showing import SMALLEST_SHOWN
from surveys.wall_clock import HERE

COOKIE = "lang"
LANGUAGES = ("vi", "en")
CATALOGUE = Path(__file__).parent / "translations" / "en.po"
VIETNAMESE = NullTranslations()  # the texts in code and templates are Vietnamese already


@cache
def english() -> Translations:
    """The English catalogue, compiled in memory once per process: no binary file to build or keep in step."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class Catalogues(Domain):
    """Flask-Babel's domain, read from the one .po file."""

    def get_translations(self) -> NullTranslations:
        return english() if current() == "en" else VIETNAMESE


def register(web: Flask) -> None:
    """Flask-Babel's `_` in code and templates, the current language, and the filters `number`, `day`, `moment`."""
    babel = Babel(web, default_locale="vi", default_timezone=HERE.key, locale_selector=current)
    babel.domain_instance = Catalogues()
    web.jinja_env.globals["language"] = current
    web.jinja_env.filters.update(number=number, people=people, day=day, moment=moment)


def current() -> str:
    """`vi` or `en`, as this browser chose; `vi` outside a request."""
    chosen = request.cookies.get(COOKIE) if has_request_context() else None
    return chosen if chosen in LANGUAGES else "vi"


def number(value: float | None, decimals: int = 0) -> str:
    """1234.5 → `1.234,5` (in English `1,234.5`); nothing is a dash, never 0."""
    if value is None:
        return "–"
    said = f"{value:,.{decimals}f}"
    return said if current() == "en" else said.translate(str.maketrans(",.", ".,"))


def people(value: int | None) -> str:
    """A number of people or households: of one to four no more is told than that (S6)."""
    return number(value) if value is None or not 0 < value < SMALLEST_SHOWN else f"<{SMALLEST_SHOWN}"


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
