"""Checking the geometry of layers: begin a check, look at what it found, accept, set aside, take back."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from app import job_answers, languages, sessions
from surveys import curation, jobs
from surveys.access import Role
from surveys.jobs import Job

blueprint = Blueprint("curation", __name__, url_prefix="/exchange/check")
ACTIVE = ("queued", "running")
LEAST_NEAR, MOST_NEAR = 1, 500  # metres
KINDS = {
    "self_crossing": "Hình tự cắt",
    "overlap": "Chồng lên vùng khác",
    "sliver": "Chồng mỏng dọc cạnh chung",
    "gap": "Khe hở giữa hai vùng",
    "duplicate": "Trùng nhau",
    "outside_unit": "Ngoài xã đã ghi",
    "swapped": "Kinh độ và vĩ độ bị đảo",
    "off_map": "Ngoài lãnh thổ Việt Nam",
}
FIXES = {
    "valid": "Sửa hình tự cắt",
    "cut": "Cắt phần chồng khỏi vùng lớn hơn",
    "snap": "Khớp cạnh với vùng bên cạnh",
    "archive": "Giữ bản ghi trước, đưa bản ghi sau vào lưu trữ",
    "rehome": "Xếp lại vào xã chứa vị trí",
    "flip": "Đảo lại kinh độ và vĩ độ",
}
STATES = {
    "open": "Cần xem",
    "waiting": "Chờ người thứ hai duyệt",
    "approved": "Đã sửa",
    "returned": "Bị trả lại",
    "rejected": "Bị từ chối",
    "superseded": "Đã rút",
    "set_aside": "Để nguyên",
    "undone": "Đã hoàn tác",
}
WORDS = {"kinds": KINDS, "fixes": FIXES, "states": STATES}


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.GIS)
def index() -> str:
    """What the last checks found, by layer and kind, and the findings of the ones chosen."""
    session, actor = sessions.session(), sessions.actor()
    layers = curation.curated(actor)
    counted = curation.counts(session, actor)
    key, kind = request.args.get("layer", ""), request.args.get("kind", "")
    state = request.args.get("state", "open")
    if key and (key not in {layer.key for layer in layers} or kind not in ("", *KINDS) or state not in STATES):
        abort(404)
    after = request.args.get("after", 0, type=int)
    rows = curation.listed(session, actor, key, kind, state, after) if key else []
    return render_template(
        "curation/index.html", layers=layers, counted=counted, chosen=key, kind=kind, state=state, rows=rows,
        page=curation.PAGE, near=int(curation.NEAR_M), titles=_titles(layers), job=_last(),
        **_running(), **WORDS,
    )  # fmt: skip


@blueprint.post("/")
@sessions.only(Role.OFFICER, Role.GIS)
def ask() -> Response:
    """Begins a check of the chosen layers, or of all."""
    session, actor = sessions.session(), sessions.actor()
    layers = [key for key in request.form.getlist("layer") if key] or [layer.key for layer in curation.curated(actor)]
    for key in layers:
        curation.must(actor, key)
    near = min(max(request.form.get("near", curation.NEAR_M, type=float), LEAST_NEAR), MOST_NEAR)
    jobs.submit(session, actor, "geometry_check", {"layers": layers, "near": near}, None)
    sessions.commit()
    return redirect(url_for("curation.index"), 303)


@blueprint.get("/progress")
@sessions.only(Role.OFFICER, Role.GIS)
def progress() -> Response | str:
    """How far the check is; when it ends the page is loaded anew."""
    running = _running()
    if not running["active"]:
        return Response(status=200, headers={"HX-Refresh": "true"})
    return render_template("curation/progress.html", **running)


@blueprint.post("/<layer>")
@sessions.only(Role.OFFICER, Role.GIS)
def decide(layer: str) -> Response:
    """Accepts the ticked findings, or all of a kind; sets ticked ones aside; or takes one back."""
    session, actor = sessions.session(), sessions.actor()
    ids = request.form.getlist("finding", type=int)
    kind = request.form.get("kind", "")
    match request.form.get("decision"):
        case "accept":
            n = curation.propose(session, actor, layer, ids)
            message = _("Đã gửi %(n)s đề xuất sửa. Người thứ hai duyệt ở mục Duyệt.", n=n)
        case "all":
            n = curation.propose(session, actor, layer, None, kind)
            message = _("Đã gửi %(n)s đề xuất sửa. Người thứ hai duyệt ở mục Duyệt.", n=n)
        case "leave":
            message = _("Đã để nguyên %(n)s chỗ.", n=curation.set_aside(session, actor, layer, ids))
        case "undo":
            for id_ in ids:
                curation.undo(session, actor, layer, id_)
            message = _("Đã trở lại như trước khi sửa.")
        case _:
            abort(400)
    sessions.commit()
    flash(message)
    return redirect(url_for("curation.index", layer=layer, kind=kind or None), 303)


def _titles(layers: list[curation.Layer]) -> dict[str, str]:
    english = languages.current() == "en"
    return {layer.key: layer.title_en if english else layer.title for layer in layers}


def _last() -> Job | None:
    own = (
        select(Job)
        .where(Job.account_id == sessions.actor().account_id, Job.kind == "geometry_check")
        .order_by(Job.created_at.desc())
        .limit(1)
    )
    return sessions.session().scalars(own).first()


def _running() -> dict[str, object]:
    job = _last()
    return {
        "active": job is not None and job.state in ACTIVE,
        "running": job,
        "progress_state": job_answers.STATES[job.state] if job else "",
        "part": job_answers.progress(job) if job else None,
        "why": job_answers.sentence(job) if job else "",
    }
