"""Exports for people: choose layers, area and format, say what for, watch it being made, fetch the file."""

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from app import export_choices, exporting, sessions
from app.jobs import KEPT_DAYS
from geodata.problems import InvalidValue, NotFound, Problem
from surveys import audit, jobs, selections
from surveys.access import Actor, Role, Verb
from surveys.layers import named
from surveys.selections import Selection

blueprint = Blueprint("exchange", __name__, url_prefix="/exchange")


class FileSwept(Problem):
    """The file was there and isn't any more; facts: days."""

    code = "export_swept"


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.GIS)
def index() -> str:
    """The form, and the account's exports of the last weeks. `?layer=` chooses one beforehand."""
    session, actor = sessions.session(), sessions.actor()
    return render_template(
        "exchange/index.html",
        **export_choices.shown(session, actor, request.args),
        **export_choices.made(session, actor),
    )


@blueprint.post("/")
@sessions.only(Role.OFFICER, Role.GIS)
def ask() -> Response:
    """Queues an export."""
    exporting.ask(sessions.session(), sessions.actor(), _read(request.form), request.form.get("purpose"))
    sessions.commit()
    return redirect(url_for("exchange.index", _anchor="own"), 303)


@blueprint.post("/choices")
@sessions.only(Role.OFFICER, Role.GIS)
def choices() -> str:
    """The part of the form that depends on layers and area: states, columns, systems, and what can't go together.

    Changes nothing: a POST because the columns of all layers are too much for an address.
    """
    return render_template(
        "exchange/choices.html", **export_choices.shown(sessions.session(), sessions.actor(), request.form)
    )


@blueprint.get("/jobs")
@sessions.only(Role.OFFICER, Role.GIS)
def listed() -> str:
    """The list alone; it asks for itself again while something is under way."""
    return render_template("exchange/jobs.html", **export_choices.made(sessions.session(), sessions.actor()))


@blueprint.post("/jobs/<uuid:id_>/again")
@sessions.only(Role.OFFICER, Role.GIS)
def again(id_: uuid.UUID) -> Response | str:
    """Queues the same export once more, with the rows and rights of now."""
    session, actor = sessions.session(), sessions.actor()
    job = jobs.find(session, id_)
    if job.kind != "export":
        raise NotFound(what="job", id=str(id_))
    exporting.ask(session, actor, selections.read(job.parameters), job.purpose)
    sessions.commit()
    return _list_or_page()


@blueprint.post("/jobs/<uuid:id_>/cancel")
@sessions.only(Role.OFFICER, Role.GIS)
def cancel(id_: uuid.UUID) -> Response | str:
    """Asks a job to end."""
    session = sessions.session()
    jobs.find(session, id_)
    jobs.cancel(session, id_)
    sessions.commit()
    return _list_or_page()


@blueprint.get("/files/<uuid:id_>.zip")
def file(id_: uuid.UUID) -> Response:
    """The file of the account's own export, while its rights still reach as far; parts of it for resumed downloads."""
    session, actor = sessions.session(), sessions.actor()
    job = jobs.find(session, id_)
    made = job.result if job.kind == "export" and job.state == "done" else None
    if made is None or not _still_reaches(actor, made):
        raise NotFound(what="file", id=str(id_))
    if "swept" in made:
        raise FileSwept(days=KEPT_DAYS)
    path = sessions.config().exports / str(id_) / made["file"]
    if not path.is_file():
        raise NotFound(what="file", id=str(id_))
    if request.method == "GET":
        for layer in made["layers"]:
            audit.record(session, actor, "download", layer=layer, purpose=job.purpose, detail={"job": str(id_)})
        sessions.commit()
    answer = send_file(path, "application/zip", as_attachment=True, download_name=made["file"], conditional=True)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _read(form: MultiDict[str, str]) -> Selection:
    """The form as a selection. A layer whose columns were not shown, or are all chosen, keeps all of them."""
    given: dict[str, Any] = {key: form.get(key) or None for key in ("format", "from", "to", "state", "filter")}
    for key in ("epsg", "unit"):
        value = form.get(key) or None
        if value is not None and not (value.isascii() and value.isdigit() and len(value) < 10):
            raise InvalidValue(field=key, reason="number")
        given[key] = int(value) if value else None
    names = [name.partition(".") for name in form.getlist("columns")]
    shown = {key: [name for layer, _, name in names if layer == key] for key in form.getlist("listed")}
    given["layers"] = form.getlist("layers")
    return selections.read({**given, "columns": shown or None})


def _still_reaches(actor: Actor, made: dict[str, Any]) -> bool:
    """Whether the account may still have what it was given when the file was made."""
    return (
        all(actor.may(Verb.EXPORT, named(key).grants) for key in made["layers"])
        and actor.province_id == made["province"]
        and actor.commune_id in (0, made["commune"])
    )


def _list_or_page() -> Response | str:
    if "HX-Request" in request.headers:
        return listed()
    return redirect(url_for("exchange.index", _anchor="own"), 303)
