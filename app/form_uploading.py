"""The job that checks an uploaded form and keeps it as a draft; what is wrong with it is the job's result."""

from typing import Any

from sqlalchemy import NullPool, create_engine, text

from app.job_context import Context
from surveys import uploaded_forms
from surveys.uploaded_forms import FormRefused
from surveys.xforms import FormNotConvertible


def job(context: Context) -> dict[str, Any]:
    """The kind `form`: {form_id, version}, or {faults}. The files given are forgotten when it ends."""
    context.progress(0, 2)
    engine = create_engine(context.urls.worker, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            rows = connection.execute(
                text("DELETE FROM form_uploads WHERE job_id = :id RETURNING position, name, data"), {"id": context.id}
            ).all()
        (first, *beside) = sorted(rows, key=lambda row: row.position)
        context.progress(1, 2)
        files = {row.name: bytes(row.data) for row in beside}
        with engine.begin() as connection:
            form_id, version = uploaded_forms.add(connection, context.actor, bytes(first.data), first.name, files)
    except (FormRefused, FormNotConvertible) as refused:
        return {"faults": refused.facts.get("faults", []), "reason": refused.facts.get("reason", "")}
    finally:
        engine.dispose()
    return {"form_id": form_id, "version": version}
