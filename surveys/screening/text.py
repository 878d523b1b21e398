"""Screens a text for phone and identity numbers, e-mail, names of persons, house and plot numbers."""

from surveys.screening import names, numbers
from surveys.screening.findings import Finding
from surveys.screening.rules import RULES, compile_rule, tidy

EMAIL = compile_rule(RULES["email"], ignore_case=True)
EMAIL_HINT = compile_rule(RULES["email_hint"], ignore_case=True)
NAMED_HOUSE = [compile_rule(pattern, ignore_case=True) for pattern in RULES["house_plot"]["named"]]
BARE_HOUSE = [compile_rule(pattern) for pattern in RULES["house_plot"]["bare"]]
STREET = compile_rule(RULES["house_plot"]["street"])
CODED = compile_rule(RULES["coded"])  # codes, numbers, dates, ids and points: most answers, told by one look
HAS_DIGIT, HAS_SPOKEN = compile_rule("[0-9]"), compile_rule(RULES["spoken_hint"], ignore_case=True)
NAME_HINT = compile_rule(RULES["name_hint"])
# where spans meet, the first of these wins
ORDER = ("email", "id_number", "phone", "house_plot", "person_name")
SPOKEN_OF = {
    "phone": "số điện thoại",
    "id_number": "số giấy tờ",
    "email": "thư điện tử",
    "person_name": "tên người",
    "house_plot": "số nhà, số thửa",
}


def find(text: str) -> list[Finding]:
    """Findings in order of place, none overlapping. Spans count code points of the NFC text that `mask` returns."""
    if len(text) < 3 or CODED.match(text):
        return []
    return _find(tidy(text))


def _find(text: str) -> list[Finding]:
    found: list[Finding] = []
    if HAS_DIGIT.search(text):
        found += numbers.find(text)
        found += _house_plots(text)
    if EMAIL_HINT.search(text):
        found += [Finding("email", m.start(), m.end(), m[0]) for m in EMAIL.finditer(text)]
    if HAS_SPOKEN.search(text):
        found += numbers.spoken(text)
    if NAME_HINT.search(text):
        found += names.find(text)
    return _settle(text, found)


def _house_plots(text: str) -> list[Finding]:
    in_capitals = text == text.upper()  # no case then parts "12/5 LÊ LỢI" from "12/5 MẤT ĐIỆN"
    spans = [] if in_capitals else [match.span() for pattern in BARE_HOUSE for match in pattern.finditer(text)]
    for pattern in NAMED_HOUSE:
        for match in pattern.finditer(text):
            street = STREET.match(text, match.end())
            spans.append((match.start(), street.end() if street else match.end()))
    return [Finding("house_plot", start, end, text[start:end]) for start, end in spans]


def _settle(text: str, found: list[Finding]) -> list[Finding]:
    """Keeps the first kind of ORDER where spans meet, joins what touches of one kind."""
    if len(found) < 2:
        return found
    kept: list[Finding] = []
    for item in sorted(found, key=lambda f: (ORDER.index(f.kind), f.start, -f.end)):
        clash = [k for k in kept if item.start < k.end and k.start < item.end]
        if not clash:
            kept.append(item)
        elif all(k.kind == item.kind for k in clash):
            start, end = min(item.start, *(k.start for k in clash)), max(item.end, *(k.end for k in clash))
            kept = [k for k in kept if k not in clash] + [Finding(item.kind, start, end, text[start:end])]
    return sorted(kept, key=lambda f: f.start)


def mask(text: str) -> tuple[str, list[Finding]]:
    """The NFC text with each finding replaced by what it was, and the findings."""
    found = find(text)
    if not found:
        return text, found
    text = tidy(text)
    parts, end = [], 0
    for item in found:
        parts += [text[end : item.start], f"[đã che: {SPOKEN_OF[item.kind]}]"]
        end = item.end
    return "".join([*parts, text[end:]]), found
