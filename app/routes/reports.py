"""Periodic reports: begun, their figures taken, edited, handed in, approved, and fetched as Word files."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import select, text
from werkzeug import Response

from app import job_answers, languages, reads, report_files, report_pages, sessions
from geodata.problems import InvalidValue, NotFound
from surveys import audit, exchange, jobs, periods, wall_clock
from surveys.access import Role
from surveys.jobs import Job
from surveys.reports import calls, correcting, outline, rolling, steps, writing
from surveys.reports.tables import MEASURED, Report

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
READERS = (Role.LEADER, Role.OFFICER)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ID = "<int(max=2147483647):report_id>"


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """The unit's reports, and how to begin one."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    return render_template(
        "reports/index.html", rows=report_pages.listed(session, actor), menus=report_pages.menus(today),
        actor=actor, states=report_pages.states(), due=calls.due(session, actor, today), today=today,
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(*READERS)
def create() -> Response:
    """A new report, and the job that takes its figures."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    period = periods.named(form.get("period", ""))
    known = writing.existing(session, actor, form.get("subject", ""), period)
    if known is not None:
        flash(_("Kỳ này đã có báo cáo, mở ra ở đây."))
        return _to(known)
    report = writing.create(
        session, actor, form.get("subject", ""), period, form.get("layout", ""), form.get("basis", MEASURED),
        wall_clock.today(),
    )  # fmt: skip
    _measure(report)
    sessions.commit()
    return _to(report)


@blueprint.get(f"/{ID}")
@sessions.only(*READERS)
def one(report_id: int) -> str:
    """The report as it stands: its text, its figures, its steps."""
    session, actor = sessions.session(), sessions.actor()
    report = writing.find(session, actor, report_id)
    shown = report_pages.one(session, actor, report, wall_clock.today()) | _jobs(report)
    for layer in shown["layers"]:
        reads.note(actor, f"figure:{layer}", report.unit_id)
    sessions.commit()
    return render_template("reports/one.html", **shown)


@blueprint.get(f"/{ID}/jobs")
@sessions.only(*READERS)
def progress(report_id: int) -> Response | str:
    """How far its jobs are; once the figures are there, the page is asked for anew."""
    session, actor = sessions.session(), sessions.actor()
    report = writing.find(session, actor, report_id)
    told = _jobs(report)
    if "HX-Request" in request.headers and request.args.get("measuring") and not told["measuring"]:
        answer = Response(status=204)
        answer.headers["HX-Refresh"] = "true"
        return answer
    return render_template("reports/jobs.html", report=report, **told)


@blueprint.get(f"/{ID}/changes")
@sessions.only(*READERS)
def changes(report_id: int) -> str:
    """What has changed since the figures were frozen."""
    session, actor = sessions.session(), sessions.actor()
    report = writing.find(session, actor, report_id)
    found = writing.figures_of(session, report)
    rows = correcting.since(session, actor, report, found, wall_clock.today())
    return render_template("reports/changes.html", report=report, rows=rows)


@blueprint.post(f"/{ID}/parts/<part>")
@sessions.only(*READERS)
def write(report_id: int, part: str) -> Response:
    """A part's words: a person's, those drafted from the figures, or the ones before."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    report = _own(report_id)
    act = form.get("act", "write")
    if act == "draft":
        writing.redraft(session, report, part)
    elif act == "back":
        writing.take_back(session, report, part)
    else:
        writing.rewrite(session, report, part, form.get("text", ""), form.get("shown", ""))
    writing.note(session, actor, report, "write", part)
    sessions.commit()
    flash(_("Đã lưu mục."))
    return _to(report, f"p{part.replace('.', '-')}")


@blueprint.post(f"/{ID}/head")
@sessions.only(*READERS)
def head(report_id: int) -> Response:
    """The report's title and letterhead."""
    report = _own(report_id)
    writing.rename(sessions.session(), report, request.form.get("title", ""), dict(request.form))
    sessions.commit()
    flash(_("Đã lưu phần đầu và phần ký."))
    return _to(report, "head")


@blueprint.post(f"/{ID}/figures")
@sessions.only(*READERS)
def measure(report_id: int) -> Response:
    """Takes the figures anew; edited parts keep their words."""
    report = _own(report_id)
    writing.must_be_draft(report)
    _measure(report)
    sessions.commit()
    return _to(report)


@blueprint.post(f"/{ID}/steps")
@sessions.only(*READERS)
def step(report_id: int) -> Response:
    """Hands in, withdraws, sends back, approves, opens again, removes, restores."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    report = writing.find(session, actor, report_id, to_change=True)
    act = form.get("act", "")
    if act == steps.APPROVE:
        steps.approve(session, actor, report, _number("number"), _day("issued_on"))
    else:
        steps.take(session, actor, report, act, form.get("reason", ""))
    audit.record(session, actor, f"report_{act}", area=report.unit_id, detail={"report": report.id})
    sessions.commit()
    if act == steps.REMOVE:
        return redirect(url_for("reports.index", removed=report.id), 303)
    return _to(report)


@blueprint.post(f"/{ID}/file")
@sessions.only(*READERS)
def ask(report_id: int) -> Response:
    """Queues its Word file."""
    session, actor = sessions.session(), sessions.actor()
    report = writing.find(session, actor, report_id)
    purpose = exchange.purpose_of(request.form.get("purpose") or _("Báo cáo định kỳ"))
    if report.measured_at is None:
        raise writing.NotMeasured
    jobs.submit(session, actor, report_files.FILE, {"report": report.id}, purpose)
    sessions.commit()
    return _to(report, "jobs")


@blueprint.get("/files/<uuid:id_>")
@sessions.only(*READERS)
def file(id_: uuid.UUID) -> Response:
    """The account's own file, while it may still see the report."""
    session, actor = sessions.session(), sessions.actor()
    job = jobs.find(session, id_)
    made = job.result if job.kind == report_files.FILE and job.state == "done" else None
    if made is None:
        raise NotFound(what="file", id=str(id_))
    writing.find(session, actor, int(made["report"]))
    path = sessions.config().exports / str(id_) / made["file"]
    if not path.is_file():
        raise NotFound(what="file", id=str(id_))
    if request.method == "GET" and "Range" not in request.headers:
        audit.record(session, actor, "download", purpose=job.purpose, detail={"job": str(id_), "kind": job.kind})
        sessions.commit()
    answer = send_file(path, DOCX, as_attachment=True, download_name=made["file"], conditional=True)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/communes")
@sessions.only(*READERS)
def communes() -> str:
    """Which communes have reported for a period, and which are to be reminded."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    subject = outline.named(request.args.get("subject") or "general")
    code = request.args.get("period", "")
    period = periods.named(code) if code else periods.holding(periods.QUARTER, today).before
    found = rolling.communes(session, actor, subject.key, period)
    return render_template(
        "reports/communes.html", subject=subject, period=period, rows=found, told=rolling.coverage(found),
        call=calls.find(session, actor, subject.key, period), actor=actor, today=today,
        menus=report_pages.menus(today), states=report_pages.states(), language=languages.current,
    )  # fmt: skip


@blueprint.post("/communes")
@sessions.only(*READERS)
def call() -> Response:
    """Says by when the communes' reports of a period are due, and on what ground."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    period = periods.named(form.get("period", ""))
    made = calls.make(session, actor, form.get("subject", ""), period, _day("due_on"), form.get("source", ""))
    sessions.commit()
    flash(_("Đã lưu hạn gửi. Các xã thấy hạn này ở trang Báo cáo của mình."))
    return redirect(url_for("reports.communes", period=made.period, subject=made.subject), 303)


def _own(report_id: int) -> Report:
    """A report of the actor's own unit, to be written; those above read it and send it back. Raises NotFound."""
    session, actor = sessions.session(), sessions.actor()
    report = writing.find(session, actor, report_id, to_change=True)
    if report.commune_id != actor.commune_id:
        raise NotFound(what="report", id=report_id)
    return report


def _measure(report: Report) -> None:
    given: dict[str, Any] = {"report": report.id, "layer": None}
    jobs.submit(sessions.session(), sessions.actor(), report_files.FIGURES, given, None)


def _to(report: Report, at: str = "") -> Response:
    return redirect(url_for("reports.one", report_id=report.id) + (f"#{at}" if at else ""), 303)


def _jobs(report: Report) -> dict[str, Any]:
    """The account's own jobs of this report: whether figures are being taken, why they weren't, and its files."""
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind.in_((report_files.FIGURES, report_files.FILE)))
        .where(text("(parameters ->> 'report')::int = :report"))
        .order_by(Job.created_at.desc())
        .limit(5)
    )
    found = sessions.session().scalars(own, {"report": report.id}).all()
    rows: list[dict[str, Any]] = [
        {"job": job, "state": job_answers.STATES[job.state], "progress": job_answers.progress(job),
         "why": job_answers.sentence(job)}
        for job in found
    ]  # fmt: skip
    active = [job for job in found if job.state in ("queued", "running")]
    return {
        "jobs": [row for row in rows if row["job"].kind == report_files.FILE],
        "latest": next((row for row in rows if row["job"].kind == report_files.FIGURES), None),
        "measuring": any(job.kind == report_files.FIGURES for job in active),
        "active": bool(active),
    }


def _number(field: str) -> int:
    given = request.form.get(field, "")
    if not given.isascii() or not given.isdigit() or len(given) > 6:
        raise InvalidValue(field=field, value=given[:20], reason="1, 2, 3 …")
    return int(given)


def _day(field: str) -> dt.date:
    given = request.form.get(field, "")
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field=field, value=given[:20], reason="yyyy-mm-dd") from None
