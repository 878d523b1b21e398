"""Which column of a foreign table holds what, by the names offices give them."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from geodata.problems import Problem


class ColumnMissing(Problem):
    """No column looks like a needed one. Facts: needed, found (columns there are), names (what it may be called)."""

    code: ClassVar[str] = "column_missing"


def plain(text: str) -> str:
    """Lower-case letters and digits only, without marks: "Mã xã", "MA_XA" and "maxa" are the same."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in bare if letter.isalnum() and letter.isascii())


def find(columns: Iterable[str], known: Mapping[str, Sequence[str]], needed: Sequence[str] = ()) -> dict[str, str]:
    """What → column, for each of `known` (what → plain names, the likeliest first) that is there.

    Raises ColumnMissing for the first of `needed` that isn't.
    """
    there = {plain(column): column for column in columns}
    found = {}
    for what, names in known.items():
        for name in names:
            if name in there:
                found[what] = there[name]
                break
    for what in needed:
        if what not in found:
            raise ColumnMissing(needed=what, names=", ".join(known[what][:4]), found=", ".join(there.values()))
    return found


def code(value: object, width: int) -> str:
    """A code as text with its leading zeros, which spreadsheets and number columns lose; "" for nothing."""
    text = "" if value is None or value != value else str(value).strip()
    if text.endswith(".0") and text[:-2].isdigit():
        text = text[:-2]
    return text.zfill(width) if text.isdigit() else text
