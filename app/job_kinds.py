"""The kinds of jobs and the function that does each: a literal table."""

from collections.abc import Callable
from typing import Any

from app import exporting
from app.job_context import Context

KINDS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "export": exporting.job,
}
