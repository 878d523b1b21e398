"""Finds names of persons: after titles, by surname, by minority naming customs; names of places are stepped over."""

from surveys.screening import name_parts, place_names, small_letters, titled_names
from surveys.screening.findings import Finding
from surveys.screening.name_parts import Span
from surveys.screening.tokens import DHARMA_NOT, NAME_GAPS, Sentence, read


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
    skipped = name_parts.skip(s, at)
    title, kind = s.phrase(s.vocabulary.titles, at)
    place, _ = s.phrase(s.vocabulary.places, at)
    if skipped > max(title, place) or (skipped and skipped == title):
        return at + skipped, None
    # without marks "duong", "cau", "ban" are rather a street, a bridge, a hamlet than kin
    street = s.vocabulary.plain and title == place == 1 and not s.has(at + 2, "middles")
    if title and title >= place and not street:
        span = titled_names.after_title(s, at, title, kind)
        if span:
            return span[1], span
    if place and name_parts.surname(s, at) <= place:
        end = place_names.after_kind(s, at, place)
        if end:
            return end, None
    span = _untitled(s, at)
    if span is None:
        return at + 1, None
    return (span[1], span) if span[0] >= 0 else (span[1], None)


def _untitled(s: Sentence, at: int) -> Span | None:
    """A name without a title. A span with -1 as its first word is a place to step over."""
    word = s.words[at]
    if (
        word.low[:2] in ("k'", "h'")
        and len(word.low) > 3
        and word.case == "l"
        and name_parts.minority(s, at, titled=False)
    ):
        return at, at + 1
    if word.case == "l":
        end = small_letters.whole(s, at)
        if end and name_parts.known_place(s, at, end):
            return -1, end
        return (at, end) if end else None
    inside = at > 0 and s.words[at - 1].case == "T" and word.gap in NAME_GAPS
    end = name_parts.run(s, at)
    if end == at:
        return None
    alone = not inside or word.low[:2] in ("k'", "h'")
    if alone and (name_parts.minority(s, at, titled=False) or _dharma(s, at, end)):
        return at, end
    baptismal, _ = s.phrase(s.vocabulary.baptismal, at)
    if baptismal and at + baptismal < end and name_parts.surname(s, at + baptismal):
        return at, end
    length = name_parts.surname(s, at)
    if not length or end - at <= length:
        return None
    return _by_surname(s, at, end, length, inside)


def _dharma(s: Sentence, at: int, end: int) -> bool:
    low = s.words[at].low
    return low in ("thích", "thich") and end - at >= 2 and s.words[at + 1].low not in DHARMA_NOT


def _by_surname(s: Sentence, at: int, end: int, length: int, inside: bool) -> Span | None:
    if s.capitals:
        return _in_capitals(s, at, end)
    if name_parts.known_place(s, at, end):
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
    if name_parts.known_place(s, at, end) or any(
        s.joined(at, at + n) in s.vocabulary.sets["historic"] for n in (2, 3, 4)
    ):
        return -1, end
    return (at, end) if end - at >= 3 and name_parts.sure_in_capitals(s, at, end) else None
