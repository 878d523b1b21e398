"""Scripts, styles, fonts and pictures; packed ones where the browser takes them."""

import mimetypes
import re
from pathlib import Path

from flask import Blueprint, Response

from app import packed_files, sessions

FOLDER = Path(__file__).parent.parent / "static"
# Built files that carry the hash of their content in their name never change.
HASHED = re.compile(r"-[A-Z0-9]{8}\.\w+$")

blueprint = Blueprint("assets", __name__)
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


@blueprint.get("/static/<path:filename>")
@sessions.open_to_all
def static(filename: str) -> Response:
    """A file of app/static, with ETag; 404 for anything outside it."""
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    response = packed_files.sent(FOLDER, filename, kind)
    if HASHED.search(filename):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
