"""The kinds of jobs and the function that does each: a literal table."""

from collections.abc import Callable
from typing import Any

from app import curating, exporting, form_uploading, reforming
from app.job_context import Context

KINDS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "export": exporting.job,
    "form": form_uploading.job,
    "reform": reforming.job,
    "geometry_check": curating.job,
}
