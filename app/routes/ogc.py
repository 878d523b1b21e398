"""OGC API – Features: every layer an account may read, for QGIS, GDAL and other systems."""

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from app import ogc_asked, ogc_documents, reads, sessions
from app.ogc_asked import CRS84
from app.ogc_documents import link
from geodata import crs
from geodata.problems import NotFound
from surveys import collections, exchange, export_columns
from surveys.layer import Layer

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")


@blueprint.get("/")
def landing() -> Response:
    """The landing page."""
    return jsonify(ogc_documents.landing(_root()))


@blueprint.get("/conformance")
def conformance() -> Response:
    """The standards kept."""
    return jsonify({"conformsTo": ogc_documents.CONFORMANCE})


@blueprint.get("/api")
def description() -> Response:
    """OpenAPI 3.0."""
    response = jsonify(ogc_documents.openapi(_root(), collections.readable(sessions.actor())))
    response.mimetype = "application/vnd.oai.openapi+json"
    response.content_type = "application/vnd.oai.openapi+json;version=3.0"
    return response


@blueprint.get("/collections")
def listed() -> Response:
    """The layers this account may read."""
    actor = sessions.actor()
    layers = collections.readable(actor)
    zones = _zones()
    return jsonify(
        {
            "links": [link(f"{_root()}/collections", "self")],
            "collections": [
                ogc_documents.collection(_root(), layer, zones, collections.extent(sessions.session()))
                for layer in layers
            ],
        }
    )


@blueprint.get("/collections/<key>")
def collection(key: str) -> Response:
    """One layer."""
    layer = collections.one(sessions.actor(), key)
    return jsonify(ogc_documents.collection(_root(), layer, _zones(), collections.extent(sessions.session())))


@blueprint.get("/collections/<key>/queryables")
def queryables(key: str) -> Response:
    """What a layer's features may be filtered by."""
    layer = collections.one(sessions.actor(), key)
    response = jsonify(ogc_documents.queryables(_root(), layer, export_columns.codes(sessions.session())))
    response.mimetype = "application/schema+json"
    return response


@blueprint.get("/collections/<key>/items")
def items(key: str) -> Response:
    """A page of features; the link `next` leads on."""
    actor, session = sessions.actor(), sessions.session()
    layer = collections.one(actor, key)
    asked = ogc_asked.page(layer, request.args, _zones())
    found = collections.page(session, actor, layer, asked)
    _note(layer)
    here = f"{_root()}/collections/{layer.key}/items"
    own = request.args.to_dict()
    links = [link(_with(here, own), "self", "application/geo+json"), link(here.removesuffix("/items"), "collection")]
    if found.next is not None:
        links.append(link(_with(here, {**own, "after": str(found.next)}), "next", "application/geo+json"))
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": found.features,
        "numberReturned": len(found.features),
        "links": links,
    }
    if found.matched is not None:
        body["numberMatched"] = found.matched
    return _geojson(body)


@blueprint.get("/collections/<key>/items/<id_>")
def item(key: str, id_: str) -> Response:
    """One feature."""
    actor = sessions.actor()
    layer = collections.one(actor, key)
    srid = ogc_asked.srid(request.args.get("crs"), _zones())
    try:
        found = collections.feature(sessions.session(), actor, layer, uuid.UUID(id_), srid)
    except ValueError:
        found = None
    if found is None:
        raise NotFound(kind=layer.key, id=id_[:40])
    _note(layer)
    here = f"{_root()}/collections/{layer.key}"
    links = [link(f"{here}/items/{found['id']}", "self", "application/geo+json"), link(here, "collection")]
    return _geojson({**found, "links": links})


def _note(layer: Layer) -> None:
    reads.note(sessions.actor(), layer.key)
    sessions.commit()


def _zones() -> list[crs.Zone]:
    return [zone for zone, _ in exchange.zones(sessions.session(), sessions.actor())]


def _root() -> str:
    return request.host_url.rstrip("/") + "/ogc"


def _with(address: str, args: dict[str, str]) -> str:
    return f"{address}?{urlencode(args)}" if args else address


def _geojson(body: dict[str, Any]) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), mimetype="application/geo+json")
    response.headers["Content-Crs"] = f"<{request.args.get('crs', CRS84)}>"
    return response
