"""Communes' reports of a period: which are there, who is missing, and their sum; nothing is guessed for anybody."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.figures.cells import Unit
from surveys.figures.declared import Figure
from surveys.periods import Period
from surveys.reports import frozen
from surveys.reports.frozen import Frozen, Line
from surveys.reports.tables import APPROVED, SUBMITTED

# The communes that stood when the period ended, each with its report if there is one.
_COMMUNES = text(
    "SELECT u.id, u.level, u.kind, u.name, u.approximate, r.id AS report, r.state FROM units u"
    " LEFT JOIN reports r ON r.unit_id = u.id AND r.subject = :subject AND r.period = :period AND NOT r.removed"
    " WHERE u.level = 3 AND u.province_id = :province AND :commune IN (0, u.id) AND u.valid_from <= :last"
    " AND (u.valid_to IS NULL OR u.valid_to > :last)"
    ' ORDER BY u.name COLLATE "vi-x-icu", u.id'
)
_FIGURES = text(
    "SELECT r.unit_id, f.figure, f.frozen FROM reports r JOIN report_figures f ON f.report_id = r.id"
    " WHERE r.province_id = :province AND r.commune_id <> 0 AND r.subject = :subject AND r.period = :period"
    " AND r.state = 'approved' AND NOT r.removed"
)


@dataclass(frozen=True)
class Commune:
    """A commune that reports: its report's id and state, None where there is none."""

    unit: Unit
    report: int | None
    state: str | None

    @property
    def approved(self) -> bool:
        return self.state == APPROVED


def communes(session: Session, actor: Actor, subject: str, period: Period) -> list[Commune]:
    """Every commune of the actor's scope that the period expects a report from, by name."""
    given = {
        "province": actor.province_id, "commune": actor.commune_id, "subject": subject, "period": period.code,
        "last": period.last,
    }  # fmt: skip
    return [
        Commune(Unit(row.id, row.level, row.kind, row.name, row.approximate), row.report, row.state)
        for row in session.execute(_COMMUNES, given)
    ]


def coverage(found: list[Commune]) -> dict[str, Any]:
    """How many of how many, and who is missing, as a report keeps it."""
    return {
        "of": len(found),
        "reported": sum(one.approved for one in found),
        "missing": [one.unit.full for one in found if not one.approved],
        "waiting": [one.unit.full for one in found if one.state == SUBMITTED],
    }


def said(kept: dict[str, Any]) -> str:
    """In words: how many reported, who did not, and that nothing was guessed for them; "" where nobody was asked."""
    if not kept:
        return ""
    line = f"Tổng hợp từ báo cáo của {kept['reported']}/{kept['of']} xã, phường, đặc khu."
    if kept["missing"]:
        line += f" Chưa có báo cáo của {len(kept['missing'])} đơn vị: {', '.join(kept['missing'])}."
        line += " Số liệu không gồm và không ước tính cho các đơn vị này."
    return line


def add_up(
    session: Session, actor: Actor, subject: str, period: Period, found: list[Figure], today: dt.date
) -> dict[str, Frozen]:
    """Each figure summed over the communes' approved reports; a missing commune has a line without a value."""
    given = {"province": actor.province_id, "subject": subject, "period": period.code}
    kept: dict[str, dict[int, Any]] = defaultdict(dict)
    for row in session.execute(_FIGURES, given):
        kept[row.figure][row.unit_id] = row.frozen
    places = communes(session, actor, subject, period)
    until = period.until(today)
    return {
        figure.key: frozen.rolled(figure, until, [_line(figure, kept[figure.key], one) for one in places])
        for figure in found
    }


def _line(figure: Figure, kept: dict[int, Any], commune: Commune) -> Line:
    own = kept.get(commune.unit.id)
    if own is None:
        return frozen.missing(commune.unit)
    (line,) = frozen.from_json(figure.key, own).lines
    return line
