"""Answers of uploaded forms that go into no layer: shown to reviewers, and nowhere else."""

from typing import Any

from lxml import etree
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from surveys import form_rules, form_versions, xform_questions

MOST_LISTED = 100
_TABLE = form_versions.TABLE
# Rows under the policies of whoever asks; the XML by the function that gives it to reviewers only.
_SENT = text(
    "SELECT instance_id, received_at, submission_xml(instance_id) AS xml FROM submissions"
    " WHERE form_id = :form AND form_version = :version AND state = 'applied' ORDER BY received_at DESC LIMIT :most"
)
_ONE = text(
    "SELECT form_id, form_version, submission_xml(instance_id) AS xml FROM submissions WHERE instance_id = :instance"
)


def of_submission(session: Session, instance_id: str | None) -> list[tuple[str, str]]:
    """(label, answer) of one submission; nothing where its form is a layer's own."""
    row = session.execute(_ONE, {"instance": instance_id}).one_or_none()
    if row is None or not row.xml:  # restricted, or emptied since (S11)
        return []
    asked = _asked(session, row.form_id, row.form_version)
    return _answers(asked, row.xml)


def listed(session: Session, form_id: str, version: str) -> list[tuple[Row[Any], list[tuple[str, str]]]]:
    """The latest submissions of a form version with what they answered outside a layer."""
    asked = _asked(session, form_id, version)
    rows = session.execute(_SENT, {"form": form_id, "version": version, "most": MOST_LISTED}).all()
    return [(row, _answers(asked, row.xml)) for row in rows if row.xml]


def _asked(session: Session, form_id: str, version: str) -> dict[str, str]:
    """Label of each question that saves to no layer, by its name."""
    xform = session.scalar(
        select(_TABLE.c.xform).where(
            _TABLE.c.form_id == form_id, _TABLE.c.version == version, _TABLE.c.origin == "upload"
        )
    )
    if xform is None:
        return {}
    form = xform_questions.opened(xform)
    labels = {one.name: (one.labels or [one.name])[0] for one in xform_questions.asked(form)}
    names = form_rules.unmapped(form, form_versions.definition(session, form_id, version))
    return {name: labels.get(name, name) for name in names}


def _answers(asked: dict[str, str], xml: str) -> list[tuple[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    root = etree.fromstring(xml.encode(), parser)
    found = []
    for node in root.iter():
        name = str(node.tag).rpartition("}")[2]
        if name in asked and len(node) == 0 and node.text and node.text.strip():
            found.append((asked[name], node.text.strip()))
    return found
