"""Which encoding the text of a file is in, with samples before and after, and how its cells are read.

An encoding is a name of `encodings.ENCODINGS`, or "utf-8>NAME" for text whose file is proper Unicode but was typed with
an old font, or was taken for Western on its way: its letters are bytes of NAME, each shown as a Latin-1 letter.
"""

import unicodedata
from collections.abc import Iterable

from geodata import encodings
from geodata.foreign.sources import EncodingProposal, Remark

SURE = 0.8
MOST_SAMPLES = 3000
_SHOWN = 5
_DECLARED = {
    "utf8": "utf-8", "65001": "utf-8", "unicode": "utf-8", "1258": "cp1258", "cp1258": "cp1258", "ansi1258": "cp1258",
    "windows1258": "cp1258", "windowsvietnamese": "cp1258", "viscii": "viscii", "tcvn3": "tcvn3", "tcvn": "tcvn3",
    "vni": "vni",
}  # fmt: skip
# Letters that no Western reading of old bytes gives.
_OWN_LETTERS = frozenset("ăĂđĐĩĨũŨơƠưƯ") | {chr(code) for code in range(0x1EA0, 0x1EFA)}


def declared(label: str) -> str | None:
    """What a .cpg or a header says, where it is one of ours: a Western name is what a program writes by itself."""
    bare = "".join(letter for letter in label.lower() if letter.isalnum())
    return _DECLARED.get(bare)


def propose(cells: Iterable[bytes], said: str | None, *, unicode: bool) -> tuple[list[EncodingProposal], list[Remark]]:
    """Proposals, the likeliest first, and what has to be asked. `cells`: UTF-8 where the format is `unicode`, else as
    found; `said`: what the file declares, as `declared` gives it."""
    seen = list(dict.fromkeys(cell for cell in cells if not cell.isascii()))[:MOST_SAMPLES]
    if not seen:
        return [EncodingProposal("utf-8", 1.0, "only_ascii")], []
    whole = [cell for cell in seen if _is_utf8(cell)]
    if len(whole) >= 0.9 * len(seen):
        made = _of_unicode(whole, len(whole) / len(seen), said, unicode=unicode)
    else:
        made = [
            EncodingProposal(guess.encoding, guess.confidence, "declared" if guess.encoding == said else "detected", ())
            for guess in encodings.ranked(seen)
            if guess.confidence > 0
        ]
    made = made or [EncodingProposal("tcvn3", 0.0, "possible")]
    shown = [_with_samples(each, seen) for each in _filled(made)]
    return shown, _questions(shown, said)


def read(cell: bytes, encoding: str) -> str:
    """A cell as text in NFC. A letter cut off at the end of a full column goes. Raises UndecodableText."""
    first, _, second = encoding.partition(">")
    try:
        text = encodings.decode(cell, first)
    except encodings.UndecodableText as problem:
        if first != "utf-8" or problem.facts["position"] < len(cell) - 3:
            raise
        text = encodings.decode(cell[: problem.facts["position"]], first)
    if second:
        raw = encodings.bytes_of(text)
        text = encodings.decode(raw, second) if raw is not None and not raw.isascii() else text
    return text


def _of_unicode(seen: list[bytes], share: float, said: str | None, *, unicode: bool) -> list[EncodingProposal]:
    texts = [read(cell, "utf-8") for cell in seen]
    why = "standard" if unicode else "declared" if said == "utf-8" else "detected"
    plain = EncodingProposal("utf-8", round(share, 2), why)
    if any(letter in _OWN_LETTERS for text in texts for letter in text):
        return [plain]
    western = [raw for raw in map(encodings.bytes_of, texts) if raw is not None]
    as_is = encodings.vietnamese_share(texts)
    if len(western) < 0.9 * len(texts):
        return [plain]
    again = sum(_is_utf8(raw, strict=True) for raw in western)
    if again >= 0.9 * len(western):
        return [EncodingProposal("utf-8>utf-8", round(again / len(western), 2), "detected"), plain]
    best = [guess for guess in encodings.ranked(western) if guess.confidence > 0]
    others = [EncodingProposal(f"utf-8>{guess.encoding}", guess.confidence, "detected") for guess in best]
    if others and others[0].confidence > as_is:
        return [*others, EncodingProposal("utf-8", round(as_is, 2), why)]
    # Foreign names are no sign of an old font: what would speak for one is that the text reads well with it.
    doubt = others[0].confidence if others else 0.0
    return [EncodingProposal("utf-8", round(min(share, max(as_is, 1 - doubt)), 2), why), *others]


def _filled(made: list[EncodingProposal]) -> list[EncodingProposal]:
    """Those found, then the rest, so that a person can choose another one."""
    if made[0].encoding == "utf-8" and len(made) == 1:
        return made
    via = "utf-8>" if made[0].encoding.startswith("utf-8") else ""
    known = {each.encoding for each in made}
    rest = [EncodingProposal(f"{via}{name}", 0.0, "possible") for name in encodings.OLD if f"{via}{name}" not in known]
    return [*made, *rest]


def _with_samples(proposal: EncodingProposal, seen: list[bytes]) -> EncodingProposal:
    pairs = []
    for cell in seen:
        try:
            after = read(cell, proposal.encoding)
        except encodings.UndecodableText:
            after = "�"
        before = cell.decode("utf-8") if _is_utf8(cell) and ">" in proposal.encoding else cell.decode("latin-1")
        pairs.append((_shown(before), _shown(after)))
        if len(pairs) == _SHOWN:
            break
    return EncodingProposal(proposal.encoding, proposal.confidence, proposal.why, tuple(pairs))


def _questions(made: list[EncodingProposal], said: str | None) -> list[Remark]:
    first = made[0]
    if said and first.encoding != said and first.why == "detected":
        return [Remark("encoding_not_as_declared", {"declared": said, "found": first.encoding})]
    if first.confidence < SURE:
        return [Remark("encoding_doubtful", {"found": first.encoding, "sure": round(100 * first.confidence)})]
    return []


def _is_utf8(cell: bytes, *, strict: bool = False) -> bool:
    """Whether it decodes; unless `strict`, but for a letter cut off at the end."""
    try:
        if strict:
            encodings.decode(cell, "utf-8")
        else:
            read(cell, "utf-8")
    except encodings.UndecodableText:
        return False
    return True


def _shown(text: str) -> str:
    """On a page: no control signs, and not too long."""
    clean = "".join("·" if unicodedata.category(letter).startswith("C") else letter for letter in text)
    return clean[:80]
