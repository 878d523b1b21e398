"""The administrator's page of the base map: which one is shown, another address, tried before it is taken."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import errors, grounds, languages, sessions
from app.tile_fetching import GroundTiles, TileNotFetched
from geodata import tileaddress
from geodata.problems import InvalidValue
from geodata.tileaddress import AddressNotSafe, Ground
from surveys import basemaps
from surveys.access import Role

blueprint = Blueprint("basemap_settings", __name__, url_prefix="/admin/basemap")
TRIED_AT = 8  # a zoom every base map of a country has
LONGEST_NAME = 200
_MIDDLE = text(
    "SELECT ST_X(c) AS lon, ST_Y(c) AS lat"
    " FROM (SELECT coalesce(point, ST_Centroid(geom)) AS c FROM units WHERE id = :id) u"
)


@blueprint.get("")
@sessions.only(Role.ADMIN)
def index() -> Any:
    """What is shown now, and the form."""
    return _page(basemaps.chosen(sessions.session()))


@blueprint.post("")
@sessions.only(Role.ADMIN)
def choose() -> Any:
    """Takes another address once a tile of the province came from it; or with `clear` none."""
    session, actor = sessions.session(), sessions.actor()
    if "clear" in request.form:
        basemaps.choose(session, actor, None)
        sessions.commit()
        return _back(_("Đã bỏ địa chỉ nền bản đồ."))
    try:
        ground = _asked()
        tileaddress.check(ground.address)
        _try(ground)
    except (AddressNotSafe, TileNotFetched, InvalidValue) as problem:
        said = errors.sentence(problem, languages.current())
        return _page(Ground(request.form.get("address", "")[:500]), said), 422
    basemaps.choose(session, actor, ground)
    sessions.commit()
    return _back(_("Đã đặt nền bản đồ."))


def _asked() -> Ground:
    form = request.form
    zooms = [form.get(name, "") for name in ("min_zoom", "max_zoom")]
    if not all(each.isascii() and each.isdigit() and len(each) <= 2 for each in zooms):
        raise InvalidValue(field="zoom", reason="0–22")
    low, high = map(int, zooms)
    if not low <= high <= 22:
        raise InvalidValue(field="zoom", reason="0–22")
    return Ground(form.get("address", "").strip(), low, high, form.get("attribution", "").strip()[:LONGEST_NAME])


def _try(ground: Ground) -> None:
    """Raises TileNotFetched where not even one tile comes."""
    middle = sessions.session().execute(_MIDDLE, {"id": sessions.actor().province_id}).one()
    z = min(max(TRIED_AT, ground.min_zoom), ground.max_zoom)
    x, y = tileaddress.at(middle.lon, middle.lat, z)
    found = GroundTiles(sessions.config().home).fetched(ground.tile(z, x, y))
    if not found.data:
        raise TileNotFetched(reason="status 404")


def _page(ground: Ground | None, said: str | None = None) -> str:
    return render_template(
        "basemap.html", ground=ground or Ground(""), said=said, shown=grounds.shown(), given=sessions.config().basemap
    )


def _back(said: str) -> Response:
    flash(said)
    return redirect(url_for("basemap_settings.index"), 303)
