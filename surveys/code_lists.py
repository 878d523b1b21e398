"""Coded lists as dated rows: what a choice field may hold, with label, source and status."""

import datetime as dt

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class Code(Base):
    """One code of one list during the time it holds; editable by the admin."""

    __tablename__ = "code_lists"
    __table_args__ = (CheckConstraint("code ~ '^[a-z0-9_]+$'", name="code"),)

    list: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    valid_to: Mapped[dt.date | None]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    label_vi: Mapped[str]
    label_en: Mapped[str]
    source: Mapped[str]
    status: Mapped[str]  # sourced, from memory, own: what an office must check before relying on it
    mark: Mapped[str] = mapped_column(server_default=text("''"))  # "restricted" categories, "small" groups
