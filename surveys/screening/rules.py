"""The word lists and regexes of rules.json, made ready: NFC text, one spelling of tones, plain twins without marks."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

RULES: dict[str, Any] = json.loads(Path(__file__).with_name("rules.json").read_text(encoding="utf-8"))
_SAME = {ord(k): v for k, v in RULES["same_characters"].items()}
_TONES: list[tuple[str, str]] = list(RULES["tone_places"].items())


def compile_rule(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A regex of rules.json; `{L}` is the class of letters, which Python and JavaScript would not agree on."""
    return re.compile(pattern.replace("{L}", RULES["letters"]), re.IGNORECASE if ignore_case else 0)


def tidy(text: str) -> str:
    """NFC, with look-alike apostrophes, dashes, spaces and full-width digits made plain; spans count here."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_SAME)


def lower(text: str) -> str:
    """Lower case with tone marks in their older place ("hoà" → "hòa"); as long as its input."""
    text = text.lower()
    if not text.isascii():
        for new, old in _TONES:
            if new in text:
                text = text.replace(new, old)
    return text


def plain(text: str) -> str:
    """Without Vietnamese marks, as typed by people who leave them out."""
    if text.isascii():
        return text
    marks = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(c for c in marks if not "\u0300" <= c <= "\u036f"))


def words(listed: str) -> list[str]:
    """The entries of a comma-separated list, in lower()'s spelling."""
    return [lower(entry.strip()) for entry in listed.split(",") if entry.strip()]
