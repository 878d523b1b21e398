"""The audit: insert-only rows, sealed in chained batches by a sealer with a key outside the database (S9)."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Connection, Identity, Index, LargeBinary, insert, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import UserDefinedType

from geodata.tables import Base
from surveys.access import Actor


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class AuditRow(Base):
    """Who did or read what, where, when; the web role may only insert."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_at_ix", "at", postgresql_using="brin"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    txid: Mapped[str] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"), index=True)
    account_id: Mapped[int | None]
    verb: Mapped[str]
    layer: Mapped[str | None]
    area: Mapped[int | None]  # unit id
    purpose: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True)
    )  # never coordinates, never free text
    era: Mapped[int] = mapped_column(server_default=text("1"))  # raised by each restore: its transactions count anew


class Seal(Base):
    """One sealed batch: rows of transactions in [from_txid, below_txid) of an era, chained by HMAC."""

    __tablename__ = "audit_seals"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    era: Mapped[int]
    from_txid: Mapped[str] = mapped_column(Xid8)
    below_txid: Mapped[str] = mapped_column(Xid8)
    rows: Mapped[int]
    last_id: Mapped[int] = mapped_column(BigInteger)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hmac: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))


def record(
    session: Session | Connection,
    actor: Actor | None,
    verb: str,
    *,
    layer: str | None = None,
    area: int | None = None,
    purpose: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Adds one audit row to the caller's transaction; `detail` holds ids and counts, never coordinates or free text."""
    session.execute(
        # Without RETURNING: the web role may add audit rows but not read them.
        insert(AuditRow)
        .inline()
        .values(
            account_id=actor.account_id if actor else None,
            verb=verb,
            layer=layer,
            area=area,
            purpose=purpose,
            detail=detail,
        )
    )
