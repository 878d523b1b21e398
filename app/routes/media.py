"""Photos that passed review, by the hash of their bytes."""

import re

from flask import Blueprint, send_file
from sqlalchemy import text
from werkzeug import Response

from app import sessions
from geodata.problems import NotFound
from surveys import media

blueprint = Blueprint("media", __name__)


@blueprint.get("/media/<digest>")
def photo(digest: str) -> Response:
    """A photo a reviewer has confirmed, if its feature is in the actor's scope; 404 for every other reason."""
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise NotFound(what="photo")
    actor = sessions.actor()
    found = sessions.session().scalar(
        text(
            "SELECT media_type FROM attachments WHERE sha256_kept = :h AND state = 'passed' AND province_id = :p"
            " AND (:c = 0 OR commune_id = :c) LIMIT 1"
        ),
        {"h": bytes.fromhex(digest), "p": actor.province_id, "c": actor.commune_id},
    )
    if found is None:
        raise NotFound(what="photo")
    answer = send_file(media.path(sessions.config().home, digest), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer
