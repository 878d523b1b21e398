"""Published lists of minority and mountainous areas, and the class each says of a commune or a hamlet (S4)."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

STATES = ("draft", "waiting", "withdrawn", "confirmed", "rejected", "undone")
_PUBLISHED = "document ~ '^[0-9a-f]{64}$'"


class AreaList(Base):
    """One list with the decision it stands on; `report` is what a person is told of its file, never a person's data."""

    __tablename__ = "area_lists"
    __table_args__ = (
        CheckConstraint("state IN ('" + "', '".join(STATES) + "')", name="state"),
        CheckConstraint("commune_id = 0", name="of_the_province"),
        CheckConstraint(f"length(decision) BETWEEN 1 AND 120 AND {_PUBLISHED}", name="published"),
        CheckConstraint("communes >= 0 AND hamlets >= 0 AND communes + hamlets > 0", name="rows"),
        CheckConstraint("reviewed_by <> entered_by", name="second_confirmer"),
        CheckConstraint(
            "(reviewed_by IS NOT NULL) = (state IN ('confirmed', 'rejected', 'undone'))"
            " AND (reviewed_by IS NULL) = (reviewed_at IS NULL)",
            name="reviewed",
        ),
        CheckConstraint(
            "(undone_by IS NOT NULL) = (state = 'undone') AND (undone_by IS NULL) = (undone_at IS NULL)", name="undone"
        ),
        CheckConstraint(
            "length(reason) <= 500 AND (state NOT IN ('rejected', 'undone') OR reason <> '')", name="reason"
        ),
        Index("area_lists_province_ix", "province_id", "entered_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    commune_id: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    decision: Mapped[str]  # its number: 60/QĐ-BDTTG
    decided_on: Mapped[dt.date]
    valid_from: Mapped[dt.date]
    document: Mapped[str]  # SHA-256 (hex) of the decision as it was published
    document_name: Mapped[str]
    file_name: Mapped[str]
    communes: Mapped[int]
    hamlets: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    entered_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reviewed_at: Mapped[dt.datetime | None]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # of who confirmed: it may undo
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undone_at: Mapped[dt.datetime | None]


class AreaClassification(Base):
    """What a list says of one unit. It counts while it is confirmed and its term runs.

    `unit_id` and `unit_name` are the published unit as it was, for the record; `commune_id` and `hamlet_id` say where
    it is seen today. Only where `unit_id` is today's unit does that unit have the class.
    """

    __tablename__ = "area_classifications"
    __table_args__ = (
        UniqueConstraint("list_id", "unit_id"),
        CheckConstraint(
            "CASE WHEN hamlet_id IS NULL THEN area_class IN ('kv1', 'kv2', 'kv3') ELSE area_class = 'thon_dbkk' END",
            name="published_unit",
        ),
        CheckConstraint(f"decision <> '' AND {_PUBLISHED}", name="published"),
        CheckConstraint("confirmed_by <> entered_by", name="second_confirmer"),
        CheckConstraint("valid_to > valid_from", name="term"),
        CheckConstraint(
            "(valid_to IS NULL) = (ended_by IS NULL) AND (valid_to IS NULL OR confirmed_by IS NOT NULL)", name="ended"
        ),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
        Index(
            "area_classifications_one_ix", "unit_id", unique=True,
            postgresql_where=text("confirmed_by IS NOT NULL AND valid_to IS NULL"),
        ),
        Index(
            "area_classifications_place_ix", "province_id", "commune_id",
            postgresql_where=text("confirmed_by IS NOT NULL"),
        ),
        Index("area_classifications_ended_by_ix", "ended_by", postgresql_where=text("ended_by IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("area_lists.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    hamlet_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    unit_id: Mapped[int]
    unit_name: Mapped[str]
    area_class: Mapped[str]
    decision: Mapped[str]
    decided_on: Mapped[dt.date]
    document: Mapped[str]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]  # first day it no longer holds: a later list's
    entered_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    confirmed_at: Mapped[dt.datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("area_lists.id"))
