"""Values as people read them: code labels, 1.234,5, dd/MM/yyyy, "<5" for small counts of people."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geodata.fields import Field
from surveys.code_lists import Code

Labels = Mapping[tuple[str, str], str]  # (list, code) → label
EMPTY = "–"
SMALLEST_SHOWN = 5


def labels(session: Session, language: str = "vi") -> dict[tuple[str, str], str]:
    """Label of every code ever used: an old row keeps its words after its code has ended; the newest label wins."""
    label = Code.label_en if language == "en" else Code.label_vi
    rows = session.execute(select(Code.list, Code.code, label).order_by(Code.valid_from))
    return {(list_, code): text for list_, code, text in rows}


def shown(field: Field, value: Any, labels: Labels, language: str = "vi") -> str:
    """One value as text, not escaped: templates escape. A stored value or its JSON form."""
    if value is None or value in ("", []):
        return EMPTY
    if field.small_counts and 0 < int(value) < SMALLEST_SHOWN:
        return f"<{SMALLEST_SHOWN}"
    match field.kind:
        case "choice":
            return labels.get((field.list or "", value), value)
        case "choices":
            return ", ".join(labels.get((field.list or "", code), code) for code in value)
        case "boolean":
            yes, no = ("Yes", "No") if language == "en" else ("Có", "Không")
            return yes if value in (True, "co", "yes", "true") else no
        case "date":
            return day(value)
        case "integer" | "money" | "decimal":
            unit = f" {field.unit}" if field.unit else ""
            return number(value, field.decimals) + unit
        case _:
            return str(value)


def number(value: float | int | str, decimals: int = 0) -> str:
    """1234.5 → "1.234,5"."""
    return f"{float(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def day(value: dt.date | str) -> str:
    """A date or its ISO form → "05/10/2026"."""
    return (dt.date.fromisoformat(value) if isinstance(value, str) else value).strftime("%d/%m/%Y")
