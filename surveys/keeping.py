"""How long things are kept, by dated rows: restricted text, backups, and the time to carry out a withdrawal."""

import datetime as dt

from sqlalchemy import CheckConstraint, Connection, ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base

RESTRICTED_MONTHS, WITHDRAWAL_DAYS, BACKUP_DAYS = "restricted_months", "withdrawal_days", "backup_days"
KINDS = (RESTRICTED_MONTHS, WITHDRAWAL_DAYS, BACKUP_DAYS)
MOST_BACKUP_DAYS = 35  # S11; the table refuses more


class SafeguardPeriod(Base):
    """A length, in months or days as its kind says, from a day on; with where it was decided."""

    __tablename__ = "safeguard_periods"
    __table_args__ = (
        CheckConstraint("kind IN ('restricted_months', 'withdrawal_days', 'backup_days')", name="kind"),
        CheckConstraint("length > 0 AND (kind <> 'backup_days' OR length <= 35)", name="length"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date] = mapped_column(primary_key=True)
    length: Mapped[int]
    source: Mapped[str]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


_LENGTH = text(
    "SELECT length FROM safeguard_periods WHERE kind = :kind AND valid_from <= :on ORDER BY valid_from DESC LIMIT 1"
)


def length(connection: Connection | Session, kind: str, on: dt.date) -> int:
    """The length of that kind that holds on a day."""
    found: int = connection.execute(_LENGTH, {"kind": kind, "on": on}).scalar_one()
    return found
