"""Scripts, styles, fonts and pictures; packed ones where the browser takes them."""

import mimetypes
import re
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory

from app import sessions

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
    packed = request.accept_encodings["gzip"] > 0 and (FOLDER / f"{filename}.gz").is_file()
    # Flask joins the path safely: `..` and absolute ones give 404.
    response = send_from_directory(FOLDER, f"{filename}.gz" if packed else filename, mimetype=kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    if HASHED.search(filename):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
