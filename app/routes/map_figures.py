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
    """The figure of the state by unit, in classes and in words; with `table=1` its table too, measured once."""
    state, measured = _measured()
    told = figure_answers.painted(measured, state.method)
    if "table" in request.args:
        told["table"] = _table("map/figure_table.html", state, measured)
    return flask.jsonify(told)


@blueprint.get("/table")
def table() -> str:
    """The same as a table on a page of its own."""
    return _table("map/table.html", *_measured())


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
        *([about["retold"]] if about["retold"] else []),
    ]
    audit.record(
        sessions.session(), sessions.actor(), "download", layer=measured.figure.layer, area=state.unit,
        purpose=f"{measured.figure.key} {measured.period.code}",
    )  # fmt: skip
    sessions.commit()
    name = f"{measured.figure.key}-{measured.period.code}"
    return table_files.answer(kind, name, about["title"], notes, header, rows)


def _table(page: str, state: MapState, measured: Measured) -> str:
    about, lines = figure_answers.summary(measured), figure_answers.lines(measured)
    return render_template(page, state=state, about=about, lines=lines)


def _measured() -> tuple[MapState, Measured]:
    session, actor = sessions.session(), sessions.actor()
    state = map_asked.state()
    measured = seen.figures(session, actor, state, map_asked.today())
    reads.note(actor, f"figure:{measured.figure.layer}", state.unit)
    sessions.commit()
    return state, measured
