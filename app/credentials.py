"""Who presents a session cookie, a Bearer token or user + token: looked up by SHA-256, remembered for 30 seconds."""

import hashlib
import threading
import time
from dataclasses import dataclass

from flask import Request
from sqlalchemy import Connection, Engine, Row, text

from geodata.units import COMMUNE
from surveys.access import Actor, Role

REMEMBERED_S = 30
MOST = 20_000

_ACCOUNT = """
    SELECT a.id, a.username, a.role, a.unit_id, u.level, u.province_id, coalesce(a.office_id, 0) AS office_id,
           array(SELECT verb FROM special_verbs v WHERE v.account_id = a.id
                 AND v.granted_on <= current_date AND v.expires_on > current_date) AS special
    FROM accounts a JOIN units u ON u.id = a.unit_id
"""
_BY_COOKIE = text(
    _ACCOUNT + "JOIN sign_ins s ON s.account_id = a.id WHERE a.active AND s.sha256 = :digest AND s.expires_at > now()"
)
_BY_TOKEN = text(
    _ACCOUNT + "JOIN tokens t ON t.account_id = a.id WHERE a.active AND t.sha256 = :digest AND t.revoked_at IS NULL"
    " AND (t.expires_on IS NULL OR t.expires_on > current_date)"
)
_BY_ID = text(_ACCOUNT + "WHERE a.active AND a.id = :id")
_FORMER = text(_ACCOUNT + "WHERE a.id = :id")


@dataclass(frozen=True)
class Credential:
    """What a request brought: `digest` is the SHA-256 of the secret; `username` is set for HTTP Basic."""

    digest: bytes
    by_token: bool
    username: str | None = None


def presented(request: Request, cookie: str | None) -> Credential | None:
    """The Authorization header where there is one, else the session cookie's secret."""
    if "Authorization" in request.headers:
        given = request.authorization
        if given is not None and given.type == "bearer" and given.token:
            return Credential(digest(given.token), by_token=True)
        if given is not None and given.type == "basic" and given.password:
            return Credential(digest(given.password), by_token=True, username=(given.username or "").strip().lower())
        return Credential(b"", by_token=True)  # a header we can't read: never falls back to the cookie
    return Credential(digest(cookie), by_token=False) if cookie else None


def digest(secret: str) -> bytes:
    """What is kept of a secret. Plain SHA-256 is enough: it is 32 random bytes, nobody guesses them."""
    return hashlib.sha256(secret.encode()).digest()


class Known:
    """The actors of this process by credential; an account that was disabled is out within REMEMBERED_S seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._actors: dict[tuple[bytes, bool], tuple[float, Actor]] = {}

    def actor(self, credential: Credential) -> Actor | None:
        """The account behind a credential, None where it isn't good (any more)."""
        key = (credential.digest, credential.by_token)
        held = self._actors.get(key)
        if held is None or held[0] < time.monotonic():
            found = self._ask(credential)
            if found is None:
                self._actors.pop(key, None)
                return None
            held = (time.monotonic() + REMEMBERED_S, found)
            self._hold(key, held)
        if credential.username is not None and credential.username != held[1].username:
            return None
        return held[1]

    def forget(self, account_id: int | None = None) -> None:
        """Drops what is remembered of an account (of all, without one), so that a change counts at once here."""
        with self._lock:
            self._actors = {
                key: held
                for key, held in self._actors.items()
                if account_id is not None and held[1].account_id != account_id
            }

    def _ask(self, credential: Credential) -> Actor | None:
        with self._engine.begin() as connection:
            by = _BY_TOKEN if credential.by_token else _BY_COOKIE
            row = connection.execute(by, {"digest": credential.digest}).one_or_none()
        return None if row is None else _actor(row)

    def _hold(self, key: tuple[bytes, bool], held: tuple[float, Actor]) -> None:
        with self._lock:
            if len(self._actors) >= MOST:
                now = time.monotonic()
                self._actors = {k: h for k, h in self._actors.items() if h[0] > now}
                if len(self._actors) >= MOST:
                    self._actors = {}
            self._actors[key] = held


def actor_of(connection: Connection, account_id: int) -> Actor | None:
    """The actor of an account that may act now; None where it is unknown or disabled."""
    row = connection.execute(_BY_ID, {"id": account_id}).one_or_none()
    return None if row is None else _actor(row)


def former_actor_of(connection: Connection, account_id: int) -> Actor | None:
    """The actor an account is or was, whether or not it may act now: for saying whose something is, not for doing."""
    row = connection.execute(_FORMER, {"id": account_id}).one_or_none()
    return None if row is None else _actor(row)


def _actor(row: Row[tuple[object, ...]]) -> Actor:
    return Actor(
        account_id=row.id,
        username=row.username,
        role=Role(row.role),
        province_id=row.province_id,
        commune_id=row.unit_id if row.level == COMMUNE else 0,
        office_id=row.office_id,
        special=frozenset(row.special),
    )
