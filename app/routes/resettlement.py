"""Resettlement: the projects of the province with delays first, and one project's stages, clocks, figures and curve."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import charts, fault_words, form_values, languages, reads, sessions, small_map
from geodata.units import Unit
from surveys import resettlement, resettlement_list, resettlement_rules, showing, wall_clock
from surveys.access import Role
from surveys.field_faults import FieldsRefused, refuse
from surveys.layers.resettlement_projects import ResettlementProject, layer
from surveys.resettlement_tables import ProjectProgress, ProjectStep

blueprint = Blueprint("resettlement", __name__, url_prefix="/resettlement")
READERS = (Role.OFFICER, Role.LEADER)
STEP, FIGURES, PLAN = "step", "figures", "plan"  # the forms of a project's page
PLANNED = ("households_paid", "households_moved", "plots_ready")


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """Sums, and the projects with those first whose office is latest."""
    session, actor = sessions.session(), sessions.actor()
    today = wall_clock.today()
    found = resettlement_list.lines(session, actor, today)
    page = render_template(
        "resettlement/index.html", totals=resettlement_list.totals(session, actor, today), lines=found, today=today,
        stages=_stages(), most=resettlement_list.MOST, columns=_columns(),
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return page


@blueprint.get("/<uuid:project_id>")
@sessions.only(*READERS)
def one(project_id: uuid.UUID) -> str:
    """One project: where it stands, its clocks, timeline, curve, map, and the forms to go on with."""
    found = resettlement.project(sessions.session(), sessions.actor(), project_id)
    page = _page(found, request.args.to_dict(), {}, "")
    reads.note(sessions.actor(), layer.key, found.commune_id)
    sessions.commit()
    return page


@blueprint.post("/<uuid:project_id>/steps")
@sessions.only(Role.OFFICER)
def record_step(project_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stores a stage, or takes it back."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    stage = form.get("stage", "")
    try:
        if form.get("act") == "clear":
            resettlement.clear_step(session, actor, project_id, stage)
            said = _("Đã bỏ giai đoạn này khỏi dự án.")
        else:
            given, faults = form_values.read(form, days=resettlement.DAYS, numbers=resettlement.HEARD)
            said_of, unfit = form_values.texts(form, {"document": resettlement.LONGEST_DOCUMENT})
            refuse([*faults, *unfit])
            resettlement.record_step(session, actor, project_id, stage, given | said_of, wall_clock.today())
            said = _("Đã ghi giai đoạn “%(stage)s”.", stage=_stages().get(stage, stage))
    except FieldsRefused as refused:
        return _again(project_id, form, refused, STEP)
    return _done(project_id, said)


@blueprint.post("/<uuid:project_id>/figures")
@sessions.only(Role.OFFICER)
def record_figures(project_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stores the figures as of a day, those planned for one, or takes them back."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    planned = form.get("act") == PLAN
    try:
        if form.get("act") == "clear":
            resettlement.clear_progress(session, actor, project_id, form_values.number(form, "row"))
            said = _("Đã bỏ số liệu của ngày này.")
        else:
            given, faults = form_values.read(form, days=("on",), numbers=resettlement_rules.COUNTS)
            refuse(faults)
            if planned:
                found = resettlement.project(session, actor, project_id)
                given["households_affected"], given["plots_total"] = found.households_affected, found.plots_total
            resettlement.record_progress(
                session, actor, project_id, given["on"], given, wall_clock.today(), planned=planned
            )
            said = _("Đã ghi số liệu.")
    except FieldsRefused as refused:
        return _again(project_id, form, refused, PLAN if planned else FIGURES)
    return _done(project_id, said)


def _done(project_id: uuid.UUID, said: str) -> Response:
    sessions.commit()
    flash(said)
    return redirect(url_for(".one", project_id=project_id), 303)


def _again(project_id: uuid.UUID, form: Mapping[str, str], refused: FieldsRefused, which: str) -> tuple[str, int]:
    """The page with what was typed and what is wrong beside each field; nothing was stored."""
    session = sessions.session()
    session.rollback()
    names = _columns() | _stages() | {"opinions": _("Ý kiến nhận được"), "opinions_answered": _("Ý kiến đã trả lời")}
    wrong = fault_words.said(refused.facts["faults"], names)
    return _page(resettlement.project(session, sessions.actor(), project_id), form, wrong, which), 422


def _page(found: ResettlementProject, typed: Mapping[str, str], wrong: dict[str, list[str]], which: str) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    language = languages.current()
    labels, stages = showing.labels(session, language), _stages()
    steps = resettlement.steps(session, actor, found.id).get(found.id, {})
    stood, rules = resettlement.stood(steps), resettlement.rules(session)
    clocks = resettlement_rules.clocks(rules, stood, today)
    late = {clock.rule.stage for clock in clocks if clock.open and clock.broken}
    late |= {one.stage for one in stood.values() if one.ended_on is None and one.planned_on and one.planned_on < today}
    figures, planned = (resettlement.progress(session, found.id, planned=plan) for plan in (False, True))
    small = found.households_affected < resettlement_rules.SMALL
    commune = session.get(Unit, found.commune_id)
    falls = resettlement_rules.falls([_counts(row) | {"on": row.on} for row in figures])
    columns = {key: name for key, name in _columns().items() if not (small and key.startswith("money"))}
    return render_template(
        "resettlement/one.html",
        project=found, place=f"{commune.kind.capitalize()} {commune.name}" if commune else "", small=small, today=today,
        fields=[
            (f.label_en if language == "en" else f.label, showing.shown(f, getattr(found, f.key), labels, language))
            for f in layer.fields if f.key in columns or f.kind != "money"
        ],
        stages=stages, steps=[(code, steps[code]) for code in stages if code in steps],
        chosen=steps.get(typed.get("stage", "")), clocks=clocks, late=late,
        timeline=charts.timeline(_spans(stages, steps, late), today),
        curve=None if small else charts.curve(_shares(planned), _shares(figures), today),
        figures=figures, planned=planned, falls=[fault_words.sentence(fault, columns) for fault in falls],
        columns=columns, planned_columns=PLANNED, last=figures[-1] if figures else found,
        picture=small_map.draw(session, actor, layer, found.id),
        typed=typed, wrong=wrong, which=which, writes=actor.role is Role.OFFICER,
    )  # fmt: skip


def _spans(stages: Mapping[str, str], steps: Mapping[str, ProjectStep], late: set[str]) -> list[charts.Span]:
    return [
        (stages[code], steps[code].planned_on, steps[code].began_on, steps[code].ended_on, code in late)
        for code in stages if code in steps
    ]  # fmt: skip


def _shares(rows: list[ProjectProgress]) -> charts.Shares:
    """Households paid of those affected, in per cent, of the days that tell them; not of so few that they'd be told."""
    return [
        (row.on, 100 * row.households_paid / row.households_affected)
        for row in rows
        if row.households_paid is not None and row.households_affected
        and not 0 < row.households_paid < showing.SMALLEST_SHOWN
    ]  # fmt: skip


def _counts(row: ProjectProgress) -> dict[str, Any]:
    return {key: getattr(row, key) for key in resettlement_rules.COUNTS}


def _stages() -> dict[str, str]:
    """Code → words, in the order of the law."""
    session = sessions.session()
    labels = showing.labels(session, languages.current())
    return {code: labels.get(("resettlement_stages", code), code) for code in resettlement.stages(session)}


def _columns() -> dict[str, str]:
    return {
        "households_affected": _("Số hộ bị ảnh hưởng"),
        "households_approved": _("Số hộ được phê duyệt"),
        "households_paid": _("Số hộ đã nhận tiền"),
        "households_moved": _("Số hộ đã chuyển đến"),
        "plots_total": _("Tổng số lô"),
        "plots_ready": _("Số lô sẵn sàng"),
        "money_approved": _("Kinh phí được duyệt (đồng)"),
        "money_paid": _("Kinh phí đã chi (đồng)"),
    }
