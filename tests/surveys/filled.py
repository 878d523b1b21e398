"""Fills any form: a valid answer to each of its questions, as a phone would send it."""

import uuid
from collections.abc import Mapping
from xml.sax.saxutils import escape

from surveys.form_definition import Definition, Node, Question

POINT = "11.9500000 108.0500000 800.0 4.5"
SHAPE = "11.95 108.05 0 0; 11.95 108.06 0 0; 11.96 108.06 0 0; 11.95 108.05 0 0"
COMMUNE, HAMLET = "11", "111"  # of the small world
VALUES = {
    "text": "Cần sửa mái",
    "int": "12",
    "decimal": "12.5",
    "date": "2026-10-01",
    "time": "08:30:00.000+07:00",
    "dateTime": "2026-10-01T08:30:00.000+07:00",
    "geopoint": POINT,
    "geotrace": SHAPE,
    "geoshape": SHAPE,
}


def fill(
    definition: Definition,
    answers: Mapping[str, str | None] | None = None,
    *,
    instance: str | None = None,
    meta: str = "",
    extra: str = "",
) -> bytes:
    """The XML of a submission; `answers` by question name override, None leaves a question out."""
    given = {"commune": COMMUNE, "hamlet": HAMLET, **(answers or {})}
    body = _children(definition, definition.root, given, instance or f"uuid:{uuid.uuid4()}", meta)
    tag = definition.root_name
    return (
        f'<?xml version="1.0"?><{tag} id="{definition.form_id}" version="{definition.version}"'
        f' xmlns:orx="http://openrosa.org/xforms">{body}{extra}</{tag}>'
    ).encode()


def files_of(definition: Definition) -> list[str]:
    """The names `fill` gives to the files the form asks for."""
    return [f"{q.name}.jpg" for q in definition.questions.values() if q.kind == "binary"]


def _children(definition: Definition, node: Node, given: Mapping[str, str | None], instance: str, meta: str) -> str:
    parts = []
    for name, child in node.children.items():
        if name == "meta":
            entity = child.children.get("entity")
            made = f'<entity dataset="{definition.layer}" create="1" id="{uuid.uuid4()}"><label>Nhãn</label></entity>'
            inner = f"<instanceID>{instance}</instanceID>{made if entity else ''}{meta}"
            parts.append(f"<meta>{inner}</meta>")
        elif child.question is None:
            parts.append(f"<{name}>{_children(definition, child, given, instance, meta)}</{name}>")
        elif (value := given.get(name, _value(child.question))) is not None:
            parts.append(f"<{name}>{escape(value)}</{name}>")
    return "".join(parts)


def _value(question: Question) -> str | None:
    if question.kind == "entity":
        return None  # a new feature
    if question.choices:
        return min(question.choices)
    if question.kind == "binary":
        return f"{question.name}.jpg"
    return VALUES.get(question.kind, "x")
