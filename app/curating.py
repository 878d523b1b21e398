"""The job that checks the geometry of layers: its progress, and how many findings there are in each."""

from typing import Any

from sqlalchemy import NullPool, create_engine

from app.job_context import Context
from surveys import curation


def job(context: Context) -> dict[str, Any]:
    """The kind `geometry_check`: {found: {layer: n}}. Raises Forbidden where the right was lost meanwhile."""
    engine = create_engine(context.urls.worker, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            given = context.parameters
            found = curation.check(connection, context.actor, given["layers"], given["near"], context.progress)
    finally:
        engine.dispose()
    return {"found": found}
