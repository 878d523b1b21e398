"""What a sender sees of their own records: what became of each, and one that is to be corrected."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from surveys import audit, form_versions
from surveys.access import Actor
from surveys.form_definition import Definition
from surveys.layers import CATALOGUE, KEYS, named

MOST, MOST_HELD = 100, 200
KEPT_IN_VIEW = dt.timedelta(days=366)
TO_CORRECT = ("returned", "quarantined")

_LABELS = json.dumps({layer.key: layer.label for layer in CATALOGUE})
_LIST = text("SELECT * FROM own_records(:before, :since, :most, cast(:labels AS jsonb))")
_TITLES = text("SELECT form_id, version, title, layer FROM forms WHERE form_id = ANY(:ids)")
# Kept under their seal for an officer: nobody opens them, so there is nothing of them but why and what was decided.
# The policy shows the account what it handed in itself.
_HELD = text(
    "SELECT instance_id, form_id, form_version, received_at, problem, state, decision FROM quarantined_records"
    " WHERE coalesce(account_id, handed_by) = :account AND handed_by = :account AND state IN ('waiting', 'set_aside')"
    " AND received_at >= :since ORDER BY received_at DESC LIMIT :most"
)
_RETURNED = text("SELECT * FROM own_returned(:id)")


@dataclass(frozen=True)
class Own:
    """One record of the sender's; of a restricted one nothing but commune, category, state and dates."""

    instance_id: str
    form_id: str
    version: str
    title: str
    layer: str | None
    label: str | None  # value of the field that names a feature of the layer; of a report its category
    commune: str | None
    received_at: dt.datetime
    state: str  # received, waiting, approved, returned, rejected, quarantined, replaced, withdrawn; held, set_aside
    comment: str | None
    error: dict[str, Any] | None
    replaced_by: str | None
    restricted: bool
    case: dict[str, Any] | None  # state, due_on, answered_on, answer, office


@dataclass(frozen=True)
class File:
    """A kept file of a record; `sha256` (hex) is of what is kept."""

    name: str
    sha256: str
    bytes: int
    media_type: str


@dataclass(frozen=True)
class Returned:
    """A record to be corrected, as its sender may have it back."""

    instance_id: str
    form_id: str
    version: str
    title: str
    layer: str | None
    state: str  # one of TO_CORRECT
    comment: str | None
    error: dict[str, Any] | None
    restricted: bool  # then the XML holds commune and category alone (S5)
    commune_id: int | None
    xml: str
    files: tuple[File, ...]


def listed(session: Session, now: dt.datetime, before: dt.datetime | None = None, most: int = MOST) -> list[Own]:
    """The own records of the session's account, of a year, newest first, received before a moment."""
    values = {"before": before or now + dt.timedelta(days=1), "since": now - KEPT_IN_VIEW, "most": most}
    rows = session.execute(_LIST, values | {"labels": _LABELS}).all()
    titles = _titles(session, {row.form_id for row in rows})
    return [_own(row, titles.get((row.form_id, row.form_version))) for row in rows]


def held(session: Session, actor: Actor, now: dt.datetime) -> list[Own]:
    """What the account handed in and an officer must decide on first, newest first."""
    values = {"account": actor.account_id, "since": now - KEPT_IN_VIEW, "most": MOST_HELD}
    rows = session.execute(_HELD, values).all()
    titles = _titles(session, {row.form_id for row in rows if row.form_id})
    return [_held(row, titles.get((row.form_id, row.form_version))) for row in rows]


def _titles(session: Session, ids: set[str]) -> dict[tuple[str, str], Any]:
    return {(row.form_id, row.version): row for row in session.execute(_TITLES, {"ids": sorted(ids)})}


def _held(row: Any, form: Any) -> Own:
    return Own(
        instance_id=row.instance_id,
        form_id=row.form_id or "",
        version=row.form_version or "",
        title=form.title if form is not None else (row.form_id or ""),
        layer=form.layer if form is not None else None,
        label=None,
        commune=None,
        received_at=row.received_at,
        state="held" if row.state == "waiting" else "set_aside",
        comment=row.decision if row.state == "set_aside" else None,
        error=row.problem,
        replaced_by=None,
        restricted=False,
        case=None,
    )


def _own(row: Any, form: Any) -> Own:
    layer = form.layer if form is not None else None
    return Own(
        instance_id=row.instance_id,
        form_id=row.form_id,
        version=row.form_version,
        title=form.title if form is not None else row.form_id,
        layer=layer,
        label=row.label,
        commune=row.commune,
        received_at=row.received_at,
        state=_state(row),
        comment=row.comment,
        error=row.error if row.state == "quarantined" else None,
        replaced_by=row.replaced_by,
        restricted=row.restricted,
        case=_case(row),
    )


def _state(row: Any) -> str:
    if row.state == "withdrawn":
        return "withdrawn"
    if row.replaced_by is not None or row.decision == "superseded":
        return "replaced"
    if row.state == "quarantined":
        return "quarantined"
    return row.decision or "received"


def _case(row: Any) -> dict[str, Any] | None:
    if row.case_state is None:
        return None
    return {
        "state": row.case_state,
        "due_on": row.due_on,
        "answered_on": row.answered_on,
        "answer": row.answer,
        "office": row.answered_by,
    }


def returned(session: Session, instance_id: str) -> Returned:
    """A record of the session's account that was returned or set aside and isn't corrected yet. NotFound else."""
    row = session.execute(_RETURNED, {"id": instance_id}).one_or_none()
    if row is None:
        raise NotFound(what="returned")
    definition = form_versions.definition(session, row.form_id, row.form_version)
    title = session.scalar(
        text("SELECT title FROM forms WHERE form_id = :f AND version = :v"), {"f": row.form_id, "v": row.form_version}
    )
    return Returned(
        instance_id=instance_id,
        form_id=row.form_id,
        version=row.form_version,
        title=str(title),
        layer=definition.layer,
        state="quarantined" if row.state == "quarantined" else "returned",
        comment=row.comment,
        error=row.error if row.state == "quarantined" else None,
        restricted=row.restricted,
        commune_id=row.commune_id,
        xml=_outline(definition, instance_id, row) if row.restricted else row.xml,
        files=() if row.restricted else tuple(map(File, row.names, row.hashes, row.sizes, row.types)),
    )


def note_opening(session: Session, actor: Actor, opened: Returned) -> None:
    """The audit row of a record that went back to its sender's phone."""
    detail = {"submission": opened.instance_id}
    audit.record(session, actor, "open_returned", layer=opened.layer, area=opened.commune_id, detail=detail)


def _outline(definition: Definition, instance_id: str, row: Any) -> str:
    """A restricted record with no more than what a list may show: whoever corrects it writes the rest anew."""
    known = {"commune": row.commune, "category": row.category}
    tree: dict[str, Any] = {}
    for path, question in definition.questions.items():
        value = known.get(question.save_to or question.name)
        if value is not None:
            *groups, name = path.strip("/").split("/")
            inside = tree
            for group in groups:
                inside = inside.setdefault(group, {})
            inside[name] = value
    entity = ""
    if row.entity:
        list_ = quoteattr(str(definition.layer))
        entity = f'<entity dataset={list_} create="1" id={quoteattr(row.entity)}><label/></entity>'
    name = definition.root_name
    return (
        f"<{name} id={quoteattr(definition.form_id)} version={quoteattr(definition.version)}>{_nodes(tree)}"
        f"<meta><instanceID>{escape(instance_id)}</instanceID>{entity}</meta></{name}>"
    )


def _nodes(tree: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_nodes(value) if isinstance(value, dict) else escape(value)}</{name}>"
        for name, value in tree.items()
    )


def question_label(layer: str | None, name: str) -> str:
    """A question as people know it: the label of the layer's field; else the name itself."""
    if name in KEYS:
        return named(name).title  # what is wrong is the form itself
    if layer in KEYS:
        for field in named(layer).fields:
            if field.key == name:
                return field.label
    return {"commune": "Xã, phường", "hamlet": "Thôn", "observed_on": "Ngày ghi nhận", "geometry": "Vị trí"}.get(
        name, name
    )
