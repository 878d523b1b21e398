"""What an office answered to a service report: apart from the layer, so that it leaves by no export, tile or search."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, TextClause, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base
from surveys.access import Actor
from surveys.layers.situation_reports import SituationReport

LONGEST = 2000
WAITING = ("mo", "dang_xu_ly", "mo_lai")


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


# Each state's own run of an index, cut before it is put in order: all that waits needn't be sorted for its first page.
_PAGE = (
    "SELECT id, commune_id, office_id, category, urgency, state, due_on FROM situation_reports"
    " WHERE province_id = :province"
)
_WAIT = "state IN ('mo', 'dang_xu_ly', 'mo_lai')"
_INBOX = (
    "SELECT r.id, r.category, r.urgency, r.state, r.due_on,"
    " r.due_on < :today AND r.state IN ('mo', 'dang_xu_ly', 'mo_lai') AS late, c.name AS commune, o.name AS office"
    " FROM (SELECT * FROM ({parts}) p ORDER BY {order} LIMIT :most) r"
    " JOIN units c ON c.id = r.commune_id JOIN offices o ON o.id = r.office_id ORDER BY {order_r}"
)


def _inbox(states: tuple[str, ...], *, of_commune: bool, of_office: bool) -> TextClause:
    """Those that wait: emergencies first, then by due date; what is done: the latest due first."""
    # Only what is asked for is written down: "or all of them" would leave the index unused once the plan is kept.
    page = _PAGE + " AND commune_id = :commune" * of_commune + " AND office_id = :office" * of_office
    waits = set(states) <= set(WAITING)
    way = "" if waits else " DESC"
    # The index, read forwards or backwards, gives this order as it stands.
    parts = [f"({page} AND state = '{state}' ORDER BY due_on{way}, id{way} LIMIT :most)" for state in states]
    if waits:
        parts.append(f"({page} AND urgency = 'khan_cap' AND {_WAIT} ORDER BY due_on, id LIMIT :most)")
    first = "{r}urgency = 'khan_cap' DESC, " if waits else ""
    order = f"{first}{{r}}due_on{way}, {{r}}id{way}"
    return text(_INBOX.format(parts=" UNION ".join(parts), order=order.format(r=""), order_r=order.format(r="r.")))


# Which other office may be given a case: in force here and answering its category.
OFFICES = (
    "SELECT o.id, o.name FROM offices o JOIN office_categories c ON c.office_id = o.id AND c.category = :category"
    " WHERE o.unit_id IN (:province, :commune) AND o.id <> :office AND o.valid_from <= :today"
    ' AND (o.valid_to IS NULL OR o.valid_to > :today) ORDER BY o.name COLLATE "vi-x-icu"'
)


def waiting(
    session: Session, actor: Actor, office_id: int, states: tuple[str, ...], today: dt.date, most: int
) -> list[Any]:
    """Service reports in these states in the actor's scope; office 0: of all.

    Those that wait: emergencies first, then the nearest due date; what was answered or closed: the latest first.
    """
    asked = _inbox(states, of_commune=actor.commune_id > 0, of_office=office_id > 0)
    values = {"province": actor.province_id, "commune": actor.commune_id, "office": office_id}
    return list(session.execute(asked, values | {"today": today, "most": most}))


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
