"""Days and whole numbers as forms of the office send them; what can't be read is a fault of its field."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geodata.problems import InvalidValue
from surveys.answer_problems import SubmissionClassified
from surveys.field_faults import Fault
from surveys.map_pages import asked

_NUMBER = re.compile(r"[0-9]{1,16}")
# People write 1.234.567 or 1 234 567; a decimal comma isn't taken for a separator.
_GROUPED = re.compile(r"[0-9]{1,3}([. ][0-9]{3})+")


def read(
    form: Mapping[str, str], *, days: Iterable[str] = (), numbers: Iterable[str] = ()
) -> tuple[dict[str, Any], list[Fault]]:
    """Values by field, None where a field was left empty, and what couldn't be read."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for key in days:
        given = form.get(key, "").strip()
        found[key] = None
        if given:
            try:
                found[key] = dt.date.fromisoformat(given)
            except ValueError:
                faults.append(Fault(key, "not_a_day"))
    for key in numbers:
        given = form.get(key, "").strip()
        found[key] = None
        if _GROUPED.fullmatch(given):
            given = given.replace(".", "").replace(" ", "")
        if _NUMBER.fullmatch(given):
            found[key] = int(given)
        elif given:
            faults.append(Fault(key, "not_a_number"))
    return found, faults


def texts(form: Mapping[str, str], longest: Mapping[str, int]) -> tuple[dict[str, str], list[Fault]]:
    """Free text by field, at most so many letters, screened (S2); what may not be stored is a fault of its field."""
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for key, most in longest.items():
        given = form.get(key, "")
        try:
            found[key] = asked.written(key, given, most)
        except asked.NamesPersons as problem:
            faults.append(Fault(key, "persons", reason=problem.facts["reason"]))
        except SubmissionClassified:
            faults.append(Fault(key, "classified"))
        except InvalidValue:
            faults.append(Fault(key, "too_long", most=most))
    return found, faults


def number(form: Mapping[str, str], key: str) -> int:
    """An id that a page put into its own form; 0, which no row has, for anything else."""
    given = form.get(key, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
