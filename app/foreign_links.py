"""A link on another site, in a web mail say, opens our page only once its reader says so.

The browser leaves the Strict session cookie out of such a request. Answered like any other, its reader would seem to be
nobody, and the sign-in page would put a new session in the place of the one that is there.
"""

import flask
from flask import Flask, render_template, request

from app import signing_in

# Where a sign-in service sends the browser back to: it brings a cookie of its own.
ARRIVING = {"sign_in_provider.back"}


def register(web: Flask) -> None:
    """Before anybody is asked who they are."""
    web.before_request(_ask)


def _ask() -> flask.Response | None:
    asked = request.headers
    if (
        request.method != "GET"
        or asked.get("Sec-Fetch-Site") != "cross-site"
        or asked.get("Sec-Fetch-Dest") != "document"
        or request.endpoint in ARRIVING
        or "Authorization" in asked
        or flask.current_app.config["SESSION_COOKIE_NAME"] in request.cookies
    ):
        return None
    target = signing_in.safe_next(request.full_path.removesuffix("?"))
    answer = flask.make_response(render_template("foreign_link.html", target=target))
    # The page's token would be a new session; it has no form.
    flask.session.modified = False
    return answer
