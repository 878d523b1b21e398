"""Offices that answer, the categories each answers, and the dated standards of how soon."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class Office(Base):
    """An office of a unit, dated; its address is a unit, never a person."""

    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]


class OfficeCategory(Base):
    """An office answers reports of a category within its unit."""

    __tablename__ = "office_categories"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id", ondelete="CASCADE"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)


class ServiceStandard(Base):
    """Days an office has to answer a category, dated."""

    __tablename__ = "service_standards"
    __table_args__ = (CheckConstraint("days > 0", name="days"),)

    category: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    days: Mapped[int]
    source: Mapped[str]
    status: Mapped[str]
