"""Taking a record back: asked with the code of its receipt, ordered by an officer, carried out in the background."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from app import errors, languages, sessions
from geodata.units import Unit
from surveys import wall_clock, withdrawals
from surveys.access import Role
from surveys.submissions import FormVersion
from surveys.withdrawals import DONE, Withdrawal, WithdrawalCodeUnknown

blueprint = Blueprint("withdrawals", __name__, url_prefix="/withdrawals")
PAGE = 100


@blueprint.get("/")
@sessions.only(Role.FIELD, Role.OFFICER)
def index() -> str:
    """What is to be taken back, by due day; a sender sees what they asked for themselves."""
    return _page()


@blueprint.post("/")
@sessions.only(Role.FIELD, Role.OFFICER)
def ask() -> Any:
    """Notes the request that belongs to a code."""
    session, actor = sessions.session(), sessions.actor()
    try:
        found = withdrawals.ask(session, actor, request.form.get("code", ""))
    except WithdrawalCodeUnknown as problem:
        return _page(errors.sentence(problem, languages.current())), errors.of(problem).status
    sessions.commit()
    return redirect(url_for("withdrawals.one", withdrawal_id=found))


@blueprint.get("/<int:withdrawal_id>")
@sessions.only(Role.FIELD, Role.OFFICER)
def one(withdrawal_id: int) -> str:
    """One request: how far it is, and what goes when it is carried out."""
    found = withdrawals.one(sessions.session(), withdrawal_id)
    officer = sessions.actor().role is Role.OFFICER
    return render_template("withdrawals/one.html", row=_lines([found])[0], removed=found.removed, officer=officer)


@blueprint.post("/<int:withdrawal_id>")
@sessions.only(Role.OFFICER)
def order(withdrawal_id: int) -> Response:
    """Has it carried out."""
    withdrawals.order(sessions.session(), sessions.actor(), withdrawal_id)
    sessions.commit()
    flash(_("Đã giao thực hiện; trang này báo khi xong."))
    return redirect(url_for("withdrawals.one", withdrawal_id=withdrawal_id))


def _page(said: str = "") -> str:
    rows = withdrawals.listed(sessions.session(), sessions.actor(), PAGE)
    return render_template("withdrawals/index.html", rows=_lines(rows), said=said, page=PAGE)


def _lines(rows: Sequence[Withdrawal]) -> list[dict[str, Any]]:
    session = sessions.session()
    titles: dict[str, str] = dict(
        session.execute(
            select(FormVersion.form_id, FormVersion.title)
            .where(FormVersion.form_id.in_({row.form_id for row in rows}))
            .order_by(FormVersion.created_at)
        ).all()
    )
    wanted = select(Unit.id, Unit.name).where(Unit.id.in_({row.commune_id for row in rows}))
    communes: dict[int | None, str] = dict(session.execute(wanted).all())
    today = wall_clock.today()
    return [
        {
            "id": row.id, "title": titles.get(row.form_id, row.form_id), "commune": communes.get(row.commune_id),
            "restricted": row.restricted, "received_at": row.received_at, "asked_at": row.asked_at,
            "due_on": languages.day(row.due_on), "state": row.state, "done_at": row.done_at,
            "late": row.state != DONE and row.due_on < today,
        }
        for row in rows
    ]  # fmt: skip
