"""The kinds of jobs and the function that does each: a literal table."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app import exporting

if TYPE_CHECKING:
    from app.jobs import Context

KINDS: dict[str, "Callable[[Context], dict[str, Any]]"] = {
    "export": exporting.job,
}
