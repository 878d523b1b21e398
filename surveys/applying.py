"""Applies stored submissions: each becomes a proposal, two hundred at a time, one bad one never holding up the rest."""

import datetime as dt
import json
import logging
import uuid
from typing import Any

from lxml import etree
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError

from geodata import geometry
from geodata.fields import Field
from geodata.problems import Problem
from surveys import answers, corrections, form_versions, layer_answers, updates
from surveys.answer_problems import Missing
from surveys.form_definition import GEO_KINDS, Definition, Question
from surveys.layers import named
from surveys.proposing import Wanted, propose
from surveys.xlsforms import POINT_ACCURACY_M

log = logging.getLogger(__name__)

_TAKE = text(
    "SELECT instance_id, form_id, form_version, account_id, province_id, received_at, xml, restricted, flags, seq,"
    " deprecated_id FROM submissions WHERE state = 'received' ORDER BY seq LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_FILES = text("SELECT instance_id, name, sha256_kept FROM attachments WHERE instance_id = ANY(:ids)")
_APPLIED = text(
    "UPDATE submissions s SET state = 'applied', applied_at = now(), commune_id = p.commune_id"
    " FROM proposals p WHERE p.submission_id = s.instance_id AND s.instance_id = ANY(:ids)"
)
_WITHOUT_LAYER = text("UPDATE submissions SET state = 'applied', applied_at = now() WHERE instance_id = ANY(:ids)")
_ATTACH = text(
    "UPDATE attachments a SET commune_id = p.commune_id, layer = p.layer, feature_id = p.feature_id::text"
    " FROM proposals p WHERE p.submission_id = a.instance_id AND a.instance_id = ANY(:ids)"
)
_SET_ASIDE = text("UPDATE submissions SET state = 'quarantined', error = cast(:error AS jsonb) WHERE instance_id = :id")


def apply_batch(engine: Engine, limit: int = 200) -> int:
    """Applies up to `limit` received submissions in one transaction; returns how many were taken."""
    with engine.begin() as connection:
        rows = connection.execute(_TAKE, {"limit": limit}).all()
        if not rows:
            return 0
        ids = [row.instance_id for row in rows]
        files: dict[str, dict[str, bytes | None]] = {}
        for file in connection.execute(_FILES, {"ids": ids}):
            files.setdefault(file.instance_id, {})[file.name] = file.sha256_kept
        _apply(connection, rows, files)
    return len(rows)


def _apply(connection: Connection, rows: Any, files: dict[str, dict[str, bytes | None]]) -> None:
    """All at once; if that fails, each alone under a savepoint, so that only the bad ones are set aside."""
    try:
        with connection.begin_nested():
            _propose_all(connection, rows, files)
        return
    except (Problem, ValueError, DBAPIError) as error:
        if len(rows) == 1:
            _set_aside(connection, rows[0], error)
            return
    for row in rows:
        _apply(connection, [row], files)


def _propose_all(connection: Connection, rows: Any, files: dict[str, dict[str, bytes | None]]) -> None:
    wanted = [_wanted(connection, row, files.get(row.instance_id, {})) for row in rows]
    corrections.link(connection, rows, wanted)
    made = [one for one in wanted if one is not None]
    updates.vouch(connection, made)
    propose(connection, made)
    corrections.supersede(connection, rows, wanted)
    ids = [row.instance_id for row in rows]
    connection.execute(_WITHOUT_LAYER, {"ids": ids})
    connection.execute(_APPLIED, {"ids": ids})
    connection.execute(_ATTACH, {"ids": ids})


def _set_aside(connection: Connection, row: Row[Any], error: Exception) -> None:
    """Kept for a reviewer with the reason; no value of the submission goes into the log."""
    log.error("submission %s set aside: %s", row.instance_id, type(error).__name__)
    code = error.code if isinstance(error, Problem) else "not_applied"
    facts = error.facts if isinstance(error, Problem) else {"reason": type(error).__name__}
    connection.execute(
        _SET_ASIDE,
        {"id": row.instance_id, "error": json.dumps({"code": code, **{k: str(v) for k, v in facts.items()}})},
    )


def _wanted(connection: Connection, row: Row[Any], files: dict[str, bytes | None]) -> Wanted | None:
    """What a stored submission asks for; None where its form feeds no layer."""
    definition = form_versions.definition(connection, row.form_id, row.form_version)
    if definition.layer is None:
        return None
    root = etree.fromstring(row.xml.encode(), _parser())
    found = layer_answers.saved(definition, _leaves(root))
    layer = named(definition.layer)
    fields = {f.key: f for f in layer.fields}
    place, accuracy, flags = _place(definition, found)
    feature_id, action, base_version, branch_id = _entity(root, row.instance_id)
    values = {key: _value(fields[key], text_, files) for key, text_ in found.items() if key in fields}
    if action == "update":
        # An empty answer to a question that is asked says that there is nothing; a question not asked says nothing.
        asked = definition.saved.keys() | ({layer.label} if definition.label else set())
        values = {key: None for key in fields if key in asked} | values
    return Wanted(
        layer=layer.key,
        feature_id=feature_id,
        action=action,
        base_version=base_version,
        branch_id=branch_id,
        values=values,
        place=place,
        accuracy_m=accuracy,
        province_id=row.province_id,
        commune_id=int(found["commune"]) if found.get("commune") else None,
        hamlet_id=int(found["hamlet"]) if found.get("hamlet") else None,
        observed_on=dt.date.fromisoformat(found["observed_on"][:10]),
        submission_id=row.instance_id,
        created_by=row.account_id,
        received_at=row.received_at,
        flags=[*row.flags, *flags],
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)


def _leaves(root: "etree._Element") -> dict[str, str]:
    """Answers by question name; what is stored was checked against the form when it came."""
    found = {}
    for node in root.iter():
        text = node.text
        if text and len(node) == 0 and not text.isspace():
            found[_name(node)] = text
    return found


def _name(node: "etree._Element") -> str:
    """The local name; `etree.QName` would take as long as all the rest of reading a long form."""
    return str(node.tag).rpartition("}")[2]


def _place(definition: Definition, found: dict[str, str]) -> tuple[bytes | None, float | None, list[str]]:
    """EWKB, accuracy and flags of the answer that is the feature's geometry."""
    question = definition.saved.get("geometry")
    given = found.get("geometry")
    if question is None or question.kind not in GEO_KINDS or not given:
        return None, None, []
    reading = geometry.read(given, answers.SHAPES[question.kind])
    return reading.ewkb, reading.accuracy, sorted(reading.flags | _doubts(question, reading.accuracy))


def _doubts(question: Question, accuracy: float | None) -> set[str]:
    """What a reviewer should know of how a point was come by: set by hand on a map, or less exact than was asked for.

    Phones send no accuracy, or 0, with a place that a finger chose.
    """
    if question.kind != "geopoint":
        return set()
    if accuracy is None:
        return {"placed_by_hand"}
    return {"weak_accuracy"} if accuracy > (question.accuracy_m or POINT_ACCURACY_M) else set()


def _entity(root: "etree._Element", instance_id: str) -> tuple[uuid.UUID, str, int | None, uuid.UUID | None]:
    """(feature id, action, base version, branch) of the entity; without one, an id derived from the instance's.

    A phone that updates twice without signal counts its own versions: the server knows only the chain's trunk.
    """
    entity = next(root.iter("{*}entity"), None)
    if entity is None:
        return uuid.uuid5(uuid.NAMESPACE_URL, instance_id), "create", None, None
    feature_id = uuid.UUID(entity.get("id", ""))
    if entity.get("update") not in ("1", "true"):
        return feature_id, "create", None, None
    base, branch = entity.get("trunkVersion") or entity.get("baseVersion"), entity.get("branchId")
    return feature_id, "update", int(base) if base else None, uuid.UUID(branch) if branch else None


def _value(field: Field, given: str, files: dict[str, bytes | None]) -> Any:
    """An answer as JSON; a document becomes the sha256 of the file that came with it."""
    if field.kind == "document":
        kept = files.get(given.strip())
        if kept is None:
            raise Missing(field=field.key)
        return bytes(kept).hex()
    value = layer_answers.read(field, given)
    return value.isoformat() if isinstance(value, dt.date) else value
