"""The job that compares the audit with its seals for an administrator."""

from typing import Any

from sqlalchemy import NullPool, create_engine

from app import keys
from app.job_context import Context
from geodata.problems import Forbidden
from surveys import audit, sealing
from surveys.access import Role

MOST_TOLD = 50


def job(context: Context) -> dict[str, Any]:
    """The kind `audit_verify`: {findings, told}. Raises Forbidden where the role was lost meanwhile."""
    if context.actor.role is not Role.ADMIN:
        raise Forbidden(verb="verify", layer="audit", role=str(context.actor.role))
    engine = create_engine(context.urls.worker, poolclass=NullPool)
    try:
        key = keys.kept(context.config.secrets, "audit_seal").encode()
        found = sealing.verify(engine, key, context.config.home / "seals.log")
        with engine.begin() as connection:
            audit.record(connection, context.actor, "audit_verified", detail={"findings": len(found)})
    finally:
        engine.dispose()
    return {"findings": len(found), "told": [[one.seal, one.what] for one in found[:MOST_TOLD]]}
