"""The audit for an administrator: who did what, where, when; and whether it agrees with its seals."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug import Response

from app import job_answers, languages, sessions
from surveys import administration, jobs, wall_clock
from surveys.access import Role
from surveys.administration import PAGE, Wanted
from surveys.jobs import Job

blueprint = Blueprint("admin_audit", __name__, url_prefix="/admin/audit")
DAYS = 7
VERIFY = "audit_verify"
ACTIVE = ("queued", "running")


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """Rows of some days, the newest first, by account, act and layer."""
    session = sessions.session()
    wanted = _wanted()
    rows = administration.audit_rows(session, wanted, languages.HERE)
    more = {**request.args, "before": rows[-1].id} if len(rows) == PAGE else None
    return render_template(
        "admin/audit.html", rows=[_line(row) for row in rows], wanted=wanted, more=more,
        state=administration.audit_state(session), **_check(),
    )  # fmt: skip


@blueprint.get("/check")
@sessions.only(Role.ADMIN)
def check() -> str:
    """How far the comparison with the seals is."""
    return render_template("admin/audit_check.html", **_check())


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def verify() -> Response:
    """Asks for the comparison; it reads every row, so it runs in the background."""
    last = _last()
    if last is None or last.state not in ACTIVE:
        jobs.submit(sessions.session(), sessions.actor(), VERIFY, {}, None)
        sessions.commit()
    return redirect(url_for("admin_audit.index"), 303)


def _wanted() -> Wanted:
    today = wall_clock.today()
    given = request.args
    try:
        until = dt.date.fromisoformat(given.get("until") or today.isoformat())
        since = dt.date.fromisoformat(given.get("since") or (until - dt.timedelta(days=DAYS)).isoformat())
    except ValueError:
        abort(400)
    who, what, layer = (given.get(key, "").strip()[:80] for key in ("who", "what", "layer"))
    return Wanted(since, until, who, what, layer, given.get("before", type=int))


def _line(row: Any) -> dict[str, Any]:
    detail = row.detail or {}
    return {
        "at": row.at, "who": row.username, "verb": row.verb, "layer": row.layer, "area": row.area,
        "purpose": row.purpose, "detail": ", ".join(f"{key}: {value}" for key, value in detail.items()),
    }  # fmt: skip


def _last() -> Job | None:
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind == VERIFY)
        .order_by(Job.created_at.desc())
        .limit(1)
    )
    return sessions.session().scalars(own).first()


def _check() -> dict[str, Any]:
    job = _last()
    return {
        "job": job,
        "active": job is not None and job.state in ACTIVE,
        "why": job_answers.sentence(job) if job else "",
        "result": job.result if job and job.state == "done" else None,
    }
