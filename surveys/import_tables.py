"""Imports as a whole, how their columns were read before, and what went out that may come back."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base

# From the upload to the end. What ends in -ing waits for a job of its own.
STATES = (
    "reading", "asking", "ready", "refused", "withdrawn", "proposing", "proposed", "applying", "approved", "rejected",
    "undoing", "undone",
)  # fmt: skip


class Import(Base):
    """One file for one layer: the choices made of it, what came of its rows in figures and samples, the decision."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("state IN ('" + "', '".join(STATES) + "')", name="state"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> account_id", name="second_person"),
        Index("imports_account_id_created_at_ix", "account_id", "created_at"),
        Index("imports_waiting_ix", "province_id", postgresql_where=text("state = 'proposed'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    province_id: Mapped[int]
    commune_id: Mapped[int | None]  # the account's own; NULL for the whole province
    layer: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default=text("'reading'"))
    choices: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # of the file: sources, text, coordinates, columns
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # of its rows: figures, samples without persons
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    job_id: Mapped[uuid.UUID | None]  # the last one; jobs are forgotten after some days
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    proposed_at: Mapped[dt.datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reviewed_at: Mapped[dt.datetime | None]
    comment: Mapped[str | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undone_at: Mapped[dt.datetime | None]


class ImportMapping(Base):
    """How a table with these columns was read for a layer the last time somebody confirmed it."""

    __tablename__ = "import_mappings"

    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    layer: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[str] = mapped_column(primary_key=True)  # a hash of the names in their order
    choices: Mapped[dict[str, Any]] = mapped_column(JSONB)
    used_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class Export(Base):
    """A file that went out; `whole`: it held every row of the scope, so that a missing one was taken out."""

    __tablename__ = "exports"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    layer: Mapped[str]
    province_id: Mapped[int]
    commune_id: Mapped[int | None]
    whole: Mapped[bool]
    made_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
