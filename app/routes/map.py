"""The leader's map: the Folium page, its script, the place beside it, and what stands where one clicks."""

import hashlib
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import flask
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import text

from app import folium_map, languages, reads, sessions
from app.routes.tiles import readable
from geodata.problems import InvalidValue
from geodata.units import COMMUNE
from surveys import at, places, showing
from surveys.access import Actor, Verb
from surveys.layer import Layer
from surveys.layers import CATALOGUE, FAITH_AND_ETHNICITY, KEYS, REPORT_COUNTS, clash

AT_FIRST = ("situation_reports", "hamlet_profiles")
CELLS = (0, 64, 128)

blueprint = Blueprint("map", __name__, url_prefix="/map")


@blueprint.get("/")
def show() -> Any:
    """The map over the actor's province or commune."""
    actor = sessions.actor()
    return _page(actor.commune_id or actor.province_id)


@blueprint.get("/place/<int:unit_id>")
def place(unit_id: int) -> Any:
    """The map at one place; with `part=1` only the panel beside it."""
    if "part" not in request.args:
        return _page(unit_id)
    session, actor = sessions.session(), sessions.actor()
    keys = [key for key in request.args.get("layers", "").split(",") if key in KEYS | {REPORT_COUNTS}]
    found = places.find(session, actor, unit_id, frozenset(keys))
    # The map asks this at every switch of a layer, so what is seen on it is noted here.
    for key in ("place", *_allowed(keys)):
        reads.note(actor, key, unit_id)
    sessions.commit()
    return render_template("map/place.html", place=found)


@blueprint.get("/script.js")
def script() -> Any:
    """What Folium would have written into the page."""
    session, actor = sessions.session(), sessions.actor()
    on = _on(actor)
    found = places.find(session, actor, _number("place", actor.commune_id or actor.province_id))
    drawn = folium_map.draw(_settings(actor, on, found), found.bounds)
    response = Response(drawn.script, mimetype="text/javascript")
    response.set_etag(hashlib.blake2b(drawn.script.encode(), digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


@blueprint.get("/at")
def spot() -> Any:
    """What of the shown layers stands at a click; the audited read."""
    session, actor = sessions.session(), sessions.actor()
    asked = readable(actor, request.args.get("layer", ""))
    clicked = _spot()
    language = languages.current()
    labels = showing.labels(session, language)
    commune = at.commune(session, clicked)
    found = [
        one
        for layer in CATALOGUE
        if layer.key in asked and (one := at.find(session, layer, clicked, labels, language)) is not None
    ]
    reports = _reports_in(commune) if REPORT_COUNTS in asked else None
    for one in found:
        for area in {feature.commune_id for feature in one.features} or {commune or actor.province_id}:
            reads.note(actor, one.layer.key, area)
    commune = commune if not actor.commune_id or commune == actor.commune_id else None
    sessions.commit()
    if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
        return render_template(
            "map/at.html", found=found, spot=clicked, commune=_unit(commune), reports=reports, crowd=at.CROWD
        )
    return flask.jsonify(commune=commune, reports=reports, found=[_plain(one) for one in found])


def _page(unit_id: int) -> Any:
    session, actor = sessions.session(), sessions.actor()
    on = _on(actor)
    found = places.find(session, actor, unit_id, frozenset(on))
    drawn = folium_map.draw(_settings(actor, on, found), found.bounds)
    for key in _allowed(on):
        reads.note(actor, key, unit_id)
    address = f"/map/script.js?{urlencode({'place': unit_id, 'layers': ','.join(on)})}"
    sessions.commit()
    return render_template(
        "map/page.html", drawn=drawn, script=address, place=found, groups=_groups(actor), on=on,
        layers={layer["key"]: layer for layer in _described(actor)}, home=actor.commune_id or actor.province_id,
    )  # fmt: skip


def _on(actor: Actor) -> list[str]:
    """The layers switched on, as the address says, else the first two; ones that don't exist are left out."""
    wanted = request.args.get("layers")
    keys = AT_FIRST if wanted is None else wanted.split(",")
    return [layer.key for layer in _readable(actor) if layer.key in keys]


def _allowed(on: list[str]) -> list[str]:
    """What may be drawn of them: reports become numbers by commune beside faith or ethnicity (S7)."""
    found = clash(set(on))
    if found is None:
        return on
    return [found.instead or "" if key == found.first else key for key in on if key != found.first or found.instead]


def _settings(actor: Actor, on: list[str], found: places.Place) -> dict[str, Any]:
    commune = [unit.id for unit in found.path if unit.level == COMMUNE]
    return {
        "layers": _described(actor),
        "on": _allowed(on),
        "selected": commune[0] if commune else 0,
        "home": actor.commune_id or actor.province_id,
        "apart": {
            "first": "situation_reports",
            "others": sorted(FAITH_AND_ETHNICITY),
            "instead": REPORT_COUNTS,
            "why": _(
                "Phản ánh của người dân không đặt cạnh tôn giáo, dân tộc: lớp phản ánh đang chỉ hiện số lượng từng xã."
            ),
        },
        "words": {
            "none": _("Chưa bật lớp nào. Hãy bật một lớp để xem trên bản đồ."),
            "missing": _("Có phần bản đồ chưa tải được. Bản đồ sẽ thử lại khi dịch chuyển."),
            "failed": _("Không hỏi được máy chủ. Hãy thử lại."),
        },
    }


def _readable(actor: Actor) -> list[Layer]:
    return [layer for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)]


def _described(actor: Actor) -> list[dict[str, Any]]:
    language = languages.current()
    labels = showing.labels(sessions.session(), language)
    return [folium_map.described(layer, labels, language) for layer in _readable(actor)]


def _groups(actor: Actor) -> dict[str, list[Layer]]:
    groups: dict[str, list[Layer]] = {}
    for layer in _readable(actor):
        groups.setdefault(layer.group, []).append(layer)
    return groups


def _spot() -> at.Spot:
    lon, lat = _degrees("lon", 180), _degrees("lat", 85)
    z, cell = _number("z", 12), _number("cell", 0)
    if not 0 <= z <= 22:
        raise InvalidValue(field="z", value=z, reason="0–22")
    if cell not in CELLS:
        raise InvalidValue(field="cell", value=cell, reason=", ".join(map(str, CELLS)))
    return at.Spot(lon, lat, z, cell)


def _degrees(name: str, most: float) -> float:
    given = request.args.get(name, "")
    try:
        value = float(given)
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise InvalidValue(field=name, value=given[:20], reason=f"-{most} … {most}")
    return value


def _number(name: str, otherwise: int) -> int:
    given = request.args.get(name, str(otherwise))
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise InvalidValue(field=name, value=given[:20], reason="0, 1, 2 …")
    return int(given)


def _reports_in(commune: int | None) -> int | None:
    asked = text("SELECT sum(n) FROM layer_counts() WHERE layer = 'situation_reports' AND commune_id = :commune")
    counted = sessions.session().scalar(asked, {"commune": commune})
    return None if commune is None else int(counted or 0)


def _unit(unit_id: int | None) -> Any:
    if unit_id is None:
        return None
    asked = text("SELECT id, kind, name, approximate FROM units WHERE id = :id")
    return sessions.session().execute(asked, {"id": unit_id}).one()


def _plain(one: at.Found) -> dict[str, Any]:
    return {
        "layer": one.layer.key,
        "total": one.total,
        "more": one.total >= at.CROWD,
        "features": [asdict(feature) for feature in one.features],
    }
