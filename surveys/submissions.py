"""Submissions as received, but for what the safeguards remove before the first write; and their attachments."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class FormVersion(Base):
    """One version of a form: generated from a layer, or uploaded and approved by a second account."""

    __tablename__ = "forms"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'live', 'closed')", name="state"),
        CheckConstraint("origin = 'layer' OR state = 'draft' OR approved_by <> uploaded_by", name="second_approver"),
    )

    form_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    layer: Mapped[str | None]  # the layer it feeds
    origin: Mapped[str]  # layer, upload
    xform: Mapped[str]
    md5: Mapped[str]  # of the XForm, as formList's hash
    state: Mapped[str] = mapped_column(server_default=text("'live'"))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class Submission(Base):
    """One OpenRosa submission; stored once, applied later."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'applied', 'quarantined')", name="state"),
        Index("submissions_received_ix", "seq", postgresql_where=text("state = 'received'")),
        Index("submissions_own_ix", "account_id", "received_at"),
        Index("submissions_deprecated_id_ix", "deprecated_id", postgresql_where=text("deprecated_id IS NOT NULL")),
        Index("submissions_origin_id_ix", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    instance_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(server_default=text("nextval('submissions_seq')"))
    form_id: Mapped[str]
    form_version: Mapped[str]
    deprecated_id: Mapped[str | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    province_id: Mapped[int]
    commune_id: Mapped[int | None]  # known once applied
    received_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    sha256_received: Mapped[bytes] = mapped_column(LargeBinary)
    sha256_kept: Mapped[bytes] = mapped_column(LargeBinary)
    xml: Mapped[str]
    code: Mapped[str]  # withdrawal code on the receipt: random, no name
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    flags: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  # masked, point_cut, photo_cut …
    state: Mapped[str] = mapped_column(server_default=text("'received'"))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    applied_at: Mapped[dt.datetime | None]
    origin_id: Mapped[str | None]  # the first of the records this one corrects; set when applied


class Attachment(Base):
    """A file of a submission: where its bytes are and whether others may see it."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'clean', 'passed', 'refused', 'cut')", name="state"),
        # `cut`: removed before the first write (S5); only its hash remains, for the receipt.
        CheckConstraint("(state = 'cut') = (sha256_kept IS NULL)", name="cut"),
        Index(
            "attachments_received_ix", "instance_id", postgresql_where=text("state = 'received' AND NOT undecodable")
        ),
    )

    instance_id: Mapped[str] = mapped_column(
        ForeignKey("submissions.instance_id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256_received: Mapped[bytes] = mapped_column(LargeBinary)
    sha256_kept: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    media_type: Mapped[str]
    bytes: Mapped[int]
    orientation: Mapped[int] = mapped_column(server_default=text("1"))  # EXIF's, read before EXIF is cut
    state: Mapped[str] = mapped_column(server_default=text("'received'"))
    undecodable: Mapped[bool] = mapped_column(server_default=text("false"))  # tried to re-encode it once, in vain
    layer: Mapped[str | None]  # set when its feature is approved
    feature_id: Mapped[str | None]
    province_id: Mapped[int]
    commune_id: Mapped[int | None]
    passed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
