"""What an office answered to a service report: apart from the layer, so that it leaves by no export, tile or search."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base
from surveys.access import Actor
from surveys.layers.situation_reports import SituationReport

LONGEST = 2000


class CaseAnswer(Base):
    """One answer; a case that was reopened has several, the last one counts. There is none for a restricted report."""

    __tablename__ = "case_answers"
    __table_args__ = (CheckConstraint("words <> ''", name="words"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("situation_reports.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    words: Mapped[str]
    answered_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    answered_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


_INBOX = text(
    "SELECT r.id, r.category, r.urgency, r.state, r.due_on,"
    " r.due_on < :today AND r.state <> 'da_tra_loi' AS late, c.name AS commune, o.name AS office"
    " FROM situation_reports r JOIN units c ON c.id = r.commune_id JOIN offices o ON o.id = r.office_id"
    " WHERE r.province_id = :province AND :commune IN (0, r.commune_id) AND :office IN (0, r.office_id)"
    " AND r.state = ANY(:states) ORDER BY r.urgency = 'khan_cap' DESC, r.due_on, r.id LIMIT :most"
)


def waiting(
    session: Session, actor: Actor, office_id: int, states: tuple[str, ...], today: dt.date, most: int
) -> list[Any]:
    """Service reports in these states in the actor's scope: emergencies first, then by due date; office 0: of all."""
    values = {"province": actor.province_id, "commune": actor.commune_id, "office": office_id, "states": list(states)}
    return list(session.execute(_INBOX, values | {"today": today, "most": most}))


def given(session: Session, id_: uuid.UUID) -> list[CaseAnswer]:
    """What was answered to a report, the newest first."""
    return list(session.scalars(select(CaseAnswer).where(CaseAnswer.report_id == id_).order_by(CaseAnswer.id.desc())))


def keep(session: Session, actor: Actor, case: SituationReport, words: str) -> None:
    """Stores the screened words of an answer beside its case."""
    session.execute(
        insert(CaseAnswer)
        .inline()
        .values(
            report_id=case.id,
            province_id=case.province_id,
            commune_id=case.commune_id,
            office_id=actor.office_id,
            words=words,
            answered_by=actor.account_id,
        )
    )
