"""Administrative units: dated names and areas, their succession, and who contains a point."""

import datetime as dt
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Boolean, CheckConstraint, Double, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

PROVINCE, DISTRICT, COMMUNE, HAMLET = 1, 2, 3, 4


class Unit(Base):
    """A unit during the time its name, kind and area held; a code alone is never a key."""

    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="dates"),
        Index("units_level_code_valid_from_key", "level", "code", "valid_from", unique=True),
        Index("units_geom_ix", "geom", postgresql_using="gist"),
        Index("units_search_ix", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]  # tỉnh, thành phố, huyện, xã, phường, đặc khu, thôn …
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    province_id: Mapped[int | None] = mapped_column(
        ForeignKey("units.id"), index=True
    )  # the unit itself for a province
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]  # first day it no longer holds
    act: Mapped[str | None]  # the legal act that made it
    area_km2: Mapped[float | None] = mapped_column(Double)
    point: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    approximate: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # "ranh giới gần đúng"
    illustrative: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # "thôn minh hoạ"
    search: Mapped[str] = mapped_column(Text, server_default=text("''"))  # name without marks, lower case, by trigger


class UnitPart(Base):
    """Small pieces of the areas of units that hold today, so that a point is looked up by index."""

    __tablename__ = "unit_parts"
    __table_args__ = (Index("unit_parts_geom_ix", "geom", postgresql_using="gist"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id", ondelete="CASCADE"), index=True)
    level: Mapped[int] = mapped_column(SmallInteger)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))


class Succession(Base):
    """An old unit went into a new one, whole or in part."""

    __tablename__ = "succession"

    old_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    new_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True, index=True)
    whole: Mapped[bool] = mapped_column(Boolean)
    on: Mapped[dt.date]
    act: Mapped[str | None]


class PlacementTie(Base):
    """A point that two units of one level both claim: logged, the first match taken."""

    __tablename__ = "placement_ties"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    layer: Mapped[str]
    feature_id: Mapped[str]
    unit_id: Mapped[int]
    others: Mapped[str]
