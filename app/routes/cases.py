"""Cases: the service reports an office must answer, by when, and every step until one is closed."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import case_words, languages, reads, sessions
from geodata.units import Unit
from surveys import answer_templates, case_answers, case_history, case_steps, showing, wall_clock
from surveys.access import Role
from surveys.layers import situation_reports

blueprint = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 100
# The states of each list of the page.
LISTS = {"waiting": ("mo", "dang_xu_ly", "mo_lai"), "answered": ("da_tra_loi",), "closed": ("dong",)}


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.LEADER)
def index() -> str:
    """What waits, by due date: of the own office, or for a leader and a liaison office of every one."""
    session, actor = sessions.session(), sessions.actor()
    chosen = request.args.get("list", "waiting")
    chosen = chosen if chosen in LISTS else "waiting"
    answers = actor.role is Role.OFFICER
    office = actor.office_id if answers and not case_steps.is_liaison(session, actor) else 0
    rows = case_answers.waiting(session, actor, office, LISTS[chosen], wall_clock.today(), PAGE)
    labels = showing.labels(session, languages.current())
    escalated = case_history.escalated(session, actor) if actor.role is Role.LEADER else []
    page = render_template(
        "cases/index.html", opens=answers, restricted=actor.reads_restricted and answers, page=PAGE,
        lists=case_words.lists(), chosen=chosen, nothing=case_words.nothing()[chosen], today=wall_clock.today(),
        escalated=[(row, labels.get(("report_categories", row.category), row.category)) for row in escalated],
        rows=[
            {
                "id": row.id, "late": row.late, "commune": row.commune, "office": row.office,
                "category": labels.get(("report_categories", row.category), row.category),
                "urgency": labels.get(("urgencies", row.urgency), row.urgency),
                "emergency": row.urgency == "khan_cap",
                "state": labels.get(("case_states", row.state), row.state),
                "due_on": showing.day(row.due_on),
            }
            for row in rows
        ],
    )  # fmt: skip
    if escalated:  # what is said there is of single cases
        reads.note(actor, situation_reports.layer.key)
        sessions.commit()
    return page


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def one(id_: uuid.UUID) -> str:
    """One report with its history, what is known of the same trouble, and the steps the asker may take now."""
    session, actor = sessions.session(), sessions.actor()
    case = case_steps.case(session, actor, id_)
    labels = showing.labels(session, languages.current())
    fields = [
        (f.label_en if languages.current() == "en" else f.label, showing.shown(f, getattr(case, f.key), labels))
        for f in situation_reports.layer.fields
    ]
    commune = session.get(Unit, case.commune_id)
    asked = {"category": case.category, "province": case.province_id, "commune": case.commune_id}
    page = render_template(
        "cases/one.html",
        id=id_,
        fields=fields,
        commune=commune.name if commune else "",
        given=[(languages.day(one.answered_at), one.words) for one in case_answers.given(session, id_)],
        steps=[step.key for step in case_steps.open_to(session, actor, case)],
        history=[_event(row) for row in case_history.events(session, case)],
        repeats=[_repeat(row, labels) for row in case_history.repeats(session, case)],
        stands_for=case_history.duplicates(session, id_),
        main=case_history.main_of(session, id_),
        offices=list(
            session.execute(text(case_answers.OFFICES), asked | {"office": case.office_id, "today": wall_clock.today()})
        ),
        names=case_words.steps(),
        longest=case_answers.LONGEST,
        templates=answer_templates.offered(session, actor, case.category, wall_clock.today()),
    )
    reads.note(actor, situation_reports.layer.key, case.commune_id)
    sessions.commit()
    return page


@blueprint.post("/<uuid:id_>/<step>")
@sessions.only(Role.OFFICER)
def take(id_: uuid.UUID, step: str) -> Response:
    """Takes one step; who sent the report reads its answer and state on the phone."""
    session, actor, form = sessions.session(), sessions.actor(), request.form
    masked = case_steps.take(
        session, actor, id_, step, wall_clock.today(),
        words=form.get("answer", "") or form.get("words", ""),
        office_id=form.get("office", type=int), main_id=form.get("case", type=uuid.UUID),
    )  # fmt: skip
    sessions.commit()
    flash(case_words.done()[step])
    if masked:
        flash(_("Một chỗ nói về người trong câu vừa viết đã được che."))
    return redirect(url_for(".index") if step in ("reassign", "duplicate") else url_for(".one", id_=id_))


def _event(row: Any) -> dict[str, Any]:
    return {
        "at": languages.moment(row.at),
        "step": row.step,
        "words": row.words,
        "office": row.office or _("Nơi gửi phản ánh"),
        "to": row.to_office,
    }


def _repeat(row: Any, labels: dict[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": labels.get(("case_states", row.state), row.state),
        "on": showing.day(row.observed_on),
        "joined": row.joined,
    }
