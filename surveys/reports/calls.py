"""What the province asks its communes to report on, by when and on what ground; and who is to be reminded."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden, InvalidValue
from geodata.tables import Base
from surveys import periods
from surveys.access import Actor
from surveys.map_pages import asked
from surveys.periods import REPORTED, Period
from surveys.reports import outline

LONGEST_SOURCE = 200
SHOWN_DAYS = 120  # a commune is told of a call this long after its day


class ReportCall(Base):
    """A period's reports are due on a day; the ground is quoted wherever the day is. Of a whole province: commune 0."""

    __tablename__ = "report_calls"
    __table_args__ = (
        CheckConstraint("length(source) BETWEEN 3 AND 200", name="source"),
        CheckConstraint("commune_id = 0", name="of_the_province"),
        Index("report_calls_one_ix", "province_id", "subject", "period", unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int] = mapped_column(server_default=text("0"))
    subject: Mapped[str]
    period: Mapped[str]
    due_on: Mapped[dt.date]
    source: Mapped[str]
    called_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    called_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))

    @property
    def of(self) -> Period:
        """The period it asks for."""
        return periods.named(self.period)

    @property
    def about(self) -> str:
        """What it asks for, in words."""
        return outline.named(self.subject).title(self.of)

    def late(self, today: dt.date) -> bool:
        """Whether its day is over."""
        return self.due_on < today


@dataclass(frozen=True)
class Due:
    """A call as a commune finds it, with its own report's state; None where it hasn't begun one."""

    call: ReportCall
    report: int | None
    state: str | None


_DUE = text(
    "SELECT c.id, r.id AS report, r.state FROM report_calls c LEFT JOIN reports r ON r.unit_id = :commune"
    " AND r.subject = c.subject AND r.period = c.period AND NOT r.removed"
    " WHERE c.province_id = :province AND c.due_on > :since AND coalesce(r.state, '') <> 'approved'"
    " ORDER BY c.due_on, c.id LIMIT 20"
)


def find(session: Session, actor: Actor, subject: str, period: Period) -> ReportCall | None:
    """The call for a period's reports."""
    return session.scalar(
        select(ReportCall).where(
            ReportCall.province_id == actor.province_id, ReportCall.subject == subject,
            ReportCall.period == period.code,
        )
    )  # fmt: skip


def make(session: Session, actor: Actor, subject_key: str, period: Period, due_on: dt.date, source: str) -> ReportCall:
    """Asks for a period's reports, or gives another day. Raises Forbidden, InvalidValue, NotFound, NamesPersons."""
    if actor.commune_id:
        raise Forbidden(verb="call", layer="reports", role=str(actor.role))
    subject = outline.named(subject_key)
    if period.kind not in REPORTED:
        raise InvalidValue(field="period", value=period.code, reason=", ".join(REPORTED))
    if not period.first <= due_on <= period.last + dt.timedelta(days=366):
        raise InvalidValue(field="due_on", value=due_on.isoformat(), reason=f"≥ {period.first:%d/%m/%Y}")
    said = asked.written("source", source, LONGEST_SOURCE)
    if len(said) < 3:
        raise InvalidValue(field="source", value=said, reason="≥ 3")
    found = find(session, actor, subject.key, period)
    if found is None:
        found = ReportCall(
            province_id=actor.province_id, subject=subject.key, period=period.code, due_on=due_on, source=said,
            called_by=actor.account_id,
        )  # fmt: skip
        session.add(found)
    found.due_on, found.source, found.called_by = due_on, said, actor.account_id
    session.flush()
    return found


def due(session: Session, actor: Actor, today: dt.date) -> list[Due]:
    """What a commune is asked for and hasn't had approved, the earliest day first; nothing for the province itself."""
    if not actor.commune_id:
        return []
    given = {
        "commune": actor.commune_id, "province": actor.province_id, "since": today - dt.timedelta(days=SHOWN_DAYS),
    }  # fmt: skip
    rows = session.execute(_DUE, given).all()
    query = select(ReportCall).where(ReportCall.id.in_([row.id for row in rows]))
    calls = {call.id: call for call in session.scalars(query)}
    return [Due(calls[row.id], row.report, row.state) for row in rows]
