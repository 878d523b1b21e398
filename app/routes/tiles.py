"""Vector tiles: one request for all layers of a view, cut to the asker's scope, and their TileJSON."""

import flask
from flask import Blueprint, Response, current_app, request

from app import sessions
from app.tile_cache import Generations, Tile, Tiles
from app.tile_source import TileSource
from geodata import tiles
from geodata.problems import NotFound
from surveys.access import Actor, Verb
from surveys.layers import CATALOGUE, KEYS, REPORT_COUNTS, named, refuse_clash

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
# What isn't a layer of the catalogue but has tiles; the second is made of a layer's rows and of the units' labels.
PUBLIC = frozenset({tiles.UNITS})
DEPENDS_ON: dict[str, tuple[str, ...]] = {REPORT_COUNTS: ("situation_reports", tiles.UNITS)}

blueprint = Blueprint("tiles", __name__, url_prefix="/tiles")


@blueprint.record_once
def _keep_tiles(state: flask.blueprints.BlueprintSetupState) -> None:
    state.app.extensions["tile_cache"] = Tiles()
    engine = state.app.extensions["diaban_engine"]
    state.app.extensions["tile_generations"] = Generations(engine)
    state.app.extensions["tile_source"] = TileSource(engine.url.render_as_string(hide_password=False))


@blueprint.get("/<layers>/<int:z>/<int:x>/<int:y>.mvt")
def tile(layers: str, z: int, x: int, y: int) -> Response:
    """One composite tile; 304 where the asker has it already."""
    actor = sessions.actor()
    keys = readable(actor, layers)
    tiles.check(z, x, y)
    kept: Tiles = current_app.extensions["tile_cache"]
    generations: Generations = current_app.extensions["tile_generations"]
    since = generations.of([part for key in keys for part in DEPENDS_ON.get(key, (key,))])
    at = (actor.province_id, actor.commune_id, keys, since, z, x, y)
    found = kept.find(at)
    if found is None:
        source: TileSource = current_app.extensions["tile_source"]
        found = Tile.of(source.tile(actor, keys, z, x, y))
        kept.keep(at, found)
    return _answer(found)


@blueprint.get("/<layers>.json")
def tilejson(layers: str) -> Response:
    """TileJSON 3.0 of a combination of layers."""
    keys = readable(sessions.actor(), layers)
    titles = {layer.key: layer.title for layer in CATALOGUE}
    described = [{"id": key, "description": titles.get(key, key), "fields": _fields(key)} for key in keys]
    if tiles.UNITS in keys:
        described.append({"id": "unit_labels", "description": "unit_labels", "fields": _fields("unit_labels")})
    return flask.jsonify(
        tilejson="3.0.0",
        name=", ".join(titles.get(key, key) for key in keys),
        scheme="xyz",
        tiles=[f"{sessions.config().url}/tiles/{','.join(keys)}/{{z}}/{{x}}/{{y}}.mvt"],
        minzoom=tiles.MIN_ZOOM,
        maxzoom=tiles.MAX_ZOOM,
        vector_layers=described,
    )


def readable(actor: Actor, layers: str) -> tuple[str, ...]:
    """The asked layer keys, sorted, each once. Raises NotFound, Forbidden, IncompatibleLayers."""
    keys = tuple(sorted(set(layers.split(","))))
    for key in keys:
        if key in PUBLIC:
            continue
        source = "situation_reports" if key == REPORT_COUNTS else key
        if source not in KEYS:
            raise NotFound(what="layer", id=key)
        actor.must(Verb.READ, key, named(source).grants)
    refuse_clash(set(keys))
    return keys


def _answer(tile: Tile) -> Response:
    if request.if_none_match.contains(tile.etag):
        response = Response(status=304)
    elif tile.packed is not None and request.accept_encodings.quality("gzip") > 0:
        response = Response(tile.packed, mimetype=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})
    else:
        response = Response(tile.plain, mimetype=MEDIA_TYPE)
    response.set_etag(tile.etag)
    # Private: the same address shows each scope something else. Always asked again; mostly answered 304.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Cookie, Authorization"
    return response


def _fields(key: str) -> dict[str, str]:
    if key == tiles.UNITS:
        return {"id": "unit id", "level": "1 province, 3 commune", "approximate": "boundary drawn from the centre"}
    if key == "unit_labels":
        return {"id": "unit id", "level": "1, 3, 4", "kind": "kind", "name": "name", "illustrative": "invented hamlet"}
    if key == REPORT_COUNTS:
        return {"unit": "commune id", "n": "reports"}
    return {"n": "features at this place", "class": "code that colours it", "id": "feature id, where it stands alone"}
