"""Names after kinship, office and clergy titles."""

from collections.abc import Callable

from surveys.screening import name_parts, small_letters
from surveys.screening.name_parts import FILL_GAP, Span
from surveys.screening.rules import compile_rule, words
from surveys.screening.tokens import Sentence

KIN_GAP = compile_rule(r"^(?:[ .]{1,2}| \()$")
TITLE_GAP = compile_rule(r"^[ .:(,\-\"“]{1,3}(?:[0-9]{1,3}[a-zA-Z]? )?$")
UNITS = frozenset(
    words("thôn, xã, phường, ấp, bản, buôn, bon, làng, xóm, huyện, tỉnh, khu, tổ, giáo, chùa, trường, công")
)


def after_title(s: Sentence, at: int, length: int, kind: str) -> Span | None:
    """The name after a title, titles after titles followed ("cô y tá", "Chủ tịch xã"): words from title to end."""
    start, title_at, j = at, at, at + length
    for _ in range(6):
        if j >= len(s.words) or name_parts.skip(s, j):
            return None
        more, more_kind = s.phrase(s.vocabulary.titles, j)
        gap = s.words[j].gap
        if more and TITLE_GAP.match(gap) and not (more_kind == "kin" and s.words[j].case == "T" and kind == "kin"):
            if kind in ("kin", "context") and more_kind != "context":
                start = j
            kind = more_kind if more_kind != "context" or kind == "context" else kind
            title_at, j = j, j + more
            continue
        fill, _ = s.phrase(s.vocabulary.fills, j)
        if fill and kind in ("office", "unit", "clergy") and FILL_GAP.match(gap) and not _named_here(s, j):
            kind = "unit" if s.words[j].low in UNITS else kind
            j += fill
            continue
        break
    return _name_at(s, start, title_at, j, kind)


def _named_here(s: Sentence, at: int) -> bool:
    return s.named(at) and bool(name_parts.surname(s, at)) and s.named(at + 1)


def _name_at(s: Sentence, start: int, title_at: int, j: int, kind: str) -> Span | None:
    if j >= len(s.words) or not (KIN_GAP if kind == "kin" else TITLE_GAP).match(s.words[j].gap):
        return None
    title = s.joined(title_at, j)
    end = name_parts.run(s, j)
    if end > j:
        inner = name_parts.middle_inside(s, j, end)
        if ACCEPT[kind](s, j, end, title):
            return (j if kind == "context" else start), end
        if inner is not None and inner > j:
            return inner, end
        return None
    end = small_letters.whole(s, j)
    if not end and not s.vocabulary.plain:
        end = small_letters.titled(s, j)
    if not end and kind == "kin":
        end = small_letters.given(s, title_at, j)
    return ((j if kind == "context" else start), end) if end else None


def _kin(s: Sentence, at: int, end: int, title: str) -> bool:
    if s.has(at, "not_name") and not (name_parts.surname(s, at) and end - at > 1):
        return False
    place, _ = s.phrase(s.vocabulary.places, at)
    if place and not (name_parts.surname(s, at) and end - at > 1) and not s.has(at, "given_names"):
        return False
    if name_parts.person_start(s, at, end):
        return True
    if s.vocabulary.plain and name_parts.surname(s, at) and name_parts.known_place(s, at, end):
        return False
    if s.capitals and s.has(at, "caps_core") and end - at >= (3 if s.vocabulary.plain else 2):
        return True
    if s.capitals and s.vocabulary.plain and title not in ("anh", "chi", "ong"):
        return False
    if title in s.vocabulary.sets["weak_kin"] or s.vocabulary.plain or s.capitals:
        return s.has(at, "given_names") and s.joined(at, min(end, at + 2)) not in s.vocabulary.sets["places"]
    return True


def _office(s: Sentence, at: int, end: int, _title: str) -> bool:
    if name_parts.person_start(s, at, end):
        return True
    return (
        s.has(at, "given_names") and s.joined(at, end) not in s.vocabulary.sets["places"] and not s.has(at, "not_name")
    )


def _unit(s: Sentence, at: int, end: int, _title: str) -> bool:
    return name_parts.person_start(s, at, end) or (end - at == 1 and s.has(at, "given_names") and s.has(end, "verbs"))


def _context(s: Sentence, at: int, end: int, title: str) -> bool:
    if name_parts.person_start(s, at, end):
        return True
    return (
        title in s.vocabulary.sets["named_by"]
        and s.has(at, "given_names")
        and end - at <= 2
        and s.joined(at, end) not in s.vocabulary.sets["places"]
    )


ACCEPT: dict[str, Callable[[Sentence, int, int, str], bool]] = {
    "kin": _kin,
    "clergy": _kin,
    "office": _office,
    "unit": _unit,
    "context": _context,
}
