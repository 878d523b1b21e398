"""How a problem leaves: problem JSON for machines, OpenRosa XML for phones, a page for people; one code in all."""

import logging
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import flask
from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app import constraints, errors, languages, sessions
from geodata.problems import Forbidden, NotFound, Problem
from surveys import audit

log = logging.getLogger("diaban.web")
MACHINE_PATHS = ("/api/", "/tiles/", "/basemap/", "/ogc/", "/survey/api/", "/activities.ics")
HTTP_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "unavailable",
}


def register(web: Flask) -> None:
    """Every error of `web` is answered here."""
    web.register_error_handler(Problem, of)
    web.register_error_handler(HTTPException, _http)
    web.register_error_handler(DBAPIError, _database)
    web.register_error_handler(Exception, _unexpected)


def answer(code: str, facts: dict[str, Any], said: errors.Said, status: int | None = None) -> Response:
    """The response for a problem, in the form the asker reads."""
    status = status or said.status
    vi = languages.current() != "en"
    sentence = errors.filled(said.vi if vi else said.en, facts)
    if request.path.startswith("/openrosa/"):
        response = _openrosa(code, sentence)
    elif _asks_for_json():
        plain = {k: v if isinstance(v, int | float | bool | list) else str(v) for k, v in facts.items()}
        title = said.en if not vi else said.vi
        body = {"type": f"urn:diaban:problem:{code}", "title": errors.filled(title, facts), "status": status}
        response = flask.jsonify({**body, "detail": sentence, "code": code, "facts": plain})
        response.mimetype = "application/problem+json"
    else:
        _know_the_asker()
        response = make_response(render_template("problem.html", code=code, status=status, sentence=sentence))
    response.status_code = status
    return response


def _know_the_asker() -> None:
    """The page's menu asks who is there; without a database it must still be a page."""
    try:
        sessions.asker()
    except SQLAlchemyError:
        g.actor = None


def _asks_for_json() -> bool:
    if request.path.startswith(MACHINE_PATHS):
        return True
    if "Authorization" in request.headers and "text/html" not in request.headers.get("Accept", ""):
        return True  # a program that fetches a file or an address of people's pages
    best = request.accept_mimetypes.best_match(("text/html", "application/json", "application/problem+json"))
    return best is not None and best != "text/html"


def _openrosa(code: str, sentence: str) -> Response:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        f'<message nature="submit_error">{escape(sentence)}</message>'
        f'<problem xmlns="urn:diaban:problem" code={quoteattr(code)}/></OpenRosaResponse>'
    )
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["Date"] = format_datetime(datetime.now(UTC), usegmt=True)
    return response


def of(problem: Problem) -> Response:
    """The response for a problem as the one table has it."""
    if isinstance(problem, NotFound | Forbidden):
        _record_refusal(problem)
    if isinstance(problem, sessions.NotSignedIn):
        return _ask_to_sign_in(problem)
    if problem.code not in errors.TABLE:
        log.error("problem code %s has no sentence", problem.code)
        return answer(problem.code, problem.facts, errors.TABLE["problem"])
    said = errors.of(problem)
    response = answer(problem.code, problem.facts, said)
    if said.status == 429:
        response.headers["Retry-After"] = str(60 * int(problem.facts.get("minutes", 1)))
    elif said.status == 503:
        response.headers["Retry-After"] = "60"
    return response


def _ask_to_sign_in(problem: Problem) -> Response:
    if "HX-Request" in request.headers:
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("sign_in.form")
        return response
    machine = request.path.startswith(("/openrosa/", "/media/")) or _asks_for_json()
    if not machine and request.method in ("GET", "HEAD") and "Authorization" not in request.headers:
        target = request.full_path if request.query_string else request.path
        return make_response(redirect(url_for("sign_in.form", next=None if target == "/" else target)))
    response = answer(problem.code, problem.facts, errors.of(problem))
    # A browser's own fetch must not open the browser's password box: the phone app asks people to sign in itself.
    scheme = "Bearer" if "Sec-Fetch-Mode" in request.headers else 'Basic realm="Dia Ban", charset="UTF-8"'
    response.headers["WWW-Authenticate"] = scheme
    return response


def _record_refusal(problem: Problem) -> None:
    """One audit row for what a signed-in account was refused, in a transaction of its own: the request's is lost."""
    actor = g.get("actor")
    if actor is None:
        return
    detail = {"endpoint": request.endpoint, "code": problem.code}
    for fact in ("what", "verb"):
        if isinstance(problem.facts.get(fact), str):
            detail[fact] = problem.facts[fact][:40]
    layer = problem.facts.get("layer")
    sessions.end()  # what the request was doing is lost anyway; two connections at once could starve the pool
    try:
        with sessions.engine().begin() as connection:
            audit.record(connection, actor, "refused", layer=str(layer)[:40] if layer else None, detail=detail)
    except SQLAlchemyError:
        log.exception("a refusal could not be recorded")


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    code = "csrf" if isinstance(error, CSRFError) else HTTP_CODES.get(error.code, "problem")
    response = answer(code, {}, errors.TABLE[code], error.code)
    for name in ("Allow", "Retry-After"):
        if name in (given := error.get_response().headers):
            response.headers[name] = given[name]
    return response


def _database(error: DBAPIError) -> Response:
    problem = constraints.problem_of(error)
    if problem is not None:
        log.warning("%s %s refused by the database: %s", request.method, request.path, type(error.orig).__name__)
        return of(problem)
    # A server that is down, full or restarting isn't our fault nor the asker's: they may try again.
    if isinstance(error.orig, pg.OperationalError | pg.InterfaceError):
        log.error("the database doesn't answer: %s", error.orig)
        response = answer("unavailable", {}, errors.TABLE["unavailable"])
        response.headers["Retry-After"] = "30"
        return response
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("%s %s failed, reference %s", request.method, request.path, reference, exc_info=error)
    return answer("internal", {"reference": reference}, errors.TABLE["internal"])
