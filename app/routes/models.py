"""“Dân vận khéo”: the register of models, one model's year, what was copied from what, whom to commend as counts."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import fault_words, form_values, languages, reads, sessions
from geodata.problems import InvalidValue
from geodata.units import Unit
from surveys import model_list, model_tables, model_work, periods, programmes, showing, wall_clock
from surveys.access import Role
from surveys.field_faults import FieldsRefused, refuse
from surveys.layers.community_models import CommunityModel, layer
from surveys.periods import Period

blueprint = Blueprint("models", __name__, url_prefix="/models")
READERS = (Role.OFFICER, Role.LEADER)
HALVES = 4
_CODES = text(
    "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = :list ORDER BY position, code, valid_from"
)


@blueprint.get("/")
@sessions.only(*READERS)
def index() -> str:
    """The register, with who owes this half-year's self-assessment."""
    session, actor = sessions.session(), sessions.actor()
    half, asked = _half(), request.args
    state, field, owing = asked.get("state", ""), asked.get("field", ""), asked.get("owing") == "1"
    page = max(1, asked.get("page", 1, type=int) or 1)
    rows = model_list.register(session, actor, half, state=state, field_=field, owing=owing, page=min(page, 10_000))
    html = render_template(
        "models/index.html", rows=rows, counts=model_list.counts(session, actor, half), half=half,
        states=_named("model_states"), fields=_named("model_fields"), levels=_named("recognition_levels"),
        state=state, field=field, owing=owing, page=page, size=model_list.PAGE, language_code=languages.current(),
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return html


@blueprint.get("/tree")
@sessions.only(*READERS)
def tree() -> str:
    """Which models were copied from which."""
    session, actor = sessions.session(), sessions.actor()
    html = render_template("models/tree.html", roots=model_list.tree(session, actor), states=_named("model_states"))
    reads.note(actor, layer.key)
    sessions.commit()
    return html


@blueprint.get("/commended")
@sessions.only(*READERS)
def commended() -> str:
    """Decisions of a period by commune and level, for commending units: counts, never persons."""
    session, actor = sessions.session(), sessions.actor()
    try:
        period = periods.named(request.args.get("period", ""))
    except InvalidValue:
        period = periods.holding(periods.YEAR, wall_clock.today())
    rows = model_list.commended(session, actor, period)
    html = render_template(
        "models/commended.html", rows=rows, period=period, levels=_named("recognition_levels"),
        offered=[periods.holding(kind, wall_clock.today()).moved(-back) for kind in (periods.YEAR, periods.HALF)
                 for back in (0, 1)],
        totals={key: sum(getattr(row, key) for row in rows) for key in (*model_work.LEVELS, "models")},
        language_code=languages.current(),
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return html


@blueprint.get("/<uuid:model_id>")
@sessions.only(*READERS)
def one(model_id: uuid.UUID) -> str:
    """One model: its registration form, self-assessments, recognition, and where it came from."""
    found = model_work.model(sessions.session(), sessions.actor(), model_id)
    html = _page(found, {}, {}, "")
    reads.note(sessions.actor(), layer.key, found.commune_id)
    sessions.commit()
    return html


@blueprint.post("/<uuid:model_id>/<any(registration, assessment, recognition, origin):act>")
@sessions.only(Role.OFFICER)
def write(model_id: uuid.UUID, act: str) -> Response | tuple[str, int]:
    """Stores one of the page's forms."""
    session, form = sessions.session(), request.form.to_dict()
    try:
        said = _ACTS[act](model_id, form)
    except FieldsRefused as refused:
        session.rollback()
        wrong = fault_words.said(refused.facts["faults"], _questions())
        return _page(model_work.model(session, sessions.actor(), model_id), form, wrong, act), 422
    sessions.commit()
    flash(said)
    return redirect(url_for(".one", model_id=model_id), 303)


def _register(model_id: uuid.UUID, form: Mapping[str, str]) -> str:
    longest = dict.fromkeys((*model_tables.WRITTEN, "goals"), model_tables.LONGEST)
    said, unfit = form_values.texts(form, longest)
    given, faults = form_values.read(form, numbers=("individuals",))
    refuse([*faults, *unfit])
    model_work.register(sessions.session(), sessions.actor(), model_id, given | said)
    return _("Đã ghi phiếu đăng ký.")


def _assess(model_id: uuid.UUID, form: Mapping[str, str]) -> str:
    said, unfit = form_values.texts(form, {"words": model_work.LONGEST_WORDS})
    given, faults = form_values.read(form, numbers=("households",))
    refuse([*faults, *unfit])
    given |= said | {"half": form.get("half", ""), "result": form.get("result", ""), "kept": form.get("kept") == "1"}
    model_work.assess(sessions.session(), sessions.actor(), model_id, given, wall_clock.today())
    return _("Đã ghi tự đánh giá.")


def _recognise(model_id: uuid.UUID, form: Mapping[str, str]) -> str:
    session, actor = sessions.session(), sessions.actor()
    if form.get("act") == "withdraw":
        model_work.withdraw(session, actor, model_id, form.get("level", ""))
        return _("Đã bỏ quyết định công nhận này.")
    said, unfit = form_values.texts(form, {"document": model_work.LONGEST_DOCUMENT})
    given, faults = form_values.read(form, days=("decided_on",))
    refuse([*faults, *unfit])
    level = form.get("level", "")
    model_work.recognise(session, actor, model_id, level, given["decided_on"], said["document"], wall_clock.today())
    return _("Đã ghi quyết định công nhận.")


def _follow(model_id: uuid.UUID, form: Mapping[str, str]) -> str:
    try:
        origin = uuid.UUID(form["origin"]) if form.get("origin") else None
    except ValueError:
        raise InvalidValue(field="origin", value=form["origin"][:40], reason="?") from None
    model_work.follow(sessions.session(), sessions.actor(), model_id, origin)
    return _("Đã ghi mô hình gốc.")


_ACTS = {"registration": _register, "assessment": _assess, "recognition": _recognise, "origin": _follow}


def _page(found: CommunityModel, typed: Mapping[str, str], wrong: dict[str, list[str]], which: str) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    commune, labels = session.get(Unit, found.commune_id), showing.labels(session, languages.current())
    written = model_work.registration(session, found.id)
    values = {key: getattr(written, key) for key in model_tables.WRITTEN} if written else {}
    origin = session.get(CommunityModel, found.replicated_from) if found.replicated_from else None
    english = languages.current() == "en"
    halves = [
        half for half in reversed(periods.latest(periods.HALF, today, HALVES)) if half.last >= found.registered_on
    ]
    return render_template(
        "models/one.html", model=found, programmes=programmes.choices(session, actor, today),
        carried=programmes.find(session, actor, found.programme_id) if found.programme_id else None,
        place=f"{commune.kind.capitalize()} {commune.name}" if commune else "",
        facts=[
            (f.label_en if english else f.label, showing.shown(f, getattr(found, f.key), labels, languages.current()))
            for f in layer.fields if f.key not in ("name", "goals")
        ],
        questions=_questions(), values={"goals": found.goals or "", **values},
        individuals=written.individuals if written else None, form_order=_ORDER, longest=model_tables.LONGEST,
        assessments=model_work.assessments(session, found.id), halves=halves, results=_named("check_results"),
        recognitions=model_work.recognitions(session, found.id), levels=_named("recognition_levels"),
        ranked=model_work.LEVELS, origin=origin, origins=model_list.origins(session, actor, found.id, found.field),
        today=today, typed=typed, wrong=wrong, which=which, writes=actor.role is Role.OFFICER,
        language_code=languages.current(),
    )  # fmt: skip


# The order of the registration form; its first field is the model's name.
_ORDER = (
    "reason", "goals", "method", "audience", "implementers", "resources", "time_frame", "outputs", "upkeep",
)  # fmt: skip


def _questions() -> dict[str, str]:
    return {
        "reason": _("Thực trạng, lý do lựa chọn"),
        "goals": _("Mục tiêu, tiêu chí"),
        "method": _("Nội dung, cách thức thực hiện"),
        "audience": _("Địa bàn, đối tượng"),
        "implementers": _("Lực lượng thực hiện"),
        "resources": _("Nguồn lực"),
        "time_frame": _("Thời gian"),
        "outputs": _("Sản phẩm đầu ra"),
        "upkeep": _("Khả năng duy trì, nhân rộng"),
        "individuals": _("Số điển hình cá nhân (chỉ ghi số)"),
    }


def _half() -> Period:
    """The half-year asked for, else the one that is running."""
    try:
        found = periods.named(request.args.get("half", ""))
        if found.kind == periods.HALF:
            return found
    except InvalidValue:
        pass
    return periods.holding(periods.HALF, wall_clock.today())


def _named(list_: str) -> dict[str, Any]:
    session = sessions.session()
    labels = showing.labels(session, languages.current())
    return {code: labels.get((list_, code), code) for code in session.scalars(_CODES, {"list": list_})}
