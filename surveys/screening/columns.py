"""Lints columns of imported tables by their names and values: persons' columns are dropped before storage."""

import re
from collections.abc import Sequence

from surveys.screening import text as texts
from surveys.screening.findings import Verdict, refuse
from surveys.screening.questions import CHOICE_SETS
from surveys.screening.rules import RULES, compile_rule, lower, plain, tidy

_C = RULES["columns"]
SORTS = [(reason, compile_rule(pattern)) for reason, pattern in _C["sorts"]]
GLUED = [(reason, compile_rule(pattern)) for reason, pattern in _C["glued"]]
MARKED = compile_rule(_C["marked"])
PLACE_NAMES, KEPT = compile_rule(_C["place_names"]), compile_rule(_C["kept"])
SPLIT_NAME = re.compile(r"[_\-./:,;&()\[\] ]+|(?<=[a-z])(?=[A-Z])")
NUMBER = re.compile(r"^[0-9]+(?:\.0+)?$")
BY_KIND = {"phone": "phone", "id_number": "id", "email": "email", "house_plot": "address", "person_name": "person"}
MOST_VALUES = 200


def column(name: str, samples: Sequence[object] | str) -> Verdict | None:
    """Why a column may not be stored, or None. `samples` are some of its values (a list, or one text parted by ;)."""
    readable = " ".join(plain(lower(SPLIT_NAME.sub(" ", tidy(name)))).split())
    if not KEPT.search(readable):
        if MARKED.search(lower(tidy(name)).strip()):
            return refuse("person")
        glued = readable.replace(" ", "").rstrip("0123456789")
        for (reason, rule), text in [(sort, readable) for sort in SORTS] + [(sort, glued) for sort in GLUED]:
            if rule.search(text):
                return refuse(reason)
    values = samples.split(";") if isinstance(samples, str) else [str(value) for value in samples if value is not None]
    return _by_values(readable, [tidy(value).strip() for value in values[:MOST_VALUES] if value.strip()])


def _by_values(name: str, values: list[str]) -> Verdict | None:
    if not values:
        return None
    numbers = [value.split(".")[0] for value in values if NUMBER.match(value)]
    if len(numbers) == len(values):
        return _bare_numbers(numbers)
    found = [{item.kind for item in texts.find(value)} for value in values]
    for kind, reason in BY_KIND.items():
        share = sum(kind in kinds for kinds in found) / len(values)
        needed = 0.5 if kind in ("person_name", "house_plot") else 0.2
        if share >= needed and not (kind == "person_name" and PLACE_NAMES.search(name)):
            return refuse(reason)
    for reason, marked, unmarked in CHOICE_SETS:
        known = {lower(value) for value in values}
        hits = sum(value in marked or (value.isascii() and value in unmarked) for value in known)
        if hits >= 2 and 2 * hits >= len(known):
            return refuse(reason)
    return None


def _bare_numbers(numbers: list[str]) -> Verdict | None:
    """Numbers of persons whose nought a spreadsheet has eaten, or typed as they are."""
    round_ones = sum(number.endswith("000") for number in numbers)
    lengths = {len(number) for number in numbers}
    if 2 * round_ones >= len(numbers):
        return None
    if all(number[0] == "0" for number in numbers) and lengths == {12}:
        return refuse("id")
    if all(texts.find(number) for number in numbers):
        return refuse(BY_KIND[texts.find(numbers[0])[0].kind])
    if lengths <= {11, 12} and all(number[0] != "0" or len(number) == 12 for number in numbers):
        return refuse("id")
    return refuse("phone") if lengths == {9} and all(number[0] in "35789" for number in numbers) else None
