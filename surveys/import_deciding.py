"""What a second person decides of a whole import: applied in one transaction, rejected, undone in one transaction."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, NotFound
from surveys import audit, import_applying, import_undoing, screening
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.import_tables import Import
from surveys.layers import named
from surveys.merging import Undecided
from surveys.review import CommentNeeded, OwnProposal

MOST_NAMED = 100
SEEN = ("proposed", "applying", "approved", "rejected", "undoing", "undone")


def waiting(session: Session, actor: Actor) -> list[Import]:
    """Imports that wait for a second person's decision in the actor's scope, the oldest first."""
    rows = session.scalars(
        text(
            "SELECT id FROM imports WHERE state IN ('proposed', 'applying') AND province_id = :province"
            " AND (:commune = 0 OR commune_id = :commune) ORDER BY proposed_at"
        ),
        {"province": actor.province_id, "commune": actor.commune_id},
    ).all()
    found = [session.get_one(Import, id_) for id_ in rows]
    return [one for one in found if actor.may(Verb.REVIEW, named(one.layer).grants)]


def find(session: Session, actor: Actor, id_: uuid.UUID) -> Import:
    """An import the actor may decide of, or has. Raises NotFound, Forbidden."""
    found = session.get(Import, id_, populate_existing=True)
    if found is None or found.state not in SEEN:
        raise NotFound(what="import", id=str(id_))
    actor.must(Verb.REVIEW, found.layer, named(found.layer).grants)
    return found


def begin(session: Session, actor: Actor, id_: uuid.UUID, state: str, picks: Mapping[str, Any] | None = None) -> None:
    """Notes that a job is to apply ("applying") or undo ("undoing") it. Raises NotFound, OwnProposal, Conflict."""
    found = find(session, actor, id_)
    if found.account_id == actor.account_id:
        raise OwnProposal(id=str(id_))
    before = {"applying": "proposed", "undoing": "approved"}[state]
    moved = session.execute(
        text(
            "UPDATE imports SET state = :state, error = NULL,"
            " choices = choices || jsonb_build_object('picks',"
            " coalesce(cast(:picks AS jsonb), choices -> 'picks', '{}'))"
            " WHERE id = :id AND state = :before"
        ),
        {"state": state, "id": id_, "before": before, "picks": json.dumps(picks) if picks else None},
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict(what="import", id=str(id_), state=found.state)


def reject(session: Session, actor: Actor, id_: uuid.UUID, comment: str) -> None:
    """Ends the import with the reason; nothing of it is applied. Raises CommentNeeded, OwnProposal, Conflict."""
    if not comment.strip():
        raise CommentNeeded()
    if screening.classified(comment):
        raise SubmissionClassified(field="comment")
    found = _locked(session, actor, id_, "proposed")
    session.execute(
        text(
            "UPDATE imports SET state = 'rejected', comment = :said, reviewed_by = :me, reviewed_at = now()"
            " WHERE id = :id"
        ),
        {"said": screening.mask(comment.strip())[0][:2000], "me": actor.account_id, "id": id_},
    )
    _decide(session, actor, id_, "rejected")
    audit.record(session, actor, "reject_import", layer=found.layer, detail={"import": str(id_)})


def approve(session: Session, actor: Actor, id_: uuid.UUID) -> dict[str, int]:
    """Writes every row of the import into its layer, or none; what was created, changed, removed, and left.

    Rows others changed meanwhile are merged by field; where both changed the same one, `choices.picks` says by feature
    id and field which holds ({EVERY: SENT or KEPT} for the rest). Raises Undecided, OwnProposal, Conflict.
    """
    found = _locked(session, actor, id_, "applying")
    layer, picks = named(found.layer), json.dumps(found.choices.get("picks") or {})
    facts = {"id": id_, "by": actor.account_id, "picks": picks, "layer": layer.key, "province": actor.province_id}
    undecided = session.scalars(text(import_applying.undecided(layer)), facts).all()
    if undecided:
        raise Undecided(fields=", ".join(map(str, undecided[:20])))
    done = {
        "removed": _count(session, import_applying.removal(layer), facts),
        "changed": _count(session, import_applying.change(layer), facts),
        "created": _count(session, import_applying.creation(layer), facts),
    }
    done["left"] = session.execute(text(import_applying.GONE.format(table=layer.key)), facts).rowcount  # type: ignore[attr-defined]
    _decide(session, actor, id_, "approved")
    session.execute(
        text("UPDATE imports SET state = 'approved', reviewed_by = :by, reviewed_at = now() WHERE id = :id"), facts
    )
    audit.record(session, actor, "approve_import", layer=layer.key, detail={"import": str(id_), **done})
    return done


def undo(session: Session, actor: Actor, id_: uuid.UUID) -> dict[str, Any]:
    """Takes back every row nobody touched since: new ones go, changed and removed ones are as they were.

    A version is a number of its own, so that phones see the change; all else is what it was, to the bit. What was
    edited since is left as it is and named. Raises Conflict, OwnProposal.
    """
    found = _locked(session, actor, id_, "undoing")
    layer = named(found.layer)
    facts = {"id": id_, "layer": layer.key}
    done: dict[str, Any] = {
        "removed": _count(session, import_undoing.take_back_created(layer), facts),
        "changed": _count(session, import_undoing.take_back_changed(layer), facts),
        "restored": _count(session, import_undoing.take_back_removed(layer), facts),
    }
    left = session.execute(text(import_undoing.left(layer)), facts).all()
    done |= {"left": len(left), "names": [row.name or str(row.feature_id) for row in left[:MOST_NAMED]]}
    session.execute(
        text(
            "UPDATE imports SET state = 'undone', undone_by = :by, undone_at = now(),"
            " choices = choices || jsonb_build_object('undone', cast(:done AS jsonb)) WHERE id = :id"
        ),
        {"by": actor.account_id, "id": id_, "done": json.dumps(done)},
    )
    told = {key: value for key, value in done.items() if key != "names"}
    audit.record(session, actor, "undo_import", layer=layer.key, detail={"import": str(id_), **told})
    return done


def _locked(session: Session, actor: Actor, id_: uuid.UUID, state: str) -> Import:
    found = find(session, actor, id_)
    session.execute(text("SELECT FROM imports WHERE id = :id FOR UPDATE"), {"id": id_})
    session.refresh(found)
    if found.account_id == actor.account_id:
        raise OwnProposal(id=str(id_))
    if found.state != state:
        raise Conflict(what="import", id=str(id_), state=found.state)
    return found


def _decide(session: Session, actor: Actor, id_: uuid.UUID, state: str) -> None:
    session.execute(
        text(
            "UPDATE proposals SET state = :state, reviewed_by = :by, reviewed_at = now()"
            " WHERE import_id = :id AND state = 'waiting'"
        ),
        {"state": state, "by": actor.account_id, "id": id_},
    )


def _count(session: Session, statement: str, facts: Mapping[str, Any]) -> int:
    count: int = session.execute(text(statement), facts).rowcount  # type: ignore[attr-defined]
    return count
