"""Figures of restricted reports: cells of the frozen cube as published, and nothing else (S6)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys.access import Actor
from surveys.figures import cells
from surveys.figures.cells import Cell, Measured, Part, Unit
from surveys.figures.declared import Figure
from surveys.periods import Period

# Nothing but the cube's own table: no live count, and no cell that isn't one of it.
CELLS = text(
    "SELECT u.id, u.level, u.kind, u.name, u.approximate, r.n, r.hidden FROM units u"
    " LEFT JOIN restricted_counts r ON r.commune_id = u.id AND r.quarter = :first AND r.category = :category"
    " WHERE u.level = 3 AND u.province_id = :province AND u.valid_to IS NULL AND :commune IN (0, u.id)"
    ' ORDER BY u.name COLLATE "vi-x-icu", u.id'
)


def measure(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, only: Sequence[int] | None
) -> Measured:
    """The quarter's cells by commune, all of the actor's scope: the cube isn't cut by other filters."""
    if only is not None:
        raise ValueError("the frozen cube isn't filtered")
    given = {
        "province": actor.province_id, "commune": actor.commune_id, "first": period.first, "category": figure.category,
    }  # fmt: skip
    found = tuple(_cell(row) for row in session.execute(CELLS, given))
    return Measured(figure, period, period.until(today), found)


def _cell(row: Row[Any]) -> Cell:
    unit = Unit(row.id, row.level, row.kind, row.name, row.approximate)
    if row.hidden is None:
        return Cell(unit, Part(), None, cells.NONE)
    if row.hidden:
        return Cell(unit, Part(), None, cells.HIDDEN)
    return Cell(unit, Part(base=1, n=float(row.n)), float(row.n))
