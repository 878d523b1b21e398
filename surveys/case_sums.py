"""Sums over service cases, made anew from the rows wherever these changed; what figures and reminders read."""

import datetime as dt

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

# In a sum's key: every commune of the province, every office.
ALL = 0
# A month's days: the last of `waiting_upto`.
DAYS = 31


class CaseSum(Base):
    """Cases an office received of a commune in a month, whatever became of them since; also of ALL of either, or both.

    What is asked for by commune, by office, of one or of all is always read from rows that say just that.
    """

    __tablename__ = "case_sums"
    __table_args__ = (Index("case_sums_province_id_office_id_month_ix", "province_id", "office_id", "month"),)

    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    received: Mapped[int]
    acknowledged: Mapped[int]  # within seven days
    answered: Mapped[int]
    in_time: Mapped[int]
    reopened: Mapped[int]
    # How many that wait were received by the 1st, 2nd, … 31st; NULL where none waits.
    waiting_upto: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    # After how many days answers came, rising, and to how many cases each; NULL where none came.
    answer_days: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    answer_cases: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class CaseOpen(Base):
    """Cases that wait for an answer, by when they are due: of those an office received of a commune in a month."""

    __tablename__ = "case_open"
    __table_args__ = (Index("case_open_province_id_office_id_due_on_ix", "province_id", "office_id", "due_on"),)

    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    due_on: Mapped[dt.date] = mapped_column(primary_key=True)
    n: Mapped[int]


class CaseDue(Base):
    """The same of an office in its whole province, whenever they were received."""

    __tablename__ = "case_due"

    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    office_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_on: Mapped[dt.date] = mapped_column(primary_key=True)
    n: Mapped[int]


class CaseChange(Base):
    """A sum that must be made anew."""

    __tablename__ = "case_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    office_id: Mapped[int]
    month: Mapped[dt.date]


TABLES = (CaseSum, CaseOpen, CaseDue, CaseChange)


def waiting(commune: int) -> str:
    """What waits by office and due date, as SQL for FROM: of `:commune`, or of the whole province where that is ALL."""
    return "(SELECT * FROM case_open WHERE commune_id = :commune)" if commune else CaseDue.__tablename__
