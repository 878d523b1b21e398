"""What a dated rule is made of: the fields that name it and say it, and how each is read from a form or a command."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveys import screening
from surveys.field_faults import Fault

LONGEST = 300
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_DIGITS = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True)
class Part:
    """One field of a rule: a number, words, a new code, or a choice of a code list or of `options`."""

    key: str
    label: str
    label_en: str
    list: str = ""  # a code list
    options: tuple[tuple[str, str, str], ...] = ()  # code, Vietnamese, English
    kind: str = "choice"  # choice, number, words, code, flag
    least: int = 0
    most: int = 0
    optional: bool = False

    @property
    def empty(self) -> Any:
        """What an optional field left empty is stored as."""
        return None if self.kind == "number" else ""


def number(key: str, label: str, label_en: str, least: int, most: int, *, optional: bool = False) -> Part:
    """A whole number within limits."""
    return Part(key, label, label_en, kind="number", least=least, most=most, optional=optional)


def read(part: Part, given: str, codes: Mapping[str, Mapping[str, Any]]) -> tuple[Any, list[Fault]]:
    """A field's value and what is wrong with it; `codes`: of each list, the codes in force."""
    given = " ".join(given.split())
    if part.kind == "flag":
        return given == "1", []
    if not given:
        return part.empty, [] if part.optional else [Fault(part.key, "missing")]
    if part.kind == "words":
        return words(part.key, given)
    if part.kind == "number":
        if not _DIGITS.fullmatch(given):
            return None, [Fault(part.key, "not_a_number")]
        within = part.least <= int(given) <= part.most
        return int(given), [] if within else [Fault(part.key, "out_of_range", least=part.least, most=part.most)]
    if part.kind == "code":
        return given, [] if _CODE.fullmatch(given) else [Fault(part.key, "not_a_code")]
    known = codes[part.list] if part.list else {code for code, _, _ in part.options}
    return given, [] if given in known else [Fault(part.key, "unknown")]


def words(field: str, given: str) -> tuple[str, list[Fault]]:
    """Words everybody may read: not empty, about nobody (S1), nothing classified."""
    said = " ".join(given.split())
    if not said:
        return "", [Fault(field, "missing")]
    if len(said) > LONGEST:
        return "", [Fault(field, "too_long", most=LONGEST)]
    if screening.classified(said):
        return "", [Fault(field, "classified")]
    masked, found = screening.mask(said)
    return said, [Fault(field, "persons", reason=masked)] if found else []
