"""What a phone seals with: the server's public key and its own token; and a sealed draft key back for its owner."""

import base64
import binascii
import datetime as dt
import json
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import text

from app import phone_keys, sessions, throttle
from geodata.problems import Forbidden, Problem
from surveys import audit, seals
from surveys.answer_problems import SubmissionUnreadable

blueprint = Blueprint("phone_keys", __name__, url_prefix="/survey/api")
FRESH_MINUTES = 15
MOST_BYTES = 10_000


class SignInAgain(Problem):
    """The sign-in is too long ago: whoever holds the phone must show the password first; facts: minutes."""

    code = "sign_in_again"


@blueprint.get("/keys")
def keys() -> Response:
    """The public key, and the token that says whose phone it is."""
    folder = sessions.config().secrets
    key = phone_keys.current(folder)
    author = phone_keys.author(folder, sessions.actor().account_id, dt.datetime.now(dt.UTC).date())
    return jsonify({"key": {"id": phone_keys.id_of(key), "jwk": phone_keys.public_jwk(key)}, "author": author})


@blueprint.post("/recover")
def recover() -> Response:
    """Opens the draft key that a phone sealed, for the account that sealed it: its PIN was forgotten."""
    actor = sessions.actor()
    throttle.begin(sessions.engine(), f"recover {actor.username}", f"recover {request.remote_addr}")
    _require_fresh()
    key_id, sealed = _asked()
    folder = sessions.config().secrets
    opened = seals.open_seal(phone_keys.named(folder, key_id), sealed, "draft key")
    try:
        within = json.loads(opened)
        author, key = str(within["author"]), str(within["key"])
    except (ValueError, KeyError, TypeError):
        raise seals.SealBroken(what="draft") from None
    if phone_keys.account_of(folder, author) != actor.account_id:
        raise Forbidden(verb="recover")
    audit.record(sessions.session(), actor, "recover drafts")
    sessions.commit()
    return jsonify({"key": key})


def _asked() -> tuple[str, bytes]:
    if (request.content_length or 0) > MOST_BYTES:
        raise SubmissionUnreadable(reason="sealed")
    body: Any = request.get_json(silent=True)
    try:
        return str(body["keyId"]), base64.b64decode(body["sealed"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise SubmissionUnreadable(reason="sealed") from None


def _require_fresh() -> None:
    """A browser's sign-in must be recent, and by password; a token is shown with each request anyway.

    A sign-in service may let a browser in again without asking anything: whoever found the phone would be let in too.
    """
    given = sessions.credential()
    if given is None or given.by_token:
        return
    fresh = sessions.session().scalar(
        text("SELECT by_password AND created_at > now() - make_interval(mins => :m) FROM sign_ins WHERE sha256 = :d"),
        {"m": FRESH_MINUTES, "d": given.digest},
    )
    if not fresh:
        raise SignInAgain(minutes=FRESH_MINUTES)
