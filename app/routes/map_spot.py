"""What of the shown layers stands where one clicks: the audited read."""

from dataclasses import asdict
from functools import partial
from typing import Any

import flask
from flask import Blueprint, render_template, request
from sqlalchemy import text

from app import languages, map_asked, reads, sessions, work_pages
from app.routes.tiles import readable
from geodata.problems import InvalidValue
from surveys import at, showing
from surveys.layers import CATALOGUE, REPORT_COUNTS

CELLS = (0, 64, 128)

blueprint = Blueprint("map_spot", __name__, url_prefix="/map")


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
            "map/at.html", found=found, spot=clicked, commune=_unit(commune), reports=reports, crowd=at.CROWD,
            work_page=partial(work_pages.address, actor),
        )  # fmt: skip
    return flask.jsonify(commune=commune, reports=reports, found=[_plain(one) for one in found])


def _spot() -> at.Spot:
    lon, lat = _degrees("lon", 180), _degrees("lat", 85)
    z, cell = map_asked.number("z", 12), map_asked.number("cell", 0)
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
