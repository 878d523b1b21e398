"""Joint activities: the plan of a year and the calendar of a month, one with its result, the feed for calendars."""

import calendar
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, text
from werkzeug import Response

from app import calendar_feed, fault_words, form_values, languages, reads, sessions, small_map
from geodata.problems import InvalidValue
from geodata.units import Unit
from surveys import activity_work, periods, programmes, showing, wall_clock
from surveys.access import Role
from surveys.field_faults import Fault, FieldsRefused, refuse
from surveys.layers.joint_activities import JointActivity, layer
from surveys.periods import Period

blueprint = Blueprint("activities", __name__)
READERS = (Role.OFFICER, Role.LEADER, Role.FIELD)
_AGENCIES = text(
    "SELECT DISTINCT ON (position, code) code FROM code_lists WHERE list = 'agencies'"
    " ORDER BY position, code, valid_from"
)


@blueprint.get("/activities/")
@sessions.only(*READERS)
def index() -> str:
    """The year's plan by month, and one month day by day."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    month, agency = _month(today), request.args.get("agency", "")
    labels = showing.labels(session, languages.current())
    agencies = {code: labels.get(("agencies", code), code) for code in session.scalars(_AGENCIES)}
    agency = agency if agency in agencies else ""
    rows = activity_work.within(session, actor, month.first, month.last, today, agency)
    by_day: dict[dt.date, list[Row[Any]]] = {}
    for row in rows:
        by_day.setdefault(row.planned_on, []).append(row)
    page = render_template(
        "activities/index.html", month=month, rows=rows, by_day=by_day, today=today, agencies=agencies, agency=agency,
        months=activity_work.months(session, actor, month.year, today, agency),
        year=[Period(periods.MONTH, month.year, n) for n in range(1, 13)],
        weeks=calendar.Calendar().monthdatescalendar(month.year, month.number), labels=labels,
        most=activity_work.MOST, language_code=languages.current(),
        feed=url_for("activities.feed", _external=True), opens=actor.role is not Role.FIELD,
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    return page


@blueprint.get("/activities/<uuid:activity_id>")
@sessions.only(*READERS)
def one(activity_id: uuid.UUID) -> str:
    """One activity: where, with whom, whether it was held and what came of it."""
    found = activity_work.activity(sessions.session(), sessions.actor(), activity_id)
    page = _page(found, {}, {}, "")
    reads.note(sessions.actor(), layer.key, found.commune_id)
    sessions.commit()
    return page


@blueprint.post("/activities/<uuid:activity_id>")
@sessions.only(Role.OFFICER)
def write(activity_id: uuid.UUID) -> Response | tuple[str, int]:
    """Says that it was held, that it wasn't after all, or gives it another day."""
    session, actor, form = sessions.session(), sessions.actor(), request.form.to_dict()
    act = form.get("act", "held")
    try:
        if act == "put_off":
            given, faults = form_values.read(form, days=("planned_on",))
            refuse(faults)
            activity_work.put_off(session, actor, activity_id, given["planned_on"])
            done = _("Đã dời ngày.")
        elif act == "not_held":
            activity_work.hold(session, actor, activity_id, {}, wall_clock.today())
            done = _("Đã ghi là chưa thực hiện.")
        else:
            given, faults = form_values.read(form, days=("done_on",), numbers=("households_reached",))
            said, unfit = form_values.texts(form, {"result": activity_work.LONGEST})
            if given["done_on"] is None and not faults:
                faults.append(Fault("done_on", "missing"))
            refuse([*faults, *unfit])
            activity_work.hold(session, actor, activity_id, given | said, wall_clock.today())
            done = _("Đã ghi kết quả.")
    except FieldsRefused as refused:
        session.rollback()
        wrong = fault_words.said(refused.facts["faults"], {})
        return _page(activity_work.activity(session, actor, activity_id), form, wrong, act), 422
    sessions.commit()
    flash(done)
    return redirect(url_for(".one", activity_id=activity_id), 303)


@blueprint.get("/activities.ics")
def feed() -> Response:
    """The plan as a calendar: a year back, and all that is to come, in the scope of whose token asks."""
    session, actor = sessions.session(), sessions.actor()
    rows = activity_work.fed(session, actor, wall_clock.today())
    labels = showing.labels(session, languages.current())

    def words(row: Row[Any]) -> str:
        agencies = ", ".join(labels.get(("agencies", code), code) for code in row.agencies or ())
        return f"{labels.get(('activity_kinds', row.kind), row.kind)}. {agencies}".rstrip(". ")

    body = calendar_feed.written(
        rows, _("Hoạt động phối hợp"), words,
        lambda id_: url_for("activities.one", activity_id=id_, _external=True),
    )  # fmt: skip
    reads.note(actor, layer.key)
    sessions.commit()
    answer = current_app.response_class(body, content_type=f"{calendar_feed.TYPE}; charset=utf-8")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


def _page(found: JointActivity, typed: Mapping[str, str], wrong: dict[str, list[str]], which: str) -> str:
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    labels, language = showing.labels(session, languages.current()), languages.current()
    commune = session.get(Unit, found.commune_id)
    return render_template(
        "activities/one.html", activity=found, programmes=programmes.choices(session, actor, today),
        carried=programmes.find(session, actor, found.programme_id)
        if found.programme_id and actor.role is not Role.FIELD else None, today=today, longest=activity_work.LONGEST,
        place=f"{commune.kind.capitalize()} {commune.name}" if commune else "",
        facts=[
            (f.label_en if language == "en" else f.label, showing.shown(f, getattr(found, f.key), labels, language))
            for f in layer.fields if f.key != "name"
        ],
        picture=small_map.draw(session, actor, layer, found.id), month=periods.holding(periods.MONTH, found.planned_on),
        typed=typed, wrong=wrong, which=which, writes=actor.role is Role.OFFICER,
    )  # fmt: skip


def _month(today: dt.date) -> Period:
    """The month asked for, else the one that is running."""
    try:
        found = periods.named(request.args.get("month", ""))
        if found.kind == periods.MONTH:
            return found
    except InvalidValue:
        pass
    return periods.holding(periods.MONTH, today)
