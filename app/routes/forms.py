"""Forms made by staff: upload, what is wrong, try, approve by a second account, publish, renew, close, withdraw."""

import datetime as dt
from pathlib import PurePath
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, select, text
from werkzeug import Response

from app import job_answers, sessions
from geodata.problems import Forbidden
from surveys import (
    audit,
    form_files,
    form_process,
    form_units,
    form_versions,
    form_workbook,
    jobs,
    unmapped,
    uploaded_forms,
    xlsforms,
)
from surveys.access import APPROVE_FORM, Actor, Role
from surveys.jobs import Job
from surveys.layers import CATALOGUE, named
from surveys.submissions import FormUpload

blueprint = Blueprint("forms", __name__, url_prefix="/forms")
LISTED = 10
ACTIVE = ("queued", "running")
STATES = {
    "draft": "Bản nháp, chờ duyệt",
    "live": "Đang dùng",
    "expired": "Đã hết hạn",
    "closed": "Đã đóng",
    "withdrawn": "Đã thu hồi",
}
_TABLE = form_versions.TABLE


def people() -> Actor:
    """Uploaders, and whoever holds the right to approve."""
    actor = sessions.actor()
    if actor.role not in uploaded_forms.UPLOADERS and APPROVE_FORM not in actor.special:
        raise Forbidden(verb="open", layer=request.path, role=str(actor.role))
    return actor


@blueprint.get("/")
def index() -> str:
    """The forms of the province, one's uploads of the last days, and the templates to start from."""
    actor = people()
    columns = [column for column in _TABLE.c if column.key not in ("source", "xform")]
    rows = sessions.session().execute(
        select(*columns)
        .where(_TABLE.c.origin == "upload", _TABLE.c.province_id == actor.province_id)
        .order_by(_TABLE.c.form_id, _TABLE.c.created_at.desc())
    )
    return render_template(
        "forms/index.html",
        forms=[{"row": row, "state": _state(row)} for row in rows],
        layers=CATALOGUE,
        uploads=actor.role in uploaded_forms.UPLOADERS,
        most_mb=form_workbook.MOST_BYTES // 1_000_000,
        seconds=int(form_process.SECONDS),
        **_uploads(),
    )


@blueprint.post("/")
def upload() -> Response:
    """Queues the check of a form and its files."""
    session, actor = sessions.session(), people()
    if actor.role not in uploaded_forms.UPLOADERS:
        raise Forbidden(verb="upload", layer="forms", role=str(actor.role))
    given = request.files.get("form")
    if given is None or not given.filename:
        abort(400)
    name = _plain(given.filename)
    files = [(name, given.stream.read(form_workbook.MOST_BYTES + 1))]
    files += [
        (_plain(beside.filename), beside.stream.read(form_files.MOST_BYTES + 1))
        for beside in request.files.getlist("files")
        if beside.filename
    ]
    id_ = jobs.submit(session, actor, "form", {"name": name}, None)
    session.execute(
        FormUpload.__table__.insert(),  # type: ignore[attr-defined]
        [
            {"job_id": id_, "position": at, "name": one, "data": data}
            for at, (one, data) in enumerate(files[: form_files.MOST_FILES + 1])
        ],
    )
    sessions.commit()
    return redirect(url_for("forms.index") + "#uploads", 303)


@blueprint.get("/uploads")
def uploads() -> str:
    """The list of one's uploads alone; it asks for itself again while something is under way."""
    people()
    return render_template("forms/uploads.html", **_uploads())


@blueprint.get("/template/<layer>.xlsx")
def template(layer: str) -> Response:
    """A layer's own form as a spreadsheet, to start from; its form_id is to be changed."""
    people()
    if layer not in {one.key for one in CATALOGUE}:
        abort(404)
    content = xlsforms.sheets(named(layer), xlsforms.codes_on(sessions.session(), _today()))
    content["settings"][0] |= {"form_id": f"{layer}_rieng", "version": "1"}
    return _download(xlsforms.workbook(content), f"{layer}.xlsx")


@blueprint.get("/<form_id>/<version>")
def one(form_id: str, version: str) -> str:
    """One version: what it is, what to mind, where it is published, and what may be done with it."""
    session, actor = sessions.session(), people()
    row = uploaded_forms.find(session, actor, form_id, version)
    names: dict[int, str] = dict(
        session.execute(
            text("SELECT id, username FROM accounts WHERE id = ANY(:ids)"),
            {"ids": [id_ for id_ in (row.uploaded_by, row.approved_by) if id_]},
        ).all()
    )
    return render_template(
        "forms/one.html",
        form=row,
        state=_state(row),
        layer=named(row.layer) if row.layer else None,
        names=names,
        files=form_files.listed(session, form_id, version),
        missing=uploaded_forms.missing_files(session, row),
        published=set(form_units.of(session, form_id)),
        units=_units(actor),
        reviews=actor.role is Role.OFFICER and row.approved_by is not None,
        may_approve=uploaded_forms.may_approve(actor, row),
        may_withdraw=row.uploaded_by == actor.account_id or APPROVE_FORM in actor.special,
    )


@blueprint.post("/<form_id>/<version>")
def decide(form_id: str, version: str) -> Response:
    """What the page's buttons ask for."""
    session, actor = sessions.session(), people()
    units = request.form.getlist("unit", type=int)
    match request.form.get("decision"):
        case "approve":
            uploaded_forms.approve(session, actor, form_id, version, units, request.form.get("md5", ""))
            message = _("Đã duyệt. Biểu mẫu có trong danh sách của các đơn vị đã chọn.")
        case "publish":
            uploaded_forms.publish(session, actor, form_id, version, units)
            message = _("Đã đổi nơi sử dụng từ hôm nay.")
        case "renew":
            uploaded_forms.renew(session, actor, form_id, version)
            message = _("Đã gia hạn một năm.")
        case "close":
            uploaded_forms.close(session, actor, form_id, version)
            message = _("Đã đóng. Phiếu gửi muộn vẫn được nhận.")
        case "withdraw":
            uploaded_forms.withdraw(session, actor, form_id, version)
            message = _("Đã thu hồi. Phiếu gửi từ nay được để riêng, chờ xem lại.")
        case _:
            abort(400)
    sessions.commit()
    flash(message)
    return redirect(url_for("forms.one", form_id=form_id, version=version), 303)


@blueprint.get("/<form_id>/<version>/answers")
@sessions.only(Role.OFFICER)
def answers(form_id: str, version: str) -> str:
    """What came outside a layer, for reviewers alone; noted like any reading."""
    session, actor = sessions.session(), sessions.actor()
    row = uploaded_forms.find(session, actor, form_id, version)
    rows = unmapped.listed(session, form_id, version)
    audit.record(session, actor, "read answers", layer=row.layer, detail={"form": form_id, "version": version})
    sessions.commit()
    return render_template("forms/answers.html", form=row, rows=rows, most=unmapped.MOST_LISTED)


@blueprint.get("/<form_id>/<version>/source")
def source(form_id: str, version: str) -> Response:
    """The file as it was uploaded."""
    session, actor = sessions.session(), people()
    row = uploaded_forms.find(session, actor, form_id, version)
    data = session.scalar(select(_TABLE.c.source).where(_TABLE.c.form_id == form_id, _TABLE.c.version == version))
    if data is None:
        abort(404)
    return _download(bytes(data), row.source_name or f"{form_id}.xlsx")


@blueprint.get("/<form_id>/<version>/xform.xml")
def xform(form_id: str, version: str) -> Response:
    """The XForm it became."""
    row = uploaded_forms.find(sessions.session(), people(), form_id, version)
    return _download(row.xform.encode(), f"{form_id}-{version}.xml")


def _plain(name: str) -> str:
    """A file's name without the folders some browsers send."""
    return PurePath(name.replace("\\", "/")).name[:120]


def _download(data: bytes, name: str) -> Response:
    response = Response(data, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _state(row: Row[Any]) -> str:
    over = row.state == "live" and row.expires_on is not None and row.expires_on <= _today()
    return STATES["expired" if over else row.state]


def _units(actor: Actor) -> list[Row[Any]]:
    """The province and its communes of today, as far as the account sees."""
    return list(
        sessions.session().execute(
            text(
                "SELECT id, level, name FROM units WHERE province_id = :province AND level IN (1, 3)"
                " AND :commune IN (0, id) AND valid_from <= current_date"
                " AND (valid_to IS NULL OR valid_to > current_date) ORDER BY level, name COLLATE vi_natural"
            ),
            {"province": actor.province_id, "commune": actor.commune_id},
        )
    )


def _uploads() -> dict[str, object]:
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind == "form")
        .order_by(Job.created_at.desc())
        .limit(LISTED)
    )
    rows = sessions.session().scalars(own).all()
    return {
        "rows": [
            {"job": job, "state": job_answers.STATES[job.state], "why": job_answers.sentence(job)} for job in rows
        ],
        "active": any(job.state in ACTIVE for job in rows),
    }


def _today() -> dt.date:
    return dt.date.today()  # noqa: DTZ011 - the office's own day
