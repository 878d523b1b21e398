"""Which days offices work: Vietnam's public holidays as published, and the days decided otherwise, by table rows."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import holidays
from sqlalchemy import CheckConstraint, Connection, ForeignKey, Identity, Index, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden
from geodata.tables import Base
from surveys import audit, rule_parts
from surveys.access import Actor, Role
from surveys.field_faults import Fault, refuse
from surveys.periods import quarter_begins

FARTHEST_YEARS = 3


class CalendarDay(Base):
    """A day decided otherwise than the calendar says; of several rows of a day the last one holds. Insert-only."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        CheckConstraint("length(source) BETWEEN 1 AND 300", name="source"),
        Index("calendar_days_day_ix", "day", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    day: Mapped[dt.date]
    works: Mapped[bool]
    source: Mapped[str]  # the decision, e.g. of the Prime Minister on Tết and swapped days
    set_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    followed_at: Mapped[dt.datetime | None]  # when due dates of open cases were counted anew for it


@dataclass(frozen=True)
class Calendar:
    """Monday to Friday without public holidays, except on days decided otherwise."""

    on: frozenset[dt.date] = frozenset()  # worked after all, such as a Saturday that makes up for a day
    off: frozenset[dt.date] = frozenset()  # free after all

    def works(self, day: dt.date) -> bool:
        """Whether offices work on a day."""
        if day in self.off:
            return False
        return day in self.on or (day.weekday() < 5 and day not in _public_holidays(day.year))

    def after(self, start: dt.date, days: int) -> dt.date:
        """The `days`-th working day after `start`; `start` itself for 0."""
        day = start
        while days > 0:
            day += dt.timedelta(days=1)
            if self.works(day):
                days -= 1
        return day


PLAIN = Calendar()
_HOLDING = text("SELECT DISTINCT ON (day) day, works FROM calendar_days ORDER BY day, id DESC")


def known(session: Session | Connection) -> Calendar:
    """The calendar with every decided day, as it stands now."""
    rows = session.execute(_HOLDING).all()
    return Calendar(
        frozenset(row.day for row in rows if row.works), frozenset(row.day for row in rows if not row.works)
    )


def decided(session: Session) -> list[CalendarDay]:
    """Every row, the latest day first; of a day the one that holds first."""
    return list(session.scalars(select(CalendarDay).order_by(CalendarDay.day.desc(), CalendarDay.id.desc())))


def decide(
    session: Session, actor: Actor, day: dt.date | None, works: bool | None, source: str, today: dt.date
) -> None:
    """Stores that offices work on a day, or don't, and by which decision.

    Not of a closed quarter: its figures stay. Raises Forbidden, FieldsRefused.
    """
    if actor.role is not Role.ADMIN:
        raise Forbidden(verb="decide_day", layer=CalendarDay.__tablename__, role=str(actor.role))
    said, faults = rule_parts.words("source", source)
    if works is None:
        faults.append(Fault("works", "unknown"))
    if day is None:
        faults.append(Fault("day", "missing"))
    elif day < quarter_begins(today):
        faults.append(Fault("day", "closed_quarter", day=quarter_begins(today)))
    elif day.year > today.year + FARTHEST_YEARS:
        faults.append(Fault("day", "too_far", year=str(today.year + FARTHEST_YEARS)))
    refuse(faults)
    given = {"day": day, "works": works, "source": said, "set_by": actor.account_id}
    session.execute(insert(CalendarDay).inline().values(**given))
    audit.record(session, actor, "decide_day", detail={"day": str(day), "works": works})


@cache
def _public_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("VN", years=year))
