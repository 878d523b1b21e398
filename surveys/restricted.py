"""Restricted reports: their own table without geometry or media, and the frozen cube that alone holds their figures."""

import datetime as dt
import uuid

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base
from surveys.layers.situation_reports import RESTRICTED

_CATEGORIES = "('" + "', '".join(RESTRICTED) + "')"


class RestrictedReport(Base):
    """A report of a restricted category: a hamlet at the finest; the table has no column for a point or photo (S5)."""

    __tablename__ = "restricted_reports"
    __table_args__ = (
        CheckConstraint(f"category IN {_CATEGORIES}", name="restricted_category"),
        CheckConstraint("due_on >= observed_on", name="due"),
        CheckConstraint("redacted_on IS NULL OR what_happened = ''", name="redacted"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    hamlet_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    observed_on: Mapped[dt.date]
    category: Mapped[str]
    what_happened: Mapped[str]
    urgency: Mapped[str]
    households_affected: Mapped[int | None]
    happened_on: Mapped[dt.date]
    state: Mapped[str]
    due_on: Mapped[dt.date]
    answered_on: Mapped[dt.date | None]
    closed_on: Mapped[dt.date | None]  # kept by a trigger, whoever closes it: its period runs from then
    redacted_on: Mapped[dt.date | None]  # without its text since
    proposal_id: Mapped[uuid.UUID | None]
    # When the row is written, not when its transaction began: the cube counts by it.
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class RestrictedCount(Base):
    """One cell of the frozen cube: commune × closed quarter × group; `n` NULL is the common mark "ẩn" (S6)."""

    __tablename__ = "restricted_counts"
    __table_args__ = (
        CheckConstraint("n IS NULL OR n = 0 OR n >= 5", name="hidden_below_five"),
        CheckConstraint("hidden = (n IS NULL)", name="hidden"),
    )

    commune_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    quarter: Mapped[dt.date] = mapped_column(primary_key=True)  # its first day
    category: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int | None]
    hidden: Mapped[bool] = mapped_column(Boolean)
