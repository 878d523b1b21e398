"""Records taken back by their sender: asked with the receipt's code, ordered by an officer, then carried out."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Conflict, Forbidden, NotFound, Problem
from geodata.tables import Base
from surveys import audit
from surveys.access import Actor, Role

ASKED, ORDERED, DONE = "asked", "ordered", "done"
_SIGNS = 4  # in each of a code's three parts


class WithdrawalCodeUnknown(Problem):
    """No record within the actor's reach has that code."""

    code = "withdrawal_code_unknown"


class Withdrawal(Base):
    """One record that is to be taken back; nothing of what it said."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'ordered', 'done')", name="state"),
        CheckConstraint("(state = 'asked') = (ordered_by IS NULL)", name="ordered"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    instance_id: Mapped[str] = mapped_column(ForeignKey("submissions.instance_id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))  # who sent it
    province_id: Mapped[int]
    commune_id: Mapped[int | None]
    form_id: Mapped[str]
    restricted: Mapped[bool]
    received_at: Mapped[dt.datetime]
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    due_on: Mapped[dt.date]
    state: Mapped[str] = mapped_column(server_default=text("'asked'"))
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ordered_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    removed: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # counts


def ask(session: Session, actor: Actor, code: str) -> int:
    """Notes that a record is to be taken back and by when; asked again it is the same. Raises WithdrawalCodeUnknown."""
    found: int | None = session.scalar(text("SELECT ask_withdrawal(:code)"), {"code": written(code)})
    if found is None:
        raise WithdrawalCodeUnknown
    audit.record(session, actor, "ask_withdrawal", area=one(session, found).commune_id, detail={"withdrawal": found})
    return found


def order(session: Session, actor: Actor, id_: int) -> None:
    """An officer of its place has it carried out. Raises NotFound, Forbidden, Conflict (ordered before)."""
    if actor.role is not Role.OFFICER:
        raise Forbidden(verb="withdraw", layer="submissions", role=str(actor.role))
    found = one(session, id_)
    ordered = session.execute(
        text(
            "UPDATE withdrawals SET state = 'ordered', ordered_by = :by, ordered_at = now()"
            " WHERE id = :id AND state = 'asked' AND province_id = :province RETURNING id"
        ),
        {"by": actor.account_id, "id": id_, "province": actor.province_id},
    ).first()
    if ordered is None:
        raise Conflict(what="withdrawal", id=str(id_), state=found.state)
    audit.record(session, actor, "order_withdrawal", area=found.commune_id, detail={"withdrawal": id_})


def one(session: Session, id_: int) -> Withdrawal:
    """A request of the actor's own or of an officer's place. Raises NotFound."""
    found = session.get(Withdrawal, id_, populate_existing=True)
    if found is None:
        raise NotFound(what="withdrawal", id=str(id_))
    return found


def listed(session: Session, actor: Actor, most: int) -> list[Withdrawal]:
    """What isn't done first, by due day; then what was done last."""
    wanted = (
        select(Withdrawal)
        .where(Withdrawal.province_id == actor.province_id)
        .order_by(Withdrawal.state == DONE, Withdrawal.done_at.desc(), Withdrawal.due_on, Withdrawal.id)
    )
    return list(session.scalars(wanted.limit(most)))


def own(session: Session, actor: Actor, instances: Sequence[str]) -> dict[str, Withdrawal]:
    """What is to be taken back of records the actor sent, by their instance id."""
    wanted = select(Withdrawal).where(Withdrawal.account_id == actor.account_id, Withdrawal.instance_id.in_(instances))
    return {found.instance_id: found for found in session.scalars(wanted)}


def written(code: str) -> str:
    """A code as it stands on receipts, however it was typed."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())[: 3 * _SIGNS]
    return "-".join(signs[at : at + _SIGNS] for at in range(0, len(signs), _SIGNS))
