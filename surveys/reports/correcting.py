"""What has changed since a report was frozen: told beside it, never put into it."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.figures.cells import WAITING
from surveys.reports import composing, frozen, outline, rolling
from surveys.reports.composing import Correction
from surveys.reports.frozen import Frozen, Line
from surveys.reports.tables import Report

WHOLE = "Tổng số"


def since(session: Session, actor: Actor, report: Report, found: dict[str, Frozen], today: dt.date) -> list[Correction]:
    """Each figure, in all and by unit, whose value of the report's period is another one today.

    The figures are asked as of the same day again: that more time has passed is no correction. The cube never changes.
    """
    told: list[Correction] = []
    wanted = [one.figure for one in found.values()]
    outline.refuse(wanted)
    if report.rolled:
        now = rolling.add_up(session, actor, report.subject, report.of, wanted, today)
    else:
        now = {
            one.figure.key: frozen.now(session, actor, one.figure, report.of, one.until, report.commune_id)
            for one in found.values()
            if not one.figure.restricted
        }
    for key, then in found.items():
        if key in now:
            told += _differing(then, now[key])
    return told


def _differing(then: Frozen, now: Frozen) -> Iterator[Correction]:
    figure = then.figure
    before, after = composing.amount(figure, then.total()), composing.amount(figure, now.total())
    if before != after:
        yield Correction(figure.title, WHOLE, before, after)
    if len(then.lines) < 2:
        return
    units = {line.unit.id: line for line in now.lines}
    for line in then.lines:
        was, is_ = _said(then, line), _said(now, units.get(line.unit.id))
        if was != is_:
            yield Correction(figure.title, line.unit.full, was, is_)


def _said(one: Frozen, line: Line | None) -> str:
    """A unit's value; a form that came to wait since is no correction."""
    if line is None:
        return composing.amount(one.figure, None)
    mark = "" if line.mark == WAITING else line.mark
    return composing.amount(one.figure, one.value(line), mark)
