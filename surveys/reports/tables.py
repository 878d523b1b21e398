"""A report of one unit for one period, the figures it was frozen with, and each step it took."""

import datetime as dt
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base
from surveys import periods
from surveys.periods import Period

DRAFT, SUBMITTED, APPROVED = "draft", "submitted", "approved"
MEASURED, ROLLED = "measured", "rolled"


class Report(Base):
    """`unit_id` is whose report it is, as it was named then; `commune_id` 0 is the province's.

    `texts` are the words of its sections by their keys; `drafted` the words the figures gave them; `replaced` the words
    that a section's last change took away. Once approved nothing of it changes.
    """

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'approved')", name="state"),
        CheckConstraint("layout IN ('party', 'state')", name="layout"),
        CheckConstraint("basis IN ('measured', 'rolled')", name="basis"),
        CheckConstraint("state <> 'approved' OR (number IS NOT NULL AND issued_on IS NOT NULL)", name="numbered"),
        CheckConstraint("state = 'draft' OR measured_at IS NOT NULL", name="frozen"),
        CheckConstraint("approved_by <> submitted_by", name="second_person"),
        CheckConstraint("length(title) BETWEEN 1 AND 300", name="title"),
        Index(
            "reports_one_of_a_period_ix", "unit_id", "subject", "period", unique=True,
            postgresql_where=text("NOT removed"),
        ),
        Index(
            "reports_number_ix", "unit_id", "layout", "series", "number", unique=True,
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index("reports_province_id_period_ix", "province_id", "period"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    subject: Mapped[str]
    period: Mapped[str]
    layout: Mapped[str]
    basis: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    head: Mapped[dict[str, str]] = mapped_column(JSONB)
    texts: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    drafted: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    replaced: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    standards: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    coverage: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    measured_at: Mapped[dt.datetime | None]
    series: Mapped[str] = mapped_column(server_default=text("''"))
    number: Mapped[int | None]
    issued_on: Mapped[dt.date | None]
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    removed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    @property
    def of(self) -> Period:
        """The period it tells of."""
        return periods.named(self.period)

    @property
    def locked(self) -> bool:
        return self.state == APPROVED

    @property
    def rolled(self) -> bool:
        return self.basis == ROLLED


class ReportFigure(Base):
    """A figure as it was when the report was frozen: by unit, with the period before and the year before."""

    __tablename__ = "report_figures"

    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    frozen: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ReportStep(Base):
    """Who did what with a report, when, and the reason where one is asked for."""

    __tablename__ = "report_steps"
    __table_args__ = (CheckConstraint("length(note) <= 500", name="note"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"), index=True)
    act: Mapped[str]
    note: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
