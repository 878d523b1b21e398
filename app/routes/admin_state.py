"""The state of the system and everybody's jobs, for an administrator."""

import datetime as dt
import shutil
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _

from app import backups, errors, job_answers, languages, sessions
from app.routes.health import FREE_MB, OLDEST_S
from surveys import administration
from surveys.access import Role

blueprint = Blueprint("admin_state", __name__, url_prefix="/admin")
# A backup a week; seals come every second while anything happens, and waiting ones mean that the worker stands still.
BACKUP_DAYS, MOST_DELTAS, MOST_PHOTOS = 7, 5000, 1000


@blueprint.get("/health/")
@sessions.only(Role.ADMIN)
def health() -> str:
    """What waits, what is late, and what to do about it."""
    return render_template("admin/health.html", lines=_lines())


@blueprint.get("/jobs/")
@sessions.only(Role.ADMIN)
def jobs() -> str:
    """Who asked for what, how far it is, how long it took, and why it failed."""
    state = request.args.get("state", "")
    if state and state not in job_answers.STATES:
        abort(404)
    rows = administration.jobs(sessions.session(), state)
    return render_template(
        "admin/jobs.html", rows=[_job(row) for row in rows], states=job_answers.STATES, chosen=state,
        page=administration.PAGE, active=any(row.state in ("queued", "running") for row in rows),
    )  # fmt: skip


def _job(row: Any) -> dict[str, Any]:
    took = row.finished_at - row.started_at if row.finished_at and row.started_at else None
    said = errors.TABLE.get(row.error or "", errors.TABLE["job_failed"]) if row.error else None
    return {
        "id": row.id, "who": row.username, "kind": row.kind, "state": job_answers.STATES[row.state], "raw": row.state,
        "part": row.done / row.total if row.total else None, "created_at": row.created_at,
        "seconds": None if took is None else took.total_seconds(),
        "why": errors.filled(said.en if languages.current() == "en" else said.vi, {}) if said else "",
    }  # fmt: skip


def _lines() -> list[tuple[bool, str, str, str]]:
    """(in order, what, how it is, what to do)."""
    config, found = sessions.config(), administration.state(sessions.session())
    free = shutil.disk_usage(config.home).free // (1024 * 1024)
    copies = backups.listed(config.backups)
    last = dt.datetime.fromisoformat(copies[-1][1]["made_at"]) if copies else None
    fresh = last is not None and dt.datetime.now(dt.UTC) - last < dt.timedelta(days=BACKUP_DAYS)
    n = languages.number
    worker = _("Xem tiến trình nền còn chạy không (diaban worker) và nhật ký của nó.")
    queue = _("%(n)s, lâu nhất %(s)s giây", n=n(found["submissions"]), s=n(found["oldest_s"]))
    withdrawn = _("%(n)s chưa xong, %(late)s quá hạn", n=n(found["withdrawals"]), late=n(found["withdrawals_late"]))
    work = _(
        "%(n)s đang chờ hoặc chạy, %(failed)s hỏng trong 24 giờ", n=n(found["jobs"]), failed=n(found["jobs_failed"])
    )
    disk = _("Dọn đĩa hoặc chuyển DIABAN_HOME sang đĩa lớn hơn.")
    held = _("Chuyên viên mở mục Duyệt, Phiếu giữ lại.")
    return [
        (free >= 5 * FREE_MB, _("Đĩa còn trống"), f"{n(free)} MB", disk),
        (True, _("Cơ sở dữ liệu"), f"{n(found['bytes'] // (1024 * 1024))} MB", ""),
        (found["oldest_s"] <= OLDEST_S, _("Phiếu chờ xử lý"), queue, worker),
        (found["photos"] < MOST_PHOTOS, _("Ảnh chờ làm sạch"), n(found["photos"]), worker),
        (found["unlooked"] < MOST_PHOTOS, _("Ảnh chờ dò mặt người"), n(found["unlooked"]), worker),
        (found["deltas"] < MOST_DELTAS, _("Thay đổi chờ lên bản đồ"), n(found["deltas"]), worker),
        (found["held"] == 0, _("Phiếu giữ lại chờ cán bộ"), n(found["held"]), held),
        (found["withdrawals_late"] == 0, _("Yêu cầu rút phiếu"), withdrawn, _("Chuyên viên mở mục Rút phiếu.")),
        (found["jobs_failed"] == 0, _("Việc chạy nền"), work, _("Xem lý do ở trang Việc chạy nền.")),
        (fresh, _("Bản sao lưu mới nhất"), languages.moment(last), _("Chạy diaban backup; nên đặt lịch hằng ngày.")),
    ]
