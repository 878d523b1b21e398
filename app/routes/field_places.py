"""What the phone keeps to know where it stands: boundaries, hamlets, what a layer holds, the office's base map."""

import hashlib
from pathlib import Path
from typing import Any

import flask
from flask import Blueprint, Response, request
from sqlalchemy import text

from app import grounds, languages, reads, sessions
from geodata import basemap, outlines
from geodata.problems import NotFound
from surveys import reported
from surveys.access import Actor
from surveys.proposing import FAR_FROM_HAMLET_M

blueprint = Blueprint("field_places", __name__, url_prefix="/survey/api")
PMTILES = "application/vnd.pmtiles"

_HAMLETS = text(
    "SELECT id, ST_X(at) AS lon, ST_Y(at) AS lat, name, parent_id FROM ("
    "  SELECT *, CASE WHEN geom IS NULL OR ST_IsEmpty(geom) THEN point ELSE ST_PointOnSurface(geom) END AS at"
    "  FROM units WHERE province_id = :province AND level = 4 AND :commune IN (0, parent_id) AND valid_to IS NULL) u"
    " WHERE at IS NOT NULL ORDER BY id"
)
# Communes of the scope and those at their border, so that a place just outside can be named.
_BOUNDARIES = text(
    "SELECT u.id, u.name, u.kind, u.approximate, :commune IN (0, u.id) AS own,"
    " ST_AsBinary(u.geom) AS area"
    " FROM units u LEFT JOIN units home ON home.id = :commune"
    " WHERE u.level = 3 AND u.valid_to IS NULL AND u.geom IS NOT NULL AND NOT ST_IsEmpty(u.geom)"
    " AND (u.province_id = :province AND :commune IN (0, u.id)"
    "   OR u.geom && home.geom AND ST_DWithin(u.geom, home.geom, 0.0005)) ORDER BY u.id"
)
# A little around, so that a boundary drawn from its centre doesn't cut the map off.
_BOX = text(
    "SELECT ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north"
    " FROM (SELECT ST_Expand(coalesce(geom, point), 0.02) AS b FROM units WHERE id = :unit) u WHERE b IS NOT NULL"
)


@blueprint.get("/boundaries")
def boundaries() -> Response:
    """GeoJSON of the communes around; `approximate` says that one was drawn from its centre."""
    actor = sessions.actor()
    scope = {"province": actor.province_id, "commune": actor.commune_id}
    rows = sessions.session().execute(_BOUNDARIES, scope).all()
    drawn = outlines.light([bytes(row.area) for row in rows])
    features = [
        {
            "type": "Feature",
            "id": row.id,
            "properties": {
                "name": f"{row.kind[:1].upper()}{row.kind[1:]} {row.name}",
                "approximate": row.approximate,
                "own": row.own,
            },
            "geometry": geometry,
        }
        for row, geometry in zip(rows, drawn, strict=True)
    ]
    return _kept({"type": "FeatureCollection", "features": features})


@blueprint.get("/hamlets")
def hamlets() -> Response:
    """Hamlets of the scope as points; from how far a place is far from its hamlet; how exact a point is wanted."""
    actor = sessions.actor()
    rows = sessions.session().execute(_HAMLETS, {"province": actor.province_id, "commune": actor.commune_id})
    listed = [[row.id, round(row.lon, 6), round(row.lat, 6), row.name, row.parent_id] for row in rows]
    gate = sessions.config().point_accuracy_m
    return _kept({"far_m": FAR_FROM_HAMLET_M, "gate_m": gate, "hamlets": listed})


@blueprint.get("/nearby/<form_id>")
def nearby(form_id: str) -> Response:
    """What the layer a form feeds holds in the scope; the phone looks for those near a point by itself."""
    session, actor = sessions.session(), sessions.actor()
    layer = reported.layer_of(session, actor, form_id)
    found = reported.places(session, actor, layer, languages.current())
    reads.note(actor, layer.key)
    # A report is answered, not updated: whoever finds it there already need not send it again.
    visit = layer.key != "situation_reports"
    sessions.commit()
    return _kept(
        {"layer": layer.key, "metres": layer.near_m, "visit": visit, "places": [place.row() for place in found]}
    )


@blueprint.get("/basemap")
def basemap_of_scope() -> Response:
    """How large the base map of the scope is, before anyone downloads it; 0 bytes where there is none to keep.

    `live` then says where its tiles are while there is signal, if the office has set an address of tiles.
    """
    shown = grounds.shown()
    found = _extract(sessions.actor()) if shown is not None and shown.archive is not None else None
    if found is None:
        return _kept({"bytes": 0, **({} if shown is None or shown.ground is None else {"live": shown.told()})})
    return _kept(
        {
            "bytes": found.bytes,
            "version": found.path.stem,
            "minzoom": found.min_zoom,
            "maxzoom": found.max_zoom,
            "kind": found.kind,
        }
    )


@blueprint.get("/basemap.pmtiles")
def basemap_file() -> Response:
    """The base map of the scope, in ranges where asked. 404 where the office has set none."""
    found = _extract(sessions.actor())
    if found is None:
        raise NotFound(what="basemap", id="")
    response = flask.send_file(found.path, mimetype=PMTILES, conditional=True, etag=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _extract(actor: Actor) -> basemap.Extract | None:
    """Of the office's archive, what covers the scope; cut out anew when either changes."""
    archive = sessions.config().basemap
    if archive is None or not archive.endswith(".pmtiles"):
        return None
    unit = actor.commune_id or actor.province_id
    box = sessions.session().execute(_BOX, {"unit": unit}).one_or_none()
    if box is None:
        return None
    changed = Path(archive).stat()
    state = f"{archive} {changed.st_size} {changed.st_mtime_ns} {tuple(box)}"
    name = f"{unit}-{hashlib.blake2b(state.encode(), digest_size=8).hexdigest()}.pmtiles"
    return basemap.extract(Path(archive), tuple(box), sessions.config().home / "basemaps" / name)


def _kept(content: dict[str, Any]) -> Response:
    response = flask.jsonify(content)
    # The same address shows each scope something else; kept by the phone, asked again, mostly answered 304.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding, Cookie, Authorization"
    response.add_etag()
    response.make_conditional(request)
    return response
