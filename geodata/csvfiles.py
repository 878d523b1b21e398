"""CSV that spreadsheets open rightly and never run: UTF-8 with BOM, formulas defused."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Row by row, so any number of them; numbers are written as they are, None as nothing."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([defused(value) if isinstance(value, str) else value for value in row])


def defused(text: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; plain numbers stay."""
    if text.startswith(_STARTS_A_FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
