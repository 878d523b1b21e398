"""Finds classified markings (MẬT, TỐI MẬT, TUYỆT MẬT) in a text or a file name."""

import re

from surveys.screening.rules import RULES, compile_rule, tidy

_C = RULES["classified"]
CAPITALS, NOT_AFTER = compile_rule(_C["capitals"]), compile_rule(_C["capitals_not_after"])
PHRASES, LEVEL = compile_rule(_C["phrases"], ignore_case=True), compile_rule(_C["level"], ignore_case=True)
NEGATED_BEFORE = compile_rule(_C["negated_before"], ignore_case=True)
NEGATED_AFTER = compile_rule(_C["negated_after"], ignore_case=True)
TEACHING, NUMBERED = compile_rule(_C["teaching_before"], ignore_case=True), compile_rule(_C["numbered_after"])
ALONE, BRACKETED = compile_rule(_C["alone"], ignore_case=True), compile_rule(_C["bracketed"], True)
FILE_NAME, FILE = compile_rule(_C["file_name"]), compile_rule(_C["file"], ignore_case=True)
FILE_NOT_AFTER = compile_rule(_C["file_not_after"], ignore_case=True)
JOINED, BETWEEN = compile_rule(_C["joined_letters"]), compile_rule(r"[ .\-_*]")
HINT = compile_rule(_C["hint"], ignore_case=True)


def classified(text: str) -> str | None:
    """The marking found in a text or file name, else None."""
    text = tidy(text)
    if not HINT.search(text):
        return None
    if FILE_NAME.search(text):
        for found in FILE.finditer(text):
            if not FILE_NOT_AFTER.search(text[: found.end() - 3]):
                return found[0].strip(" _-.")
    text = compile_rule(r"[ \t\u00a0]+").sub(" ", JOINED.sub(lambda m: BETWEEN.sub("", m[0]), text)).replace("_", " ")
    if ALONE.search(text):
        return text.strip()
    return _in_text(text)


def _in_text(text: str) -> str | None:
    for found in CAPITALS.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if not NOT_AFTER.search(before) and not _negated(before, after):
            return found[0]
    for found in PHRASES.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if _negated(before, after) or (TEACHING.search(before) and not NUMBERED.search(after)):
            continue
        return found[0]
    found_bracketed: re.Match[str] | None = BRACKETED.search(text)
    return found_bracketed[0] if found_bracketed else None


def _negated(before: str, after: str) -> bool:
    return NEGATED_AFTER.search(after) is not None or NEGATED_BEFORE.search(before[-60:]) is not None
