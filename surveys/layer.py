"""What a layer is: a feature table, its style and its grants; everything else is derived."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from geoalchemy2 import Geometry
from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from geodata.fields import Field, of
from geodata.tables import Base
from surveys.access import Grants

SOURCES = ("survey", "import", "curation", "demo")


class Feature(Base):
    """Columns every layer has; a layer's table holds only what is approved."""

    __abstract__ = True
    shape: ClassVar[str]  # POINT or MULTIPOLYGON, EPSG:4326

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-20)
    version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=-19)
    province_id: Mapped[int] = mapped_column(ForeignKey("units.id"), sort_order=-18)
    commune_id: Mapped[int] = mapped_column(ForeignKey("units.id"), sort_order=-17)
    hamlet_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), sort_order=-16)
    observed_on: Mapped[dt.date] = mapped_column(sort_order=-15)
    origin: Mapped[str] = mapped_column(sort_order=100)  # one of SOURCES
    proposal_id: Mapped[uuid.UUID | None] = mapped_column(sort_order=101)
    entered_by: Mapped[int | None] = mapped_column(sort_order=102)
    confirmed_by: Mapped[int | None] = mapped_column(sort_order=103)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=104)
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=105)

    @declared_attr
    @classmethod
    def geom(cls) -> Mapped[Any | None]:
        """The place, WGS 84; NULL where only the unit is known."""
        return mapped_column(Geometry(cls.shape, 4326, spatial_index=False), sort_order=106)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        key = cls.__tablename__
        return (
            Index(f"{key}_geom_ix", "geom", postgresql_using="gist"),
            Index(f"{key}_province_id_commune_id_ix", "province_id", "commune_id"),
            Index(f"{key}_observed_on_ix", "observed_on"),
            Index(
                f"{key}_updated_at_ix", "updated_at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}
            ),
            *getattr(cls, "constraints", ()),
        )


@dataclass(frozen=True)
class Style:
    """How a layer looks: one colour and icon, or one colour and symbol for each code of `by`."""

    color: str
    icon: str
    by: str = ""  # key of the choice field that colours the features
    classes: dict[str, tuple[str, str]] = field(default_factory=dict)  # code → (colour, symbol)


@dataclass(frozen=True)
class Withheld:
    """What of a row doesn't leave where a count of it is `below` a number (S6): these fields, and its place."""

    count: str  # key of the counting field
    below: int
    fields: tuple[str, ...]
    why: str  # said in Vietnamese wherever it is left out
    place: bool = False

    @property
    def when(self) -> str:
        """The same rule as SQL over the row's columns."""
        return f"{self.count} < {self.below}"

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether the rule holds for a row's values by field key."""
        n = row.get(self.count)
        return n is not None and int(n) < self.below


@dataclass(frozen=True)
class Layer:
    """One declared layer; `key` is its table's name everywhere outside."""

    table: type[Feature]
    title: str
    title_en: str
    group: str
    style: Style
    grants: Grants
    label: str  # key of the field that names a feature
    photos: bool = False
    geometry_relevant: str = ""  # XLSForm expression: when the place and photo are asked
    geometry_required: bool = True
    withheld: tuple[Withheld, ...] = ()
    near_m: float = 150.0  # two so near may be one thing reported twice: the phone asks
    visited: bool = True  # whether a feature is updated by a follow-up visit
    # (a, b): fields of numbers or days of which the first is never more than the second; the table refuses it too.
    never_more: tuple[tuple[str, str], ...] = ()
    # ((field, code), fields): where the field has that code, these are required; the table refuses it too.
    needed: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = ()

    @property
    def key(self) -> str:
        return self.table.__tablename__

    @property
    def shape(self) -> str:
        return self.table.shape

    @property
    def fields(self) -> tuple[Field, ...]:
        return of(self.table)

    def field(self, key: str) -> Field:
        """The field named `key`; KeyError if the layer has none."""
        return {f.key: f for f in self.fields}[key]

    def lacking(self, row: Mapping[str, Any]) -> list[Field]:
        """Which fields of `needed` a row's values by field key don't have."""
        keys = [key for (by, code), keys in self.needed if row.get(by) == code for key in keys]
        return [self.field(key) for key in keys if row.get(key) in (None, "")]

    @property
    def leaving(self) -> tuple[Field, ...]:
        """The fields that may leave by popup, table, export, API, tile or search."""
        return tuple(f for f in self.fields if f.leaves)

    @property
    def unplaced(self) -> str:
        """SQL over a row's columns: whether its place is withheld, its hamlet with it; "" where that never is."""
        return " OR ".join(rule.when for rule in self.withheld if rule.place)

    def emptied(self, row: Mapping[str, Any]) -> dict[str, None]:
        """Columns a row of very few households may not fill where its place is withheld (S6): the table refuses it."""
        rules = [rule for rule in self.withheld if rule.place and rule.holds(row)]
        return dict.fromkeys([key for rule in rules for key in (*rule.fields, "geom")])
