"""Lints questions of uploaded forms: nothing about a person, belief, ethnicity or opinion, nothing taken unseen."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surveys.screening import text as texts
from surveys.screening.findings import RowFinding, Verdict, refuse
from surveys.screening.rules import RULES, compile_rule, lower, plain, tidy, words

_Q = RULES["questions"]
METADATA, SILENT, PLACES = (frozenset(words(_Q[k])) for k in ("metadata_types", "silent_types", "place_types"))
CHOICES = (
    ("ethnicity", "ethnic_groups"),
    ("belief", "religions"),
    ("opinion_loyalty", "opinions"),
    ("person", "persons"),
)
CHOICE_SETS = [(reason, frozenset(words(_Q[k])), frozenset(map(plain, words(_Q[k])))) for reason, k in CHOICES]


def _compiled(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The rule for text with marks and its twin for text without."""
    whole = f"(?<![{{L}}])(?:{lower(pattern)})(?![{{L}}])"
    return compile_rule(whole), compile_rule(plain(whole))


SORTS = [(reason, *_compiled(pattern)) for reason, pattern in _Q["sorts"]]
PASSES, COUNT = _compiled(_Q["whole_passes"]), _compiled(_Q["count"].removeprefix("^"))
COUNT_NEVER, SITE, FORBIDS = (
    _compiled(_Q["count_never_passes"]),
    _compiled(_Q["site_words"]),
    _compiled(_Q["forbidding_hint"]),
)
COUNT_PASSES = frozenset(words(_Q["count_passes"]))
STRONG_NAMES = compile_rule(f"(?<![a-z])(?:{_Q['strong_names']})(?![a-z])")
# What officials shorten, and the words it stands for; written without marks too.
SHORT = [(*_compiled(short), long) for short, long in _Q["abbreviations"]]
# Signs put between the syllables of a word, and those that aren't seen at all.
PARTED = compile_rule("(?<=[{L}])[._*~|\\-]+(?=[{L}])")
HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
SPLIT_NAME = re.compile(r"[_\-./]+|(?<=[a-z])(?=[A-Z])")


def question(
    name: str, label: str, kind: str, hint: str = "", choices: Iterable[str] = (), save_to: str = ""
) -> Verdict | None:
    """Why a question may not be asked, or None. `kind` is the XLSForm type; `choices` are the labels of its list."""
    base = lower(tidy(kind)).split(" or_other")[0].strip()
    first = base.split(" ")[0]
    if base in METADATA or first in METADATA:
        return refuse("metadata")
    if base in SILENT or first in SILENT:
        return None
    label, readable_name = _words(label), plain(lower(SPLIT_NAME.sub(" ", tidy(name)))).strip()
    reason = _label_reason(label) or _choices_reason(label, [_words(c) for c in choices]) or _hint_reason(_words(hint))
    if reason is None and (STRONG_NAMES.search(readable_name) or not label):
        reason = _label_reason(readable_name)
    if reason is None and first in PLACES and not save_to:
        reason = "place_unmapped"
    return refuse(reason) if reason else None


def form(survey_rows: Sequence[Mapping[str, Any]], choices: Iterable[Mapping[str, Any]] = ()) -> list[RowFinding]:
    """Refused rows of an XLSForm's survey sheet; `choices` are the rows of its choices sheet."""
    lists: dict[str, list[str]] = {}
    for row in choices:
        lists.setdefault(str(row.get("list_name", "")).strip(), []).extend(_translations(row, "label"))
    found = []
    for index, row in enumerate(survey_rows):
        kind = str(row.get("type") or "").strip()
        listed = lists.get(kind.split(" ")[1], []) if kind.startswith("select") and " " in kind else []
        verdict = None
        for label in _translations(row, "label") or [""]:
            hint = " ".join(_translations(row, "hint"))
            save_to = str(row.get("save_to") or row.get("bind::entities:saveto") or "")
            verdict = verdict or question(str(row.get("name") or ""), label, kind, hint, listed, save_to)
        if verdict is None and "signature" in str(row.get("appearance") or ""):
            verdict = refuse("person")
        if verdict:
            found.append(RowFinding(index, str(row.get("name") or ""), verdict))
    return found


def _translations(row: Mapping[str, Any], column: str) -> list[str]:
    return [str(v) for k, v in row.items() if v and (k == column or str(k).startswith((f"{column}::", f"{column}:")))]


def _words(value: str) -> str:
    return " ".join(lower(HIDDEN.sub("", tidy(str(value or "")))).split())


def _matches(rule: tuple[re.Pattern[str], re.Pattern[str]], value: str) -> re.Match[str] | None:
    return rule[1 if value.isascii() else 0].search(value)


def _label_reason(label: str) -> str | None:
    """Why a label may not be asked: as it stands, with its short forms written out, and without signs inside words."""
    readings = dict.fromkeys((label, _written_out(label), _written_out(PARTED.sub(" ", label))))
    return next((reason for reading in readings if (reason := _reason(reading))), None)


def _written_out(label: str) -> str:
    for marked, unmarked, long in SHORT:
        label = unmarked.sub(plain(long), label) if label.isascii() else marked.sub(long, label)
    return label


def _reason(label: str) -> str | None:
    if not label:
        return None
    if texts.find(label) and any(f.kind in ("phone", "email", "id_number") for f in texts.find(label)):
        return "person"
    counted = COUNT[1 if label.isascii() else 0].match(label) and not _matches(COUNT_NEVER, label)
    rest = PASSES[1 if label.isascii() else 0].sub(" ", label)
    for reason, marked, unmarked in SORTS:
        if counted and reason in COUNT_PASSES:
            continue
        if (unmarked if rest.isascii() else marked).search(rest):
            return reason
    return None


def _choices_reason(label: str, choices: list[str]) -> str | None:
    for reason, marked, unmarked in CHOICE_SETS:
        hits = sum(c in marked or (c.isascii() and c in unmarked) for c in choices)
        if hits >= 2 and 2 * hits >= len(choices) and not (reason == "belief" and _matches(SITE, label)):
            return reason
    return None


def _hint_reason(hint: str) -> str | None:
    return None if not hint or _matches(FORBIDS, hint) else _label_reason(hint)
