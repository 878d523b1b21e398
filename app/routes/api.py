"""Jobs for machines: ask for an export, see how far it is, cancel it; the description of all this."""

import uuid

from flask import Blueprint, Response, jsonify, request, url_for

from app import exporting, job_answers, openapi, sessions
from geodata.problems import InvalidValue
from surveys import jobs, selections

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
def description() -> Response:
    """OpenAPI 3.1."""
    return jsonify(openapi.DESCRIPTION)


@blueprint.post("/exports")
def export() -> tuple[Response, int, dict[str, str]]:
    """202 and the job's address; the rights are read again when it runs."""
    session, actor = sessions.session(), sessions.actor()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidValue(field="body", reason="JSON object")
    purpose = body.pop("purpose", None)
    if purpose is not None and not isinstance(purpose, str):
        raise InvalidValue(field="purpose", reason="text")
    id_ = exporting.ask(session, actor, selections.read(body), purpose)
    sessions.commit()
    return jsonify(job_answers.told(jobs.find(session, id_))), 202, {"Location": url_for("api.job", id_=id_)}


@blueprint.get("/jobs/<uuid:id_>")
def job(id_: uuid.UUID) -> Response:
    """State, progress, result; only the account's own."""
    return jsonify(job_answers.told(jobs.find(sessions.session(), id_)))


@blueprint.post("/jobs/<uuid:id_>/cancel")
def cancel(id_: uuid.UUID) -> Response:
    """Asks a job to end; one that has ended stays as it is."""
    session = sessions.session()
    jobs.find(session, id_)
    jobs.cancel(session, id_)
    sessions.commit()
    return jsonify(job_answers.told(jobs.find(session, id_)))
