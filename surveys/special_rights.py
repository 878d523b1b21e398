"""Special verbs by two administrators: one asks, another gives; either takes away alone (S5)."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Row, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden, InvalidValue, NotFound
from geodata.tables import Base
from surveys import audit
from surveys.access import APPROVE_FORM, READ_RESTRICTED, Actor, Role

VERBS = (READ_RESTRICTED, APPROVE_FORM)


class SpecialRequest(Base):
    """What one administrator asks of another."""

    __tablename__ = "special_requests"
    __table_args__ = (
        CheckConstraint("verb IN ('read_restricted', 'approve_form')", name="verb"),
        CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state"),
        CheckConstraint("account_id <> asked_by", name="not_for_oneself"),
        CheckConstraint("state <> 'granted' OR decided_by <> asked_by", name="two_admins"),
        Index(
            "special_requests_one_waits_key", "account_id", "verb", unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    verb: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[dt.datetime | None]


_WAITING = text(
    "SELECT s.id, s.verb, s.asked_at, s.asked_by, a.username, o.name AS office, b.username AS asker"
    " FROM special_requests s JOIN accounts a ON a.id = s.account_id JOIN accounts b ON b.id = s.asked_by"
    " LEFT JOIN offices o ON o.id = a.office_id"
    " WHERE s.state = 'waiting' AND s.province_id = :province ORDER BY s.id"
)
_HELD = text(
    "SELECT v.account_id, v.verb, v.granted_on, v.expires_on, a.username, o.name AS office, f.username AS first,"
    " g.username AS second FROM special_verbs v JOIN accounts a ON a.id = v.account_id"
    " JOIN units u ON u.id = a.unit_id LEFT JOIN offices o ON o.id = a.office_id"
    " JOIN accounts f ON f.id = v.granted_by JOIN accounts g ON g.id = v.seconded_by"
    " WHERE u.province_id = :province AND v.expires_on > current_date ORDER BY v.expires_on, a.username"
)
# Whoever reads restricted reports answers them; administrators hold neither.
_FIT = text(
    "SELECT a.id, a.username, o.name AS office FROM accounts a JOIN units u ON u.id = a.unit_id"
    " LEFT JOIN offices o ON o.id = a.office_id WHERE u.province_id = :province AND a.active AND a.role <> 'admin'"
    " AND (:verb <> 'read_restricted' OR (a.role = 'officer' AND a.office_id IS NOT NULL)) ORDER BY a.username"
)


def waiting(session: Session, actor: Actor) -> list[Row[Any]]:
    """Requests nobody decided, the oldest first. Raises Forbidden."""
    _must(actor)
    return list(session.execute(_WAITING, {"province": actor.province_id}))


def held(session: Session, actor: Actor) -> list[Row[Any]]:
    """Who holds which special verb, by whom and until when, the first to end first. Raises Forbidden."""
    _must(actor)
    return list(session.execute(_HELD, {"province": actor.province_id}))


def fit(session: Session, actor: Actor, verb: str) -> list[Row[Any]]:
    """(id, username, office) of the accounts a verb may be given to."""
    _must(actor)
    return list(session.execute(_FIT, {"province": actor.province_id, "verb": verb}))


def ask(session: Session, actor: Actor, account_id: int, verb: str) -> None:
    """Asks another administrator to give a verb. Raises Forbidden, InvalidValue; Conflict by constraint if it waits."""
    if verb not in VERBS:
        raise InvalidValue(field="verb", value=verb[:20], reason=", ".join(VERBS))
    if account_id not in {row.id for row in fit(session, actor, verb)}:
        raise InvalidValue(field="account", value=str(account_id), reason=verb)
    session.add(
        SpecialRequest(province_id=actor.province_id, account_id=account_id, verb=verb, asked_by=actor.account_id)
    )
    session.flush()
    audit.record(session, actor, "special_asked", detail={"account": account_id, "verb": verb})


def decide(session: Session, actor: Actor, id_: int, *, yes: bool) -> None:
    """Gives what another administrator asked for, or refuses. Who asked can only take the request back.

    Raises Forbidden, NotFound; by constraint InvalidValue where one gave what they asked for themselves.
    """
    _must(actor)
    asked = session.get(SpecialRequest, id_)
    if not session.scalar(text("SELECT decide_special(:id, :yes)"), {"id": id_, "yes": yes}) or asked is None:
        raise NotFound(what="special_request", id=id_)
    verb = "special_granted" if yes else "special_refused"
    audit.record(session, actor, verb, detail={"account": asked.account_id, "verb": asked.verb})


def end(session: Session, actor: Actor, account_id: int, verb: str) -> None:
    """Takes a verb away from today. Raises Forbidden, NotFound."""
    _must(actor)
    if not session.scalar(text("SELECT end_special(:account, :verb)"), {"account": account_id, "verb": verb}):
        raise NotFound(what="special_verb", id=account_id)
    audit.record(session, actor, "special_ended", detail={"account": account_id, "verb": verb})


def _must(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise Forbidden(verb="grant", layer="special_verbs", role=str(actor.role))
