"""Who asks in this request, and their session on the database; every endpoint is closed unless it says otherwise."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import flask
from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app import credentials
from app.config import Config
from app.credentials import Credential, Known
from app.database import ScopedSession
from geodata.problems import Forbidden, Problem
from surveys.access import Actor, Role

COOKIE_KEY = "sign_in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])


class NotSignedIn(Problem):
    """Nobody, or nobody known, asks for something closed."""

    code = "not_signed_in"


class OpenRosaHeaderMissing(Problem):
    """A browser's cookie came to OpenRosa without its header: perhaps another site's form sent it."""

    code = "openrosa_header_missing"


class ClientHeaderMissing(Problem):
    """A browser's cookie came with a write to the phone's API, but not from our own phone app."""

    code = "client_header_missing"


_csrf = CSRFProtect()


def guard(web: Flask) -> None:
    """Closes every endpoint of `web`, and ends each request's database session."""
    web.extensions["open_endpoints"] = set()
    web.extensions["diaban_known"] = Known(web.extensions["diaban_engine"])
    _csrf.init_app(web)
    web.before_request(_close)
    web.teardown_request(lambda _error: end())


def open_to_all(view: View) -> View:
    """Marks a view as open without signing in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def only(*allowed: Role) -> Callable[[View], View]:
    """Lets only these roles into a view; others get Forbidden."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if actor().role not in allowed:
                raise Forbidden(verb="open", layer=request.path, role=str(actor().role))
            return view(*args, **kwargs)

        return checked  # type: ignore[return-value]

    return decorate


def is_open(web: Flask, endpoint: str) -> bool:
    """Whether an endpoint may be asked without signing in."""
    view = web.view_functions.get(endpoint)
    return endpoint in web.extensions["open_endpoints"] or getattr(view, "open_to_all", False)


def actor() -> Actor:
    """Who asks; raises NotSignedIn."""
    found = asker()
    if found is None:
        raise NotSignedIn
    return found


def asker() -> Actor | None:
    """Who asks, None where nobody is signed in."""
    if "actor" not in g:
        given = credential()
        g.actor = None if given is None else known().actor(given)
    found: Actor | None = g.actor
    return found


def credential() -> Credential | None:
    """What this request brought to be known by. Its `digest` also tells one signed-in browser from another."""
    return credentials.presented(request, flask.session.get(COOKIE_KEY))


def session() -> ScopedSession:
    """This request's session as its actor; what isn't committed by its end is rolled back."""
    if "database" not in g:
        begun = ScopedSession(engine())
        begun.act_as(actor())
        g.database = begun
    database: ScopedSession = g.database
    return database


def commit() -> None:
    """Commits this request's session; the answer is written after it."""
    session().commit()


def engine() -> Engine:
    """The web role's engine of this process, for paths without the ORM; settings are the caller's to apply."""
    found: Engine = current_app.extensions["diaban_engine"]
    return found


def config() -> Config:
    """The settings this application was made with."""
    found: Config = current_app.extensions["diaban_config"]
    return found


def known() -> Known:
    """The actors this process remembers."""
    found: Known = current_app.extensions["diaban_known"]
    return found


def rights_as_of_now(connection: Connection | Session, account_id: int) -> Actor | None:
    """The actor of an account as the database has it now, for work that runs later than it was asked for."""
    direct = connection.connection() if isinstance(connection, Session) else connection
    return credentials.actor_of(direct, account_id)


def _close() -> None:
    if request.endpoint is None:
        return  # no such address: the answer is the same for everyone
    if not is_open(current_app, request.endpoint):
        actor()
    given = credential()
    if given is not None and given.by_token:
        return  # no browser sends these by itself
    if request.path.startswith("/openrosa/"):
        # A plain form of another site can't set this header, and the cookie is SameSite=Strict besides.
        if given is not None and "X-OpenRosa-Version" not in request.headers:
            raise OpenRosaHeaderMissing
    elif request.path.startswith("/survey/api/"):
        # The phone sends days later, from its service worker too: a page's token would have run out. As above, only our
        # own scripts can set this header.
        if request.method not in SAFE and request.headers.get("X-Diaban-Client") != "1":
            raise ClientHeaderMissing
    elif request.method not in SAFE:
        _csrf.protect()


def end() -> None:
    """Rolls back what isn't committed and gives the connection back; a later `session()` begins anew."""
    begun: ScopedSession | None = g.pop("database", None)
    if begun is not None:
        begun.close()
