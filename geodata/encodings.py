"""Old Vietnamese encodings to Unicode (NFC), and which one a file is in."""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import ClassVar

from geodata.problems import Problem

ENCODINGS = ("utf-8", "utf-16", "tcvn3", "vni", "viscii", "cp1258")
OLD = ("tcvn3", "vni", "viscii", "cp1258")
"""One or two bytes a letter, none of which says which of them it is."""

_DATA = Path(__file__).parent / "data"
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_WORD = re.compile(r"[^\W\d_]+")

# One syllable without its tone: onset, nucleus with glides, coda. Old encodings read wrongly give "X· S¬n" or "Ðaø":
# letters that are fine one by one and make no syllable.
_SYLLABLE = re.compile(
    "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    "(?:uyê|uya|uây|uyu|uêu|uôi|ươi|ươu|oai|oay|oao|oeo|iêu|yêu|"
    "iê|yê|ia|ya|ua|uô|ưa|ươ|oa|oă|oe|uâ|uê|uy|uơ|ai|ao|au|ay|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|oo|"
    "a|ă|â|e|ê|i|o|ô|ơ|u|ư|y)"
    "(?:ng|nh|ch|[cmnpt])?"
)


class UnknownEncoding(Problem):
    """Facts: encoding."""

    code: ClassVar[str] = "encoding_unknown"


class UndecodableText(Problem):
    """Facts: encoding, position (byte)."""

    code: ClassVar[str] = "text_undecodable"


@dataclass(frozen=True)
class Guess:
    """An encoding and how sure, 0–1: below 0.8 ask a person."""

    encoding: str
    confidence: float


def decode(raw: bytes, encoding: str) -> str:
    """Unicode text in NFC. Raises UnknownEncoding, UndecodableText."""
    if encoding == "tcvn3":
        return _raise_capitals(_by_table(raw, _table("tcvn3"), 1))
    if encoding == "vni":
        return _by_table(raw, _table("vni"), 2)
    if encoding == "viscii":
        return _by_table(raw, _table("viscii"), 1)
    if encoding not in ENCODINGS:
        raise UnknownEncoding(encoding=encoding)
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig" if encoding == "utf-8" else encoding))
    except UnicodeDecodeError as error:
        raise UndecodableText(encoding=encoding, position=error.start) from None


def detect(samples: Iterable[bytes]) -> Guess:
    """The encoding in which the samples' non-ASCII words are Vietnamese syllables. Plain ASCII is UTF-8, surely."""
    seen = [sample for sample in samples if not sample.isascii()]
    if any(sample.startswith((b"\xff\xfe", b"\xfe\xff")) for sample in seen):
        return Guess("utf-16", 1.0)
    if all(_decodes(sample, "utf-8") for sample in seen):
        return Guess("utf-8", 1.0 if seen else 0.99)
    return ranked(seen)[0]


def ranked(samples: list[bytes]) -> list[Guess]:
    """The old encodings, the likeliest first, for samples that are none of UTF-8."""
    scores = {name: _share(samples, name) for name in OLD}
    order = sorted(scores, key=lambda name: -scores[name])
    others = {name: max(scores[other] for other in OLD if other != name) for name in OLD}
    return [Guess(name, round(scores[name] * (1 - others[name] / 2), 2)) for name in order]


def bytes_of(text: str) -> bytes | None:
    """The bytes of text read as if it were Western (Windows-1252 or Latin-1); None where it can't have been."""
    out = bytearray()
    for character in text:
        code = ord(character)
        if code > 0xFF:
            try:
                out += character.encode("cp1252")
            except UnicodeEncodeError:
                return None
        else:
            out.append(code)
    return bytes(out)


def _share(samples: list[bytes], encoding: str) -> float:
    """As `vietnamese_share`; 0 where a sample doesn't decode at all."""
    if not all(_decodes(sample, encoding) for sample in samples):
        return 0.0
    return vietnamese_share(decode(sample, encoding) for sample in samples)


def vietnamese_share(texts: Iterable[str]) -> float:
    """Of the words holding a non-ASCII letter, and other non-ASCII signs, the share that are Vietnamese syllables.

    One that could be a syllable and isn't in common use counts a third: TCVN3 read as VISCII gives many of those.
    """
    words, good = 0, 0.0
    for text in texts:
        words += sum(not character.isascii() and not character.isalpha() for character in text)
        for word in _WORD.findall(text):
            if not word.isascii():
                words += 1
                good += (1.0 if word.lower() in _common() else 0.33) if _is_syllable(word) else 0.0
    return good / words if words else 0.0


@lru_cache(20_000)
def _is_syllable(word: str) -> bool:
    apart = unicodedata.normalize("NFD", word.lower())
    bare, tones = _TONES.subn("", apart)
    even_case = word.islower() or word.isupper() or word.istitle()
    return tones <= 1 and even_case and bool(_SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)))


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        decode(sample, encoding)
    except UndecodableText:
        return False
    return True


def _by_table(raw: bytes, table: dict[bytes, str], longest: int) -> str:
    """Longest match first; bytes outside the table are taken as Latin-1."""
    out, at = [], 0
    while at < len(raw):
        for length in range(longest, 0, -1):
            letter = table.get(raw[at : at + length])
            if letter:
                break
        else:
            length, letter = 1, chr(raw[at])
        out.append(letter)
        at += length
    return unicodedata.normalize("NFC", "".join(out))


def _raise_capitals(text: str) -> str:
    """TCVN3 has no accented capitals: fonts ending in H drew them from the small letters."""
    plain = [character for character in text if character.isascii() and character.isalpha()]
    if len(plain) >= 2 and all(character.isupper() for character in plain):
        return text.upper()
    return text


@cache
def _common() -> frozenset[str]:
    """Syllables with marks that names of places and official texts use."""
    return frozenset((_DATA / "syllables.txt").read_text(encoding="utf-8").split())


@cache
def _table(name: str) -> dict[bytes, str]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        table = {bytes.fromhex(row["bytes"]): row["letter"] for row in csv.DictReader(file)}
    for key, letter in list(table.items()):
        if len(key) == 2:
            # A capital typed with the small accent, or the reverse: the letter decides.
            table.setdefault(bytes([key[0], key[1] ^ 0x20]), letter)
    return table
