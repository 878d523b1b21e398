"""Jobs for machines: ask for an export, see how far it is, cancel it; the description of all this."""

import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from app import job_answers, openapi, sessions
from geodata.problems import InvalidValue
from surveys import exchange, jobs

blueprint = Blueprint("api", __name__, url_prefix="/api")
ASKED = frozenset({"layer", "epsg", "purpose", "format"})


@blueprint.get("/openapi.json")
def description() -> Response:
    """OpenAPI 3.1."""
    return jsonify(openapi.DESCRIPTION)


@blueprint.post("/exports")
def export() -> tuple[Response, int, dict[str, str]]:
    """202 and the job's address; the rights are read again when it runs."""
    session, actor = sessions.session(), sessions.actor()
    layer, epsg, purpose = _wanted(request.get_json(silent=True))
    exchange.check(session, actor, layer, epsg)
    id_ = jobs.submit(session, actor, "export", {"layer": layer, "epsg": epsg}, exchange.purpose_of(purpose))
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


def _wanted(body: Any) -> tuple[str, int | None, str]:
    if not isinstance(body, dict):
        raise InvalidValue(field="body", reason="JSON object")
    for key in body.keys() - ASKED:
        raise InvalidValue(field=str(key)[:40], reason="unknown")
    if body.get("format", "shapefile") != "shapefile":
        raise InvalidValue(field="format", reason="shapefile")
    layer, epsg, purpose = body.get("layer"), body.get("epsg"), body.get("purpose")
    if not isinstance(layer, str):
        raise InvalidValue(field="layer", reason="text")
    if epsg is not None and (not isinstance(epsg, int) or isinstance(epsg, bool)):
        raise InvalidValue(field="epsg", reason="number")
    if purpose is not None and not isinstance(purpose, str):
        raise InvalidValue(field="purpose", reason="text")
    return layer, epsg, purpose or ""
