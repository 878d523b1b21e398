"""A case reopened by whoever sent the report: the answer didn't help, and they say so on the phone."""

import datetime as dt
import uuid

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, NotFound
from surveys import audit, case_steps, cases
from surveys.access import Actor
from surveys.layers.situation_reports import layer

REOPENS = tuple(case_steps.NAMED["reopen"].becomes)
_OWN = text("SELECT id, category, state, commune_id FROM own_case(:instance)")
_REOPEN = text("SELECT reopen_own_case(:instance, :before, :said, :today, :due)")


def reopen(session: Session, actor: Actor, instance_id: str, words: str, today: dt.date) -> bool:
    """Reopens the case of one of the actor's own records, also the one it was joined to; whether words were masked.

    The clock begins anew, as when a liaison office reopens. Raises NotFound (another's, none of a service report, or
    outside the actor's place), Conflict (not answered yet, or reopened meanwhile), InvalidValue, SubmissionClassified.
    """
    own = session.execute(_OWN, {"instance": instance_id}).one_or_none()
    if own is None:
        raise NotFound(what="case")
    kept, masked = case_steps.said(words, wanted=True)
    asked = {
        "instance": instance_id, "before": own.state, "said": kept, "today": today,
        "due": cases.due_on(session, own.category, today),
    }  # fmt: skip
    done: uuid.UUID | None = session.scalar(_REOPEN, asked) if own.state in REOPENS else None
    if done is None:
        raise Conflict(what="case", id=str(own.id))
    audit.record(session, actor, "reopen", layer=layer.key, area=own.commune_id, detail={"feature": str(own.id)})
    return masked
