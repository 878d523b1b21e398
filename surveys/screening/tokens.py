"""A text cut into words with their case, and phrase look-up over them."""

from dataclasses import dataclass

from surveys.screening.rules import RULES, compile_rule, lower
from surveys.screening.vocabulary import MARKED, PLAIN, Phrases, Vocabulary

WORD = compile_rule("[{L}]+(?:'[{L}]+)*'?")
NAME_GAPS = (" ", "  ", "' ")
PHRASE_GAPS = (" ", "/", ". ", ".", "  ")
CAPITAL_SHARE = 0.7


@dataclass(slots=True)
class Word:
    """`case` is T (Title), U (ALL CAPITALS, two letters or more) or l; `gap` is what stands before the word."""

    low: str
    case: str
    start: int
    end: int
    gap: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text as words; `capitals` when it is written in capitals throughout."""

    text: str
    words: list[Word]
    vocabulary: Vocabulary
    capitals: bool

    def has(self, at: int, listed: str) -> bool:
        """Whether the word at this index is in a named set."""
        return 0 <= at < len(self.words) and self.words[at].low in self.vocabulary.sets[listed]

    def named(self, at: int) -> bool:
        """Whether the word at this index is written like a name."""
        return 0 <= at < len(self.words) and (
            self.words[at].case == "T" or (self.capitals and self.words[at].case == "U")
        )

    def joined(self, first: int, end: int) -> str:
        """The words first..end-1 in lower case with single spaces."""
        return " ".join(word.low for word in self.words[first:end])

    def phrase(self, table: Phrases, at: int) -> tuple[int, str]:
        """The longest phrase of a table that starts here: (number of words or 0, its class)."""
        if at >= len(self.words):
            return 0, ""
        for parts, kind in table.get(self.words[at].low, ()):
            if at + len(parts) <= len(self.words) and all(
                self.words[at + i].low == parts[i] and self.words[at + i].gap in PHRASE_GAPS
                for i in range(1, len(parts))
            ):
                return len(parts), kind
        return 0, ""


def read(text: str) -> Sentence:
    """A tidy text as a sentence; without any Vietnamese letter it is read with the plain word lists."""
    words = []
    end = upper = letters = 0
    low_text = lower(text)
    for found in WORD.finditer(text):
        raw = found[0]
        first = raw[0]
        if first.lower() == first:
            case = "l"
        elif len(raw) > 1 and raw.upper() == raw and any(c.isalpha() for c in raw[1:]):
            case = "U"
        else:
            case = "T"
        letters += len(raw)
        upper += len(raw) if case == "U" else 0
        words.append(
            Word(low_text[found.start() : found.end()], case, found.start(), found.end(), text[end : found.start()])
        )
        end = found.end()
    marked = any(not word.low.isascii() for word in words)
    return Sentence(text, words, MARKED if marked else PLAIN, letters > 0 and upper >= CAPITAL_SHARE * letters)


DHARMA_NOT = frozenset({"ca", "nghi", "hợp", "ứng", "thú", "đáng"})
STRICT_OPENERS = frozenset({"a", "h", "k", "ya"})
OPENERS = frozenset(RULES["names"]["minority_openers"].split(", "))
