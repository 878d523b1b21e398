"""What Word files of reports tell of the restricted cube: their annex tables, their drafted words, read back."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from sqlalchemy import Engine, text

from app.database import ScopedSession
from surveys import figures, periods
from surveys.access import Actor, Role
from surveys.periods import Period
from surveys.reports import composing, word, writing
from surveys.reports.tables import MEASURED

PROVINCE, BEFORE, YEAR = "Tỉnh Lâm Đồng", "Kỳ trước", "Cùng kỳ năm trước"
TITLES = {figure.title: figure.key for figure in figures.CATALOGUE if figure.restricted}


@dataclass(frozen=True)
class Said:
    """One number or mark of a file: of which figure, in which quarter, of which unit; "" for all of the file's."""

    key: str
    quarter: str
    unit: str
    said: str


def read(
    engine: Engine, actor: Actor, subject: str, quarter: str, place: str, today: dt.date, folder: Path
) -> Iterator[Said]:
    """A report begun, measured, written as a Word file and read back; taken back again."""
    period = periods.named(quarter)
    with ScopedSession(engine) as session:
        session.act_as(actor)
        report = writing.create(session, actor, subject, period, "party", MEASURED, today)
        writing.freeze(session, actor, report, today)
        composed = composing.compose(report, writing.figures_of(session, report), place, period.last)
        out = folder / f"{subject}-{quarter}-{actor.commune_id}.docx"
        word.write(composed, None, out)
        session.rollback()
    document = Document(str(out))
    yield from _tables(document, period, place)
    yield from _words(document, period)


def _tables(document: Any, period: Period, place: str) -> Iterator[Said]:
    quarters = {place: period, BEFORE: period.before, YEAR: Period(period.kind, period.year - 1, period.number)}
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if rows[0][:2] != ["TT", "Đơn vị"]:
            continue
        for column, title in enumerate(rows[0]):
            key = TITLES.get(title.partition(" (")[0])
            for row in rows[1:] if key else ():
                whole = quarters.get(row[1]) if not row[0] else None
                yield Said(key or "", (whole or period).code, "" if whole else row[1], row[column])


def _words(document: Any, period: Period) -> Iterator[Said]:
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for title, key in TITLES.items():
        for number in re.findall(rf"{title}: ([\d.]+)", said):
            yield Said(key, period.code, "", number)


def officer(engine: Engine, commune: int = 0) -> Actor:
    """The officer of the province, or one of a commune of it."""
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT id, unit_id, office_id FROM accounts WHERE username = 'chuyenvien'")
        ).one()
    return Actor(row.id, "chuyenvien", Role.OFFICER, row.unit_id, commune, row.office_id)
