"""Sealed files in, resumable over tus 1.0: begun (with their first bytes), gone on with, given up."""

import base64
import binascii
import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import HTTPException

from app import error_answers, sessions
from geodata.problems import NotFound, Problem
from surveys import sealed_parts
from surveys.answer_problems import SubmissionUnreadable
from surveys.sealed_parts import StorageFull

blueprint = Blueprint("uploads", __name__, url_prefix="/survey/api/uploads")
log = logging.getLogger(__name__)
VERSION = "1.0.0"
TYPE = "application/offset+octet-stream"
READ = 1024  # bytes asked of the connection at once: as much is lost where it breaks
WRITE = 64 * 1024
SILENT_S = 30  # a phone that went away without saying so


class TusVersion(Problem):
    """Another version of the protocol than ours was asked for, or none."""

    code = "tus_version"


@blueprint.errorhandler(OSError)
def _no_room(error: OSError) -> Response:
    log.error("can't be stored: %s", error)
    return error_answers.of(StorageFull())


@blueprint.before_request
def _speak_tus() -> None:
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersion


@blueprint.after_request
def _headers(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    return response


@blueprint.route("", methods=["OPTIONS"], provide_automatic_options=False)
def about() -> Response:
    """What of tus is spoken here."""
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = "creation,creation-with-upload,expiration,termination"
    response.headers["Tus-Max-Size"] = str(sealed_parts.MOST_BYTES)
    return response


@blueprint.post("")
def create() -> Response:
    """Makes room for a file named by its hash, which may hold bytes already; takes the first bytes where some come."""
    digest = _announced()
    length = _number("Upload-Length")
    now = sealed_parts.begin(_home(), _account(), digest, length)
    if request.mimetype == TYPE and now.offset == 0:
        now = sealed_parts.append(_home(), _account(), digest, 0, _pieces())
    response = _state(now, 201)
    response.headers["Location"] = url_for(".state", digest=digest)
    return response


@blueprint.route("/<digest>", methods=["HEAD"])
def state(digest: str) -> Response:
    """How far a file came."""
    now = sealed_parts.under(_home(), _account(), digest)
    if now is None:
        raise NotFound(what="upload")
    response = _state(now, 200)
    response.headers["Upload-Length"] = str(now.length)
    return response


@blueprint.patch("/<digest>")
def add(digest: str) -> Response:
    """More bytes of a file; what came before a cut is kept."""
    if request.mimetype != TYPE:
        raise SubmissionUnreadable(reason=TYPE)
    return _state(sealed_parts.append(_home(), _account(), digest, _number("Upload-Offset"), _pieces()), 204)


@blueprint.delete("/<digest>")
def give_up(digest: str) -> Response:
    """Drops what came of a file."""
    sealed_parts.drop(_home(), _account(), digest)
    return Response(status=204)


def _pieces() -> Iterator[bytes]:
    """The body as it comes, in pieces worth writing; also what came before it broke off."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(SILENT_S)
    held = bytearray()
    broken: Exception | None = None
    try:
        while True:
            try:
                got = request.stream.read(READ)
            except (OSError, HTTPException) as error:
                broken = error
                break
            if not got:
                break
            held += got
            if len(held) >= WRITE:
                yield bytes(held)
                held.clear()
        if held:
            yield bytes(held)
    finally:
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.settimeout(None)
    if broken is not None:
        raise broken


def _announced() -> str:
    """The hash in Upload-Metadata: `part <base64>`."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "part":
            try:
                return base64.b64decode(value, validate=True).decode("ascii")
            except (binascii.Error, ValueError):
                break
    raise SubmissionUnreadable(reason="Upload-Metadata")


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise SubmissionUnreadable(reason=header)
    return int(text)


def _state(now: sealed_parts.Under, status: int) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(now.offset)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=sealed_parts.LASTS_S)
    response.headers["Upload-Expires"] = format_datetime(until, usegmt=True)
    return response


def _home() -> Path:
    return sessions.config().home


def _account() -> int:
    return sessions.actor().account_id
