"""Resettlement as work: the dated rules of its stages, each project's stages, and its figures day by day."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Identity, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class StageRule(Base):
    """How a day of one stage is bound to a day of a stage, while the rule holds; editable by the admin.

    `needs`: refused without it. `not_before`: so many days must lie between. `within`: no more than so many days may.
    """

    __tablename__ = "resettlement_rules"
    __table_args__ = (
        CheckConstraint("kind IN ('needs', 'not_before', 'within')", name="kind"),
        CheckConstraint("point IN ('began', 'ended') AND since_point IN ('began', 'ended')", name="points"),
        CheckConstraint("days >= 0", name="days"),
    )

    stage: Mapped[str] = mapped_column(primary_key=True)
    point: Mapped[str]
    kind: Mapped[str] = mapped_column(primary_key=True)
    days: Mapped[int]  # calendar days
    since: Mapped[str] = mapped_column(primary_key=True)
    since_point: Mapped[str]
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    valid_to: Mapped[dt.date | None]  # the first day it doesn't hold any more
    land: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))  # the land it speaks of, if not all
    source: Mapped[str]
    status: Mapped[str]  # sourced, from memory: what an office must check before relying on it


class ProjectStep(Base):
    """One stage of one project: planned, begun, ended, the document, and how people were heard, as numbers."""

    __tablename__ = "resettlement_steps"
    __table_args__ = (
        UniqueConstraint("project_id", "stage"),
        CheckConstraint("ended_on >= began_on", name="days"),
        CheckConstraint("ended_on IS NULL OR began_on IS NOT NULL", name="begun"),
        CheckConstraint("meetings >= 0 AND opinions >= 0 AND opinions_answered BETWEEN 0 AND opinions", name="heard"),
        CheckConstraint("length(document) <= 120", name="document"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resettlement_projects.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    stage: Mapped[str]
    planned_on: Mapped[dt.date | None]  # when it is to have ended
    began_on: Mapped[dt.date | None]
    ended_on: Mapped[dt.date | None]
    document: Mapped[str | None]  # number and sign of the decision, notice or minutes
    meetings: Mapped[int | None]
    opinions: Mapped[int | None]
    opinions_answered: Mapped[int | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class ProjectProgress(Base):
    """A project's figures as of a day, or, `planned`, as they are to be by that day; sums since its beginning."""

    __tablename__ = "resettlement_progress"
    __table_args__ = (
        UniqueConstraint("project_id", "planned", "on"),
        CheckConstraint("households_approved <= households_affected", name="approved"),
        CheckConstraint("households_paid <= coalesce(households_approved, households_affected)", name="paid"),
        CheckConstraint("households_moved <= households_affected", name="moved"),
        CheckConstraint("plots_ready <= plots_total", name="plots"),
        CheckConstraint("money_paid <= money_approved", name="money"),
        CheckConstraint(
            "least(households_affected, households_approved, households_paid, households_moved, plots_ready,"
            " money_approved, money_paid) >= 0",
            name="not_negative",
        ),
        # Few households plus money points at persons (S6).
        CheckConstraint(
            "households_affected >= 10 OR (money_approved IS NULL AND money_paid IS NULL)", name="small_without_money"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resettlement_projects.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    planned: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    on: Mapped[dt.date]
    households_affected: Mapped[int]
    households_approved: Mapped[int | None]
    households_paid: Mapped[int | None]
    households_moved: Mapped[int | None]
    plots_total: Mapped[int | None]
    plots_ready: Mapped[int | None]
    money_approved: Mapped[int | None] = mapped_column(BigInteger)  # đồng
    money_paid: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
