"""What the phone shows of the own records: their list with what became of each, and one to be corrected."""

import datetime as dt
from typing import Any

import flask
from flask import Blueprint, Response, request, send_file, url_for

from app import errors, languages, sessions
from geodata.problems import InvalidValue, NotFound
from surveys import case_reopening, media, own_records, showing, wall_clock, withdrawals
from surveys.layers import named
from surveys.own_records import Own, Returned
from surveys.withdrawals import Withdrawal

blueprint = Blueprint("own_records", __name__, url_prefix="/survey/api")


@blueprint.get("/mine")
def mine() -> Response:
    """Own records of a year, a page at a time, newest first; `next` is the address of the page after it."""
    session = sessions.session()
    now = dt.datetime.now(dt.UTC)
    before = _before()
    found = own_records.listed(session, now, before)
    held = [] if before else own_records.held(session, sessions.actor(), now)
    labels = showing.labels(session, languages.current())
    following = None
    if len(found) == own_records.MOST:
        following = url_for(".mine", before=found[-1].received_at.astimezone(dt.UTC).isoformat())
    shown = sorted([*held, *found], key=lambda own: own.received_at, reverse=True)
    asked = withdrawals.own(session, sessions.actor(), [own.instance_id for own in found])
    records = [{**_shown(own, labels), "withdrawal": _withdrawal(asked.get(own.instance_id))} for own in shown]
    return _private({"records": records, "next": following})


@blueprint.get("/returned/<instance_id>")
def returned(instance_id: str) -> Response:
    """One own record that waits to be corrected, with what to mend and where its files are."""
    session = sessions.session()
    found = own_records.returned(session, instance_id)
    own_records.note_opening(session, sessions.actor(), found)
    sessions.commit()
    return _private(
        {
            "instanceID": found.instance_id,
            "form": {"id": found.form_id, "version": found.version, "title": found.title},
            "state": found.state,
            "comment": found.comment,
            "problem": _problem(found.layer, found.error),
            "restricted": found.restricted,
            "xml": found.xml,
            "files": [_file(found, file) for file in found.files],
        }
    )


@blueprint.get("/returned/<instance_id>/<digest>")
def file(instance_id: str, digest: str) -> Response:
    """A kept file of such a record, by its hash."""
    found = own_records.returned(sessions.session(), instance_id)
    kept = next((one for one in found.files if one.sha256 == digest), None)
    if kept is None:
        raise NotFound(what="file")
    return send_file(media.path(sessions.config().home, kept.sha256), mimetype=kept.media_type)


@blueprint.post("/mine/<instance_id>/reopen")
def reopen(instance_id: str) -> Response:
    """The answer didn't help: the case is opened again, with the reason in the body."""
    given = request.get_json(silent=True)
    words = given.get("words") if isinstance(given, dict) else None
    masked = case_reopening.reopen(
        sessions.session(), sessions.actor(), instance_id, words if isinstance(words, str) else "", wall_clock.today()
    )
    sessions.commit()
    return _private({"instanceID": instance_id, "masked": masked})


@blueprint.post("/mine/<instance_id>/withdraw")
def withdraw(instance_id: str) -> Response:
    """The record is to be taken back: asked with the code of its receipt, in the body."""
    session, given = sessions.session(), request.get_json(silent=True)
    code = given.get("code") if isinstance(given, dict) else None
    found = withdrawals.ask(session, sessions.actor(), code if isinstance(code, str) else "")
    asked = withdrawals.one(session, found)
    if asked.instance_id != instance_id:  # another record's code: nothing was asked of either
        raise withdrawals.WithdrawalCodeUnknown
    told = {"instanceID": instance_id, "withdrawal": _withdrawal(asked)}
    sessions.commit()
    return _private(told)


def _before() -> dt.datetime | None:
    given = request.args.get("before")
    try:
        return None if given is None else dt.datetime.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field="before", value=str(given)[:40], reason="ISO 8601") from None


def _shown(own: Own, labels: showing.Labels) -> dict[str, Any]:
    return {
        "instanceID": own.instance_id,
        "form": {"id": own.form_id, "version": own.version, "title": own.title},
        "label": _label(own, labels),
        "commune": own.commune,
        "receivedAt": own.received_at.astimezone(dt.UTC).isoformat(),
        "state": own.state,
        "comment": own.comment,
        "problem": _problem(own.layer, own.error),
        "replacedBy": own.replaced_by,
        "restricted": own.restricted,
        "case": None if own.case is None else _case(own.case, labels, restricted=own.restricted),
    }


def _withdrawal(asked: Withdrawal | None) -> dict[str, Any] | None:
    """How far the request is to take a record back, and by when it is carried out."""
    return None if asked is None else {"state": asked.state, "dueOn": asked.due_on.isoformat()}


def _label(own: Own, labels: showing.Labels) -> str | None:
    if own.label is None or own.layer is None:
        return None
    layer = named(own.layer)
    return showing.shown(layer.field(layer.label), own.label, labels, languages.current())


def _case(case: dict[str, Any], labels: showing.Labels, *, restricted: bool) -> dict[str, Any]:
    """The case of a report; the answer is there to be read out, and only service reports have one."""
    return {
        "state": case["state"],
        "stateLabel": labels.get(("case_states", case["state"]), case["state"]),
        "dueOn": case["due_on"].isoformat(),
        "answeredOn": case["answered_on"] and case["answered_on"].isoformat(),
        "answer": case["answer"],
        "office": case["office"],
        "reopens": not restricted and case["state"] in case_reopening.REOPENS,
    }


def _problem(layer: str | None, error: dict[str, Any] | None) -> dict[str, Any] | None:
    """Why it was set aside, with the question as people know it."""
    if error is None:
        return None
    code = str(error.get("code"))
    said = errors.TABLE.get(code, errors.TABLE["answer_refused"])
    name = str(error.get("field", ""))
    facts = {**error, "field": own_records.question_label(layer, name)}
    sentence = errors.filled(said.en if languages.current() == "en" else said.vi, facts)
    return {"code": code, "field": name, "message": sentence}


def _file(found: Returned, one: own_records.File) -> dict[str, Any]:
    address = url_for(".file", instance_id=found.instance_id, digest=one.sha256)
    return {"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "type": one.media_type, "address": address}


def _private(content: dict[str, Any]) -> Response:
    response = flask.jsonify(content)
    # Comments and answers: the phone keeps them sealed by itself, its browser not at all.
    response.headers["Cache-Control"] = "private, no-store"
    response.add_etag()
    response.make_conditional(request)
    return response
