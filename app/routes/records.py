"""Sealed records in: the answer is a receipt, whatever the record may be good for."""

import logging
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ClientDisconnected

from app import error_answers, errors, languages, sealed_receiving, sessions
from app.sealed_receiving import Desk, Handed, Taken
from surveys import sealed_records
from surveys.answer_problems import SubmissionUnreadable
from surveys.sealed_parts import StorageFull, UploadTooLarge

log = logging.getLogger(__name__)
blueprint = Blueprint("records", __name__, url_prefix="/survey/api/records")


@blueprint.errorhandler(OSError)
def _no_room(error: OSError) -> Response:
    log.error("can't be stored: %s", error)
    return error_answers.of(StorageFull())


@blueprint.post("")
def record() -> Response:
    """Stores one sealed record, or keeps it for an officer; answers after the commit."""
    if (request.content_length or 0) > sealed_records.MOST_BYTES:
        raise UploadTooLarge(bytes=sealed_records.MOST_BYTES)
    handed = _handed()
    try:
        taken = sealed_receiving.take(desk(), handed)
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
        taken = sealed_receiving.take(desk(), handed)  # a pooled connection was dead; the very same again is safe
    return jsonify(receipt(taken)), 202 if taken.again else 201  # type: ignore[return-value]


def desk() -> Desk:
    """Where this request takes records in."""
    return Desk(sessions.config(), current_app.extensions["diaban_receiving_files"], sessions.actor())


def receipt(taken: Taken) -> dict[str, Any]:
    """The receipt as the phone checks it."""
    body: dict[str, Any] = {
        "instanceID": taken.instance_id,
        "sha256": taken.sha256,
        "sealed": taken.sealed,
        "code": taken.code,
        "attachments": taken.attachments,
        "again": taken.again,
        "state": "received" if taken.problem is None else "quarantined",
    }
    if taken.problem is not None:
        message = errors.sentence(taken.problem, languages.current())
        body["problem"] = {"code": taken.problem.code, "message": message}
    return body


def _handed() -> Handed:
    instance_id = request.headers.get("X-Diaban-Record", "")
    if not sealed_records.is_instance_id(instance_id):
        raise SubmissionUnreadable(reason="X-Diaban-Record")
    listed = request.headers.get("X-Diaban-Parts", "")
    parts = tuple(part for part in listed.split(",") if part)
    if len(parts) > sealed_records.MOST_FILES or not all(map(sealed_records.is_hash, parts)):
        raise SubmissionUnreadable(reason="X-Diaban-Parts")
    key_id = request.headers.get("X-Diaban-Key", "")
    part = sealed_receiving.stored_part(sessions.config().home)
    body = request.get_data(cache=False)
    if len(body) != (request.content_length or 0):
        # gunicorn ends a body that was cut as if it were whole: what is left of a record mustn't pass as a broken seal.
        raise ClientDisconnected
    return Handed(instance_id, key_id, body, parts, part)
