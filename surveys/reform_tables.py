"""What a reform of units changed, so that it can be told, added up and taken back, and what waits for a person."""

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, Boolean, CheckConstraint, Double, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class Reform(Base):
    """One change of units that was applied: boundaries corrected, successions corrected, or a dated reform."""

    __tablename__ = "reforms"
    __table_args__ = (CheckConstraint("kind IN ('boundaries', 'succession', 'reform')", name="kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    kind: Mapped[str]
    on: Mapped[dt.date | None]  # the day the new units begin; NULL for a correction
    act: Mapped[str | None]
    source: Mapped[str]  # names of the files it was read from
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    applied_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    undone_at: Mapped[dt.datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undo_report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ReformUnit(Base):
    """A unit that a reform added, ended or changed, as it stood before."""

    __tablename__ = "reform_units"

    reform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reforms.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True)  # without a foreign key: taking back removes added ones
    added: Mapped[bool] = mapped_column(Boolean)
    valid_to: Mapped[dt.date | None]
    parent_id: Mapped[int | None]
    province_id: Mapped[int | None]
    area_km2: Mapped[float | None] = mapped_column(Double)
    point: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    approximate: Mapped[bool | None] = mapped_column(Boolean)


class ReformPair(Base):
    """A succession that a reform added or corrected; `whole` as it was before, NULL where there was none."""

    __tablename__ = "reform_pairs"

    reform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reforms.id", ondelete="CASCADE"), primary_key=True)
    old_id: Mapped[int] = mapped_column(primary_key=True)
    new_id: Mapped[int] = mapped_column(primary_key=True)
    whole: Mapped[bool | None] = mapped_column(Boolean)


class ReformMove(Base):
    """A row of any relation whose units a reform changed: from where, to where, and by what it was placed."""

    __tablename__ = "reform_moves"

    reform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reforms.id", ondelete="CASCADE"), primary_key=True)
    relation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    how: Mapped[str]  # moved (by its place), hamlet, leader, succession, queued
    province_before: Mapped[int | None]
    unit_before: Mapped[int | None]
    province_after: Mapped[int | None]
    unit_after: Mapped[int | None]
    version_after: Mapped[int | None]


class Unplaced(Base):
    """A row that neither its place nor a whole succession puts into a unit of today: a person chooses."""

    __tablename__ = "unplaced"
    __table_args__ = (
        CheckConstraint("why IN ('outside', 'without_place')", name="why"),
        CheckConstraint("(settled_unit IS NULL) = (settled_by IS NULL)", name="settled"),
        Index("unplaced_waiting_ix", "relation", "key", unique=True, postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    reform_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reforms.id", ondelete="CASCADE"), index=True)
    relation: Mapped[str]
    key: Mapped[str]
    province_id: Mapped[int | None]
    unit_id: Mapped[int]  # the former one
    candidates: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    why: Mapped[str]
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    settled_unit: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    settled_at: Mapped[dt.datetime | None]
