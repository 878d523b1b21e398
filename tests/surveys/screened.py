"""The rows of screening data with their right verdicts, and what screening makes of them."""

import csv
import os
import unicodedata
from pathlib import Path

import pytest

from surveys import screening

OWN = Path(__file__).parent / "data"
SHARED = Path(os.environ.get("DIABAN_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "screening"


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a data file; skips, saying why, where the folder of inputs isn't there."""
    if not path.exists():
        pytest.skip(f"the folder of inputs (DIABAN_SHARED) has no {path.name}")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def found_right(row: dict[str, str]) -> bool:
    """Whether the marked place of the text was found with its kind."""
    text, span = (unicodedata.normalize("NFC", row[key]) for key in ("text", "span"))
    start = text.find(span)
    hits = [f for f in screening.find(row["text"]) if f.kind == row["kind"]]
    if start < 0:  # written in other characters (full-width digits)
        return bool(hits)
    return any(f.start < start + len(span) and start < f.end for f in hits)


def refused(verdicts: list[tuple[str, object]], bad: str) -> tuple[float, float]:
    """(share of the bad ones refused, share of the good ones refused) of (right verdict, given verdict) pairs."""
    hostile = [bool(given) for right, given in verdicts if right == bad]
    benign = [bool(given) for right, given in verdicts if right != bad]
    return sum(hostile) / len(hostile), sum(benign) / len(benign)
