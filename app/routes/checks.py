"""Check rounds: how far a round has come, one check with its checklist and findings, and the grassroots blocks."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, text
from werkzeug import Response

from app import fault_words, form_values, languages, reads, sessions
from geodata.units import Unit
from surveys import check_rounds, check_work, programmes, showing, wall_clock
from surveys.access import Role
from surveys.field_faults import FieldsRefused, refuse
from surveys.layers.democracy_checks import BY_PILLARS, OF_DIRECTIVE, DemocracyCheck, layer

blueprint = Blueprint("checks", __name__, url_prefix="/checks")
READERS = (Role.OFFICER, Role.LEADER)
_LISTS = text(
    "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = :list ORDER BY position, code, valid_from"
)
_LAST = text(
    "SELECT survey_round FROM democracy_checks WHERE province_id = :province AND :commune IN (0, commune_id)"
    " ORDER BY checked_on DESC LIMIT 1"
)
_OFFICES = text(
    "SELECT id, name FROM offices WHERE unit_id IN (:province, :commune) AND valid_from <= :today"
    ' AND (valid_to IS NULL OR valid_to > :today) ORDER BY name COLLATE "vi-x-icu", id'
)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """One round of one checklist: communes checked, pillars, offices with findings, and the checks."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    rounds, lists = (list(session.scalars(_LISTS, {"list": key})) for key in ("survey_rounds", "checklists"))
    round_, checklist = request.args.get("round", ""), request.args.get("checklist", "")
    if round_ not in rounds:
        scope = {"province": actor.province_id, "commune": actor.commune_id}
        round_ = session.scalar(_LAST, scope) or (rounds[-1] if rounds else "")
    checklist = checklist if checklist in lists else BY_PILLARS
    covered = check_rounds.covered(session, actor, round_, checklist)
    page = render_template(
        "checks/index.html", rounds=_named("survey_rounds", rounds), lists=_named("checklists", lists), round=round_,
        checklist=checklist, communes=covered, pillars=check_rounds.pillars(session, actor, round_, checklist),
        by_pillars=checklist == BY_PILLARS, items=_items(check_rounds.items(session, actor, round_, checklist)),
        rows=check_rounds.checks(session, actor, round_, checklist, today), names=_pillars(), results=_results(),
        offices=check_rounds.offices(session, actor, round_, checklist, today), most=check_rounds.MOST,
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return page


@blueprint.get("/<uuid:check_id>")
@sessions.only(*READERS)
def one(check_id: uuid.UUID) -> str:
    """One check: its pillars, checklist, and what is to be mended by whom."""
    found = check_work.check(sessions.session(), sessions.actor(), check_id)
    page = _page(found, {}, {}, "")
    reads.note(sessions.actor(), layer.key, found.commune_id)
    sessions.commit()
    return page


@blueprint.post("/<uuid:check_id>/answers")
@sessions.only(Role.OFFICER)
def answer(check_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stores the items that were answered; the others stay as they are."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    chosen = {key.removeprefix("result-"): value for key, value in form.items() if key.startswith("result-") and value}
    try:
        said, faults = form_values.texts(form, {f"evidence-{key}": check_work.LONGEST for key in chosen})
        refuse(faults)
        given = {key: (result, said[f"evidence-{key}"]) for key, result in chosen.items()}
        check_work.answer(session, actor, check_id, given)
    except FieldsRefused as refused:
        return _again(check_id, form, refused, "answers")
    return _done(check_id, _("Đã ghi bảng kiểm: %(n)s mục.", n=languages.number(len(given))))


@blueprint.post("/<uuid:check_id>/findings")
@sessions.only(Role.OFFICER)
def find(check_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stores what is to be mended, by which office, by when."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    try:
        given, faults = form_values.read(form, days=("fix_by",))
        said, unfit = form_values.texts(form, {"words": check_work.LONGEST})
        refuse([*faults, *unfit])
        office = form_values.number(form, "office_id")
        given |= said | {"pillar": form.get("pillar", ""), "office_id": office}
        check_work.find(session, actor, check_id, given, wall_clock.today())
    except FieldsRefused as refused:
        return _again(check_id, form, refused, "finding")
    return _done(check_id, _("Đã ghi tồn tại và giao cơ quan khắc phục."))


@blueprint.post("/<uuid:check_id>/findings/<int(max=9223372036854775807):finding_id>")
@sessions.only(Role.OFFICER)
def settle(check_id: uuid.UUID, finding_id: int) -> Response | tuple[str, int]:
    """Says that a finding is mended and what shows it, or opens it again."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    try:
        if form.get("act") == "reopen":
            check_work.settle(session, actor, check_id, finding_id, None, "", wall_clock.today())
            return _done(check_id, _("Đã mở lại."))
        given, faults = form_values.read(form, days=("fixed_on",))
        said, unfit = form_values.texts(form, {"evidence": check_work.LONGEST})
        refuse([*faults, *unfit])
        fixed_on = given["fixed_on"] or wall_clock.today()
        check_work.settle(session, actor, check_id, finding_id, fixed_on, said["evidence"], wall_clock.today())
    except FieldsRefused as refused:
        return _again(check_id, form, refused, f"fixed-{finding_id}")
    return _done(check_id, _("Đã ghi khắc phục xong."))


@blueprint.get("/blocks")
@sessions.only(*READERS)
def blocks() -> str:
    """The grassroots blocks by commune, as counts."""
    page = _blocks({}, {})
    reads.note(sessions.actor(), layer.key)
    sessions.commit()
    return page


@blueprint.post("/blocks")
@sessions.only(Role.OFFICER)
def count_blocks() -> Response | tuple[str, int]:
    """Stores the counts of a commune as of a day."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    try:
        given, faults = form_values.read(form, days=("on",), numbers=check_work.BLOCKS)
        refuse(faults)
        commune = form_values.number(form, "commune")
        check_work.count_blocks(session, actor, commune, given["on"], given, wall_clock.today())
    except FieldsRefused as refused:
        session.rollback()
        return _blocks(form, fault_words.said(refused.facts["faults"], _columns())), 422
    sessions.commit()
    flash(_("Đã ghi số khối dân vận."))
    return redirect(url_for(".blocks"), 303)


def _done(check_id: uuid.UUID, said: str) -> Response:
    sessions.commit()
    flash(said)
    return redirect(url_for(".one", check_id=check_id), 303)


def _again(check_id: uuid.UUID, form: Mapping[str, str], refused: FieldsRefused, which: str) -> tuple[str, int]:
    session = sessions.session()
    session.rollback()
    found = check_work.check(session, sessions.actor(), check_id)
    return _page(found, form, fault_words.said(refused.facts["faults"], _topics(found)), which), 422


def _page(found: DemocracyCheck, typed: Mapping[str, str], wrong: dict[str, list[str]], which: str) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    commune, english = session.get(Unit, found.commune_id), languages.current() == "en"
    hamlet = session.get(Unit, found.hamlet_id) if found.hamlet_id else None
    where = {"province": found.province_id, "commune": found.commune_id, "today": today}
    return render_template(
        "checks/one.html", check=found, programmes=_programmes(found), of_directive=found.checklist == OF_DIRECTIVE,
        carried=programmes.find(session, actor, found.programme_id) if found.programme_id else None,
        pillars=_pillars() if found.know else {}, topics=_topics(found), names=_pillars(), results=_results(),
        place=", ".join(f"{unit.kind.capitalize()} {unit.name}" if unit.level < 4 else unit.name
                        for unit in (hamlet, commune) if unit),
        checklist=_named("checklists", [found.checklist])[found.checklist],
        items=[(item, item.label_en if english else item.label_vi) for item in check_work.items(session, found)],
        answers=check_work.answers(session, found.id), findings=check_work.findings(session, found.id),
        offices=list(session.execute(_OFFICES, where)), today=today, longest=check_work.LONGEST,
        typed=typed, wrong=wrong, which=which, writes=actor.role is Role.OFFICER,
    )  # fmt: skip


def _blocks(typed: Mapping[str, str], wrong: dict[str, list[str]]) -> str:
    session, actor = sessions.session(), sessions.actor()
    rows = check_rounds.blocks(session, actor)
    told = [row for row in rows if row.row_id is not None]
    return render_template(
        "checks/blocks.html", rows=rows, told=told, columns=_columns(), today=wall_clock.today(),
        totals={key: sum(getattr(row, key) for row in told) for key in check_work.BLOCKS},
        typed=typed, wrong=wrong, writes=actor.role is Role.OFFICER,
    )  # fmt: skip


def _named(list_: str, codes: list[str]) -> dict[str, str]:
    labels = showing.labels(sessions.session(), languages.current())
    return {code: labels.get((list_, code), code) for code in codes}


def _items(rows: check_rounds.Rows) -> list[tuple[Row[Any], str]]:
    english = languages.current() == "en"
    return [(row, row.label_en if english else row.label_vi) for row in rows]


def _topics(found: DemocracyCheck) -> dict[str, str]:
    english = languages.current() == "en"
    return {key: labels[english] for key, labels in check_work.topics(sessions.session(), found).items()}


def _programmes(found: DemocracyCheck) -> list[programmes.Programme]:
    """What the check may carry out: of a directive's inspection that directive."""
    running = programmes.choices(sessions.session(), sessions.actor(), wall_clock.today())
    return [one for one in running if one.kind == OF_DIRECTIVE] if found.checklist == OF_DIRECTIVE else running


def _pillars() -> dict[str, str]:
    english = languages.current() == "en"
    found = {key: layer.field(key) for key in check_rounds.PILLARS}
    return {key: field.label_en if english else field.label for key, field in found.items()}


def _results() -> dict[str, str]:
    return _named("check_results", list(check_rounds.RESULTS))


def _columns() -> dict[str, str]:
    return {
        "needed": _("Số khối cần có"),
        "in_place": _("Đã thành lập"),
        "with_regulation": _("Đã có quy chế hoạt động"),
        "with_tasks": _("Đã phân công nhiệm vụ"),
    }
