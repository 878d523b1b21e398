"""“Dân vận khéo” models as work: the registration form, half-yearly self-assessment, recognition by level."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Identity, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

LONGEST = 1000
# The fields of the registration form that the layer itself doesn't have; its name and goals are the first and third.
WRITTEN = (
    "reason", "method", "audience", "implementers", "resources", "time_frame", "outputs", "upkeep",
)  # fmt: skip


class ModelRegistration(Base):
    """What the registration form says of a model, in words about the work; exemplary individuals are a number."""

    __tablename__ = "model_registrations"
    __table_args__ = (
        CheckConstraint(
            "greatest(" + ", ".join(f"length({name})" for name in WRITTEN) + f") <= {LONGEST}", name="lengths"
        ),
        CheckConstraint("individuals BETWEEN 0 AND 100000", name="individuals"),
    )

    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_models.id", ondelete="CASCADE"), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    method: Mapped[str] = mapped_column(server_default=text("''"))
    audience: Mapped[str] = mapped_column(server_default=text("''"))
    implementers: Mapped[str] = mapped_column(server_default=text("''"))
    resources: Mapped[str] = mapped_column(server_default=text("''"))
    time_frame: Mapped[str] = mapped_column(server_default=text("''"))
    outputs: Mapped[str] = mapped_column(server_default=text("''"))
    upkeep: Mapped[str] = mapped_column(server_default=text("''"))
    individuals: Mapped[int | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class ModelAssessment(Base):
    """How a model sees itself in a half-year: whether its criteria are met, and whether it is kept up."""

    __tablename__ = "model_assessments"
    __table_args__ = (
        UniqueConstraint("model_id", "half"),
        CheckConstraint("half ~ '^20[0-9]{2}-H[12]$'", name="half"),
        CheckConstraint("result IN ('dat', 'mot_phan', 'chua')", name="result"),
        CheckConstraint("households BETWEEN 0 AND 1000000 AND length(words) <= 500", name="words"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_models.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    half: Mapped[str]  # 2026-H1
    result: Mapped[str]  # the model's own criteria: met, partly, not
    kept: Mapped[bool] = mapped_column(Boolean)
    households: Mapped[int | None]
    words: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class ModelRecognition(Base):
    """A level's recognition of a model, with its decision."""

    __tablename__ = "model_recognitions"
    __table_args__ = (
        UniqueConstraint("model_id", "level"),
        CheckConstraint("length(document) BETWEEN 1 AND 120", name="document"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_models.id", ondelete="CASCADE"))
    province_id: Mapped[int]
    commune_id: Mapped[int]
    level: Mapped[str]
    decided_on: Mapped[dt.date]
    document: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
