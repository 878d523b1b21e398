"""The office's base map from our own server: browsers and QGIS ask nobody else for it."""

import base64

import flask
from flask import Blueprint, Response, request

from app import grounds, sessions
from app.tile_fetching import GroundTiles
from geodata.problems import NotFound

blueprint = Blueprint("basemap", __name__, url_prefix="/basemap")
# What stands where a picture base map has nothing: one transparent point.
NOTHING = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII="
)
A_DAY = 86_400


@blueprint.record_once
def _keep_tiles(state: flask.blueprints.BlueprintSetupState) -> None:
    home = state.app.extensions["diaban_config"].home
    state.app.extensions["diaban_ground_tiles"] = GroundTiles(home / "basemaps" / "tiles")


@blueprint.get("/<version>/<int:z>/<int:x>/<int:y>")
def tile(version: str, z: int, x: int, y: int) -> Response:
    """One tile; the version of another base map than the present one is not found."""
    found = grounds.shown()
    if found is None or found.version != version:
        raise NotFound(what="basemap", id=version[:40])
    sessions.end()  # the host may take its time: nothing of the database waits for it
    made = grounds.tile(found, z, x, y)
    data, type_ = (made.data, made.type) if made.data or found.kind == "vector" else (NOTHING, "image/png")
    response = Response(data, mimetype=type_)
    if made.packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"private, max-age={A_DAY}"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/settings.json")
def told() -> Response:
    """Where its tiles are, to which zooms; {} where there is none."""
    found = grounds.shown()
    return flask.jsonify({} if found is None else found.told())
