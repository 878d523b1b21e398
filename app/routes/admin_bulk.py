"""Offices and accounts by workbook: the template, a check that names each wrong cell, then all or nothing."""

import uuid
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select, text
from werkzeug import Response

from app import accounts, bulk_accounts, bulk_jobs, bulk_sheet, job_answers, sessions
from geodata.problems import Conflict, NotFound
from surveys import form_workbook, jobs
from surveys.access import Role
from surveys.jobs import Job
from surveys.submissions import FormUpload

blueprint = Blueprint("admin_bulk", __name__, url_prefix="/admin/bulk")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACTIVE = ("queued", "running")
MOST = 10


@blueprint.get("/")
@sessions.only(Role.ADMIN)
def index() -> str:
    """How it is done, and the last files."""
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind.in_((bulk_jobs.CHECK, bulk_jobs.APPLY)))
        .order_by(Job.created_at.desc())
        .limit(MOST)
    )
    rows = sessions.session().scalars(own).all()
    return render_template("admin/bulk.html", rows=rows, states=job_answers.STATES)


@blueprint.get("/mau.xlsx")
@sessions.only(Role.ADMIN)
def template() -> Response:
    """A workbook with what there is now, to change and add to."""
    session, actor = sessions.session(), sessions.actor()
    offices = session.execute(_OFFICES, {"p": actor.province_id}).all()
    listed = accounts.listing(session.connection(), actor.province_id)
    codes: dict[int, str] = dict(session.execute(_CODES, {"p": actor.province_id}).all())
    categories = session.scalars(_CATEGORIES).all()
    data = bulk_sheet.written(
        {
            "Vai trò": list(bulk_accounts.ROLES), "Cơ quan": [row.name for row in offices],
            "Đang dùng": [bulk_accounts.YES, bulk_accounts.NO], "Mã đơn vị": list(codes.values()),
            "Lĩnh vực (ghi mã, cách nhau bằng ;)": list(categories),
        },
        {
            bulk_sheet.OFFICES: [(row.name, row.code, row.categories, row.valid_from.isoformat()) for row in offices],
            bulk_sheet.ACCOUNTS: [
                (one.username, bulk_accounts.TITLES[Role(one.role)], codes.get(one.id, ""), one.office or "",
                 bulk_accounts.YES if one.active else bulk_accounts.NO)
                for one in listed
            ],
        },
    )  # fmt: skip
    return _download(data, "tai_khoan.xlsx")


@blueprint.post("/")
@sessions.only(Role.ADMIN)
def upload() -> Response:
    """Queues the check of a workbook."""
    session, actor = sessions.session(), sessions.actor()
    given = request.files.get("file")
    if given is None or not given.filename:
        abort(400)
    data = given.stream.read(form_workbook.MOST_BYTES + 1)
    id_ = jobs.submit(session, actor, bulk_jobs.CHECK, {}, None)
    session.execute(
        FormUpload.__table__.insert(),  # type: ignore[attr-defined]
        [{"job_id": id_, "position": 0, "name": given.filename[:200], "data": data}],
    )
    sessions.commit()
    return redirect(url_for("admin_bulk.one", job_id=id_), 303)


@blueprint.get("/<uuid:job_id>")
@sessions.only(Role.ADMIN)
def one(job_id: uuid.UUID) -> str:
    """What is wrong, cell by cell, or what would be done; then what was done."""
    job = _job(job_id)
    return render_template(
        "admin/bulk_one.html", job=job, active=job.state in ACTIVE, why=job_answers.sentence(job),
        state=job_answers.STATES[job.state], checked=job.kind == bulk_jobs.CHECK, passwords=_passwords(job).is_file(),
    )  # fmt: skip


@blueprint.post("/<uuid:job_id>")
@sessions.only(Role.ADMIN)
def apply(job_id: uuid.UUID) -> Response:
    """Has everything done that a good check told of."""
    job = _job(job_id)
    if job.kind != bulk_jobs.CHECK or job.state != "done" or not job.result or job.result["faults"]:
        raise Conflict(what="bulk", id=str(job_id))
    id_ = jobs.submit(sessions.session(), sessions.actor(), bulk_jobs.APPLY, {"of": str(job_id)}, None)
    sessions.commit()
    return redirect(url_for("admin_bulk.one", job_id=id_), 303)


@blueprint.post("/<uuid:job_id>/mat_khau.xlsx")
@sessions.only(Role.ADMIN)
def passwords(job_id: uuid.UUID) -> Response:
    """The first passwords of new accounts, once: the file is gone afterwards."""
    file = _passwords(_job(job_id))
    try:
        data = file.read_bytes()
        file.unlink()
    except FileNotFoundError:
        raise NotFound(what="file", id=str(job_id)) from None
    return _download(data, bulk_jobs.PASSWORDS)


def _job(id_: uuid.UUID) -> Job:
    found = jobs.find(sessions.session(), id_)
    if found.kind not in (bulk_jobs.CHECK, bulk_jobs.APPLY):
        raise NotFound(what="job", id=str(id_))
    return found


def _passwords(job: Job) -> Any:
    return sessions.config().exports / str(job.id) / bulk_jobs.PASSWORDS


def _download(data: bytes, name: str) -> Response:
    about = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, content_type=XLSX, headers=about)


_OFFICES = text(
    "SELECT o.name, u.code, o.valid_from, coalesce((SELECT string_agg(c.category, '; ' ORDER BY c.category)"
    " FROM office_categories c WHERE c.office_id = o.id), '') AS categories FROM offices o"
    " JOIN units u ON u.id = o.unit_id WHERE u.province_id = :p AND o.valid_to IS NULL"
    ' ORDER BY o.name COLLATE "vi-x-icu"'
)
_CODES = text("SELECT a.id, u.code FROM accounts a JOIN units u ON u.id = a.unit_id WHERE u.province_id = :p")
_CATEGORIES = text(
    "SELECT code FROM code_lists WHERE list = 'report_categories' AND valid_to IS NULL ORDER BY position"
)
