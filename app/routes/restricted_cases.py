"""Restricted cases: a list of commune, category, state and due date; one opened at a time, for a reason."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import case_words, languages, sessions
from geodata.units import Unit
from surveys import case_answers, restricted_cases, showing, wall_clock
from surveys.access import Role
from surveys.layers import situation_reports
from surveys.restricted import RestrictedReport

blueprint = Blueprint("restricted_cases", __name__, url_prefix="/cases/restricted")
LISTS = {"waiting": ("mo", "dang_xu_ly", "mo_lai"), "answered": ("da_tra_loi",), "closed": ("dong",)}
# Its units stand beside; what lists show of it stands there already.
SHOWN = ("category", "what_happened", "urgency", "households_affected", "happened_on", "state", "due_on", "answered_on")


@blueprint.get("/")
@sessions.only(Role.OFFICER)
def index() -> str:
    """Those of the own office, by due date."""
    session, actor, today = sessions.session(), sessions.actor(), wall_clock.today()
    chosen = request.args.get("list", "waiting")
    chosen = chosen if chosen in LISTS else "waiting"
    labels = showing.labels(session, languages.current())
    rows = restricted_cases.listed(session, actor, LISTS[chosen])
    return render_template(
        "cases/restricted.html", chosen=chosen, lists=case_words.lists(), most=restricted_cases.MOST,
        nothing=case_words.nothing()[chosen],
        rows=[
            {
                "id": row.id, "commune": row.commune, "due_on": row.due_on,
                "late": chosen == "waiting" and row.due_on < today,
                "category": labels.get(("report_categories", row.category), row.category),
                "state": labels.get(("case_states", row.state), row.state),
            }
            for row in rows
        ],
    )  # fmt: skip


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def ask(id_: uuid.UUID) -> str:
    """The question why it is to be opened; nothing of it yet."""
    restricted_cases.require(sessions.session(), sessions.actor(), id_)
    return render_template("review/reason.html", back=url_for(".index"))


@blueprint.post("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def one(id_: uuid.UUID) -> str:
    """Opens it once: the reason is in the body only, so no link, reload or history does it again."""
    session, actor = sessions.session(), sessions.actor()
    if len(request.form.get("reason", "").strip()) < restricted_cases.SHORTEST_REASON:
        return ask(id_)
    found = restricted_cases.open_one(session, actor, id_, request.form["reason"])
    page = _page(found)
    sessions.commit()
    return page


@blueprint.post("/<uuid:id_>/<step>")
@sessions.only(Role.OFFICER)
def take(id_: uuid.UUID, step: str) -> Response:
    """Takes one step; to see the case again asks for a reason again."""
    form = request.form
    masked = restricted_cases.take(
        sessions.session(), sessions.actor(), id_, step, wall_clock.today(),
        words=form.get("words", ""), office_id=form.get("office", type=int),
    )  # fmt: skip
    sessions.commit()
    flash(case_words.done()[step] if step != "answer" else _("Đã ghi việc trả lời. Người gửi chỉ thấy ngày trả lời."))
    if masked:
        flash(_("Một chỗ nói về người trong câu vừa viết đã được che."))
    return redirect(url_for(".index"), 303)


def _page(found: RestrictedReport) -> str:
    session = sessions.session()
    labels, language = showing.labels(session, languages.current()), languages.current()
    declared = {f.key: f for f in situation_reports.layer.fields}
    fields: list[tuple[str, Any]] = [
        (declared[key].label_en if language == "en" else declared[key].label,
         showing.shown(declared[key], getattr(found, key), labels, language))
        for key in SHOWN
    ]  # fmt: skip
    places = [session.get(Unit, id_) for id_ in (found.commune_id, found.hamlet_id) if id_ is not None]
    asked = {"category": found.category, "province": found.province_id, "commune": found.commune_id}
    offices = session.execute(
        text(case_answers.OFFICES), asked | {"office": found.office_id, "today": wall_clock.today()}
    )
    return render_template(
        "cases/restricted_one.html", id=found.id, fields=fields, place=", ".join(p.name for p in places[::-1] if p),
        history=list(restricted_cases.steps_of(session, found.id)), names=case_words.steps(), offices=list(offices),
        steps=[step.key for step in restricted_cases.open_to(found)], longest=case_answers.LONGEST,
    )  # fmt: skip
