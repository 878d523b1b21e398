"""Names of places after words for a kind of place: stepped over, whoever they are named after."""

from surveys.screening import name_parts, small_letters
from surveys.screening.name_parts import FILL_GAP
from surveys.screening.rules import compile_rule
from surveys.screening.tokens import Sentence

PLACE_GAP = compile_rule(r"^[ .\"“'\-:]{1,3}$")
LIST_GAP = compile_rule(r"^(?:, | \- |\-|; )$")


def after_kind(s: Sentence, at: int, length: int) -> int:
    """The end of a place's name that begins with this word for a kind of place, or 0."""
    if length == 1 and s.has(at + 1, "middles") and name_parts.surname(s, at) and s.words[at].case != "l":
        return 0
    j = at + length
    for _ in range(4):
        more = s.phrase(s.vocabulary.places, j)[0] or s.phrase(s.vocabulary.fills, j)[0]
        if not more or not FILL_GAP.match(s.words[j].gap) or (name_parts.surname(s, j) and s.has(j + 1, "middles")):
            break
        j += more
    if j >= len(s.words) or not PLACE_GAP.match(s.words[j].gap):
        return 0
    return _place_name(s, at, length, j)


def _place_name(s: Sentence, at: int, length: int, j: int) -> int:
    if s.has(j, "place_kin") and s.named(j + 1) and s.words[j + 1].gap == " ":
        end = name_parts.run(s, j + 1)
        if s.words[j].case == "l" and (end - j > 2 or name_parts.minority(s, j + 1, titled=True)):
            return 0
        return min(end, j + 4) if end > j + 1 else 0
    end = name_parts.run(s, j)
    if end == j:
        return small_letters.whole(s, j)
    doubtful = s.vocabulary.plain and s.has(at, "ambiguous_place") and length == 1 and j == at + 1
    if doubtful and s.has(j + 1, "middles") and not name_parts.known_place(s, j, end):
        return 0
    inner = name_parts.middle_inside(s, j, end)
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
        after = name_parts.run(s, j)
        if after == j or after - j > 3 or s.has(after, "verbs"):
            return end
        if not name_parts.known_place(s, j, after) and (s.has(j + 1, "middles") or s.phrase(s.vocabulary.titles, j)[0]):
            return end
        end = after
    return end
