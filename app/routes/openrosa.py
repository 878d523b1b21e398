"""Surveys over OpenRosa 1.0: the list of forms, the forms with their lists of units, and submissions in."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, g, request, url_for
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from werkzeug.formparser import FormDataParser

from app import openrosa_answers, reads, sessions
from geodata.problems import NotFound
from surveys import form_files, form_versions, receiving, unit_lists, visits, xform_rules
from surveys.access import Actor
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


@blueprint.url_value_preprocessor
def _of_one_commune(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """`/openrosa/xa/<commune>/…` is the same server with the lists of one commune, for accounts of a whole province."""
    g.openrosa_commune = values.pop("commune", None) if values else None


def _asker() -> Actor:
    """Who asks, narrowed to the commune of the address. Raises NotFound for one that isn't the account's."""
    actor, commune = sessions.actor(), g.openrosa_commune
    if commune is None:
        return actor
    if str(commune) not in unit_lists.of(sessions.session(), actor).communes:
        raise NotFound(what="commune", id=commune)
    return replace(actor, commune_id=commune)


@blueprint.get("/xa/<int:commune>/formList")
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


@blueprint.get("/xa/<int:commune>/forms/<form_id>/<version>.xml")
@blueprint.get("/forms/<form_id>/<version>.xml")
def form(form_id: str, version: str) -> Response:
    """One XForm; a version never changes, so it may be kept for good."""
    text, md5 = form_versions.xform(sessions.session(), sessions.actor(), form_id, version)
    return _kept(_xml(text, head=False), md5)


@blueprint.get("/xa/<int:commune>/forms/<form_id>/<version>/manifest")
@blueprint.get("/forms/<form_id>/<version>/manifest")
def manifest(form_id: str, version: str) -> Response:
    """The form's lists, as the account may see them, and its own files, each addressed by its hash."""
    session, actor = sessions.session(), _asker()
    form_versions.xform(session, actor, form_id, version)
    own = form_files.listed(session, form_id, version)
    lists = own | _unit_lists(actor).md5 | _entity_list(form_id, version)
    entries = [
        f"<mediaFile><filename>{escape(name)}</filename><hash>md5:{md5}</hash>"
        f"<downloadUrl>{escape(_address('.unit_list', form_id, version, name=name, h=md5))}</downloadUrl></mediaFile>"
        for name, md5 in sorted(lists.items())
    ]
    return _xml(f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{"".join(entries)}</manifest>')


@blueprint.get("/xa/<int:commune>/forms/<form_id>/<version>/media/<name>")
@blueprint.get("/forms/<form_id>/<version>/media/<name>")
def unit_list(form_id: str, version: str, name: str) -> Response:
    """A list or file of a form; 404 once it has changed, so that no cache keeps others under an old address."""
    session, actor, md5 = sessions.session(), _asker(), request.args.get("h", "")
    layer = form_versions.definition(session, form_id, version).visits
    if layer is not None and name == f"{layer}.csv":
        data = visits.file(session, actor, layer, md5)
    elif name in xform_rules.GIVEN:
        data = unit_lists.pick(_unit_lists(actor), name, md5)
    else:
        return _own_file(form_id, version, name, md5)
    return _kept(Response(data, content_type="text/csv; charset=utf-8"), md5)


def _own_file(form_id: str, version: str, name: str, md5: str) -> Response:
    """A picture, sound or list that was uploaded with the form."""
    form_versions.xform(sessions.session(), sessions.actor(), form_id, version)
    found = form_files.found(sessions.session(), form_id, version, name)
    if found is None or found[2] != md5:
        raise unit_lists.StaleList(name=name)
    return _kept(Response(found[0], content_type=found[1]), md5)


def _unit_lists(actor: Actor) -> unit_lists.UnitLists:
    """For our own app in full; for ODK Collect, which reads lists at one go, no longer than it can do on any phone."""
    lists = unit_lists.of(sessions.session(), actor)
    given = sessions.credential()
    return unit_lists.short(lists) if given is not None and given.by_token else lists


def _entity_list(form_id: str, version: str) -> dict[str, str]:
    """The features a form may update, for ODK Collect: name → MD5. Our own app keeps them itself, and encrypted."""
    layer = form_versions.definition(sessions.session(), form_id, version).visits
    given = sessions.credential()
    if layer is None or (form_id == layer and not (given and given.by_token)):
        return {}
    data = visits.entity_list(sessions.session(), _asker(), layer)
    reads.note(sessions.actor(), layer)
    sessions.commit()
    return {f"{layer}.csv": unit_lists.md5_of(data)}


@blueprint.route("/xa/<int:commune>/submission", methods=["HEAD"])
@blueprint.route("/submission", methods=["HEAD"])
def submission_head() -> Response:
    """What a phone asks before it sends: signed in, and how much may be sent at once."""
    return Response(status=204)


@blueprint.post("/xa/<int:commune>/submission")
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
    if g.openrosa_commune is not None:
        rest["commune"] = g.openrosa_commune
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
