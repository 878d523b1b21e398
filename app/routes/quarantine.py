"""What came sealed and could not be received, for an officer to decide; and the files phones save their queue to."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug import Response

from app import errors, languages, queue_files, sealed_receiving, sessions
from app.queue_files import NotAQueueFile
from app.routes.records import desk
from geodata.problems import InvalidValue, Problem
from surveys import quarantine, sealed_parts
from surveys.access import Role
from surveys.answer_problems import restored
from surveys.quarantine import QuarantinedRecord

blueprint = Blueprint("quarantine", __name__, url_prefix="/review")
PAGE = 100


@blueprint.url_value_preprocessor
def _room_for_a_queue(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """What a phone gathers in weeks is larger than other uploads. Asked before the form is read; kept on disk."""
    if endpoint == "quarantine.load_queue_file":
        asker = sessions.asker()
        if asker is not None and asker.role is Role.OFFICER:
            request.max_content_length = queue_files.MOST_BYTES


@blueprint.get("/quarantine/")
@sessions.only(Role.OFFICER)
def index() -> str:
    """What waits, oldest first. Of its answers nothing is shown: they are under the seal."""
    rows = quarantine.waiting(sessions.session(), sessions.actor(), PAGE)
    return render_template("review/quarantine.html", rows=_lines(rows), page=PAGE, returned=_returned())


@blueprint.post("/quarantine/<uuid:id_>")
@sessions.only(Role.OFFICER)
def decide(id_: uuid.UUID) -> Response:
    """One more try under the author's rights, or the officer's word for it, or set aside for a reason."""
    session, officer = sessions.session(), sessions.actor()
    row = quarantine.one(session, officer, id_)
    files = [row.sealed_sha256.hex(), *row.parts]
    decision = request.form.get("decision")
    if decision == "set_aside":
        quarantine.set_aside(session, officer, row, request.form.get("reason", ""))
        said = _("Đã bỏ khỏi danh sách kèm lý do.")
    elif decision in ("retry", "vouch"):
        try:
            taken = sealed_receiving.retry(desk(), row, vouch=decision == "vouch")
        except Problem as problem:
            flash(_("Vẫn chưa nhận được: ") + errors.sentence(problem, languages.current()))
            return redirect(url_for("quarantine.index"))
        quarantine.accepted(session, officer, row, decision)
        said = _("Đã nhận phiếu.")
        if taken.problem is not None:
            said = _("Đã nhận phiếu, nhưng trả về cho người lập sửa: ")
            said += errors.sentence(taken.problem, languages.current())
    else:
        raise InvalidValue(field="decision", reason="retry, vouch, set_aside")
    sessions.commit()
    # After the commit: a decision that was lost must find the files still there.
    sealed_parts.forget(sessions.config().home, files)
    flash(said)
    return redirect(url_for("quarantine.index"))


@blueprint.get("/queue-file")
@sessions.only(Role.OFFICER)
def queue_file() -> str:
    """Where a file saved from a phone is loaded."""
    return render_template("review/queue_file.html", results=None)


@blueprint.post("/queue-file")
@sessions.only(Role.OFFICER)
def load_queue_file() -> str:
    """Loads one; says of each record what became of it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise NotAQueueFile(reason=_("chưa chọn tệp"))
    results = queue_files.load(desk(), file.stream)
    language = languages.current()
    lines = [(one, errors.sentence(one.problem, language) if one.problem else "") for one in results]
    return render_template("review/queue_file.html", results=lines)


def _lines(rows: list[QuarantinedRecord]) -> list[dict[str, Any]]:
    session = sessions.session()
    accounts = {id_ for row in rows for id_ in (row.account_id, row.handed_by) if id_ is not None}
    named = text("SELECT id, username, active FROM accounts WHERE id = ANY(:ids)")
    known = {one.id: one for one in session.execute(named, {"ids": list(accounts)})}
    titles: dict[str | None, str] = dict(
        session.execute(text("SELECT DISTINCT ON (form_id) form_id, title FROM forms")).all()
    )
    return [
        {
            "id": row.id,
            "title": titles.get(row.form_id, row.form_id),
            "made_at": row.made_at,
            "received_at": row.received_at,
            "author": known.get(row.account_id) if row.account_id else None,
            "handed_by": known.get(row.handed_by),
            "files": len(row.parts),
            "why": _why(row),
            # Where the seal itself is the trouble, nobody's word can open it.
            "closed": row.problem["code"] in ("seal_broken", "seal_key_unknown"),
        }
        for row in rows
    ]


def _why(row: QuarantinedRecord) -> str:
    facts = {key: value for key, value in row.problem.items() if key != "code"}
    said = errors.TABLE.get(str(row.problem["code"]), errors.TABLE["problem"])
    return errors.filled(said.vi if languages.current() != "en" else said.en, facts)


def _returned() -> list[dict[str, Any]]:
    """What was received but holds an answer that can't be used: it went back to whoever made it."""
    actor = sessions.actor()
    found = sessions.session().execute(
        text(
            "SELECT s.form_id, s.received_at, s.error, a.username FROM submissions s"
            " JOIN accounts a ON a.id = s.account_id"
            " WHERE s.state = 'quarantined' AND s.province_id = :province ORDER BY s.received_at DESC LIMIT 50"
        ),
        {"province": actor.province_id},
    )
    language = languages.current()
    return [
        {"form": row.form_id, "at": row.received_at, "by": row.username,
         "why": errors.sentence(restored(row.error or {}), language)}
        for row in found
    ]  # fmt: skip
