"""Finds phone and identity numbers in clusters of digits, however they are spaced."""

from collections.abc import Iterator

from surveys.screening.findings import Finding
from surveys.screening.rules import RULES, compile_rule

_N = RULES["numbers"]
_S = _N["shapes"]
CLUSTER, GROUP = compile_rule(_S["cluster"]), compile_rule(_S["group"])
PHONE, CITIZEN, OLD_CARD = (compile_rule(_S[k]) for k in ("phone", "citizen", "old_card"))
HOTLINE = compile_rule(_N["hotline"])
DATE, DATE_ISO = compile_rule(_S["date"]), compile_rule(_S["date_iso"])
LOOK_BACK = 48


def _rule(name: str, ignore_case: bool = True):  # type: ignore[no-untyped-def]
    return compile_rule(_N[name], ignore_case)


PHONE_BEFORE, ID_BEFORE, MONEY_BEFORE = _rule("phone_words_before"), _rule("id_words_before"), _rule("money_before")
TAX_BEFORE, AMOUNT_AFTER, CODE_BEFORE = _rule("tax_before"), _rule("amount_after"), _rule("code_before")
PASSPORT, PASSPORT_BEFORE = _rule("passport", False), _rule("passport_words_before")
INSURANCE, SPOKEN, SPOKEN_PLAIN = _rule("insurance", False), _rule("spoken"), _rule("spoken_plain")


def find(text: str) -> Iterator[Finding]:
    """Findings of kind phone and id_number in tidy text, in no order."""
    for cluster in CLUSTER.finditer(text):
        digits = cluster[0]
        if digits[0] in "oO" and not text[: cluster.start()][-1:].isalpha():
            digits = "0" + digits[1:]  # the letter o typed for a nought
        if len(GROUP.sub("", digits)) <= len(digits) - 7:
            yield from _in_cluster(text, cluster.start(), digits)
    for found in PASSPORT.finditer(text):
        before = text[max(0, found.start() - LOOK_BACK) : found.start()]
        if PASSPORT_BEFORE.search(before) or (found[0][0].isupper() and not CODE_BEFORE.search(before)):
            yield Finding("id_number", found.start(), found.end(), found[0])
    for found in INSURANCE.finditer(text):
        yield Finding("id_number", found.start(), found.end(), found[0])


def spoken(text: str) -> Iterator[Finding]:
    """Phone numbers written out in words."""
    for rule in (SPOKEN, SPOKEN_PLAIN):
        for found in rule.finditer(text):
            yield Finding("phone", found.start(), found.end(), found[0])


def _in_cluster(text: str, offset: int, cluster: str) -> Iterator[Finding]:
    groups = [(m.start(), m.end()) for m in GROUP.finditer(cluster)]
    first = 0
    while first < len(groups):
        taken = _longest(text, offset, cluster, groups, first)
        if taken is None:
            first += 1
            continue
        last, kind = taken
        start = offset + groups[first][0]
        while start > 0 and text[start - 1] in "+(" and start > offset - 2:
            start -= 1
        end = offset + groups[last][1]
        yield Finding(kind, start, end, text[start:end])
        first = last + 1


def _longest(text: str, offset: int, cluster: str, groups: list[tuple[int, int]], first: int) -> tuple[int, str] | None:
    """The longest run of groups from `first` that is a number of a person: (last group, kind)."""
    start = groups[first][0]
    if DATE.match(cluster[start:]) or DATE_ISO.match(cluster[start:]):
        return None
    before = text[max(0, offset + start - LOOK_BACK) : offset + start]
    best = None
    digits = ""
    for last in range(first, len(groups)):
        digits += cluster[groups[last][0] : groups[last][1]]
        if len(digits) > 16:  # a bank account's longest
            break
        if len(digits) >= 7 and _joinable(cluster, groups, first, last):
            after = text[offset + groups[last][1] : offset + groups[last][1] + 12]
            kind = _kind(digits, before, after, last - first + 1, len(groups), first)
            best = (last, kind) if kind and not _decimal(cluster, groups[first : last + 1], kind) else best
    return best


def _joinable(cluster: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether these groups read as one number: a comma or slash parts numbers, but for 0912/345/678."""
    gaps = [cluster[groups[i][1] : groups[i + 1][0]] for i in range(first, last)]
    if not any("/" in gap or "," in gap for gap in gaps):
        return True
    long_first = groups[first][1] - groups[first][0] >= 3 and cluster[groups[first][0]] == "0"
    return long_first and len(gaps) == 2 and all(len(gap) == 1 for gap in gaps)


def _decimal(cluster: str, groups: list[tuple[int, int]], kind: str) -> bool:
    """Whether an unnamed number is rather a measure with decimals: 1285430.25."""
    return kind == "id_number" and len(groups) == 2 and groups[0][1] - groups[0][0] > 5 and cluster[groups[0][1]] == "."


def _kind(digits: str, before: str, after: str, taken: int, all_groups: int, first: int) -> str | None:
    named = ID_BEFORE.search(before)
    amount = AMOUNT_AFTER.search(after) is not None
    if TAX_BEFORE.search(before) and not (named and "cá nhân" in before.lower()):
        return None
    if CITIZEN.match(digits) and not amount:
        return "id_number"
    if named and 8 <= len(digits) <= 16 and not amount and not PHONE_BEFORE.search(before):
        return "id_number"
    if PHONE.match(digits):
        return "phone"
    if amount or MONEY_BEFORE.search(before):
        return None
    if OLD_CARD.match(digits) and (taken == all_groups or taken == 1) and (taken > 1 or not digits.endswith("0000")):
        return "id_number"
    if (
        len(digits) in (7, 8)
        and not HOTLINE.match(digits)
        and first == 0
        and taken == all_groups
        and PHONE_BEFORE.search(before)
    ):
        return "phone"
    return None
