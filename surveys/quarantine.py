"""Sealed records that could not be received as they are: kept closed until an officer decides."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Text

from geodata.problems import InvalidValue, NotFound, Problem
from geodata.tables import Base
from surveys import audit
from surveys.access import Actor

MOST_WAITING = 1000  # handed in by one account
MOST_WAITING_BYTES = 1024 * 1024 * 1024
SHORTEST_REASON = 5  # letters


class QuarantineFull(Problem):
    """The account handed in more than is kept of what can't be received; facts: minutes to wait."""

    code: ClassVar[str] = "quarantine_full"


class QuarantinedRecord(Base):
    """One sealed record as it came. Nothing of its answers is here: they stay under its seal, on disk."""

    __tablename__ = "quarantined_records"
    __table_args__ = (
        UniqueConstraint("instance_id", "sealed_sha256", name="quarantined_records_sealed_key"),
        CheckConstraint("state IN ('waiting', 'accepted', 'set_aside')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("state <> 'set_aside' OR length(decision) >= 5", name="reason"),
        Index("quarantined_records_waiting_ix", "province_id", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    instance_id: Mapped[str]
    sealed_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str]
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text))  # hashes of its sealed files
    bytes: Mapped[int]  # with its files
    problem: Mapped[dict[str, Any]] = mapped_column(JSONB)  # why: code and facts
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))  # who made it, where that is known
    handed_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))  # whose session brought it
    province_id: Mapped[int]
    commune_id: Mapped[int | None]
    form_id: Mapped[str | None]
    form_version: Mapped[str | None]
    made_at: Mapped[dt.datetime | None]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[dt.datetime | None]
    decision: Mapped[str | None]


@dataclass(frozen=True)
class Kept:
    """What is told of a record that is put in quarantine."""

    instance_id: str
    sealed_sha256: bytes
    key_id: str
    parts: tuple[str, ...]
    bytes: int
    account: Actor | None  # who made it
    form_id: str | None
    version: str | None
    made_at: dt.datetime | None


_ADD = text(
    "INSERT INTO quarantined_records (instance_id, sealed_sha256, key_id, parts, bytes, problem, account_id, handed_by,"
    " province_id, commune_id, form_id, form_version, made_at)"
    " VALUES (:instance, :sealed, :key, :parts, :bytes, CAST(:problem AS jsonb), :account, :handed_by,"
    " :province, :commune, :form, :version, :made_at) ON CONFLICT DO NOTHING"
)
_WAITING = text(
    "SELECT count(*) AS n, coalesce(sum(bytes), 0) AS bytes FROM quarantined_records"
    " WHERE state = 'waiting' AND handed_by = :by"
)
_DECIDE = text(
    "UPDATE quarantined_records SET state = :state, decided_by = :by, decided_at = now(), decision = :decision"
    " WHERE id = :id AND state = 'waiting' AND province_id = :province RETURNING id"
)


def room(connection: Connection, hander: Actor) -> None:
    """Raises QuarantineFull where this account has handed in too much that waits; `hander`'s settings are applied."""
    waiting = connection.execute(_WAITING, {"by": hander.account_id}).one()
    if waiting.n >= MOST_WAITING or waiting.bytes >= MOST_WAITING_BYTES:
        raise QuarantineFull(minutes=60)


def add(connection: Connection, hander: Actor, kept: Kept, problem: Problem) -> bool:
    """Whether it is new; the same sealed bytes again change nothing. The hander's settings are applied.

    It belongs to the scope of who made it, as far as that is known, else to that of who brought it.
    """
    scope = kept.account or hander
    commune = scope.commune_id or None
    added = connection.execute(
        _ADD,
        {
            "instance": kept.instance_id,
            "sealed": kept.sealed_sha256,
            "key": kept.key_id[:64],
            "parts": list(kept.parts),
            "bytes": kept.bytes,
            "problem": json.dumps({"code": problem.code, **problem.facts}, ensure_ascii=False, default=str),
            "account": kept.account.account_id if kept.account else None,
            "handed_by": hander.account_id,
            "province": scope.province_id,
            "commune": commune,
            "form": kept.form_id,
            "version": kept.version,
            "made_at": kept.made_at,
        },
    ).rowcount
    if added:
        detail = {"submission": kept.instance_id, "problem": problem.code}
        audit.record(connection, hander, "quarantine", area=commune, detail=detail)
    return bool(added)


def waiting(session: Session, officer: Actor, limit: int) -> list[QuarantinedRecord]:
    """The oldest that wait, in the officer's scope."""
    rows = session.query(QuarantinedRecord).filter_by(state="waiting", province_id=officer.province_id)
    return rows.order_by(QuarantinedRecord.received_at, QuarantinedRecord.id).limit(limit).all()


def count(session: Session, officer: Actor) -> int:
    """How many wait in the officer's scope."""
    return session.query(QuarantinedRecord).filter_by(state="waiting", province_id=officer.province_id).count()


def one(session: Session, officer: Actor, id_: uuid.UUID) -> QuarantinedRecord:
    """One that waits, in the officer's scope. Raises NotFound."""
    row = session.get(QuarantinedRecord, id_)
    if row is None or row.state != "waiting" or row.province_id != officer.province_id:
        raise NotFound(what="quarantined record")
    return row


def accepted(connection: Session | Connection, officer: Actor, row: QuarantinedRecord, how: str) -> None:
    """Writes down that it is an ordinary submission now; `how` is the rule it was taken under."""
    _decide(connection, officer, row, "accepted", how)


def set_aside(connection: Session | Connection, officer: Actor, row: QuarantinedRecord, reason: str) -> None:
    """Takes it off the list for a reason; its sealed bytes go. Raises InvalidValue."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidValue(field="reason", reason="ít nhất 5 chữ")
    _decide(connection, officer, row, "set_aside", reason.strip()[:500])


def wanted_files(connection: Connection) -> set[str]:
    """Hashes of everything that must be kept: of the background role, which sees every row."""
    rows = connection.execute(
        text("SELECT encode(sealed_sha256, 'hex') AS sealed, parts FROM quarantined_records WHERE state = 'waiting'")
    )
    return {digest for row in rows for digest in (row.sealed, *row.parts)}


def _decide(connection: Session | Connection, officer: Actor, row: QuarantinedRecord, state: str, why: str) -> None:
    values = {"id": row.id, "state": state, "by": officer.account_id, "decision": why, "province": officer.province_id}
    if connection.execute(_DECIDE, values).first() is None:
        raise NotFound(what="quarantined record")
    detail = {"submission": row.instance_id, "problem": row.problem.get("code")}
    audit.record(connection, officer, f"quarantine {state}", area=row.commune_id, purpose=why, detail=detail)
