"""What an answer must keep to, derived from its field: constraints of a generated form, and the words for each."""

from typing import Any

from geodata.fields import Field
from surveys.layer import Layer

VI, EN = "Tiếng Việt (vi)", "English (en)"
Row = dict[str, Any]


def limits(layer: Layer, field: Field) -> Row:
    """What an answer must keep to, and the sentence the phone says before anything is sent."""
    rows = [row for row in (_own_limits(field), *map(_never_more, _wholes(layer, field))) if row]
    if len(rows) < 2:
        return rows[0] if rows else {}
    said = {column: [row[column] for row in rows] for column in rows[0]}
    # One sentence of all of them.
    return {
        column: " and ".join(f"({one})" for one in parts)
        if column == "constraint"
        else "; ".join([parts[0], *(one[0].lower() + one[1:] for one in parts[1:])])
        for column, parts in said.items()
    }


def not_ahead() -> Row:
    """A day that has come."""
    return _constraint(". <= today()", "Ngày không được ở tương lai", "The day can't lie in the future")


def _wholes(layer: Layer, field: Field) -> list[Field]:
    """What the field is never more than, as the form asks it too."""
    found = [layer.field(most) for part, most in layer.never_more if part == field.key]
    return [whole for whole in found if whole.asked]


def _never_more(whole: Field) -> Row:
    """Nothing is said while the whole is not known."""
    asked = f"${{{whole.key}}}"
    if whole.kind == "date":
        fits = f"decimal-date-time(.) <= decimal-date-time({asked})"
        said = f"Không được sau “{whole.label}”", f"It can't be after “{whole.label_en}”"
    else:
        fits = f". <= {asked}"
        said = f"Không được nhiều hơn “{whole.label}”", f"It can't be more than “{whole.label_en}”"
    return _constraint(f"{asked} = '' or {fits}", *said)


def _own_limits(field: Field) -> Row:
    if field.kind == "date" and not field.future:
        return not_ahead()
    parts, vi, en = [], [], []
    if field.minimum is not None:
        parts.append(f". >= {field.minimum:g}")
        vi.append(f"từ {field.minimum:g}")
        en.append(f"at least {field.minimum:g}")
    if field.maximum is not None:
        parts.append(f". <= {field.maximum:.0f}")
        vi.append(f"đến {field.maximum:.0f}")
        en.append(f"at most {field.maximum:.0f}")
    if field.kind == "money":
        parts.append(". = round(.)")
        vi.append("là số tròn đồng")
        en.append("a whole number")
    return _constraint(" and ".join(parts), "Cần " + " ".join(vi), "It must be " + ", ".join(en)) if parts else {}


def _constraint(expression: str, vi: str, en: str) -> Row:
    return {"constraint": expression, f"constraint_message::{VI}": vi, f"constraint_message::{EN}": en}
