"""Choosing Vietnamese or English."""

from typing import Any

from flask import Blueprint, redirect, request

from app import languages, sessions, signing_in
from geodata.problems import NotFound

blueprint = Blueprint("language", __name__)


@blueprint.get("/lang/<chosen>")
@sessions.open_to_all
def choose(chosen: str) -> Any:
    """Remembers the language in this browser, and goes back to the page."""
    if chosen not in languages.LANGUAGES:
        raise NotFound(what="language")
    response = redirect(signing_in.safe_next(request.args.get("next")))
    response.set_cookie(
        languages.COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        secure=sessions.config().url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return response
