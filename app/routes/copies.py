"""Maps to take away: what is seen as PDF, atlas, slides or one file; made as jobs, fetched while rights still reach."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from werkzeug import Response

from app import job_answers, languages, map_asked, map_copies, map_settings, one_file, sessions
from geodata.problems import InvalidValue, NotFound
from surveys import audit, briefings, exchange, figures, jobs
from surveys.access import Actor, Role, Verb
from surveys.jobs import Job
from surveys.layers import RESTRICTED_FIGURES, named
from surveys.map_pages import asked
from surveys.map_pages.asked import Asked

blueprint = Blueprint("copies", __name__, url_prefix="/map/copies")
KINDS = (map_copies.PDF, map_copies.ATLAS, map_copies.SLIDES, map_copies.FILE)
SHEETS = {"A4-landscape": ("A4", True), "A4-portrait": ("A4", False), "A3-landscape": ("A3", True),
          "A3-portrait": ("A3", False)}  # fmt: skip
TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "html": "text/html",
}
ACTIVE = ("queued", "running")
LISTED = 20
READERS = (Role.LEADER, Role.OFFICER, Role.GIS)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """The form for the map that was seen, or for a briefing, and the account's copies of the last days."""
    state, clash = map_asked.state().allowed()
    about = None
    if "briefing" in request.args:
        about = briefings.find(sessions.session(), sessions.actor(), map_asked.number("briefing", 0))
    return render_template(
        "copies/index.html", state=state, briefing=about, why=map_settings.why() if clash and not about else "",
        latest=map_asked.today() + dt.timedelta(days=one_file.LONGEST_KEPT_DAYS), shortest=one_file.SHORTEST,
        **_listed(),
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(*READERS)
def ask() -> Response:
    """Queues a copy."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    kind = form.get("kind", "")
    if kind not in KINDS:
        raise InvalidValue(field="kind", value=kind[:20], reason=", ".join(KINDS))
    name = asked.written("title", form.get("title"), asked.LONGEST_NAME)
    pages = _pages(actor, name)
    map_copies.wanted(actor, kind, pages)
    paper, landscape = SHEETS.get(form.get("sheet", ""), SHEETS["A4-landscape"])
    given: dict[str, Any] = {
        "pages": [page.to_json() for page in pages], "paper": paper, "landscape": landscape, "name": name,
        "language": languages.current(),
    }  # fmt: skip
    if kind == map_copies.FILE:
        given["expires"] = _expires(form.get("expires", ""))
        if form.get("passphrase"):
            given["lock"] = one_file.lock(sessions.config(), form["passphrase"])
    jobs.submit(session, actor, kind, given, exchange.purpose_of(form.get("purpose")))
    sessions.commit()
    return redirect(f"{url_for('copies.index')}?{request.query_string.decode()}", 303)


@blueprint.get("/jobs")
@sessions.only(*READERS)
def listed() -> str:
    """The list alone; it asks for itself again while something is under way."""
    return render_template("copies/jobs.html", **_listed())


@blueprint.post("/jobs/<uuid:id_>/cancel")
@sessions.only(*READERS)
def cancel(id_: uuid.UUID) -> Response | str:
    """Asks a job to end."""
    session = sessions.session()
    jobs.find(session, id_)
    jobs.cancel(session, id_)
    sessions.commit()
    if "HX-Request" in request.headers:
        return render_template("copies/jobs.html", **_listed())
    return redirect(url_for("copies.index"), 303)


@blueprint.get("/files/<uuid:id_>")
@sessions.only(*READERS)
def file(id_: uuid.UUID) -> Response:
    """The account's own copy, while it may still read what is in it."""
    session, actor = sessions.session(), sessions.actor()
    job = jobs.find(session, id_)
    made = job.result if job.kind in KINDS and job.state == "done" else None
    if made is None or not _still_reaches(actor, made):
        raise NotFound(what="file", id=str(id_))
    path = sessions.config().exports / str(id_) / made["file"]
    if not path.is_file():
        raise NotFound(what="file", id=str(id_))
    if request.method == "GET" and "Range" not in request.headers:
        audit.record(session, actor, "download", purpose=job.purpose, detail={"job": str(id_), "kind": job.kind})
        sessions.commit()
    ending = made["file"].rpartition(".")[2]
    # Always as a file to keep: a page of ours with scripts inside must not open under this address.
    answer = send_file(path, TYPES[ending], as_attachment=True, download_name=made["file"], conditional=True)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _pages(actor: Actor, name: str) -> list[Asked]:
    """The one page of the address, or all of a briefing."""
    number = request.form.get("briefing", "")
    if number:
        if not number.isdigit() or len(number) > 9:
            raise InvalidValue(field="briefing", value=number[:20], reason="0, 1, 2 …")
        return briefings.find(sessions.session(), actor, int(number)).asked
    unit = request.form.get("unit", "")
    if not unit.isdigit() or len(unit) > 9:
        raise InvalidValue(field="unit", value=unit[:20], reason="0, 1, 2 …")
    return [Asked(int(unit), request.form.get("query", "")[: asked.LONGEST_QUERY], name)]


def _expires(given: str) -> str:
    """The last day the copy is meant to be used on. Raises InvalidValue."""
    today = map_asked.today()
    try:
        day = dt.date.fromisoformat(given) if given else today + dt.timedelta(days=90)
    except ValueError:
        raise InvalidValue(field="expires", value=given[:20], reason="yyyy-mm-dd") from None
    if not today <= day <= today + dt.timedelta(days=one_file.LONGEST_KEPT_DAYS):
        raise InvalidValue(field="expires", value=given[:20], reason=f"≤ {one_file.LONGEST_KEPT_DAYS}")
    return day.isoformat()


def _still_reaches(actor: Actor, made: dict[str, Any]) -> bool:
    """Whether the account may still have what it was given when the file was made."""
    layers = ["situation_reports" if key == "situation_report_counts" else key for key in made["layers"]]
    cube = RESTRICTED_FIGURES in layers
    return (
        all(actor.may(Verb.READ, named(key).grants) for key in layers if key != RESTRICTED_FIGURES)
        and (not cube or actor.role in figures.CUBE_READERS)
        and actor.province_id == made["province"]
        and actor.commune_id in (0, made["commune"])
    )


def _listed() -> dict[str, object]:
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind.in_(KINDS))
        .order_by(Job.created_at.desc())
        .limit(LISTED)
    )
    found = sessions.session().scalars(own).all()
    rows = [
        {
            "job": job,
            "state": job_answers.STATES[job.state],
            "progress": job_answers.progress(job),
            "why": job_answers.sentence(job),
        }
        for job in found
    ]
    return {"rows": rows, "active": any(job.state in ACTIVE for job in found)}
