"""Cases: the service reports an office must answer, by when, and the answer that goes back to who sent one."""

import datetime as dt
import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from app import languages, reads, sessions
from geodata.units import Unit
from surveys import case_answers, showing
from surveys.access import Role
from surveys.layers import situation_reports

blueprint = Blueprint("cases", __name__, url_prefix="/cases")
PAGE = 100


@blueprint.get("/")
@sessions.only(Role.OFFICER, Role.LEADER)
def index() -> str:
    """What waits for an answer, by due date: of the own office, or for a leader of every one."""
    session, actor = sessions.session(), sessions.actor()
    answers = actor.role is Role.OFFICER
    rows = case_answers.waiting(session, actor, actor.office_id if answers else 0, _today(), PAGE)
    labels = showing.labels(session, languages.current())
    return render_template(
        "cases/index.html", answers=answers, page=PAGE,
        rows=[
            {
                "id": row.id, "late": row.late, "commune": row.commune, "office": row.office,
                "category": labels.get(("report_categories", row.category), row.category),
                "urgency": labels.get(("urgencies", row.urgency), row.urgency),
                "state": labels.get(("case_states", row.state), row.state),
                "due_on": showing.day(row.due_on),
            }
            for row in rows
        ],
    )  # fmt: skip


@blueprint.get("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def one(id_: uuid.UUID) -> str:
    """One report of the own office with what was answered, and the form to answer it."""
    session, actor = sessions.session(), sessions.actor()
    case = case_answers.report(session, actor, id_)
    labels = showing.labels(session, languages.current())
    fields = [
        (f.label_en if languages.current() == "en" else f.label, showing.shown(f, getattr(case, f.key), labels))
        for f in situation_reports.layer.fields
    ]
    commune = session.get(Unit, case.commune_id)
    page = render_template(
        "cases/one.html",
        fields=fields,
        commune=commune.name if commune else "",
        given=[(showing.day(one.answered_at.date()), one.words) for one in case_answers.given(session, id_)],
        open=case.state in case_answers.UNANSWERED,
        longest=case_answers.LONGEST,
    )
    reads.note(actor, situation_reports.layer.key, case.commune_id)
    sessions.commit()
    return page


@blueprint.post("/<uuid:id_>")
@sessions.only(Role.OFFICER)
def answer(id_: uuid.UUID) -> Response:
    """Answers it; who sent the report reads the answer on the phone."""
    session, actor = sessions.session(), sessions.actor()
    masked = case_answers.answer(session, actor, id_, request.form.get("answer", ""), _today())
    sessions.commit()
    flash(_("Đã trả lời. Người gửi sẽ thấy câu trả lời trên điện thoại."))
    if masked:
        flash(_("Một chỗ nói về người trong câu trả lời đã được che."))
    return redirect(url_for(".one", id_=id_))


def _today() -> dt.date:
    return dt.datetime.now(languages.HERE).date()
