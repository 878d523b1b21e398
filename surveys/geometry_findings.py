"""What a check of a layer's geometry found: a feature, what is odd about it, and the repair that is offered."""

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Double, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.geometry_checks import FIXES, KINDS
from geodata.tables import Base


def _one_of(values: tuple[str, ...]) -> str:
    return "('" + "', '".join(values) + "')"


class GeometryFinding(Base):
    """One oddity; `other_id` is the feature itself where no second one is at odds with it."""

    __tablename__ = "geometry_findings"
    __table_args__ = (
        CheckConstraint(f"kind IN {_one_of(KINDS)}", name="kind"),
        CheckConstraint(f"fix IN {_one_of(FIXES)}", name="fix"),
        CheckConstraint("state IN ('open', 'proposed', 'set_aside', 'undone')", name="state"),
        UniqueConstraint("layer", "kind", "feature_id", "other_id", name="geometry_findings_layer_kind_key"),
        Index("geometry_findings_province_id_layer_ix", "province_id", "layer"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    layer: Mapped[str]
    kind: Mapped[str]
    feature_id: Mapped[uuid.UUID]
    version: Mapped[int]  # the feature's, when it was found
    other_id: Mapped[uuid.UUID]
    province_id: Mapped[int]
    commune_id: Mapped[int]
    commune_to: Mapped[int | None]  # the commune that holds the place
    measure: Mapped[float | None] = mapped_column(Double)  # m² of an overlap; metres of a gap or distance
    fix: Mapped[str]  # "" where nothing can be offered
    at: Mapped[Any | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    geom_before: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    state: Mapped[str] = mapped_column(server_default=text("'open'"))
    proposal_id: Mapped[uuid.UUID | None]
    found_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
