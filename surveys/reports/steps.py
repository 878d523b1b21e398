"""From draft to approved: who may take which step, the number it gets, and why an approved report may open again."""

import datetime as dt
from typing import ClassVar

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, InvalidValue, Problem
from surveys.access import Actor, Role
from surveys.map_pages import asked
from surveys.reports.letterheads import PARTY
from surveys.reports.tables import APPROVED, DRAFT, SUBMITTED, Report
from surveys.reports.writing import NotMeasured, note

SUBMIT, WITHDRAW, RETURN, APPROVE, REOPEN, REMOVE, RESTORE = (
    "submit", "withdraw", "return", "approve", "reopen", "remove", "restore",
)  # fmt: skip
# What each step leads from and to; anything else is refused.
TRANSITIONS = {
    SUBMIT: (DRAFT, SUBMITTED), WITHDRAW: (SUBMITTED, DRAFT), RETURN: (SUBMITTED, DRAFT),
    APPROVE: (SUBMITTED, APPROVED), REOPEN: (APPROVED, DRAFT), REMOVE: (DRAFT, DRAFT), RESTORE: (DRAFT, DRAFT),
}  # fmt: skip
WITH_REASON = (RETURN, REOPEN)
LONGEST_NOTE = 500
# A provincial congress's term: Party documents are numbered on through it. The years are ours to check, not sourced.
FIRST_TERM, TERM = 2025, 5


class WrongStep(Problem):
    """The report isn't where this step begins. Facts: act, state."""

    code: ClassVar[str] = "report_wrong_step"


class SamePerson(Problem):
    """Who handed a report in can't approve it."""

    code: ClassVar[str] = "report_same_person"


class PeriodLocked(Problem):
    """The province's sum of this period is approved: a commune's report of it stays. Facts: period."""

    code: ClassVar[str] = "report_period_locked"


class ReasonMissing(Problem):
    """Sending back and opening again need a reason."""

    code: ClassVar[str] = "report_reason_missing"


def may(actor: Actor, report: Report, act: str) -> bool:
    """Whether the actor may take a step that the report's state allows."""
    if TRANSITIONS[act][0] != report.state or report.removed != (act == RESTORE):
        return False
    own = actor.commune_id == report.commune_id
    if act in (SUBMIT, REMOVE, RESTORE):
        return own
    if act == WITHDRAW:
        return own and report.submitted_by == actor.account_id
    above = bool(report.commune_id) and not actor.commune_id  # the province looks at what its communes hand in
    decides = above or (own and actor.role is Role.LEADER)
    return decides and not (act == APPROVE and report.submitted_by == actor.account_id)


def take(session: Session, actor: Actor, report: Report, act: str, reason: str = "") -> None:
    """Any step but approving. Raises WrongStep, Forbidden, NotMeasured, PeriodLocked, ReasonMissing, NamesPersons."""
    _check(actor, report, act)
    said = asked.written("reason", reason, LONGEST_NOTE)
    if act in WITH_REASON and len(said) < 5:
        raise ReasonMissing
    if act == SUBMIT:
        if report.measured_at is None:
            raise NotMeasured
        report.submitted_by = actor.account_id
    if act == REOPEN:
        _period_is_open(session, report)
    if act in (REMOVE, RESTORE):
        report.removed = act == REMOVE
    report.state = TRANSITIONS[act][1]
    if report.state == DRAFT:
        report.submitted_by = report.approved_by = None
    session.flush()
    note(session, actor, report, act, said)


def approve(session: Session, actor: Actor, report: Report, number: int, issued_on: dt.date) -> None:
    """Gives the report its number and day, and locks it. Raises WrongStep, Forbidden, SamePerson, InvalidValue."""
    if report.state == SUBMITTED and report.submitted_by == actor.account_id:
        raise SamePerson
    _check(actor, report, APPROVE)
    if not 1 <= number <= 9999:
        raise InvalidValue(field="number", value=number, reason="1–9999")
    if issued_on < report.of.first:
        raise InvalidValue(field="issued_on", value=issued_on.isoformat(), reason=f"≥ {report.of.first:%d/%m/%Y}")
    report.number, report.issued_on, report.series = number, issued_on, series(report.layout, issued_on)
    report.approved_by, report.state = actor.account_id, APPROVED
    session.flush()
    note(session, actor, report, APPROVE)


def series(layout: str, on: dt.date) -> str:
    """What a number counts within: a congress's term for Party documents, the year for state ones."""
    if layout != PARTY:
        return str(on.year)
    begin = FIRST_TERM + (on.year - FIRST_TERM) // TERM * TERM
    return f"{begin}-{begin + TERM}"


def next_number(session: Session, report: Report, on: dt.date) -> int:
    """The number after the last one given here; one given outside is typed over it. A reopened report keeps its own."""
    if report.number is not None:
        return report.number
    last = session.scalar(
        select(func.max(Report.number)).where(
            Report.province_id == report.province_id, Report.unit_id == report.unit_id,
            Report.layout == report.layout, Report.series == series(report.layout, on),
        )
    )  # fmt: skip
    return (last or 0) + 1


def _check(actor: Actor, report: Report, act: str) -> None:
    if act not in TRANSITIONS:
        raise InvalidValue(field="act", value=act[:20], reason=", ".join(TRANSITIONS))
    if TRANSITIONS[act][0] != report.state:
        raise WrongStep(act=act, state=report.state)
    if not may(actor, report, act):
        raise Forbidden(verb=act, layer="reports", role=str(actor.role))


def _period_is_open(session: Session, report: Report) -> None:
    """A commune's report that stands in an approved sum of the province can't open again."""
    if not report.commune_id:
        return
    given = {"subject": report.subject, "period": report.period}
    if session.scalar(text("SELECT report_period_is_summed(:subject, :period)"), given):
        raise PeriodLocked(period=report.of.title())
