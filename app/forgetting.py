"""The job that removes files a blurred photo took the place of."""

from typing import Any

from sqlalchemy import NullPool, create_engine

from app.job_context import Context
from surveys import media_sweep


def job(context: Context) -> dict[str, Any]:
    """The kind `forget_files`: what no row keeps any more is gone from the disk when it ends."""
    hashes = [bytes.fromhex(digest) for digest in context.parameters["hashes"]]
    engine = create_engine(context.urls.worker, poolclass=NullPool)
    try:
        media_sweep.remove(engine, context.config.home, hashes)
    finally:
        engine.dispose()
    return {"files": len(hashes)}
