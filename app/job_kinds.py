"""The kinds of jobs and the function that does each: a literal table."""

from collections.abc import Callable
from typing import Any

from app import (
    audit_checking,
    bulk_jobs,
    curating,
    exporting,
    forgetting,
    form_uploading,
    importing,
    map_copies,
    reforming,
    report_files,
)
from app.job_context import Context

KINDS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "export": exporting.job,
    "map_pdf": map_copies.pdf,
    "map_atlas": map_copies.atlas,
    "map_slides": map_copies.pptx,
    "map_file": map_copies.file,
    "form": form_uploading.job,
    "import": importing.job,
    "reform": reforming.job,
    "geometry_check": curating.job,
    "forget_files": forgetting.job,
    "audit_verify": audit_checking.job,
    "bulk_check": bulk_jobs.check,
    "bulk_apply": bulk_jobs.apply,
    "report_figures": report_files.figures,
    "report_file": report_files.file,
}
