"""Finds names of persons: after titles, by surname, by minority naming customs; names of places are stepped over."""

from collections.abc import Callable

from surveys.screening.findings import Finding
from surveys.screening.rules import compile_rule, words
from surveys.screening.tokens import DHARMA_NOT, NAME_GAPS, OPENERS, STRICT_OPENERS, Sentence, read

LONGEST = 6
LONGEST_IN_CAPITALS = 4
KIN_GAP = compile_rule(r"^(?:[ .]{1,2}| \()$")
TITLE_GAP = compile_rule(r"^[ .:(,\-\"“]{1,3}(?:[0-9]{1,3}[a-zA-Z]? )?$")
FILL_GAP = compile_rule(r"^(?: |/|\. | [0-9]{1,3} )$")
PLACE_GAP = compile_rule(r"^[ .\"“'\-:]{1,3}$")
LIST_GAP = compile_rule(r"^(?:, | \- |\-|; )$")
UNITS = frozenset(
    words("thôn, xã, phường, ấp, bản, buôn, bon, làng, xóm, huyện, tỉnh, khu, tổ, giáo, chùa, trường, công")
)
Span = tuple[int, int]


def find(text: str) -> list[Finding]:
    """Findings of kind person_name in tidy text, left to right."""
    sentence = read(text)
    found: list[Finding] = []
    at = 0
    begins = sentence.vocabulary.sets["begins"]
    while at < len(sentence.words):
        word = sentence.words[at]
        if word.case == "l" and word.low not in begins and word.low[:2] not in ("k'", "h'"):
            at += 1
            continue
        at, span = _step(sentence, at)
        if span:
            start, end = sentence.words[span[0]].start, sentence.words[span[1] - 1].end
            found.append(Finding("person_name", start, end, text[start:end]))
    return found


def _step(s: Sentence, at: int) -> tuple[int, Span | None]:
    """What begins at this word: (index to go on from, words of a name or None)."""
    skipped = _skip(s, at)
    title, kind = s.phrase(s.vocabulary.titles, at)
    place, _ = s.phrase(s.vocabulary.places, at)
    if skipped > max(title, place) or (skipped and skipped == title):
        return at + skipped, None
    # without marks "duong", "cau", "ban" are rather a street, a bridge, a hamlet than kin
    street = s.vocabulary.plain and title == place == 1 and not s.has(at + 2, "middles")
    if title and title >= place and not street:
        span = _after_title(s, at, title, kind)
        if span:
            return span[1], span
    if place and _surname(s, at) <= place:
        end = _place(s, at, place)
        if end:
            return end, None
    span = _untitled(s, at)
    if span is None:
        return at + 1, None
    return (span[1], span) if span[0] >= 0 else (span[1], None)


def _skip(s: Sentence, at: int) -> int:
    length, _ = s.phrase(s.vocabulary.skip_names, at)
    if length and not s.has(at + length, "middles"):
        return length
    length, _ = s.phrase(s.vocabulary.skip_words, at)
    return length if length and (s.capitals or s.words[at + length - 1].case == "l") else 0


def _run(s: Sentence, at: int) -> int:
    """The end of the words written like one name from here (== at when there is none)."""
    if at >= len(s.words):
        return at
    in_capitals = s.words[at].case == "U"
    if not s.named(at) and not (in_capitals and _surname(s, at)):
        return at
    end = at + 1
    longest = LONGEST_IN_CAPITALS if in_capitals and s.capitals else LONGEST
    while end < len(s.words) and end - at < longest and s.words[end].gap in NAME_GAPS:
        word = s.words[end]
        if word.case != "T" and not (in_capitals and word.case == "U"):
            break
        stops = in_capitals and s.has(end, "caps_stop") and not s.has(end, "middles") and not s.has(end - 1, "middles")
        if s.has(end, "run_stop") or stops:
            break
        end += 1
    return end


def _surname(s: Sentence, at: int) -> int:
    """How many words of a surname begin here."""
    return s.phrase(s.vocabulary.surnames, at)[0] if at < len(s.words) else 0


def _middle_inside(s: Sentence, at: int, end: int) -> int | None:
    """Where a surname followed by Thị or Văn begins inside a run."""
    for i in range(at, end - 2):
        if s.has(i + 1, "middles") and _surname(s, i):
            return i
    return None


def _known_place(s: Sentence, at: int, end: int) -> bool:
    """Whether these words are, or begin with, a known place or a name out of history."""
    places, historic = s.vocabulary.sets["places"], s.vocabulary.sets["historic"]
    whole = s.joined(at, end)
    if whole in places or whole in historic:
        return True
    return any(s.joined(at, at + n) in historic for n in (2, 3, 4) if at + n < end) or (
        s.joined(at, at + 2) in places
        and not s.has(at + 1, "middles")
        and end - at > 2
        and not s.has(end - 1, "given_names")
    )


def _minority(s: Sentence, at: int, titled: bool) -> bool:
    """K'Brôi, H'Mai, Y Blô, Ha Thuyên, Ka Hrẹo, Ma Đrẻm …"""
    word = s.words[at]
    if s.phrase(s.vocabulary.skip_names, at)[0]:
        return False
    if word.low[:2] in ("k'", "h'") and (len(word.low) > 2 or s.named(at + 1)):
        return len(word.low) > 2 or s.words[at + 1].gap in ("", " ")
    if word.low not in OPENERS or word.case == "l" or not s.named(at + 1) or s.words[at + 1].gap != " ":
        return False
    if s.has(at + 1, "openers_not_followed_by") or s.has(at + 1, "not_name"):
        return False
    careful = word.low in STRICT_OPENERS or s.capitals
    return titled or not careful or s.has(at + 2, "verbs")


def _person_start(s: Sentence, at: int, end: int) -> bool:
    """Whether a run opens as only a person's name does."""
    if (
        _minority(s, at, titled=True)
        or s.phrase(s.vocabulary.baptismal, at)[0]
        or s.words[at].low in ("thích", "thich")
    ):
        return True
    length = _surname(s, at)
    if not length or end - at <= length or _known_place(s, at, end):
        return False
    return not s.capitals or _sure_in_capitals(s, at, end)


def _kin(s: Sentence, at: int, end: int, title: str) -> bool:
    if s.has(at, "not_name") and not (_surname(s, at) and end - at > 1):
        return False
    place, _ = s.phrase(s.vocabulary.places, at)
    if place and not (_surname(s, at) and end - at > 1) and not s.has(at, "given_names"):
        return False
    if _person_start(s, at, end):
        return True
    if s.vocabulary.plain and _surname(s, at) and _known_place(s, at, end):
        return False
    if s.capitals and s.has(at, "caps_core") and end - at >= (3 if s.vocabulary.plain else 2):
        return True
    if s.capitals and s.vocabulary.plain and title not in ("anh", "chi", "ong"):
        return False
    if title in s.vocabulary.sets["weak_kin"] or s.vocabulary.plain or s.capitals:
        return s.has(at, "given_names") and s.joined(at, min(end, at + 2)) not in s.vocabulary.sets["places"]
    return True


def _office(s: Sentence, at: int, end: int, _title: str) -> bool:
    if _person_start(s, at, end):
        return True
    return (
        s.has(at, "given_names") and s.joined(at, end) not in s.vocabulary.sets["places"] and not s.has(at, "not_name")
    )


def _unit(s: Sentence, at: int, end: int, _title: str) -> bool:
    return _person_start(s, at, end) or (end - at == 1 and s.has(at, "given_names") and s.has(end, "verbs"))


def _context(s: Sentence, at: int, end: int, title: str) -> bool:
    if _person_start(s, at, end):
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


def _after_title(s: Sentence, at: int, length: int, kind: str) -> Span | None:
    """The name after a title, titles after titles followed ("cô y tá", "Chủ tịch xã"): words from title to end."""
    start, title_at, j = at, at, at + length
    for _ in range(6):
        if j >= len(s.words) or _skip(s, j):
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
    return s.named(at) and bool(_surname(s, at)) and s.named(at + 1)


def _name_at(s: Sentence, start: int, title_at: int, j: int, kind: str) -> Span | None:
    if j >= len(s.words) or not (KIN_GAP if kind == "kin" else TITLE_GAP).match(s.words[j].gap):
        return None
    title = s.joined(title_at, j)
    end = _run(s, j)
    if end > j:
        inner = _middle_inside(s, j, end)
        if ACCEPT[kind](s, j, end, title):
            return (j if kind == "context" else start), end
        if inner is not None and inner > j:
            return inner, end
        return None
    end = _lower_name(s, j)
    if not end and not s.vocabulary.plain:
        end = _lower_titled(s, j)
    if not end and kind == "kin":
        end = _lower_given(s, title_at, j)
    return ((j if kind == "context" else start), end) if end else None


def _lower_name(s: Sentence, at: int) -> int:
    """The end of a whole name in small letters (nguyễn thị hoa), or 0."""
    if s.has(at, "lower_core") and s.has(at + 1, "middles") and at + 2 < len(s.words):
        if any(s.words[i].gap != " " for i in (at + 1, at + 2)):
            return 0
        end = at + 3
        while end < len(s.words) and end - at < LONGEST_IN_CAPITALS and s.words[end].gap == " ":
            if not s.has(end, "given_names") or s.has(end, "verbs"):
                break
            end += 1
        return end
    return 0


def _lower_titled(s: Sentence, at: int) -> int:
    """The end of a name in small letters after any title (linh mục trần đình khoan, đại đức thích giác trí), or 0."""
    at += s.phrase(s.vocabulary.baptismal, at)[0]
    dharma = at < len(s.words) and s.words[at].low == "thích"
    known = s.has(at, "lower_core") and s.has(at + 1, "given_names")
    if not (known or dharma) or at + 1 >= len(s.words) or s.words[at + 1].gap != " ":
        return 0
    end = at + 2
    while end < len(s.words) and end - at < LONGEST_IN_CAPITALS and s.words[end].gap == " ":
        if not s.has(end, "given_names") or s.has(end, "verbs"):
            break
        end += 1
    return end


def _lower_given(s: Sentence, title_at: int, at: int) -> int:
    """The end of a given name in small letters after a kinship word (anh tuấn báo), or 0."""
    title = s.words[title_at].low
    if s.capitals or (s.vocabulary.plain and title not in ("anh", "chi", "ong")) or s.has(title_at, "weak_kin"):
        return 0
    if s.vocabulary.plain and s.has(at, "lower_core") and s.has(at + 1, "given_names"):
        return at + 2 if s.words[at + 1].gap == " " and s.has(at + 2, "verbs") else 0
    if not s.has(at, "given_names") or s.has(at, "lower_given_not"):
        return 0
    end = at + 1
    follows = s.has(end, "verbs") and s.words[end].gap == " "
    return end if follows else 0


def _place(s: Sentence, at: int, length: int) -> int:
    """The end of a place's name that begins with this word for a kind of place, or 0."""
    if length == 1 and s.has(at + 1, "middles") and _surname(s, at) and s.words[at].case != "l":
        return 0
    j = at + length
    for _ in range(4):
        more = s.phrase(s.vocabulary.places, j)[0] or s.phrase(s.vocabulary.fills, j)[0]
        if not more or not FILL_GAP.match(s.words[j].gap) or (_surname(s, j) and s.has(j + 1, "middles")):
            break
        j += more
    if j >= len(s.words) or not PLACE_GAP.match(s.words[j].gap):
        return 0
    return _place_name(s, at, length, j)


def _place_name(s: Sentence, at: int, length: int, j: int) -> int:
    if s.has(j, "place_kin") and s.named(j + 1) and s.words[j + 1].gap == " ":
        end = _run(s, j + 1)
        if s.words[j].case == "l" and (end - j > 2 or _minority(s, j + 1, titled=True)):
            return 0
        return min(end, j + 4) if end > j + 1 else 0
    end = _run(s, j)
    if end == j:
        return _lower_name(s, j)
    doubtful = s.vocabulary.plain and s.has(at, "ambiguous_place") and length == 1 and j == at + 1
    if doubtful and s.has(j + 1, "middles") and not _known_place(s, j, end):
        return 0
    inner = _middle_inside(s, j, end)
    if inner is not None and inner > j:
        return inner
    if s.words[j].case == "U" and s.capitals:
        end = min(end, j + (4 if s.joined(j, j + 4) in s.vocabulary.sets["historic"] else 3))
    return _listed_places(s, end)


def _listed_places(s: Sentence, end: int) -> int:
    """Goes on over ", Trần Phú và Lê Lợi" after the name of a place."""
    while end < len(s.words):
        j = end
        if s.words[j].low in ("và", "va", "với", "đến", "qua", "giao") and s.words[j].gap == " " and s.named(j + 1):
            j += 1
        elif not LIST_GAP.match(s.words[j].gap):
            return end
        after = _run(s, j)
        if after == j or after - j > 3 or s.has(after, "verbs"):
            return end
        if not _known_place(s, j, after) and (s.has(j + 1, "middles") or s.phrase(s.vocabulary.titles, j)[0]):
            return end
        end = after
    return end


def _untitled(s: Sentence, at: int) -> Span | None:
    """A name without a title. A span with -1 as its first word is a place to step over."""
    word = s.words[at]
    if word.low[:2] in ("k'", "h'") and len(word.low) > 3 and word.case == "l" and _minority(s, at, titled=False):
        return at, at + 1
    if word.case == "l":
        end = _lower_name(s, at)
        if end and _known_place(s, at, end):
            return -1, end
        return (at, end) if end else None
    inside = at > 0 and s.words[at - 1].case == "T" and word.gap in NAME_GAPS
    end = _run(s, at)
    if end == at:
        return None
    alone = not inside or word.low[:2] in ("k'", "h'")
    if alone and (_minority(s, at, titled=False) or _dharma(s, at, end)):
        return at, end
    baptismal, _ = s.phrase(s.vocabulary.baptismal, at)
    if baptismal and at + baptismal < end and _surname(s, at + baptismal):
        return at, end
    length = _surname(s, at)
    if not length or end - at <= length:
        return None
    return _by_surname(s, at, end, length, inside)


def _dharma(s: Sentence, at: int, end: int) -> bool:
    low = s.words[at].low
    return low in ("thích", "thich") and end - at >= 2 and s.words[at + 1].low not in DHARMA_NOT


def _by_surname(s: Sentence, at: int, end: int, length: int, inside: bool) -> Span | None:
    if s.capitals:
        return _in_capitals(s, at, end)
    if _known_place(s, at, end):
        return -1, end
    if s.has(at + length, "middles") and end - at > length + 1:
        return at, end
    strong = s.phrase(s.vocabulary.surnames, at)[0] > 1 or s.has(at, "strong_surnames")
    evidence = s.has(end, "verbs") or _context_before(s, at)
    if inside:
        opener = at == 1 or s.words[at - 1].gap not in NAME_GAPS
        return (at, end) if strong and opener and (end - at >= 3 or evidence) else None
    if strong and (not s.vocabulary.plain or end - at >= 3 or evidence):
        return at, end
    if evidence or (end - at >= 3 and s.has(end - 1, "given_names") and not s.vocabulary.plain):
        return at, end
    return -1, end


def _context_before(s: Sentence, at: int) -> bool:
    for back in (1, 2, 3):
        if at >= back:
            length, kind = s.phrase(s.vocabulary.titles, at - back)
            if length == back and kind == "context":
                return True
    return False


def _in_capitals(s: Sentence, at: int, end: int) -> Span | None:
    """In capitals no case parts name from text: ask for Thị or Văn, or a common surname and a known given name."""
    if _known_place(s, at, end) or any(s.joined(at, at + n) in s.vocabulary.sets["historic"] for n in (2, 3, 4)):
        return -1, end
    return (at, end) if end - at >= 3 and _sure_in_capitals(s, at, end) else None


def _sure_in_capitals(s: Sentence, at: int, end: int) -> bool:
    if s.has(at + 1, "middles") and end - at >= 3 and (not s.vocabulary.plain or s.has(at, "caps_core")):
        return True
    given = s.has(end - 1, "given_names") or s.has(at + 2, "given_names")
    return s.has(at, "caps_strong") and end - at >= 2 and given
