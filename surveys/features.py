"""Rows of any layer: their former versions, and their values as JSON keeps them there and in proposals."""

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.fields import Field
from geodata.tables import Base


class Version(Base):
    """A former row of a layer, written by one trigger for all layers."""

    __tablename__ = "versions"
    __table_args__ = (
        Index("versions_layer_id_ix", "layer", "id"),
        Index("versions_layer_former_commune_ix", "layer", text("((row ->> 'commune_id'::text)::integer)")),
    )

    layer: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    row: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geom: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))  # exact: the JSON rounds
    replaced_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    replaced_by: Mapped[int | None]


def read(field: Field, value: Any) -> Any:
    """A JSON value as the Python value of the field's column."""
    if value is None or value == "":
        return None
    match field.kind:
        case "date":
            return dt.date.fromisoformat(value)
        case "integer" | "money":
            return int(value)
        case "decimal":
            return float(value)
        case "choices":
            return list(value)
        case _:
            return value
