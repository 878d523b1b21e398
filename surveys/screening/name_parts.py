"""Parts of a name: words written like one, surnames, minority openings, and what is known to be no person."""

from surveys.screening.rules import compile_rule
from surveys.screening.tokens import NAME_GAPS, OPENERS, STRICT_OPENERS, Sentence

LONGEST = 6
LONGEST_IN_CAPITALS = 4
# Between a kind of place or an office and the words that fill it out ("Chủ tịch UBND xã").
FILL_GAP = compile_rule(r"^(?: |/|\. | [0-9]{1,3} )$")
Span = tuple[int, int]


def skip(s: Sentence, at: int) -> int:
    length, _ = s.phrase(s.vocabulary.skip_names, at)
    if length and not s.has(at + length, "middles"):
        return length
    length, _ = s.phrase(s.vocabulary.skip_words, at)
    return length if length and (s.capitals or s.words[at + length - 1].case == "l") else 0


def run(s: Sentence, at: int) -> int:
    """The end of the words written like one name from here (== at when there is none)."""
    if at >= len(s.words):
        return at
    in_capitals = s.words[at].case == "U"
    if not s.named(at) and not (in_capitals and surname(s, at)):
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


def surname(s: Sentence, at: int) -> int:
    """How many words of a surname begin here."""
    return s.phrase(s.vocabulary.surnames, at)[0] if at < len(s.words) else 0


def middle_inside(s: Sentence, at: int, end: int) -> int | None:
    """Where a surname followed by Thị or Văn begins inside a run."""
    for i in range(at, end - 2):
        if s.has(i + 1, "middles") and surname(s, i):
            return i
    return None


def known_place(s: Sentence, at: int, end: int) -> bool:
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


def minority(s: Sentence, at: int, titled: bool) -> bool:
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


def person_start(s: Sentence, at: int, end: int) -> bool:
    """Whether a run opens as only a person's name does."""
    if minority(s, at, titled=True) or s.phrase(s.vocabulary.baptismal, at)[0] or s.words[at].low in ("thích", "thich"):
        return True
    length = surname(s, at)
    if not length or end - at <= length or known_place(s, at, end):
        return False
    return not s.capitals or sure_in_capitals(s, at, end)


def sure_in_capitals(s: Sentence, at: int, end: int) -> bool:
    if s.has(at + 1, "middles") and end - at >= 3 and (not s.vocabulary.plain or s.has(at, "caps_core")):
        return True
    given = s.has(end - 1, "given_names") or s.has(at + 2, "given_names")
    return s.has(at, "caps_strong") and end - at >= 2 and given
