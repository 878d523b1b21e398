"""A job as machines and pages are told of it: state, progress, result with its download, error in words."""

import datetime as dt
from typing import Any

from flask import url_for

from app import errors, languages
from surveys import layers
from surveys.jobs import Job

STATES = {
    "queued": "Đang chờ đến lượt",
    "running": "Đang làm",
    "done": "Xong",
    "failed": "Không làm được",
    "cancelled": "Đã hủy",
}


def told(job: Job) -> dict[str, Any]:
    """JSON: id, kind, state, progress (0 to 1, None while unknown), result or error where there is one."""
    said: dict[str, Any] = {
        "id": str(job.id),
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "progress": progress(job),
        "parameters": {key: value for key, value in job.parameters.items() if key != "lock"},
        "purpose": job.purpose,
        "created_at": job.created_at.astimezone(dt.UTC).isoformat(),
        "finished_at": job.finished_at.astimezone(dt.UTC).isoformat() if job.finished_at else None,
    }
    if job.result is not None:
        kept = {key: value for key, value in job.result.items() if key not in ("province", "commune")}
        said["result"] = kept
        if job.kind == "export" and "swept" not in job.result:
            said["result"] |= {"download": url_for("exchange.file", id_=job.id)}
    if job.error is not None:
        said["error"] = {"code": job.error["code"], "title": sentence(job)}
    return said


def progress(job: Job) -> float | None:
    """The part that is done, None where it isn't known yet."""
    if job.state == "done":
        return 1.0
    return round(min(job.done / job.total, 1.0), 3) if job.total else None


def sentence(job: Job) -> str:
    """Why a job failed, in the asker's language; empty where it didn't."""
    if job.error is None:
        return ""
    said = errors.TABLE.get(job.error["code"], errors.TABLE["job_failed"])
    return errors.filled(said.en if languages.current() == "en" else said.vi, job.error)


def title(job: Job) -> str:
    """The titles of the layers in the asker's language."""
    english = languages.current() == "en"
    keys = job.parameters.get("layers") or [job.parameters.get("layer", "")]
    known = {layer.key: layer.title_en if english else layer.title for layer in layers.CATALOGUE}
    return ", ".join(known.get(key, str(key)) for key in keys)
