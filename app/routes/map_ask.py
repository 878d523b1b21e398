"""Asking by menus: a sentence whose parts are chosen, answered by a map, a table and a link."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _

from app import errors, figure_answers, languages, map_asked, map_settings, reads, sessions, table_files
from geodata.problems import Problem
from surveys import asking, audit, figures
from surveys.asking import Answer, Question
from surveys.figures import classing
from surveys.figures.measuring import FigureTooFine
from surveys.layers import IncompatibleLayers

blueprint = Blueprint("map_ask", __name__, url_prefix="/map")
FIRST = "no_nuoc"


@blueprint.get("/ask")
def ask() -> Response:
    """The sentence and what answers it; where it may not be asked, the sentence and why (403 or 422)."""
    session, actor = sessions.session(), sessions.actor()
    question = _question()
    problem: Problem | None = None
    found: Answer | None = None
    try:
        found = asking.answer(session, actor, question, map_asked.today())
        reads.note(actor, f"figure:{found.measured.figure.layer}", question.state.unit)
    except (IncompatibleLayers, FigureTooFine) as refused:
        problem = refused
    sessions.commit()
    figure = figures.named(question.state.figure)
    page = render_template(
        "map/ask.html", question=question, state=question.state, figures=map_settings.figure_choices(actor),
        menus=map_settings.choices(question.state, map_asked.today()), hows=hows(), sentence=sentence(question),
        answer=found, why=errors.sentence(problem, languages.current()) if problem else "",
        apart=map_settings.apart() | {"layer": figure.layer}, lines=_lines(found),
        about=figure_answers.summary(found.measured) if found else None,
    )  # fmt: skip
    return make_response(page, errors.of(problem).status if problem else 200)


@blueprint.get("/ask/figures")
def painted() -> dict[str, Any]:
    """The map of the answer: units that meet the sentence in one class, others in another, the rest with their mark."""
    session, actor = sessions.session(), sessions.actor()
    question = _question()
    found = asking.answer(session, actor, question, map_asked.today())
    meeting = {cell.unit.id for cell in found.meeting}
    told = figure_answers.painted(found.measured, classing.EQUAL)
    for unit, one in told["units"].items():
        if "c" in one:
            one["c"] = int(unit in meeting)
    sessions.commit()
    return told | {"classes": [_("không thuộc câu hỏi"), sentence(question)]}


@blueprint.get("/ask.<kind>")
def file(kind: str) -> Response:
    """The answer as CSV or XLSX."""
    session, actor = sessions.session(), sessions.actor()
    question = _question()
    found = asking.answer(session, actor, question, map_asked.today())
    title, unit = figure_answers.words(found.measured.figure)
    audit.record(
        session, actor, "download", layer=found.measured.figure.layer, area=question.state.unit,
        purpose=f"ask {found.measured.figure.key} {question.state.period.code}",
    )  # fmt: skip
    sessions.commit()
    rows = [[cell.unit.full, cell.value] for cell in found.meeting]
    return table_files.answer(kind, "cau-hoi", sentence(question), [], [_("Đơn vị"), f"{title} ({unit})"], rows)


def hows() -> dict[str, str]:
    """How a figure can be compared with a number, in words."""
    return {
        asking.MORE: _("nhiều hơn"), asking.AT_LEAST: _("từ"), asking.LESS: _("ít hơn"),
        asking.AT_MOST: _("không quá"),
    }  # fmt: skip


def sentence(question: Question) -> str:
    """The question in words."""
    state = question.state
    figure = figures.named(state.figure)
    title, unit = figure_answers.words(figure)
    areas = dict(map_settings.areas())
    said = _(
        "%(what)s %(how)s %(value)s %(unit)s, %(period)s",
        what=title, how=hows()[question.how], unit=unit, period=state.period.title(languages.current()),
        value=languages.number(question.value, 0 if question.value % 1 == 0 else 1),
    )  # fmt: skip
    return _("%(said)s, trong %(area)s", said=said, area=areas.get(state.area, state.area)) if state.area else said


def _question() -> Question:
    given = request.args
    state = map_asked.state(figure=given.get("figure") or FIRST)
    return asking.read(state, given.get("how", asking.MORE), given.get("value", "0"))


def _lines(found: Answer | None) -> list[figure_answers.Line]:
    if found is None:
        return []
    order = {cell.unit.id: number for number, cell in enumerate(found.meeting)}
    lines = [line for line in figure_answers.lines(found.measured) if line.unit_id in order]
    return sorted(lines, key=lambda line: order[line.unit_id])
