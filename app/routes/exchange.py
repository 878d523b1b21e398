"""Exports for people: choose a layer, say what for, watch it being made, fetch the file."""

import uuid

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from werkzeug import Response

from app import job_answers, sessions
from geodata.problems import NotFound
from surveys import audit, exchange, jobs
from surveys.access import Actor, Role, Verb
from surveys.jobs import Job
from surveys.layers import named

blueprint = Blueprint("exchange", __name__, url_prefix="/exchange")
LISTED = 20
ACTIVE = ("queued", "running")


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.GIS)
def index() -> str:
    """The form, and the account's jobs of the last days."""
    session, actor = sessions.session(), sessions.actor()
    return render_template(
        "exchange/index.html",
        layers=exchange.offered(actor),
        zones=exchange.zones(session, actor),
        chosen=request.args.get("layer", ""),
        **_listed(),
    )


@blueprint.post("/")
@sessions.only(Role.OFFICER, Role.GIS)
def ask() -> Response:
    """Queues an export."""
    session, actor = sessions.session(), sessions.actor()
    layer, epsg = request.form.get("layer", ""), request.form.get("epsg", type=int)
    exchange.check(session, actor, layer, epsg)
    purpose = exchange.purpose_of(request.form.get("purpose"))
    jobs.submit(session, actor, "export", {"layer": layer, "epsg": epsg}, purpose)
    sessions.commit()
    return redirect(url_for("exchange.index"), 303)


@blueprint.get("/jobs")
@sessions.only(Role.OFFICER, Role.GIS)
def listed() -> str:
    """The list alone; it asks for itself again while something is under way."""
    return render_template("exchange/jobs.html", **_listed())


@blueprint.post("/jobs/<uuid:id_>/cancel")
@sessions.only(Role.OFFICER, Role.GIS)
def cancel(id_: uuid.UUID) -> Response | str:
    """Asks a job to end."""
    session = sessions.session()
    jobs.find(session, id_)
    jobs.cancel(session, id_)
    sessions.commit()
    if "HX-Request" in request.headers:
        return render_template("exchange/jobs.html", **_listed())
    return redirect(url_for("exchange.index"), 303)


@blueprint.get("/files/<uuid:id_>.zip")
def file(id_: uuid.UUID) -> Response:
    """The file of the account's own export, while its rights still reach as far; parts of it for resumed downloads."""
    session, actor = sessions.session(), sessions.actor()
    job = jobs.find(session, id_)
    made = job.result if job.kind == "export" and job.state == "done" else None
    if made is None or not _still_reaches(actor, made):
        raise NotFound(what="file", id=str(id_))
    path = sessions.config().exports / str(id_) / made["file"]
    if not path.is_file():
        raise NotFound(what="file", id=str(id_))
    if request.method == "GET" and "Range" not in request.headers:
        audit.record(session, actor, "download", layer=made["layer"], purpose=job.purpose, detail={"job": str(id_)})
        sessions.commit()
    answer = send_file(path, "application/zip", as_attachment=True, download_name=made["file"], conditional=True)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _still_reaches(actor: Actor, made: dict[str, object]) -> bool:
    """Whether the account may still have what it was given when the file was made."""
    return (
        actor.may(Verb.EXPORT, named(str(made["layer"])).grants)
        and actor.province_id == made["province"]
        and actor.commune_id in (0, made["commune"])
    )


def _listed() -> dict[str, object]:
    actor = sessions.actor()
    own = (
        select(Job)
        .where(Job.account_id == actor.account_id, Job.kind == "export")
        .order_by(Job.created_at.desc())
        .limit(LISTED)
    )
    rows = sessions.session().scalars(own).all()
    return {
        "rows": [
            {
                "job": job,
                "title": job_answers.title(job),
                "state": job_answers.STATES[job.state],
                "progress": job_answers.progress(job),
                "why": job_answers.sentence(job),
            }
            for job in rows
        ],
        "active": any(job.state in ACTIVE for job in rows),
    }
