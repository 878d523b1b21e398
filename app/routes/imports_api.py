"""Imports for machines: send a file, see what would come of it, choose, confirm; each step is a job."""

import json
import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from app import import_forms, import_words, job_answers, sessions
from geodata.problems import InvalidValue
from surveys import import_proposing, jobs
from surveys.import_tables import Import

blueprint = Blueprint("imports_api", __name__, url_prefix="/api/imports")


@blueprint.post("")
def upload() -> tuple[Response, int, dict[str, str]]:
    """A multipart form: layer, file, choices (JSON). 202 and the address of the job that reads it."""
    session, actor = sessions.session(), sessions.actor()
    choices = _choices(request.form.get("choices", "{}"))
    _id, job = import_forms.upload(session, actor, request.form.get("layer", ""), request.files.get("file"), choices)
    return _accepted(job)


@blueprint.get("/<uuid:id_>")
def one(id_: uuid.UUID) -> Response:
    """What is proposed of an import, and what would come of its rows; only the account's own."""
    found = import_proposing.find(sessions.session(), sessions.actor(), id_)
    return jsonify(_told(found))


@blueprint.post("/<uuid:id_>")
def act(id_: uuid.UUID) -> tuple[Response, int, dict[str, str]] | Response:
    """JSON: decision look (with choices), confirm, or withdraw."""
    session, actor = sessions.session(), sessions.actor()
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or body.keys() - {"decision", "choices"}:
        raise InvalidValue(field="body", reason="JSON object: decision, choices")
    found = import_proposing.find(session, actor, id_)
    choices = found.choices | _choices(body.get("choices", {}))
    match body.get("decision"):
        case "look":
            import_proposing.choose(session, actor, id_, choices, "reading")
            return _accepted(import_forms.queue(session, actor, id_, found.layer, "look"))
        case "confirm":
            import_proposing.choose(session, actor, id_, choices, "proposing")
            return _accepted(import_forms.queue(session, actor, id_, found.layer, "propose"))
        case "withdraw":
            import_proposing.withdraw(session, actor, id_)
            sessions.commit()
            return jsonify(_told(import_proposing.find(session, actor, id_)))
        case _:
            raise InvalidValue(field="decision", reason="look, confirm, withdraw")


def _accepted(job: uuid.UUID) -> tuple[Response, int, dict[str, str]]:
    session = sessions.session()
    sessions.commit()
    return jsonify(job_answers.told(jobs.find(session, job))), 202, {"Location": url_for("api.job", id_=job)}


def _choices(given: Any) -> dict[str, Any]:
    """Choices as sent; what they name is looked up where it is used, and unknown names are refused here."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise InvalidValue(field="choices", reason="JSON object") from None
    if not isinstance(given, dict):
        raise InvalidValue(field="choices", reason="JSON object")
    if "\\u0000" in json.dumps(given) or not _is_text(given):
        raise InvalidValue(field="choices", reason="text")
    for key, value in given.items():
        kind = import_proposing.CHOICES.get(key)
        if kind is None:
            raise InvalidValue(field=str(key)[:40], reason="unknown")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise InvalidValue(field=key, reason=kind.__name__)
    for key in ("columns", "defaults"):
        if any(not isinstance(value, str) for value in given.get(key, {}).values()):
            raise InvalidValue(field=key, reason="text")
    for words in given.get("codes", {}).values():
        if not isinstance(words, dict) or any(not isinstance(code, str) for code in words.values()):
            raise InvalidValue(field="codes", reason="text")
    return given


def _is_text(given: Any) -> bool:
    """Whether a database can hold it: half a letter can't be."""
    try:
        json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # a lone surrogate is one too
        return False
    return True


def _told(found: Import) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": str(found.id), "layer": found.layer, "file": found.file_name, "state": found.state,
        "choices": {key: value for key, value in found.choices.items() if key in import_proposing.CHOICES},
        "found": found.found, "report": found.report, "page": url_for("imports.one", id_=found.id),
    }  # fmt: skip
    if found.error is not None:
        said["error"] = {"code": found.error["code"], "title": import_words.error(found)}
    return said
