"""QGIS live: the project file with every layer, and how a technician signs in there."""

from flask import Blueprint, Response, render_template, request

from app import grounds, sessions
from geodata import qgisproject
from surveys import audit, qgisprojects
from surveys.access import Role

blueprint = Blueprint("qgis", __name__, url_prefix="/exchange")
MEDIA_TYPE = "application/x-qgis-project"


def _ground() -> list[qgisproject.Layer]:
    """The base map in picture tiles, from this server like all else; vector ones need a style of their own in QGIS."""
    found = grounds.shown()
    if found is None or found.kind != "raster":
        return []
    zooms = (found.min_zoom, found.max_zoom)
    return [qgisproject.Picture("nen_ban_do_co_quan", "Nền bản đồ", found.address, zooms)]


@blueprint.get("/qgis")
@sessions.only(Role.OFFICER, Role.GIS)
def index() -> str:
    """The projects this account may have, and the steps to open one."""
    actor = sessions.actor()
    return render_template(
        "exchange/qgis.html",
        offers=qgisprojects.offered(actor),
        name=actor.username,
        auth=qgisproject.AUTH,
        address=f"{sessions.config().url}/ogc/",
    )


@blueprint.get("/qgis.qgz")
@sessions.only(Role.OFFICER, Role.GIS)
def project() -> Response:
    """A project of the layers named in `layers`, else of the largest set that may be seen together (S7)."""
    session, actor = sessions.session(), sessions.actor()
    named = request.args.get("layers", "")
    offer = qgisprojects.chosen(actor, named.split(",")) if named else qgisprojects.offered(actor)[0]
    made = qgisprojects.made(session, actor, offer, sessions.config().url, _ground())
    audit.record(
        session, actor, "qgis_project", area=actor.commune_id or actor.province_id, detail={"layers": offer.keys}
    )
    sessions.commit()
    answer = Response(qgisproject.packed(made), mimetype=MEDIA_TYPE)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{made.name}.qgz")
    return answer
