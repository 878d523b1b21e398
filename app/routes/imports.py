"""Imports for people: put a file in, see what would come of it, confirm; come back to it later."""

import uuid
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from app import import_forms, import_map, import_words, layer_template, sessions
from geodata.problems import NotFound
from surveys import export_columns, import_deciding, import_files, import_proposing, wall_clock
from surveys.access import Role
from surveys.import_tables import Import
from surveys.jobs import Job
from surveys.layers import named

blueprint = Blueprint("imports", __name__, url_prefix="/exchange/imports")
LISTED = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/")
@sessions.only(Role.GIS)
def index() -> str:
    """The form for a new file, and the account's imports of late."""
    session, actor = sessions.session(), sessions.actor()
    own = select(Import).where(Import.account_id == actor.account_id).order_by(Import.created_at.desc()).limit(LISTED)
    return render_template(
        "imports/index.html",
        layers=import_proposing.offered(actor),
        chosen=request.args.get("layer", ""),
        most_mb=import_files.MOST_BYTES >> 20,
        rows=[(one, import_words.title(one), import_words.STATES[one.state]) for one in session.scalars(own)],
    )


@blueprint.post("/")
@sessions.only(Role.GIS)
def upload() -> Response:
    """Takes a file; what it holds is looked at in the background."""
    session, actor = sessions.session(), sessions.actor()
    id_, _job = import_forms.upload(session, actor, request.form.get("layer", ""), request.files.get("file"), {})
    sessions.commit()
    return redirect(url_for("imports.one", id_=id_), 303)


@blueprint.get("/template/<layer>.xlsx")
@sessions.only(Role.GIS)
def template(layer: str) -> Response:
    """A workbook to fill in for a layer this account may import into."""
    session, actor = sessions.session(), sessions.actor()
    wanted = next((one for one in import_proposing.offered(actor) if one.key == layer), None)
    if wanted is None:
        raise NotFound(what="layer", id=layer)
    data = layer_template.workbook(session, wanted, actor.province_id, wall_clock.today())
    about = {"Content-Disposition": f'attachment; filename="{layer}.xlsx"', "Cache-Control": "private, no-store"}
    return Response(data, content_type=XLSX, headers=about)


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.GIS)
def one(id_: uuid.UUID) -> str:
    """What is proposed of the file's text, coordinates and columns, and what would come of its rows."""
    session, actor = sessions.session(), sessions.actor()
    found = import_proposing.find(session, actor, id_)
    layer = named(found.layer)
    codes = export_columns.codes(session)
    report = found.report or {}
    by_header = {column["header"]: layer.field(column["key"]) for column in report.get("columns", [])}
    return render_template(
        "imports/one.html",
        **facts(found),
        layer=layer,
        fields=[field for field in layer.fields if field.kind != "document"],
        codes={header: codes.get(of.list or "", ()) for header, of in by_header.items() if of.list},
        documents=any(field.kind == "document" for field in layer.fields),
        picture=import_map.draw(session, report.get("points", [])),
    )


@blueprint.get("/<uuid:id_>/progress")
@sessions.only(Role.GIS)
def progress(id_: uuid.UUID) -> Response | str:
    """How far the step under way is; asks for the whole page once it has ended."""
    return watched(import_proposing.find(sessions.session(), sessions.actor(), id_), "imports.one")


@blueprint.post("/<uuid:id_>")
@sessions.only(Role.GIS)
def act(id_: uuid.UUID) -> Response:
    """Looks again with other choices, confirms, or gives up."""
    session, actor = sessions.session(), sessions.actor()
    found = import_proposing.find(session, actor, id_)
    match request.form.get("decision"):
        case "look":
            import_proposing.choose(session, actor, id_, import_forms.chosen(found), "reading")
            import_forms.queue(session, actor, id_, found.layer, "look")
        case "confirm":
            choices = {**found.choices, "remove": "remove" in request.form}
            import_proposing.choose(session, actor, id_, choices, "proposing")
            import_forms.queue(session, actor, id_, found.layer, "propose")
        case "withdraw":
            import_proposing.withdraw(session, actor, id_)
            flash(_("Đã bỏ lần nhập này. Không có gì được đưa vào lớp."))
        case _:
            abort(400)
    sessions.commit()
    if request.form.get("decision") == "withdraw":
        import_files.forget(sessions.config().home, id_)
    return redirect(url_for("imports.one", id_=id_), 303)


@blueprint.get("/<uuid:id_>/bao_cao.csv")
@sessions.only(Role.GIS)
def report(id_: uuid.UUID) -> Response:
    """Every row that was left out or marked, with its reasons."""
    import_proposing.find(sessions.session(), sessions.actor(), id_)
    path = import_files.folder(sessions.config().home, id_) / import_files.REPORT
    if not path.is_file():
        raise NotFound(what="file", id=str(id_))
    answer = send_file(path, "text/csv", as_attachment=True, download_name="bao_cao.csv")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def watched(found: Import, page: str) -> Response | str:
    """The progress of an import's job, or a word to htmx that the page is to be loaded anew."""
    if found.state not in import_words.WORKING:
        return Response("", headers={"HX-Redirect": url_for(page, id_=found.id)})
    return render_template("imports/progress.html", **facts(found))


def facts(found: Import) -> dict[str, Any]:
    job = (
        sessions.session()
        .scalars(
            select(Job)
            .where(Job.kind == "import", Job.parameters["import"].as_string() == str(found.id))
            .order_by(Job.created_at.desc())
            .limit(1)
        )
        .first()
    )
    return {
        "found": found,
        "title": import_words.title(found),
        "state": import_words.STATES[found.state],
        "working": found.state in import_words.WORKING,
        "error": import_words.error(found),
        "job": job,
        "words": import_words,
    }


def cards() -> list[dict[str, Any]]:
    """Imports that wait for the signed-in reviewer: one card each, with its figures."""
    session, actor = sessions.session(), sessions.actor()
    return [
        {"row": one, "title": import_words.title(one), "counts": (one.report or {}).get("counts", {})}
        for one in import_deciding.waiting(session, actor)
    ]
