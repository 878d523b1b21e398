"""Submissions as received, but for what the safeguards remove before the first write; and their attachments."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class FormVersion(Base):
    """One version of a form: generated from a layer, or uploaded and approved by a second account."""

    __tablename__ = "forms"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'live', 'closed', 'withdrawn')", name="state"),
        CheckConstraint(
            "origin = 'layer' OR state IN ('draft', 'withdrawn')"
            " OR (approved_by IS NOT NULL AND approved_by <> uploaded_by)",
            name="second_approver",
        ),
        CheckConstraint("origin = 'layer' OR state <> 'live' OR expires_on IS NOT NULL", name="expires"),
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
    # Of uploaded forms only:
    province_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    source: Mapped[bytes | None] = mapped_column(LargeBinary)  # the file as it came
    source_name: Mapped[str | None]
    notes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  # what its author should know
    approved_at: Mapped[dt.datetime | None]
    expires_on: Mapped[dt.date | None]  # listed until then


class FormUnit(Base):
    """A unit whose accounts a form is published to, from one day to another; the form's versions follow each other."""

    __tablename__ = "form_units"
    __table_args__ = (CheckConstraint("valid_to >= valid_from", name="dates"),)

    form_id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True, server_default=text("CURRENT_DATE"))
    valid_to: Mapped[dt.date | None]
    published_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class FormFile(Base):
    """A file an uploaded form shows or chooses from: picture, sound, film or list."""

    __tablename__ = "form_files"
    __table_args__ = (
        ForeignKeyConstraint(["form_id", "version"], ["forms.form_id", "forms.version"], ondelete="CASCADE"),
    )

    form_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    md5: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class FormUpload(Base):
    """A file waiting to be checked by a job; the first of them is the form."""

    __tablename__ = "form_uploads"

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Submission(Base):
    """One OpenRosa submission; stored once, applied later."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'applied', 'quarantined', 'withdrawn')", name="state"),
        Index("submissions_received_ix", "seq", postgresql_where=text("state = 'received'")),
        Index("submissions_code_ix", "code"),
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
        Index("attachments_clean_ix", "sha256_kept", postgresql_where=text("state = 'clean'")),
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


class PhotoMark(Base):
    """What a face detector saw in a kept picture: rectangles in thousandths; NULL where it couldn't look at it."""

    __tablename__ = "photo_marks"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    boxes: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    looked_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
