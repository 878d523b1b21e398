"""Petitions, complaints and citizen-reception days as numbers with the law's deadlines: no person, no case, no text."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Row, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import Forbidden, InvalidValue
from geodata.tables import Base
from surveys import audit
from surveys.access import Actor, Role
from surveys.working_days import Calendar

KINDS = ("khieu_nai", "to_cao", "kien_nghi_phan_anh", "tiep_cong_dan")
# Of reception days: days held, people's petitions received there, those referred on … as numbers alone.
NUMBERS = ("received", "referred", "settled", "in_time", "overdue")
MOST = 1_000_000
# What has a deadline in law or in the province's rules: code, Vietnamese, English.
COUNTED = (
    ("khieu_nai", "Khiếu nại", "Complaints"), ("to_cao", "Tố cáo", "Denunciations"),
    ("kien_nghi_phan_anh", "Kiến nghị, phản ánh", "Petitions"),
    ("kien_nghi_phan_anh_1022", "Phản ánh hiện trường", "Reports to the 1022 line"),
)  # fmt: skip


class ComplaintCount(Base):
    """What one office enters for one month and kind; entering it again corrects it."""

    __tablename__ = "complaint_counts"
    __table_args__ = (
        CheckConstraint("kind IN ('" + "', '".join(KINDS) + "')", name="kind"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint(
            "received >= 0 AND referred >= 0 AND settled >= 0 AND overdue >= 0 AND in_time BETWEEN 0 AND settled",
            name="numbers",
        ),
        Index("complaint_counts_province_id_month_ix", "province_id", "month"),
    )

    province_id: Mapped[int]
    commune_id: Mapped[int]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    kind: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[int]
    referred: Mapped[int]  # passed on to who is competent
    settled: Mapped[int]
    in_time: Mapped[int]  # of the settled
    overdue: Mapped[int]  # not settled though the law's deadline is past
    entered_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class ComplaintDeadline(Base):
    """One step's deadline while it holds, in days; of complex matters and remote places where the law has others."""

    __tablename__ = "complaint_deadlines"
    __table_args__ = (
        CheckConstraint("least(days, days_complex, days_remote, days_remote_complex) > 0", name="days"),
        CheckConstraint("valid_to > valid_from", name="held"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    valid_to: Mapped[dt.date | None]
    position: Mapped[int] = mapped_column(server_default=text("1000"))
    label: Mapped[str]
    days: Mapped[int | None]
    days_complex: Mapped[int | None]
    days_remote: Mapped[int | None]
    days_remote_complex: Mapped[int | None]
    working: Mapped[bool] = mapped_column(server_default=text("false"))  # working days, else days of the calendar
    source: Mapped[str]
    status: Mapped[str]  # sourced, from memory: what an office must check before relying on it

    def due(self, start: dt.date, calendar: Calendar, days: int | None) -> dt.date | None:
        """The day by which a step that began on `start` is to be done, in one of the numbers of this row."""
        if days is None:
            return None
        return calendar.after(start, days) if self.working else start + dt.timedelta(days=days)


def deadlines(session: Session, on: dt.date) -> list[ComplaintDeadline]:
    """Those that hold on a day, in their order."""
    table = ComplaintDeadline
    held = select(table).where(table.valid_from <= on, (table.valid_to.is_(None)) | (table.valid_to > on))
    return list(session.scalars(held.order_by(table.position, table.kind, table.step)))


_SUMS = text(
    "SELECT c.kind, o.name AS office, c.office_id, sum(c.received)::int AS received, sum(c.referred)::int AS referred,"
    " sum(c.settled)::int AS settled, sum(c.in_time)::int AS in_time,"
    # What is overdue is a standing number: of the last month entered.
    " (array_agg(c.overdue ORDER BY c.month DESC))[1] AS overdue, max(c.month) AS month"
    " FROM complaint_counts c JOIN offices o ON o.id = c.office_id"
    " WHERE c.province_id = :province AND :commune IN (0, c.commune_id) AND c.month BETWEEN :first AND :last"
    ' GROUP BY c.kind, o.id, c.office_id ORDER BY c.kind, o.name COLLATE "vi-x-icu"'
)


def sums(session: Session, actor: Actor, first: dt.date, last: dt.date) -> list[Row[Any]]:
    """By kind and office over months (first days, both counted)."""
    given = {"province": actor.province_id, "commune": actor.commune_id, "first": first, "last": last}
    return list(session.execute(_SUMS, given))


def enter(session: Session, actor: Actor, given: Mapping[str, str], today: dt.date) -> None:
    """Stores a month's numbers of the actor's office for one kind. `given`: month (yyyy-mm), kind, and NUMBERS.

    Raises Forbidden (no office), InvalidValue naming the field.
    """
    if actor.role is not Role.OFFICER or not actor.office_id:
        raise Forbidden(verb="write", layer=ComplaintCount.__tablename__, role=str(actor.role))
    kind = given.get("kind", "")
    if kind not in KINDS:
        raise InvalidValue(field="kind", value=kind[:20], reason=", ".join(KINDS))
    month = month_of("month", given.get("month", ""))
    if month > today:
        raise InvalidValue(field="month", value=given["month"], reason=f"≤ {today:%m/%Y}")
    numbers = {key: _number(key, given.get(key, "")) for key in NUMBERS}
    if numbers["in_time"] > numbers["settled"]:
        raise InvalidValue(field="in_time", value=str(numbers["in_time"]), reason=f"≤ {numbers['settled']}")
    changed = {**numbers, "entered_by": actor.account_id}
    row = {"province_id": actor.province_id, "commune_id": actor.commune_id, "office_id": actor.office_id}
    stored = insert(ComplaintCount).values(**row, month=month, kind=kind, **changed)
    session.execute(
        stored.on_conflict_do_update(
            index_elements=["office_id", "month", "kind"], set_={**changed, "entered_at": func.now()}
        )
    )
    audit.record(session, actor, "complaint_counts", detail={"month": month.isoformat(), "kind": kind})


def month_of(field: str, given: str) -> dt.date:
    """The first day of a month as a form sends it (yyyy-mm). Raises InvalidValue."""
    try:
        return dt.date.fromisoformat(f"{given}-01")
    except ValueError:
        raise InvalidValue(field=field, value=given[:20], reason="yyyy-mm") from None


def _number(field: str, given: str) -> int:
    given = given.strip() or "0"
    if not given.isascii() or not given.isdigit() or len(given) > 7 or int(given) > MOST:
        raise InvalidValue(field=field, value=given[:20], reason=f"0–{MOST}")
    return int(given)
