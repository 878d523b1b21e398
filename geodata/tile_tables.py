"""The tables behind the tiles: counts by cell for every zoom, the changes that feed them, areas simplified by zoom.

No login reads them but the worker: tiles come from functions that check the asker's scope themselves.
Positions are whole numbers of 1/2^26 of the Web Mercator square from its north-west corner, 0.6 m at the equator.
"""

import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base
from geodata.units import Unit

UNIT_ID = Unit.__table__.c.id


class TileLayer(Base):
    """A layer that has tiles; `generation` is raised whenever they may have changed."""

    __tablename__ = "tile_layers"
    __table_args__ = (CheckConstraint("shape IN ('POINT', 'MULTIPOLYGON', 'UNITS')", name="shape"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(unique=True)
    shape: Mapped[str]
    class_column: Mapped[str]  # the column that colours its features; '' for none
    generation: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class ProvinceCell(Base):
    """Features of one class in one cell, over a whole province; z 0 counts all rows, also those without a place."""

    __tablename__ = "tile_cells_province"
    layer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ty: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)  # row * 8 + column
    class_: Mapped[str] = mapped_column("class", Text, primary_key=True)
    n: Mapped[int]
    sx: Mapped[int] = mapped_column(BigInteger)  # sum of the positions, for the cell's middle
    sy: Mapped[int] = mapped_column(BigInteger)


class CommuneCell(Base):
    """The same with the commune in the key, for those who see one commune."""

    __tablename__ = "tile_cells_commune"
    layer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    tx: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ty: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    class_: Mapped[str] = mapped_column("class", Text, primary_key=True)
    n: Mapped[int]
    sx: Mapped[int] = mapped_column(BigInteger)
    sy: Mapped[int] = mapped_column(BigInteger)


class Delta(Base):
    """One row came (+1) or went (-1): only ever added, then taken by the refresher, so no writer waits for another."""

    __tablename__ = "tile_deltas"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    layer: Mapped[int] = mapped_column(SmallInteger)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    class_: Mapped[str] = mapped_column("class", Text)
    x: Mapped[int | None]  # NULL: no place, or an area
    y: Mapped[int | None]
    change: Mapped[int] = mapped_column(SmallInteger)


class ShapeChange(Base):
    """An area to be simplified again."""

    __tablename__ = "tile_shape_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    layer: Mapped[int] = mapped_column(SmallInteger)
    feature_id: Mapped[uuid.UUID]


class Shape(Base):
    """An area of a layer simplified for one zoom, as a point where it is tiny; EPSG:3857."""

    __tablename__ = "tile_shapes"
    __table_args__ = (Index("tile_shapes_geom_ix", "geom", postgresql_using="gist"),)

    layer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    feature_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    class_: Mapped[str] = mapped_column("class", Text)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False))


class UnitChange(Base):
    """A province whose units changed: its outlines and labels are drawn again."""

    __tablename__ = "tile_unit_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    province_id: Mapped[int]


class UnitShape(Base):
    """The outline of a province or commune simplified for one band of zooms, shared edges still shared; EPSG:3857."""

    __tablename__ = "tile_units"
    __table_args__ = (
        Index("tile_units_geom_ix", "geom", postgresql_using="gist"),
        Index("tile_units_wide_ix", "band", postgresql_where=text("wide")),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID, ondelete="CASCADE"), primary_key=True)
    band: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)  # the last zoom it serves
    province_id: Mapped[int]
    level: Mapped[int] = mapped_column(SmallInteger)
    approximate: Mapped[bool] = mapped_column(Boolean)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False))
    # Drawn in wide views of other provinces too: a province, a special zone.
    wide: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class UnitLabel(Base):
    """Where the name of a unit stands: its own point, or one on its surface."""

    __tablename__ = "tile_labels"
    __table_args__ = (
        Index("tile_labels_province_id_level_x_ix", "province_id", "level", "x"),
        Index("tile_labels_wide_ix", "x", postgresql_where=text("wide")),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID, ondelete="CASCADE"), primary_key=True)
    province_id: Mapped[int]
    parent_id: Mapped[int | None]
    level: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    name: Mapped[str]
    approximate: Mapped[bool] = mapped_column(Boolean)
    illustrative: Mapped[bool] = mapped_column(Boolean)
    x: Mapped[int]
    y: Mapped[int]
    wide: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class ReadMark(Base):
    """A session has been told of a layer in an area in these ten minutes: the next time isn't audited again."""

    __tablename__ = "read_marks"

    session: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # SHA-256 of what tells sessions apart
    layer: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # ten minutes each


TABLES = (
    TileLayer,
    ProvinceCell,
    CommuneCell,
    Delta,
    ShapeChange,
    Shape,
    UnitChange,
    UnitShape,
    UnitLabel,
    ReadMark,
)
