"""Surveys over OpenRosa 1.0: the list of forms, the forms with their lists of units, and submissions in."""

import io
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, request, url_for
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from werkzeug.formparser import FormDataParser

from app import openrosa_answers, reads, sessions
from surveys import form_versions, receiving, unit_lists, visits
from surveys.answer_problems import SubmissionUnreadable

blueprint = Blueprint("openrosa", __name__, url_prefix="/openrosa")
CLOCK_OFF_S = 15 * 60


@blueprint.record_once
def _own_pool(state: BlueprintSetupState) -> None:
    """Connections of the web role that aren't asked whether they live: that would be a round trip for each phone.

    Two pools, since setting a connection to commit by itself and back costs as much as storing a short survey.
    """
    url = state.app.extensions["diaban_engine"].url
    for name, level in (("diaban_receiving", "AUTOCOMMIT"), ("diaban_receiving_files", "READ COMMITTED")):
        made = create_engine(url, pool_size=8, max_overflow=4, pool_recycle=1800, isolation_level=level)
        state.app.extensions[name] = made


@blueprint.after_request
def _headers(response: Response) -> Response:
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["X-OpenRosa-Accept-Content-Length"] = str(receiving.MOST_BYTES)
    response.headers["Date"] = format_datetime(datetime.now(UTC), usegmt=True)
    return response


@blueprint.get("/formList")
def form_list() -> Response:
    """The forms the account may fill."""
    forms = form_versions.listed(sessions.session(), sessions.actor())
    wanted = request.args.get("formID")
    entries = [
        "<xform>"
        f"<formID>{escape(form.form_id)}</formID><name>{escape(form.title)}</name>"
        f"<version>{escape(form.version)}</version><hash>md5:{form.md5}</hash>"
        f"<downloadUrl>{escape(_address('.form', form.form_id, form.version))}</downloadUrl>"
        f"<manifestUrl>{escape(_address('.manifest', form.form_id, form.version))}</manifestUrl>"
        "</xform>"
        for form in forms
        if wanted in (None, form.form_id)
    ]
    return _xml(f'<xforms xmlns="http://openrosa.org/xforms/xformsList">{"".join(entries)}</xforms>')


@blueprint.get("/forms/<form_id>/<version>.xml")
def form(form_id: str, version: str) -> Response:
    """One XForm; a version never changes, so it may be kept for good."""
    text, md5 = form_versions.xform(sessions.session(), sessions.actor(), form_id, version)
    return _kept(_xml(text, head=False), md5)


@blueprint.get("/forms/<form_id>/<version>/manifest")
def manifest(form_id: str, version: str) -> Response:
    """The form's lists of units, as the account may see them, each addressed by its hash."""
    form_versions.xform(sessions.session(), sessions.actor(), form_id, version)
    lists = unit_lists.of(sessions.session(), sessions.actor()).md5 | _entity_list(form_id, version)
    entries = [
        f"<mediaFile><filename>{escape(name)}</filename><hash>md5:{md5}</hash>"
        f"<downloadUrl>{escape(_address('.unit_list', form_id, version, name=name, h=md5))}</downloadUrl></mediaFile>"
        for name, md5 in sorted(lists.items())
    ]
    return _xml(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{"".join(entries)}</manifest>')


@blueprint.get("/forms/<form_id>/<version>/media/<name>")
def unit_list(form_id: str, version: str, name: str) -> Response:
    """A list of units or features; 404 once it has changed, so that no cache keeps others under an old address."""
    md5 = request.args.get("h", "")
    layer = form_versions.definition(sessions.session(), form_id, version).visits
    if layer is not None and name == f"{layer}.csv":
        data = visits.file(sessions.session(), sessions.actor(), layer, md5)
    else:
        data = unit_lists.file(sessions.session(), sessions.actor(), name, md5)
    return _kept(Response(data, content_type="text/csv; charset=utf-8"), md5)


def _entity_list(form_id: str, version: str) -> dict[str, str]:
    """The features a form may update, for ODK Collect: name → MD5. Our own app keeps them itself, and encrypted."""
    layer = form_versions.definition(sessions.session(), form_id, version).visits
    given = sessions.credential()
    if layer is None or (form_id == layer and not (given and given.by_token)):
        return {}
    data = visits.entity_list(sessions.session(), sessions.actor(), layer)
    reads.note(sessions.actor(), layer)
    sessions.commit()
    return {f"{layer}.csv": unit_lists.md5_of(data)}


@blueprint.route("/submission", methods=["HEAD"])
def submission_head() -> Response:
    """What a phone asks before it sends: signed in, and how much may be sent at once."""
    return Response(status=204)


@blueprint.post("/submission")
def submission() -> Response:
    """Stores one submission and answers after the commit."""
    xml, files = _sent()
    try:
        outcome = _stored(xml, files)
    except OperationalError as error:
        # These connections aren't tried before each use. One that was lost is replaced, and the very same submission
        # may be stored again: if the first did come through, this is a retry like any other.
        if not error.connection_invalidated:
            raise
        outcome = _stored(xml, files)
    if outcome.problem is not None:
        raise outcome.problem
    receipt = outcome.receipt
    return _xml(openrosa_answers.receipt(receipt), status=202 if receipt.again else 201)


def _stored(xml: bytes, files: list[receiving.Sent]) -> receiving.Outcome:
    """Stored and committed: with files in a transaction that spans them, else by the one call that stores it."""
    pool: Engine = current_app.extensions["diaban_receiving_files" if files else "diaban_receiving"]
    with pool.connect() as connection:
        outcome = receiving.receive(connection, sessions.actor(), sessions.config().home, xml, files, _noticed())
        connection.commit()
    return outcome


def _sent() -> tuple[bytes, list[receiving.Sent]]:
    """The XML, which some clients send as a plain field, and the files beside it."""
    # Held in memory only: the usual parser would put a large photo on disk before anything was cut from it.
    parser = FormDataParser(
        stream_factory=lambda *_, **__: io.BytesIO(),
        max_form_memory_size=request.max_form_memory_size,
        max_content_length=request.max_content_length,
        max_form_parts=request.max_form_parts,
    )
    _, fields, parts = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    xml = fields.get("xml_submission_file", "").encode() or None
    files = []
    for name, part in parts.items(multi=True):
        if name == "xml_submission_file":
            xml = part.stream.read()
        else:
            files.append(receiving.Sent(part.filename or name, part.stream.read()))
    if xml is None:
        raise SubmissionUnreadable(reason="xml_submission_file")
    return xml, files


def _noticed() -> list[str]:
    """`clock_off` where the phone's clock and ours are more than a quarter of an hour apart."""
    try:
        sent_at = parsedate_to_datetime(request.headers["Date"])
        off = abs((datetime.now(UTC) - sent_at).total_seconds())
    except (KeyError, ValueError, TypeError):
        return []  # not told, or told without a zone
    return ["clock_off"] if off > CLOCK_OFF_S else []


def _address(endpoint: str, form_id: str, version: str, **rest: str) -> str:
    return url_for(endpoint, form_id=form_id, version=version, _external=True, **rest)


def _xml(body: str, status: int = 200, *, head: bool = True) -> Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?>\n{body}" if head else body
    return Response(text, status=status, content_type="text/xml; charset=utf-8")


def _kept(response: Response, md5: str) -> Response:
    """Answers 304 where the asker holds it already."""
    response.set_etag(md5)
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    response.make_conditional(request)
    return response
