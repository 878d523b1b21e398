"""Proposals: what a submission, import or correction wants of a layer, and what a reviewer decided."""

import datetime as dt
import uuid
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class Proposal(Base):
    """A wished-for feature: values as JSON, place, flags; `restricted` ones have no geometry (S5)."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("action IN ('create', 'update', 'delete')", name="action"),
        CheckConstraint(
            "state IN ('waiting', 'approved', 'returned', 'rejected', 'superseded', 'withdrawn')", name="state"
        ),
        CheckConstraint("NOT restricted OR geom IS NULL", name="restricted_without_place"),
        CheckConstraint("restricted = (layer = 'restricted_reports')", name="restricted_layer"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by IS DISTINCT FROM created_by", name="second_person"),
        Index("proposals_waiting_ix", "province_id", "commune_id", "layer", postgresql_where=text("state = 'waiting'")),
        Index("proposals_feature_ix", "feature_id", postgresql_where=text("action = 'update'")),
        Index("proposals_import_id_ix", "import_id", postgresql_where=text("import_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.instance_id"), index=True)
    import_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("imports.id"))  # decided with the whole import
    layer: Mapped[str]
    action: Mapped[str] = mapped_column(server_default=text("'create'"))
    feature_id: Mapped[uuid.UUID] = mapped_column(index=True)
    base_version: Mapped[int | None]  # the feature's version the update began from
    branch_id: Mapped[uuid.UUID | None]  # one phone's chain of updates made without signal
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geom: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    province_id: Mapped[int]
    commune_id: Mapped[int | None]  # NULL: no unit found, queued for a person of the province
    hamlet_id: Mapped[int | None]
    office_id: Mapped[int | None]  # answering office of a restricted report
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    observed_on: Mapped[dt.date]
    origin: Mapped[str] = mapped_column(server_default=text("'survey'"))
    flags: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    comment: Mapped[str | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reviewed_at: Mapped[dt.datetime | None]
