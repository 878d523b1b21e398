"""Check rounds as work: what a checklist asks and found, what is to be mended, and the grassroots blocks."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class ChecklistItem(Base):
    """One question of a checklist while it holds; `pillar` is the layer's field it counts for, "" for none."""

    __tablename__ = "checklist_items"

    checklist: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    valid_to: Mapped[dt.date | None]
    pillar: Mapped[str]
    position: Mapped[int]
    label_vi: Mapped[str]
    label_en: Mapped[str]
    source: Mapped[str]
    status: Mapped[str]  # sourced, from memory: what an office must check before relying on it


class CheckAnswer(Base):
    """What one check found of one item, and the evidence seen."""

    __tablename__ = "check_answers"
    __table_args__ = (
        UniqueConstraint("check_id", "item"),
        CheckConstraint("result IN ('dat', 'mot_phan', 'chua')", name="result"),
        CheckConstraint("length(evidence) <= 500", name="evidence"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    check_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("democracy_checks.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    item: Mapped[str]
    result: Mapped[str]
    evidence: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class CheckFinding(Base):
    """What a check found lacking: the office that mends it, by when, and what shows that it is mended."""

    __tablename__ = "check_findings"
    __table_args__ = (
        CheckConstraint("length(words) BETWEEN 1 AND 500 AND length(evidence) <= 500", name="words"),
        CheckConstraint("(fixed_on IS NULL) = (evidence = '')", name="shown"),
        Index("check_findings_open_ix", "province_id", "fix_by", postgresql_where=text("fixed_on IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    check_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("democracy_checks.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    pillar: Mapped[str]  # the pillar it is about; of a list without pillars the item
    words: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    fix_by: Mapped[dt.date]
    fixed_on: Mapped[dt.date | None]
    evidence: Mapped[str] = mapped_column(server_default=text("''"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class GrassrootsBlocks(Base):
    """The grassroots dân vận blocks of a commune as of a day, as counts; of two rows of a day the later one holds.

    Not unique by commune and day: a reform may join two communes that reported on the same one.
    """

    __tablename__ = "grassroots_blocks"
    __table_args__ = (
        Index("grassroots_blocks_commune_id_on_ix", "commune_id", "on"),
        CheckConstraint(
            "needed BETWEEN 0 AND 10000 AND in_place BETWEEN 0 AND needed AND with_regulation BETWEEN 0 AND in_place"
            " AND with_tasks BETWEEN 0 AND in_place",
            name="parts",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    on: Mapped[dt.date]
    needed: Mapped[int]  # blocks there are to be
    in_place: Mapped[int]
    with_regulation: Mapped[int]
    with_tasks: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
