"""Reports as they are written: begun, filled from figures, and edited by a person whose words are never overwritten."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import ClassVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue, NotFound, Problem
from surveys.access import Actor
from surveys.map_pages import asked
from surveys.periods import REPORTED, Period
from surveys.reports import drafting, frozen, letterheads, outline, rolling, standards
from surveys.reports.frozen import Frozen
from surveys.reports.tables import DRAFT, MEASURED, ROLLED, Report, ReportFigure, ReportStep

LONGEST_TEXT, LONGEST_TITLE = 6000, 300
Progress = Callable[[int, int | None], None]


class ReportLocked(Problem):
    """The report is approved, or waits for it: nothing of it changes now. Facts: state."""

    code: ClassVar[str] = "report_locked"


class NotMeasured(Problem):
    """The report has no figures yet: it can neither be handed in nor made into a file."""

    code: ClassVar[str] = "report_not_measured"


class ReportChanged(Problem):
    """Somebody else wrote this part since it was shown; nothing was overwritten."""

    code: ClassVar[str] = "report_changed"


def listed(session: Session, actor: Actor, most: int = 60) -> list[Report]:
    """Reports of the actor's own unit, the latest first."""
    unit = actor.commune_id or actor.province_id
    query = (
        select(Report)
        .where(Report.province_id == actor.province_id, Report.commune_id == actor.commune_id)
        .where(Report.unit_id == unit, Report.removed.is_(False))
        .order_by(Report.created_at.desc(), Report.id.desc())
        .limit(most)
    )
    return list(session.scalars(query))


def find(session: Session, actor: Actor, id_: int, *, to_change: bool = False) -> Report:
    """A report of the actor's scope; `to_change`: nobody else changes it meanwhile. Raises NotFound."""
    query = select(Report).where(Report.id == id_, Report.province_id == actor.province_id)
    found = session.scalar(query.with_for_update() if to_change else query)
    if found is None or (actor.commune_id and found.commune_id != actor.commune_id):
        raise NotFound(what="report", id=id_)
    return found


def existing(session: Session, actor: Actor, subject: str, period: Period) -> Report | None:
    """The unit's report of a subject and period, if there is one."""
    unit = actor.commune_id or actor.province_id
    return session.scalar(
        select(Report).where(
            Report.province_id == actor.province_id, Report.unit_id == unit, Report.subject == subject,
            Report.period == period.code, Report.removed.is_(False),
        )
    )  # fmt: skip


def steps_of(session: Session, report: Report) -> list[ReportStep]:
    """What was done with it, in order."""
    return list(session.scalars(select(ReportStep).where(ReportStep.report_id == report.id).order_by(ReportStep.id)))


def create(
    session: Session, actor: Actor, subject_key: str, period: Period, layout: str, basis: str, today: dt.date
) -> Report:
    """A report of the actor's unit without figures yet. Raises InvalidValue, NotFound; a second one is a Conflict."""
    subject = outline.named(subject_key)
    if layout not in letterheads.LAYOUTS:
        raise InvalidValue(field="layout", value=layout[:20], reason=", ".join(letterheads.LAYOUTS))
    if basis not in (MEASURED, ROLLED) or (basis == ROLLED and actor.commune_id):
        raise InvalidValue(field="basis", value=basis[:20], reason=MEASURED)
    if period.kind not in REPORTED or period.first > today:
        raise InvalidValue(field="period", value=period.code, reason=f"≤ {today:%d/%m/%Y}")
    unit = actor.commune_id or actor.province_id
    made = Report(
        province_id=actor.province_id, commune_id=actor.commune_id, unit_id=unit, subject=subject.key,
        period=period.code, layout=layout, basis=basis, title=subject.title(period),
        head=letterheads.first(session, actor, unit, layout), created_by=actor.account_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    note(session, actor, made, "create")
    return made


def freeze(
    session: Session, actor: Actor, report: Report, today: dt.date, progress: Progress = lambda _done, _total: None
) -> None:
    """Takes the figures as they are today and drafts the parts nobody has edited.

    Raises ReportLocked, IncompatibleLayers before anything is read (S7), Forbidden.
    """
    must_be_draft(report)
    subject, period = outline.named(report.subject), report.of
    wanted = subject.figures(actor, period)
    outline.refuse(wanted)
    if report.rolled:
        found = rolling.add_up(session, actor, report.subject, period, wanted, today)
        progress(len(wanted), len(wanted))
    else:
        found, finer = {}, outline.by_hamlet(wanted)
        for place, figure in enumerate(wanted, start=1):
            found[figure.key] = frozen.measure(
                session, actor, figure, period, today, report.commune_id, by_hamlet=figure.key in finer
            )
            progress(place, len(wanted))
    session.execute(delete(ReportFigure).where(ReportFigure.report_id == report.id))
    session.add_all(
        ReportFigure(report_id=report.id, figure=key, position=place, frozen=frozen.to_json(one))
        for place, (key, one) in enumerate(found.items())
    )
    report.standards = standards.quoted(session, wanted, period.until(today))
    asked_of = rolling.communes(session, actor, report.subject, period) if not report.commune_id else []
    report.coverage = rolling.coverage(asked_of) if asked_of else {}
    report.measured_at = session.scalar(select(func.now()))
    _draft(report, subject, found)
    session.flush()


def _draft(report: Report, subject: outline.Subject, found: dict[str, Frozen]) -> None:
    """New words for each part; a part that a person edited keeps theirs."""
    drafted = {part.key: drafting.part(part, found, report.standards) for part in subject.parts}
    texts = {
        key: new if report.texts.get(key, "") == report.drafted.get(key, "") else report.texts[key]
        for key, new in drafted.items()
    }
    report.drafted, report.texts = drafted, texts


def figures_of(session: Session, report: Report) -> dict[str, Frozen]:
    """The figures the report was frozen with, in their order."""
    rows = session.scalars(
        select(ReportFigure).where(ReportFigure.report_id == report.id).order_by(ReportFigure.position)
    )
    return {row.figure: frozen.from_json(row.figure, row.frozen) for row in rows}


def mark(said: str) -> str:
    """What a form carries to say which words it was filled with."""
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def rewrite(session: Session, report: Report, key: str, said: str, shown: str) -> None:
    """Puts a person's words in a part's place; `shown` marks the words they saw.

    Raises ReportLocked, ReportChanged, NotFound, NamesPersons, SubmissionClassified, InvalidValue.
    """
    must_be_draft(report)
    if key not in {part.key for part in outline.named(report.subject).parts}:
        raise NotFound(what="part", id=key[:20])
    before = report.texts.get(key, "")
    words = asked.written("text", said.replace("\r\n", "\n"), LONGEST_TEXT)
    if shown != mark(before):
        raise ReportChanged
    _put(session, report, key, words)


def take_back(session: Session, report: Report, key: str) -> None:
    """Swaps a part's words with those its last change took away. Raises ReportLocked, NotFound."""
    must_be_draft(report)
    if key not in report.replaced:
        raise NotFound(what="part", id=key[:20])
    _put(session, report, key, report.replaced[key])


def redraft(session: Session, report: Report, key: str) -> None:
    """Gives a part the words its figures drafted. Raises ReportLocked, NotFound."""
    must_be_draft(report)
    if key not in report.drafted:
        raise NotFound(what="part", id=key[:20])
    _put(session, report, key, report.drafted[key])


def _put(session: Session, report: Report, key: str, words: str) -> None:
    before = report.texts.get(key, "")
    if words != before:
        report.replaced = report.replaced | {key: before}
        report.texts = report.texts | {key: words}
        session.flush()


def rename(session: Session, report: Report, title: str, head: dict[str, str]) -> None:
    """Gives the report another title and letterhead. Raises as `rewrite`."""
    must_be_draft(report)
    said = asked.written("title", title, LONGEST_TITLE)
    if not said:
        raise InvalidValue(field="title", value="", reason="≥ 1")
    report.title, report.head = said, letterheads.written(head)
    session.flush()


def must_be_draft(report: Report) -> None:
    """Raises ReportLocked."""
    if report.state != DRAFT or report.removed:
        raise ReportLocked(state=report.state)


def note(session: Session, actor: Actor, report: Report, act: str, said: str = "") -> None:
    """Writes down what was done."""
    session.add(ReportStep(report_id=report.id, act=act, note=said, account_id=actor.account_id))
    session.flush()
