"""Signing in by the province's own sign-in service: only into an account that is here, and always the same person's."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import flask
from flask import Flask, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection, text

from app import accounts, sessions, signing_in, throttle
from app.provider_client import Begun, Client, ProviderAnswerWrong
from app.provider_settings import Provider
from app.subjects import OtherPerson, Subject
from geodata.problems import NotFound, Problem
from surveys import audit

WITHIN_S = 600
MOST_TARGET = 1500  # characters: a browser drops a cookie of more than 4096 bytes
PATH = "/login/provider"
BACK = f"{PATH}/back"


class NotBegunHere(Problem):
    """What came back belongs to no sign-in this browser began in the last minutes."""

    code: ClassVar[str] = "provider_not_begun"


class ProviderSaidNo(Problem):
    """The service sent the browser back without having signed anybody in."""

    code: ClassVar[str] = "provider_said_no"


class NoAccount(Problem):
    """The service knows who it is; no account here has that name. Facts: username."""

    code: ClassVar[str] = "provider_no_account"


class AccountLocked(Problem):
    """The account of that name is disabled. Facts: username."""

    code: ClassVar[str] = "provider_account_locked"


@dataclass(frozen=True)
class Carried:
    """What the browser keeps between leaving and coming back."""

    begun: Begun
    target: str


def register(web: Flask, provider: Provider | None) -> None:
    """The client of this process, and the words on the button in templates."""
    web.extensions["diaban_provider"] = None if provider is None else Client(provider)
    web.jinja_env.globals["provider"] = provider


def begin(target: str) -> flask.Response:
    """Sends the browser to the service. Raises NotFound where none is set, ProviderSilent, ProviderAnswerWrong."""
    begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
    response = flask.make_response(flask.redirect(_client().address(begun, _back())))
    kept = _sealer().dumps({**asdict(begun), "target": target if len(target) <= MOST_TARGET else "/"})
    response.set_cookie(
        _cookie(), str(kept), max_age=WITHIN_S, path=PATH, secure=_encrypted(), httponly=True,
        # Strict ones aren't sent when another site sends the browser here, and that is how it comes back.
        samesite="Lax",
    )  # fmt: skip
    return response


def carried() -> Carried:
    """What this browser left with, if what came back is of the same sign-in. Raises NotBegunHere, NotFound."""
    _provider()
    try:
        kept = _sealer().loads(request.cookies.get(_cookie(), ""), max_age=WITHIN_S)
    except BadSignature:
        raise NotBegunHere from None
    begun = Begun(kept["state"], kept["nonce"], kept["verifier"])
    if not secrets.compare_digest(request.args.get("state", "").encode(), begun.state.encode()):
        raise NotBegunHere
    return Carried(begun, signing_in.safe_next(kept["target"]))


def finish(begun: Begun) -> bool:
    """Signs in whom the service names; False where our own second step is still asked for.

    Raises ProviderSaidNo, ProviderSilent, ProviderAnswerWrong, CodeRefused, TooManyTries, NoAccount, AccountLocked,
    OtherPerson.
    """
    provider, address = _provider(), request.remote_addr or "?"
    # Each try may make us ask the service, and writes a row into the audit where it fails.
    throttle.begin_from(sessions.engine(), address)
    if request.args.get("iss", provider.issuer) != provider.issuer:
        raise ProviderAnswerWrong(reason="iss")
    code = request.args.get("code", "")
    if not code or "error" in request.args:
        raise ProviderSaidNo
    claims = _client().told(code, begun, _back())
    username = _name(provider, claims)
    with sessions.engine().begin() as connection:
        account_id = _account(connection, username)
        throttle.succeeded_from(connection, address)
        return signing_in.with_subject(connection, account_id, username, Subject(provider.issuer, claims["sub"]))


def record_failure(problem: Problem) -> None:
    """One audit row for a sign-in that came back and failed; never the name the service told."""
    detail: dict[str, Any] = {"by": "provider", "why": problem.code}
    with sessions.engine().begin() as connection:
        if isinstance(problem, AccountLocked | OtherPerson):
            detail["account"] = accounts.id_of(connection, problem.facts["username"])
        audit.record(connection, None, "sign_in_failed", detail=detail)


def forget(response: flask.Response) -> None:
    """What was carried is good once."""
    response.delete_cookie(_cookie(), path=PATH, secure=_encrypted(), httponly=True, samesite="Lax")


def _name(provider: Provider, claims: dict[str, Any]) -> str:
    """The user name the service tells. Raises ProviderAnswerWrong."""
    told = claims.get(provider.claim)
    if not isinstance(told, str) or not told.isprintable() or not 1 <= len(told) <= 200:
        raise ProviderAnswerWrong(reason=provider.claim)
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise ProviderAnswerWrong(reason="email_verified")  # people may type any address there
    # User names here are small letters. Only ASCII is made small: the Kelvin sign isn't a k.
    return told.lower() if told.isascii() else told


def _account(connection: Connection, username: str) -> int:
    row = connection.execute(
        text("SELECT id, active FROM accounts WHERE username = :name"), {"name": username}
    ).one_or_none()
    if row is None:
        raise NoAccount(username=username)
    if not row.active:
        raise AccountLocked(username=username)
    account_id: int = row.id
    return account_id


def _provider() -> Provider:
    found = sessions.config().provider
    if found is None:
        raise NotFound(what="provider")
    return found


def _client() -> Client:
    found: Client | None = flask.current_app.extensions["diaban_provider"]
    if found is None:
        raise NotFound(what="provider")
    return found


def _back() -> str:
    return sessions.config().url + BACK


def _encrypted() -> bool:
    return sessions.config().url.startswith("https:")


def _cookie() -> str:
    return "__Secure-diaban-provider" if _encrypted() else "diaban-provider"


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(flask.current_app.secret_key), salt="diaban provider")
