"""What happened to a case, step by step, and which other reports are about the same trouble."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base
from surveys.access import Actor
from surveys.layers.situation_reports import SituationReport

REPEAT_DAYS, REPEAT_M = 90, 300.0
ESCALATED_SHOWN = 50


class CaseEvent(Base):
    """One step of a case: who did what, and why; insert-only. There is none for a restricted report."""

    __tablename__ = "case_events"
    __table_args__ = (
        Index("case_events_escalated_ix", "province_id", "at", postgresql_where=text("step = 'escalate'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("situation_reports.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    step: Mapped[str]
    state_before: Mapped[str]
    state_after: Mapped[str]
    office_id: Mapped[int | None] = mapped_column(
        ForeignKey("offices.id")
    )  # whose step it is; none: who sent the report
    to_office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str | None]
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class CaseDuplicate(Base):
    """A report that was closed because another one stands for the same trouble: its sender gets that one's answer."""

    __tablename__ = "case_duplicates"

    report_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("situation_reports.id", ondelete="CASCADE"), primary_key=True
    )
    main_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("situation_reports.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


_EVENTS = text(
    "SELECT e.at, e.step, e.words, o.name AS office, t.name AS to_office FROM case_events e"
    " LEFT JOIN offices o ON o.id = e.office_id LEFT JOIN offices t ON t.id = e.to_office_id"
    " WHERE e.report_id = :id AND e.province_id = :province ORDER BY e.id"
)
# Metres along the ground, found by the index through a box a little wider than the circle.
_REPEATS = text(
    "SELECT o.id, o.state, o.observed_on, EXISTS (SELECT FROM case_duplicates d WHERE d.report_id = o.id) AS joined"
    " FROM situation_reports o JOIN situation_reports r ON r.id = :id"
    " WHERE o.id <> r.id AND o.category = r.category AND o.commune_id = r.commune_id AND o.province_id = :province"
    " AND o.observed_on BETWEEN r.observed_on - :days AND r.observed_on"
    " AND (o.hamlet_id = r.hamlet_id OR (o.geom && ST_Expand(r.geom, :metres / 100000)"
    " AND ST_DWithin(o.geom::geography, r.geom::geography, :metres)))"
    " ORDER BY o.observed_on DESC, o.id LIMIT 10"
)
# What a liaison office put before the leader, as long as the case isn't answered.
_ESCALATED = text(
    "SELECT e.at, e.words, r.category, r.due_on, o.name AS office, c.kind, c.name AS commune FROM case_events e"
    " JOIN situation_reports r ON r.id = e.report_id JOIN offices o ON o.id = r.office_id"
    " JOIN units c ON c.id = e.commune_id"
    " WHERE e.step = 'escalate' AND e.province_id = :province AND :commune IN (0, e.commune_id)"
    " AND r.state IN ('mo', 'dang_xu_ly', 'mo_lai') ORDER BY e.at DESC, e.id DESC LIMIT :most"
)


def events(session: Session, found: SituationReport) -> list[Any]:
    """Each step with its day, office, words and the office a case went to, the oldest first."""
    return list(session.execute(_EVENTS, {"id": found.id, "province": found.province_id}))


def escalated(session: Session, actor: Actor) -> list[Any]:
    """What waits for a leader: why it was put before them, the case's category, office, commune and due date; the
    newest first.
    """
    asked = {"province": actor.province_id, "commune": actor.commune_id, "most": ESCALATED_SHOWN}
    return list(session.execute(_ESCALATED, asked))


def repeats(session: Session, found: SituationReport) -> list[Any]:
    """Reports of the same category at the same place (hamlet, or within 300 m) in the 90 days before."""
    asked = {"id": found.id, "province": found.province_id, "days": REPEAT_DAYS, "metres": REPEAT_M}
    return list(session.execute(_REPEATS, asked))


def main_of(session: Session, id_: uuid.UUID | None) -> uuid.UUID | None:
    """The case that stands for this one, if one does."""
    return session.scalar(select(CaseDuplicate.main_id).where(CaseDuplicate.report_id == id_))


def duplicates(session: Session, id_: uuid.UUID) -> int:
    """How many reports this case stands for beside its own."""
    asked = text("SELECT count(*) FROM case_duplicates WHERE main_id = :id")
    return int(session.scalar(asked, {"id": id_}) or 0)
