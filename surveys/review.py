"""What a reviewer decides of a proposal: approve it into its layer, return it with a comment, reject it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, Forbidden, NotFound, Problem
from surveys import audit, cases, features, safeguarding, screening, updates, wall_clock
from surveys.access import Actor, Grants, Role, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.layer import Layer
from surveys.layers import KEYS, named, situation_reports
from surveys.proposals import Proposal
from surveys.restricted import RestrictedReport

RESTRICTED = RestrictedReport.__tablename__


class NotPlaced(Problem):
    """The proposal lies in no commune we know; it is placed by a person before it is approved. Facts: id."""

    code = "not_placed"


class OwnProposal(Problem):
    """What one account enters another confirms. Facts: id."""

    code = "own_proposal"


class CommentNeeded(Problem):
    """Returning and rejecting say why."""

    code = "comment_needed"


def proposal(session: Session, actor: Actor, id_: uuid.UUID) -> Proposal:
    """The proposal if it is in the actor's scope; NotFound else, whether or not it exists elsewhere."""
    found = session.get(Proposal, id_)
    if found is None:
        raise NotFound(what="proposal", id=str(id_))
    actor.must(Verb.REVIEW, found.layer, _grants(found))
    return found


def approve(
    session: Session,
    actor: Actor,
    id_: uuid.UUID,
    *,
    photos: frozenset[str] = frozenset(),
    comment: str | None = None,
    picks: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> uuid.UUID:
    """Writes the proposal into its layer and returns the feature's id; `photos` names those confirmed free of persons.

    An update is merged by field with what others did meanwhile: `picks` says of each field in conflict whether the
    proposal's value or the standing one holds (merging.SENT, KEPT), `seen` which version the reviewer looked at.
    Raises Conflict (already decided, or the feature changed since it was looked at), Undecided, FeatureDeleted,
    NotPlaced, OwnProposal, NoAnsweringOffice.
    """
    wanted = _lock(session, actor, id_)
    if wanted.commune_id is None:
        raise NotPlaced(id=str(id_))
    merged: dict[str, Any] = {}
    if wanted.action == "create":
        row, table = _row(session, wanted, actor), _table(wanted)
        if session.scalar(select(table.c.id).where(table.c.id == wanted.feature_id)) is not None:
            raise Conflict(what="feature", id=str(wanted.feature_id))
        session.execute(insert(table).values(id=wanted.feature_id, **row))
    elif wanted.action == "delete":
        _take_out(session, actor, wanted)
    else:
        merged = updates.write(session, actor, wanted, picks or {}, seen)
    _decide(session, actor, wanted, "approved", comment, **merged)
    if not wanted.restricted:
        _pass_photos(session, actor, wanted, photos)
    return wanted.feature_id


def send_back(session: Session, actor: Actor, id_: uuid.UUID, comment: str) -> None:
    """Returns the proposal to who sent it, with what to mend."""
    _refuse(session, actor, id_, "returned", comment)


def reject(session: Session, actor: Actor, id_: uuid.UUID, comment: str) -> None:
    """Ends the proposal, with the reason."""
    _refuse(session, actor, id_, "rejected", comment)


def place(session: Session, actor: Actor, id_: uuid.UUID, commune_id: int, hamlet_id: int | None) -> None:
    """A person says where a proposal belongs that no area claimed."""
    wanted = _lock(session, actor, id_)
    within = session.scalar(
        text("SELECT province_id FROM units WHERE id = :id AND level = 3 AND valid_to IS NULL"), {"id": commune_id}
    )
    if within != actor.province_id:
        raise NotFound(what="commune", id=commune_id)
    wanted.commune_id, wanted.hamlet_id = commune_id, hamlet_id
    session.flush()
    session.execute(text("SELECT attach_files(:submission)"), {"submission": wanted.submission_id})
    audit.record(session, actor, "place", layer=wanted.layer, area=commune_id, detail={"proposal": str(id_)})


def _lock(session: Session, actor: Actor, id_: uuid.UUID) -> Proposal:
    proposal(session, actor, id_)
    locked = session.scalars(
        select(Proposal).where(Proposal.id == id_).with_for_update().execution_options(populate_existing=True)
    ).one()
    if locked.state != "waiting" or locked.import_id is not None:  # a row of an import is decided with all of it
        raise Conflict(what="proposal", id=str(id_), state=locked.state)
    if locked.created_by == actor.account_id:
        raise OwnProposal(id=str(id_))
    return locked


def _refuse(session: Session, actor: Actor, id_: uuid.UUID, state: str, comment: str) -> None:
    if not comment.strip():
        raise CommentNeeded()
    _decide(session, actor, _lock(session, actor, id_), state, comment.strip())


def _decide(session: Session, actor: Actor, wanted: Proposal, state: str, comment: str | None, **detail: Any) -> None:
    wanted.state, wanted.comment = state, None if comment is None else _said(wanted, comment)
    wanted.reviewed_by, wanted.reviewed_at = actor.account_id, dt.datetime.now(dt.UTC)
    detail = {"proposal": str(wanted.id), **detail}
    audit.record(session, actor, state, layer=wanted.layer, area=wanted.commune_id, detail=detail)


def _said(wanted: Proposal, comment: str) -> str:
    """The comment as it may be kept and shown to who sent the report: free text like any (S2), without a place (S5)."""
    if screening.classified(comment):
        raise SubmissionClassified(field="comment")
    masked, _ = screening.mask(comment)
    return safeguarding.COORDINATES.sub("[đã che: tọa độ]", masked) if wanted.restricted else masked


def _grants(wanted: Proposal) -> Grants:
    if wanted.layer == RESTRICTED:
        return {Role.OFFICER: frozenset({Verb.REVIEW})}
    if wanted.layer not in KEYS:
        raise Forbidden(verb="review", layer=wanted.layer, role="")
    return named(wanted.layer).grants


def _table(wanted: Proposal) -> Table:
    declared = RestrictedReport if wanted.restricted else named(wanted.layer).table
    return cast(Table, declared.__table__)


def _row(session: Session, wanted: Proposal, actor: Actor) -> dict[str, Any]:
    """The columns of the layer's row that this proposal asks for."""
    layer: Layer = situation_reports.layer if wanted.restricted else named(wanted.layer)
    row: dict[str, Any] = {
        f.key: features.read(f, wanted.values.get(f.key)) for f in layer.fields if f.key in wanted.values
    }
    row |= {
        "province_id": wanted.province_id,
        "commune_id": wanted.commune_id,
        "hamlet_id": wanted.hamlet_id,
        "observed_on": wanted.observed_on,
        "proposal_id": wanted.id,
    }
    if not wanted.restricted:
        row |= {"origin": wanted.origin, "entered_by": wanted.created_by, "confirmed_by": actor.account_id}
        row["geom"] = wanted.geom
        row |= layer.emptied(row)
    if layer is situation_reports.layer and wanted.action == "create":
        category = str(row["category"])
        received = wall_clock.day(wanted.created_at)
        row |= {
            "office_id": wanted.office_id
            or cases.answering_office(session, category, wanted.province_id, wanted.commune_id, received),
            "due_on": max(cases.due_on(session, category, received), wanted.observed_on),
            "state": cases.OPEN,
        } | ({} if wanted.restricted else {"received_on": received})
    return row


def _take_out(session: Session, actor: Actor, wanted: Proposal) -> None:
    """Archives the feature: its row is kept in its versions. One that was edited since the proposal stays."""
    table = _table(wanted)
    gone = session.execute(
        delete(table).where(
            table.c.id == wanted.feature_id,
            table.c.version == wanted.base_version,
            table.c.province_id == actor.province_id,
        )
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(what="feature", id=str(wanted.feature_id))


def _pass_photos(session: Session, actor: Actor, wanted: Proposal, names: frozenset[str]) -> None:
    """Confirmed photos may be seen by the layer's readers; the rest of this submission's photos stay closed (S10)."""
    if wanted.submission_id is None:
        return
    session.execute(
        text(
            "UPDATE attachments SET passed_by = :by,"
            " state = CASE WHEN name = ANY(:names) THEN 'passed' ELSE 'refused' END"
            " WHERE instance_id = :submission AND state = 'clean'"
        ),
        {"names": sorted(names), "by": actor.account_id, "submission": wanted.submission_id},
    )
