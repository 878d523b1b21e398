"""Names written in small letters: the end of the words, or 0."""

from surveys.screening.name_parts import LONGEST_IN_CAPITALS
from surveys.screening.tokens import Sentence


def whole(s: Sentence, at: int) -> int:
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


def titled(s: Sentence, at: int) -> int:
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


def given(s: Sentence, title_at: int, at: int) -> int:
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
