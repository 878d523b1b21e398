"""Accounts, their special verbs, sign-ins and the tokens of machines: the only rows about persons."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base


class Account(Base):
    """Who signs in: one role, one scope (a province or a commune), at most one office."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("role IN ('field', 'officer', 'leader', 'gis', 'admin')", name="role"),
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]  # work address for reminders, optional
    password: Mapped[str | None]  # argon2
    role: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    demo: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    tf_primary_method: Mapped[str | None]
    tf_totp_secret: Mapped[str | None]
    mf_recovery_codes: Mapped[list[Any] | None] = mapped_column(JSONB)  # sha256, hex; each good once
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)  # the last time step used: no code is good twice


class SpecialVerb(Base):
    """`read_restricted` and `approve_form`: granted by two different admins, for at most a year (S5)."""

    __tablename__ = "special_verbs"
    __table_args__ = (
        CheckConstraint("verb IN ('read_restricted', 'approve_form')", name="verb"),
        CheckConstraint("granted_by <> seconded_by", name="two_admins"),
        CheckConstraint("account_id NOT IN (granted_by, seconded_by)", name="not_to_oneself"),
        CheckConstraint("expires_on <= granted_on + 366", name="twelve_months"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    verb: Mapped[str] = mapped_column(primary_key=True)
    granted_on: Mapped[dt.date] = mapped_column(primary_key=True)
    expires_on: Mapped[dt.date]
    granted_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    seconded_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class Token(Base):
    """A machine's key: only the SHA-256 of its 32 random bytes is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    label: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    expires_on: Mapped[dt.date | None]
    revoked_at: Mapped[dt.datetime | None]


class SignIn(Base):
    """One browser signed in; only the SHA-256 of its cookie's 32 random bytes is kept."""

    __tablename__ = "sign_ins"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[dt.datetime]
    by_password: Mapped[bool] = mapped_column(server_default=text("true"))  # else by the province's sign-in service


class AccountSubject(Base):
    """Whose account it is at the province's sign-in service: OpenID's issuer and `sub`, no name."""

    __tablename__ = "account_subjects"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    issuer: Mapped[str]
    subject: Mapped[str]
    bound_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class SignInFailure(Base):
    """One try to sign in that didn't succeed (yet); kept for minutes, to slow down guessing."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("sign_in_failures_who_at_ix", "who", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    who: Mapped[str]  # an account's name, an address, or both
    at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
