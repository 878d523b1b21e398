"""Units for the administrator: load a reform, look at what it would change, confirm, watch it, undo it."""

import datetime as dt
import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select, text
from werkzeug import Response

from app import job_answers, reforming, sessions
from app.reform_words import EDITED, REASONS, RELATIONS
from geodata import units
from geodata.problems import NotFound
from surveys import jobs
from surveys.access import Role
from surveys.jobs import Job
from surveys.reform_tables import Reform

blueprint = Blueprint("units", __name__, url_prefix="/admin/units")
LISTED = 30
ACTIVE = ("queued", "running")
WORDS = {"relations": RELATIONS, "reasons": REASONS, "edited_words": EDITED}


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """What was changed so far, the form for the next change, and the accounts that need a new scope."""
    session, actor = sessions.session(), sessions.actor()
    rows = session.scalars(select(Reform).order_by(Reform.applied_at.desc()).limit(LISTED)).all()
    waiting = session.execute(text(WAITING), {"p": actor.province_id}).mappings().all()
    return render_template("units/index.html", rows=rows, waiting=waiting, counts=_counts(), **WORDS)


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def ask() -> Response | tuple[str, int]:
    """Keeps the files and begins the preview; nothing is changed."""
    session, actor = sessions.session(), sessions.actor()
    files = [file for file in request.files.getlist("file") if file.filename]
    on, act = request.form.get("on", "").strip(), request.form.get("act", "").strip()[:200]
    try:
        day = dt.date.fromisoformat(on).isoformat() if on else None
    except ValueError:
        abort(400)
    folder, names = reforming.keep(sessions.config(), files)
    if not names or len(names) != len(files):
        flash(_("Hãy chọn tệp CSV, XLSX, GeoPackage, GeoJSON hoặc shapefile nén zip."))
        return redirect(url_for("units.index"), 303)
    given = {"step": "preview", "folder": folder, "names": names, "on": day, "act": act or None}
    id_ = jobs.submit(session, actor, "reform", given, None)
    sessions.commit()
    return redirect(url_for("units.job", id_=id_), 303)


@blueprint.get("/jobs/<uuid:id_>")
@sessions.only(Role.ADMIN)
def job(id_: uuid.UUID) -> str:
    """How far a preview, a reform or an undo is, and its report."""
    found = _job(id_)
    page = "units/progress.html" if "HX-Request" in request.headers else "units/job.html"
    on = found.parameters.get("on")
    return render_template(
        page,
        on=dt.date.fromisoformat(on) if on else None,
        job=found,
        state=job_answers.STATES[found.state],
        progress=job_answers.progress(found),
        why=job_answers.sentence(found),
        active=found.state in ACTIVE,
        **WORDS,
    )


@blueprint.post("/jobs/<uuid:id_>")
@sessions.only(Role.ADMIN)
def confirm(id_: uuid.UUID) -> Response:
    """Applies what a preview showed: the same files, the same day."""
    session, actor = sessions.session(), sessions.actor()
    seen = _job(id_)
    if seen.parameters.get("step") != "preview" or not (seen.result or {}).get("report"):
        raise NotFound(what="preview", id=str(id_))
    next_ = jobs.submit(session, actor, "reform", {**seen.parameters, "step": "apply"}, None)
    sessions.commit()
    return redirect(url_for("units.job", id_=next_), 303)


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.ADMIN)
def one(id_: uuid.UUID) -> str:
    """The report of a reform, and its undo where it is the last that stands."""
    found = _reform(id_)
    last = sessions.session().scalar(
        select(Reform.id).where(Reform.undone_at.is_(None)).order_by(Reform.applied_at.desc()).limit(1)
    )
    return render_template("units/one.html", reform=found, report=found.report, can_undo=last == id_, **WORDS)


@blueprint.post("/<uuid:id_>/undo")
@sessions.only(Role.ADMIN)
def undo(id_: uuid.UUID) -> Response:
    """Begins the undo."""
    session, actor = sessions.session(), sessions.actor()
    _reform(id_)
    next_ = jobs.submit(session, actor, "reform", {"step": "undo", "reform": str(id_)}, None)
    sessions.commit()
    return redirect(url_for("units.job", id_=next_), 303)


@blueprint.post("/scopes/<uuid:id_>")
@sessions.only(Role.ADMIN)
def scope(id_: uuid.UUID) -> Response:
    """Gives an account or office of a split commune its new unit."""
    session, actor = sessions.session(), sessions.actor()
    given = {"step": "scope", "unplaced": str(id_), "unit": request.form.get("unit", type=int) or 0}
    next_ = jobs.submit(session, actor, "reform", given, None)
    sessions.commit()
    return redirect(url_for("units.job", id_=next_), 303)


def _job(id_: uuid.UUID) -> Job:
    found = jobs.find(sessions.session(), id_)
    if found.kind != "reform":
        raise NotFound(what="job", id=str(id_))
    return found


def _reform(id_: uuid.UUID) -> Reform:
    found = sessions.session().get(Reform, id_)
    if found is None:
        raise NotFound(what="reform", id=str(id_))
    return found


def _counts() -> dict[str, int]:
    query = text(
        "SELECT count(*) FILTER (WHERE level = :p) AS provinces, count(*) FILTER (WHERE level = :c) AS communes,"
        " count(*) FILTER (WHERE level = :c AND geom IS NULL) AS without, count(*) FILTER"
        " (WHERE level = :c AND approximate) AS approximate FROM units WHERE valid_to IS NULL"
    )
    row = sessions.session().execute(query, {"p": units.PROVINCE, "c": units.COMMUNE}).one()
    return dict(row._mapping)


# Under the row policy: an administrator sees accounts and offices of the province that wait, nothing else.
WAITING = """
SELECT w.id, w.relation, coalesce(a.username, f.name) AS name, o.name AS was,
       (SELECT json_agg(json_build_object('id', u.id, 'name', u.kind || ' ' || u.name) ORDER BY u.name)
        FROM units u WHERE u.id = ANY(w.candidates)) AS candidates
FROM unplaced w JOIN units o ON o.id = w.unit_id
LEFT JOIN accounts a ON w.relation = 'accounts' AND a.id::text = w.key
LEFT JOIN offices f ON w.relation = 'offices' AND f.id::text = w.key
WHERE w.settled_at IS NULL AND w.province_id = :p AND w.relation IN ('accounts', 'offices') ORDER BY 2, 3
"""
