"""What an office answered to a service report: apart from the layer, so that it leaves by no export, tile or search."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Conflict, InvalidValue, NotFound
from geodata.tables import Base
from surveys import audit, screening
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.layers.situation_reports import SituationReport, layer

UNANSWERED = ("mo", "dang_xu_ly", "mo_lai")
ANSWERED = "da_tra_loi"
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


_OPEN = text(
    "SELECT r.id, r.category, r.urgency, r.state, r.due_on, r.due_on < :today AS late, c.name AS commune,"
    " o.name AS office FROM situation_reports r JOIN units c ON c.id = r.commune_id"
    " JOIN offices o ON o.id = r.office_id"
    " WHERE r.province_id = :province AND :commune IN (0, r.commune_id) AND :office IN (0, r.office_id)"
    " AND r.state IN ('mo', 'dang_xu_ly', 'mo_lai') ORDER BY r.due_on, r.id LIMIT :most"
)


def waiting(session: Session, actor: Actor, office_id: int, today: dt.date, most: int) -> list[Any]:
    """Service reports without an answer in the actor's scope, the most urgent first; `office_id` 0: of every office."""
    values = {"province": actor.province_id, "commune": actor.commune_id, "office": office_id}
    return list(session.execute(_OPEN, values | {"today": today, "most": most}))


def given(session: Session, id_: uuid.UUID) -> list[CaseAnswer]:
    """What was answered to a report, the newest first."""
    return list(session.scalars(select(CaseAnswer).where(CaseAnswer.report_id == id_).order_by(CaseAnswer.id.desc())))


def report(session: Session, actor: Actor, id_: uuid.UUID) -> SituationReport:
    """The report, if the actor's office answers it; NotFound else, whether or not it is another's."""
    actor.must(Verb.REVIEW, layer.key, layer.grants)
    found = session.get(SituationReport, id_)
    if found is None or found.office_id != actor.office_id:
        raise NotFound(what="case", id=str(id_))
    return found


def answer(session: Session, actor: Actor, id_: uuid.UUID, words: str, today: dt.date) -> bool:
    """Answers a case; whether something about persons had to be masked in it (S2).

    Raises NotFound, InvalidValue (empty or too long), SubmissionClassified, Conflict (answered already).
    """
    case = report(session, actor, id_)
    words = words.strip()
    if not words or len(words) > LONGEST:
        raise InvalidValue(field="answer", value="", reason=f"1–{LONGEST}")
    if screening.classified(words):
        raise SubmissionClassified(field="answer")
    kept, found = screening.mask(words)
    changed = session.execute(
        update(SituationReport)
        .where(SituationReport.id == id_, SituationReport.state.in_(UNANSWERED))
        .values(state=ANSWERED, answered_on=today)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict(what="case", id=str(id_))
    session.execute(
        insert(CaseAnswer)
        .inline()
        .values(
            report_id=id_,
            province_id=case.province_id,
            commune_id=case.commune_id,
            office_id=actor.office_id,
            words=kept,
            answered_by=actor.account_id,
        )
    )
    audit.record(session, actor, "answer", layer=layer.key, area=case.commune_id, detail={"feature": str(id_)})
    return bool(found)
