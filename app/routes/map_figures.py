"""Figures of the map: what it paints by unit, the table beside it, and the table as a file."""

import flask
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app import figure_answers, map_asked, reads, sessions, table_files
from geodata.problems import NotFound
from surveys import audit, seen
from surveys.figures.cells import Measured
from surveys.map_state import MapState

blueprint = Blueprint("map_figures", __name__, url_prefix="/map")


@blueprint.get("/figure")
def figure() -> Response:
    """The figure of the state by unit, in classes and in words."""
    state, measured = _measured()
    return flask.jsonify(figure_answers.painted(measured, state.method))


@blueprint.get("/table")
def table() -> str:
    """The same as a table; with `part=1` only the table itself, for the map beside it."""
    state, measured = _measured()
    page = "map/figure_table.html" if "part" in request.args else "map/table.html"
    return render_template(
        page, state=state, about=figure_answers.summary(measured), lines=figure_answers.lines(measured)
    )


@blueprint.get("/table.<kind>")
def file(kind: str) -> Response:
    """The table as CSV or XLSX; a download is one row of the audit, with what it was."""
    if kind not in table_files.TYPES:
        raise NotFound(what="file", id=kind[:10])
    state, measured = _measured()
    about = figure_answers.summary(measured)
    header = [_("Đơn vị"), f"{about['title']} ({about['unit']})", _("Ghi chú"), _("Thay đổi so với kỳ trước"),
              _("Chờ duyệt"), _("Không tách được")]  # fmt: skip
    rows = [
        [cell.unit.full, cell.value, figure_answers.marks().get(cell.mark, ""), cell.change, cell.waiting,
         cell.not_divisible or None]
        for cell in measured.cells
    ]  # fmt: skip
    notes = [
        about["period"],
        _("Số liệu đến ngày %(day)s", day=about["until"]),
        _("%(n)s trên %(of)s đơn vị có số liệu", n=about["reported"], of=about["of"]),
        _("Chỉ gồm nội dung đã duyệt."),
    ]
    audit.record(
        sessions.session(), sessions.actor(), "download", layer=measured.figure.layer, area=state.unit,
        purpose=f"{measured.figure.key} {measured.period.code}",
    )  # fmt: skip
    sessions.commit()
    name = f"{measured.figure.key}-{measured.period.code}"
    return table_files.answer(kind, name, about["title"], notes, header, rows)


def _measured() -> tuple[MapState, Measured]:
    session, actor = sessions.session(), sessions.actor()
    state = map_asked.state()
    measured = seen.figures(session, actor, state, map_asked.today())
    reads.note(actor, f"figure:{measured.figure.layer}", state.unit)
    sessions.commit()
    return state, measured
