"""Personal tokens, by which machines (QGIS, ODK Collect, scripts) sign in as a person."""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app import credentials

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Kept:
    """A token as listed: never the token itself."""

    id: int
    label: str
    created_at: dt.datetime
    expires_on: dt.date | None


def create(connection: Connection, account_id: int, label: str, days: int = LONGEST_DAYS) -> str:
    """A new token, to be shown once; only its SHA-256 is stored. Good for `days` days."""
    token = f"diaban_{secrets.token_urlsafe(32)}"
    connection.execute(
        text(
            "INSERT INTO tokens (account_id, sha256, label, expires_on)"
            " VALUES (:account, :sha256, :label, current_date + CAST(:days AS int))"
        ),
        {
            "account": account_id,
            "sha256": credentials.digest(token),
            "label": label.strip()[:80] or "–",
            "days": max(1, min(days, LONGEST_DAYS)),
        },
    )
    return token


def listing(connection: Connection, account_id: int) -> list[Kept]:
    """The tokens of an account that are still good, newest first."""
    rows = connection.execute(
        text(
            "SELECT id, label, created_at, expires_on FROM tokens WHERE account_id = :id AND revoked_at IS NULL"
            " AND (expires_on IS NULL OR expires_on > current_date) ORDER BY id DESC"
        ),
        {"id": account_id},
    )
    return [Kept(*row) for row in rows]


def revoke(connection: Connection, account_id: int, token_id: int) -> bool:
    """Ends a token of this account; False where it has none of that number."""
    done = connection.execute(
        text("UPDATE tokens SET revoked_at = now() WHERE id = :token AND account_id = :id AND revoked_at IS NULL"),
        {"token": token_id, "id": account_id},
    )
    return done.rowcount == 1
