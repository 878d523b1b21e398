"""Whether the system lives and is ready, and its figures for Prometheus."""

import ipaddress
import shutil
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app import sessions
from geodata.problems import NotFound
from surveys.access import Role

# Below this photos can't be kept safely; above this age of the oldest waiting submission the worker isn't working.
FREE_MB = 200
OLDEST_S = 120

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@sessions.open_to_all
def lives() -> Response:
    """This process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@sessions.open_to_all
def ready() -> Any:
    """Database, queue and disk, each `ok` or what is wrong; 503 if one is."""
    found = {"database": "ok", "queue": "ok", "disk": "ok"}
    try:
        if _queue(sessions.engine())["oldest_s"] > OLDEST_S:
            found["queue"] = f"oldest submission waits more than {OLDEST_S} s"
    except SQLAlchemyError:
        found["database"], found["queue"] = "does not answer", "unknown"
    if _free_mb() < FREE_MB:
        found["disk"] = f"less than {FREE_MB} MB free"
    good = all(said == "ok" for said in found.values())
    return jsonify(found), 200 if good else 503


@blueprint.get("/metrics")
@sessions.open_to_all
def metrics() -> Response:
    """A few figures of this machine, for loopback or an administrator's token; nothing about places or people."""
    if not _from_this_machine():
        actor = sessions.actor()
        if actor.role is not Role.ADMIN:
            raise NotFound(what="metrics")
    lines = ["# TYPE diaban_up gauge", "diaban_up 1", "# TYPE diaban_disk_free_bytes gauge"]
    lines.append(f"diaban_disk_free_bytes {_free_mb() * 1024 * 1024}")
    pool: Any = sessions.engine().pool
    lines += ["# TYPE diaban_database_connections_in_use gauge"]
    lines.append(f"diaban_database_connections_in_use {pool.checkedout()}")
    try:
        queue = _queue(sessions.engine())
        lines += ["# TYPE diaban_submissions_waiting gauge", f"diaban_submissions_waiting {queue['waiting']}"]
        lines += ["# TYPE diaban_submission_oldest_seconds gauge"]
        lines.append(f"diaban_submission_oldest_seconds {queue['oldest_s']:.0f}")
        lines += ["# TYPE diaban_database_up gauge", "diaban_database_up 1"]
    except SQLAlchemyError:
        lines += ["# TYPE diaban_database_up gauge", "diaban_database_up 0"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _from_this_machine() -> bool:
    # Behind a proxy nobody named in the settings, every caller looks local.
    forwarded = "X-Forwarded-For" in request.headers and not sessions.config().trusted_proxy
    try:
        return not forwarded and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _queue(engine: Engine) -> dict[str, float]:
    """How many submissions wait to be applied, and for how long the oldest has."""
    with engine.begin() as connection:
        row = connection.execute(text("SELECT waiting, oldest_s FROM submissions_waiting()")).one()
    return {"waiting": row.waiting, "oldest_s": row.oldest_s}


def _free_mb() -> int:
    home = sessions.config().home
    return shutil.disk_usage(home).free // (1024 * 1024)
