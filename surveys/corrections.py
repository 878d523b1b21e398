"""Corrections: a submission that names an earlier one of the same sender takes its place in review; nothing is lost."""

from typing import Any, ClassVar

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from surveys.answer_problems import AnswerProblem
from surveys.layers import named
from surveys.proposals import Proposal
from surveys.proposing import Wanted, restrict


class NotOwnRecord(AnswerProblem):
    """It says that it corrects what another account sent; facts: field."""

    code: ClassVar[str] = "correction_not_own"


class AlreadyAnswered(AnswerProblem):
    """A report that was approved is an office's case: it isn't corrected any more, a new one is sent; facts: field."""

    code: ClassVar[str] = "correction_of_approved"


_EARLIER = text("SELECT instance_id, account_id FROM submissions WHERE instance_id = ANY(:ids)")
# Upwards: one that was set aside was never applied, so it doesn't know its origin itself.
_ABOVE = text(
    "WITH RECURSIVE up AS ("
    "  SELECT instance_id, deprecated_id, origin_id, account_id, 1 AS n FROM submissions WHERE instance_id = :id"
    "  UNION ALL"
    "  SELECT s.instance_id, s.deprecated_id, s.origin_id, s.account_id, n + 1 FROM up JOIN submissions s"
    "    ON s.instance_id = up.deprecated_id AND s.account_id = up.account_id WHERE up.origin_id IS NULL AND n < 100)"
    " SELECT instance_id, coalesce(origin_id, instance_id) AS origin FROM up ORDER BY n"
)
# Locked: a reviewer may be deciding one of them at this moment.
_CHAIN = text(
    "SELECT p.* FROM proposals p JOIN submissions s ON s.instance_id = p.submission_id"
    " WHERE (s.origin_id = :origin OR s.instance_id = :origin) AND s.seq < :seq ORDER BY s.seq DESC FOR UPDATE OF p"
)
_LINK = text("UPDATE submissions SET origin_id = :origin WHERE instance_id = ANY(:ids) AND instance_id <> :origin")
_SUPERSEDE = text(
    "UPDATE proposals p SET state = 'superseded' FROM submissions s, submissions c"
    " WHERE c.instance_id = ANY(:ids) AND c.origin_id IS NOT NULL AND s.seq < c.seq"
    " AND (s.origin_id = c.origin_id OR s.instance_id = c.origin_id)"
    " AND p.submission_id = s.instance_id AND p.state IN ('waiting', 'returned')"
)
# S5: what was first sent as a service report, with a place and photos, and is now said to be a restricted one.
_OPEN_BEFORE = text(
    "SELECT s.instance_id FROM submissions s, submissions c WHERE c.instance_id = :id AND s.seq < c.seq"
    " AND (s.origin_id = c.origin_id OR s.instance_id = c.origin_id) AND NOT s.restricted"
)
_CUT = (
    text(
        "UPDATE submissions SET restricted = true, xml = '', sha256_kept = sha256(''),"
        " flags = flags || '[\"cut_by_correction\"]' WHERE instance_id = ANY(:ids)"
    ),
    text(
        "DELETE FROM attachments a USING attachments b WHERE a.instance_id = ANY(:ids)"
        " AND b.instance_id = a.instance_id AND b.sha256_received = a.sha256_received AND b.name < a.name"
    ),
    # Not even the name: cameras write places into names.
    text(
        "UPDATE attachments SET state = 'cut', sha256_kept = NULL, name = encode(sha256_received, 'hex'),"
        " layer = NULL, feature_id = NULL WHERE instance_id = ANY(:ids)"
    ),
    text(
        "UPDATE proposals SET layer = 'restricted_reports', restricted = true, geom = NULL, accuracy_m = NULL,"
        " office_id = :office, values = jsonb_build_object('category', cast(:category AS text))"
        " WHERE submission_id = ANY(:ids)"
    ),
)


def link(connection: Connection, rows: Any, wanted: list[Wanted | None]) -> None:
    """Before a batch is proposed: each correction of it joins its chain, and wants the feature of that chain.

    `rows` are those of the submissions, with `deprecated_id`, in the order of `wanted`. What isn't there corrects
    nothing: the earlier record may have been refused outright. Raises NotOwnRecord, AlreadyAnswered.
    """
    corrections = [(row, one) for row, one in zip(rows, wanted, strict=True) if row.deprecated_id is not None]
    if not corrections:
        return
    ids = [row.deprecated_id for row, _ in corrections]
    authors = {row.instance_id: row.account_id for row in connection.execute(_EARLIER, {"ids": ids})}
    for row, one in corrections:
        if row.deprecated_id not in authors:
            continue
        if authors[row.deprecated_id] != row.account_id:
            raise NotOwnRecord(field="deprecatedID")
        # Asked one by one: the earlier one may be a correction in this same batch.
        above = connection.execute(_ABOVE, {"id": row.deprecated_id}).all()
        origin = above[-1].origin
        connection.execute(_LINK, {"origin": origin, "ids": [row.instance_id, *(up.instance_id for up in above)]})
        if one is not None:
            _take_place(one, connection.execute(_CHAIN, {"origin": origin, "seq": row.seq}).all())


def _take_place(one: Wanted, chain: Any) -> None:
    """The feature that the chain's proposals, newest first, are about."""
    if not chain:
        return
    restrict(one)
    approved = next((p for p in chain if p.state == "approved"), None)
    if approved is None:
        if one.action == "create" and chain[0].action == "create":
            one.feature_id = chain[0].feature_id
        return
    if one.restricted or approved.restricted or not named(one.layer).visited:
        raise AlreadyAnswered(field="deprecatedID")
    one.flags.append("corrects_approved")
    one.feature_id, one.action = approved.feature_id, "update"
    # As the sender knew it: whoever changed the feature since isn't overwritten.
    one.base_version = (approved.base_version or 0) + 1


def supersede(connection: Connection, rows: Any, wanted: list[Wanted | None]) -> None:
    """After a batch was proposed: what its corrections replace no longer waits, and keeps no place it may not have."""
    ids = [row.instance_id for row in rows if row.deprecated_id is not None]
    if not ids:
        return
    connection.execute(_SUPERSEDE, {"ids": ids})
    for row, one in zip(rows, wanted, strict=True):
        if one is not None and one.restricted and row.deprecated_id is not None:
            _cut(connection, row.instance_id, one)


def _cut(connection: Connection, instance_id: str, one: Wanted) -> None:
    before = list(connection.scalars(_OPEN_BEFORE, {"id": instance_id}))
    if before:
        values = {"ids": before, "office": one.office_id, "category": one.values["category"]}
        for statement in _CUT:
            connection.execute(statement, values)


def before(session: Session, wanted: Proposal) -> list[Proposal]:
    """What a proposal replaced, newest first, as far as the asker may see it; for the reviewer to compare."""
    return list(
        session.scalars(
            select(Proposal)
            .where(
                Proposal.feature_id == wanted.feature_id,
                Proposal.layer == wanted.layer,
                Proposal.province_id == wanted.province_id,
                Proposal.created_by == wanted.created_by,
                Proposal.state == "superseded",
                Proposal.created_at < wanted.created_at,
            )
            .order_by(Proposal.created_at.desc())
        )
    )


def moved(session: Session, wanted: Proposal, earlier: Proposal) -> float | None:
    """Metres between the places of two proposals; None where one has none."""
    found = session.scalar(_MOVED, {"one": wanted.id, "other": earlier.id})
    return None if found is None else float(found)


def same_photos(session: Session, wanted: Proposal, earlier: Proposal) -> frozenset[str]:
    """Names of the photos that came with the earlier one already; the phone sent them again as we keep them."""
    values = {"one": wanted.submission_id, "other": earlier.submission_id}
    return frozenset(session.scalars(_SAME_PHOTOS, values))


_MOVED = text(
    "SELECT ST_Distance(ST_PointOnSurface(a.geom)::geography, ST_PointOnSurface(b.geom)::geography)"
    " FROM proposals a, proposals b WHERE a.id = :one AND b.id = :other"
)
_SAME_PHOTOS = text(
    "SELECT a.name FROM attachments a WHERE a.instance_id = :one AND EXISTS ("
    " SELECT FROM attachments b WHERE b.instance_id = :other"
    " AND a.sha256_received IN (b.sha256_received, b.sha256_kept))"
)
