"""The second step of signing in: time-based codes (RFC 6238) and recovery codes, both good once."""

import hashlib
import io
import secrets
from typing import Any

import qrcode
import qrcode.image.svg
from passlib.exc import TokenError
from passlib.totp import TOTP
from sqlalchemy import Connection, text

from app import keys
from app.config import Config

RECOVERY_CODES = 10


def factory(config: Config) -> type[TOTP]:
    """How codes are made here. Secrets are kept encrypted: a copy of the database alone gives no codes."""
    made: type[TOTP] = TOTP.using(secrets={"1": keys.kept(config.secrets, "totp")}, issuer="Địa Bàn")
    return made


def propose(connection: Connection, config: Config, account_id: int) -> None:
    """Keeps a new secret that counts only once a code of it was shown (`confirm`)."""
    secret = factory(config).new().to_json(encrypt=True)
    connection.execute(
        text(
            "UPDATE accounts SET tf_totp_secret = :secret, tf_primary_method = NULL, totp_counter = NULL WHERE id = :id"
        ),
        {"secret": secret, "id": account_id},
    )


def proposed(connection: Connection, config: Config, account_id: int) -> TOTP | None:
    """The secret not confirmed yet, to be shown; None where there is none, or it counts already."""
    row = connection.execute(
        text("SELECT tf_totp_secret FROM accounts WHERE id = :id AND tf_primary_method IS NULL"), {"id": account_id}
    ).one_or_none()
    return factory(config).from_source(row.tf_totp_secret) if row and row.tf_totp_secret else None


def confirm(connection: Connection, config: Config, account_id: int, code: str) -> list[str] | None:
    """Switches the second step on if the code is right: the recovery codes, shown this once; None if it is wrong."""
    counter = _counter(connection, config, account_id, code)
    if counter is None:
        return None
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    connection.execute(
        text(
            "UPDATE accounts SET tf_primary_method = 'totp', totp_counter = :counter,"
            " mf_recovery_codes = to_jsonb(CAST(:codes AS text[])) WHERE id = :id"
        ),
        {"counter": counter, "codes": [_kept(code) for code in codes], "id": account_id},
    )
    return codes


def switch_off(connection: Connection, account_id: int) -> None:
    """Removes secret and recovery codes."""
    connection.execute(
        text(
            "UPDATE accounts SET tf_primary_method = NULL, tf_totp_secret = NULL, totp_counter = NULL,"
            " mf_recovery_codes = NULL WHERE id = :id"
        ),
        {"id": account_id},
    )


def accepts(connection: Connection, config: Config, account_id: int, code: str) -> bool:
    """Whether a code of the phone or a recovery code is good; either is used up by it."""
    code = code.strip().replace(" ", "").lower()
    return _use_recovery(connection, account_id, code) or _use_code(connection, config, account_id, code)


def _use_recovery(connection: Connection, account_id: int, code: str) -> bool:
    # One statement: two requests with the same code can't both find it there.
    done = connection.execute(
        text(
            "UPDATE accounts SET mf_recovery_codes = mf_recovery_codes - CAST(:code AS text)"
            " WHERE id = :id AND mf_recovery_codes ? CAST(:code AS text)"
        ),
        {"code": _kept(code), "id": account_id},
    )
    return done.rowcount == 1


def _use_code(connection: Connection, config: Config, account_id: int, code: str) -> bool:
    counter = _counter(connection, config, account_id, code)
    if counter is None:
        return False
    done = connection.execute(
        text(
            "UPDATE accounts SET totp_counter = :counter WHERE id = :id"
            " AND (totp_counter IS NULL OR totp_counter < :counter)"
        ),
        {"counter": counter, "id": account_id},
    )
    return done.rowcount == 1


def _counter(connection: Connection, config: Config, account_id: int, code: str) -> int | None:
    """The time step of a right code, one step (30 s) of a wrong clock allowed either way; None for a wrong code."""
    secret = connection.scalar(text("SELECT tf_totp_secret FROM accounts WHERE id = :id"), {"id": account_id})
    if secret is None:
        return None
    try:
        match: Any = factory(config).verify(code, secret, window=30)
    except (TokenError, ValueError):
        return None
    return int(match.counter)


def _recovery_code() -> str:
    code = secrets.token_hex(8)
    return "-".join(code[i : i + 4] for i in range(0, 16, 4))


def _kept(code: str) -> str:
    return hashlib.sha256(code.replace("-", "").encode()).hexdigest()


def picture(totp: TOTP, username: str) -> bytes:
    """The QR code a phone scans, as SVG."""
    image = qrcode.make(totp.to_uri(label=username), image_factory=qrcode.image.svg.SvgPathImage, box_size=12)
    drawn = io.BytesIO()
    image.save(drawn)
    return drawn.getvalue()
