"""Days and whole numbers as forms of the office send them; what can't be read is a fault of its field."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from surveys.field_faults import Fault

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
