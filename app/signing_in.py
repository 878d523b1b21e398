"""Signing in and out: password, second step, a fresh session each time, and where to go next."""

import datetime as dt
import secrets
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import flask
from flask import request
from sqlalchemy import Connection, text

from app import credentials, passwords, second_factor, sessions, subjects, throttle
from app.subjects import Subject
from geodata.problems import Problem
from surveys import audit
from surveys.access import Role

# A phone comes back from the hamlets after days; an office computer is signed in to every morning.
HOURS = {Role.FIELD: 14 * 24}
HOURS_OTHERS = 12
CODE_WITHIN_S = 300
HALF_KEY = "half_signed_in"


class SignInFailed(Problem):
    """Name or password is wrong; which of them is told nowhere."""

    code = "sign_in_failed"


class CodeWrong(Problem):
    """The second step's code is wrong or used up."""

    code = "code_wrong"


class Half(NamedTuple):
    """Who did the first step and owes the code; `subject` where the first step was the province's sign-in service."""

    account_id: int
    username: str
    subject: Subject | None


def with_password(username: str, password: str) -> bool:
    """Signs in; False where a second step is still asked for. Raises SignInFailed, TooManyTries."""
    username = username.strip().lower()
    throttle.begin(sessions.engine(), username, _address())
    with sessions.engine().begin() as connection:
        row = connection.execute(
            text("SELECT id, password, tf_primary_method, active FROM accounts WHERE username = :name"),
            {"name": username},
        ).one_or_none()
    # Outside the transaction: nothing is held in the database while argon2 works.
    right = passwords.matches(password, row.password if row else None)
    if row is None or not right or not row.active:
        _record_failure(row.id if row else None)
        raise SignInFailed
    with sessions.engine().begin() as connection:
        if row.tf_primary_method is not None:
            _owe_the_code(row.id, username)
            return False
        throttle.succeeded(connection, username, _address())
        if passwords.outdated(row.password):
            renewed = {"hash": passwords.hashed(password), "id": row.id}
            connection.execute(text("UPDATE accounts SET password = :hash WHERE id = :id"), renewed)
        _begin(connection, row.id)
    return True


def with_subject(connection: Connection, account_id: int, username: str, subject: Subject) -> bool:
    """Signs in whom the province's service has named; False where a second step is still asked for.

    Raises OtherPerson. Our second step is asked for wherever it is on: it holds against the service's own mistakes too.
    """
    subjects.require_same(connection, account_id, username, subject)
    second = connection.scalar(text("SELECT tf_primary_method FROM accounts WHERE id = :id"), {"id": account_id})
    if second is not None:
        _owe_the_code(account_id, username, subject)
        return False
    _begin_as(connection, account_id, username, subject)
    return True


def half_signed_in() -> Half | None:
    """Who did the first step within the last five minutes and owes the code."""
    half = flask.session.get(HALF_KEY)
    if not half or time.time() - half[2] > CODE_WITHIN_S:
        return None
    account_id, username, _, *subject = half
    return Half(account_id, username, Subject(*subject) if subject else None)


def with_code(half: Half, code: str) -> None:
    """The second step. Raises CodeWrong, TooManyTries, OtherPerson."""
    throttle.begin(sessions.engine(), f"code {half.username}", _address())
    with sessions.engine().begin() as connection:
        if second_factor.accepts(connection, sessions.config(), half.account_id, code):
            throttle.succeeded(connection, f"code {half.username}", _address())
            if half.subject is None:
                throttle.succeeded(connection, half.username, _address())
                _begin(connection, half.account_id)
            else:
                _begin_as(connection, half.account_id, half.username, half.subject)
            return
    _record_failure(half.account_id)
    raise CodeWrong


def _owe_the_code(account_id: int, username: str, subject: Subject | None = None) -> None:
    flask.session.clear()
    whose = [] if subject is None else [subject.issuer, subject.subject]
    flask.session[HALF_KEY] = [account_id, username, int(time.time()), *whose]


def _begin_as(connection: Connection, account_id: int, username: str, subject: Subject) -> None:
    """Only who is through every step is bound to the account."""
    new = subjects.bind(connection, account_id, username, subject)
    _begin(connection, account_id, by_password=False, detail={"by": "provider", "bound": new})


def sign_out() -> None:
    """Ends this browser's session, here and in the database."""
    given = sessions.credential()
    actor = sessions.asker()
    if given is not None and not given.by_token:
        with sessions.engine().begin() as connection:
            connection.execute(text("DELETE FROM sign_ins WHERE sha256 = :digest"), {"digest": given.digest})
            if actor is not None:
                audit.record(connection, actor, "sign_out")
        if actor is not None:
            sessions.known().forget(actor.account_id)
    flask.session.clear()


def again(connection: Connection, account_id: int) -> None:
    """A fresh session for this browser, after a change that ended all of the account's others."""
    _begin(connection, account_id, verb="password_changed")


def _begin(
    connection: Connection,
    account_id: int,
    verb: str = "sign_in",
    *,
    by_password: bool = True,
    detail: dict[str, Any] | None = None,
) -> None:
    actor = credentials.actor_of(connection, account_id)
    if actor is None:
        raise SignInFailed  # disabled this very moment
    secret = secrets.token_urlsafe(32)
    connection.execute(text("DELETE FROM sign_ins WHERE account_id = :id AND expires_at < now()"), {"id": account_id})
    connection.execute(
        text(
            "INSERT INTO sign_ins (sha256, account_id, expires_at, by_password)"
            " VALUES (:sha256, :id, now() + :hours, :by_password)"
        ),
        {
            "sha256": credentials.digest(secret),
            "id": account_id,
            "hours": dt.timedelta(hours=HOURS.get(actor.role, HOURS_OTHERS)),
            "by_password": by_password,
        },
    )
    audit.record(connection, actor, verb, detail=detail)
    # Nothing of the session before signing in is kept: an attacker may have planted it.
    flask.session.clear()
    flask.session[sessions.COOKIE_KEY] = secret
    flask.session.permanent = True
    sessions.known().forget(account_id)


def _record_failure(account_id: int | None) -> None:
    with sessions.engine().begin() as connection:
        audit.record(connection, None, "sign_in_failed", detail={"account": account_id} if account_id else None)


def _address() -> str:
    return request.remote_addr or "?"


def safe_next(target: str | None) -> str:
    """The page of this site to go to after signing in; `/` for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\", "/login", "/logout")):
        return "/"
    if any(ord(letter) < 32 or letter == "\\" for letter in target):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target
