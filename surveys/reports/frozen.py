"""Figures as a report keeps them: by unit, for its period, the one before and the year before; never measured again."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from surveys import figures
from surveys.access import Actor
from surveys.figures import cells, measuring
from surveys.figures.cells import Cell, Measured, Part, Unit
from surveys.figures.declared import FEW_PEOPLE, Figure
from surveys.figures.measuring import Where
from surveys.periods import Period

NOW, BEFORE, YEAR = 0, 1, 2
MISSING = "missing"  # a commune whose report isn't there: no value, and none is guessed


@dataclass(frozen=True)
class Line:
    """One unit's aggregates in the period, the one before and the year before; None where that wasn't asked."""

    unit: Unit
    parts: tuple[Part | None, Part | None, Part | None]
    mark: str = ""
    waiting: int = 0


@dataclass(frozen=True)
class Frozen:
    """A figure by units; `outside` lies in none of them; `hamlets` are those of a commune's own report."""

    figure: Figure
    until: dt.date
    lines: tuple[Line, ...]
    outside: tuple[Part | None, Part | None, Part | None] = (Part(), None, None)
    hamlets: tuple[Line, ...] = ()

    def value(self, line: Line, when: int = NOW) -> float | None:
        """A unit's value; None where there is none."""
        part = line.parts[when]
        return part.value(self.figure) if part is not None and part.base else None

    def whole(self, when: int = NOW) -> Part | None:
        """All units together. None where that time wasn't asked.

        What is hidden or missing holds nothing, so it is in no total.
        """
        parts = [line.parts[when] for line in self.lines]
        told = [part for part in (*parts, self.outside[when]) if part is not None]
        return sum(told, Part()) if told else None

    def total(self, when: int = NOW) -> float | None:
        """The figure over all units that tell it."""
        part = self.whole(when)
        return None if part is None else part.value(self.figure)

    @property
    def told(self) -> int:
        """How many units have the figure."""
        return sum(1 for line in self.lines if line.mark in ("", cells.HIDDEN) or (line.parts[NOW] or Part()).base)

    @property
    def waiting(self) -> int:
        return sum(line.waiting for line in self.lines)

    @property
    def small(self) -> int:
        """Rows of so few people that they enter no sum (S6)."""
        part = self.whole()
        return part.small if part and self.figure.left_out == FEW_PEOPLE else 0

    @property
    def hidden(self) -> int:
        return sum(1 for line in self.lines if line.mark == cells.HIDDEN)

    def measured(self, period: Period) -> Measured:
        """As a map takes it."""
        found = tuple(
            Cell(
                line.unit, line.parts[NOW] or Part(), self.value(line),
                cells.NONE if line.mark == MISSING else line.mark,
            )
            for line in self.lines
        )  # fmt: skip
        return Measured(self.figure, period, self.until, found, self.outside[NOW] or Part(), self.waiting)


def measure(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, commune: int, *, by_hamlet: bool
) -> Frozen:
    """The figure of a report made today: of a commune, or of the province by communes where `commune` is 0.

    `by_hamlet`: of a commune also by its hamlets. Raises Forbidden, FigureTooFine.
    """
    where = _where(figure, commune)
    asked = (period.before, period.year_before)
    found = [None if one is None else measuring.measure(session, actor, figure, one, today, where) for one in asked]
    here = measuring.measure(session, actor, figure, period, today, where)
    lines = _lines(here, found[0], found[1], commune)
    hamlets: tuple[Line, ...] = ()
    if commune and by_hamlet:
        within = measuring.measure(session, actor, figure, period, today, Where(within=commune))
        hamlets = _lines(within, None, None, 0)
    outside = (here.outside, _outside(found[0]), _outside(found[1]))
    return Frozen(figure, here.until, lines, outside, hamlets)


def now(session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, commune: int) -> Frozen:
    """The figure of the period alone, with nothing it is compared with. Raises as `measure`."""
    found = measuring.measure(session, actor, figure, period, today, _where(figure, commune))
    return Frozen(figure, found.until, _lines(found, None, None, commune), (found.outside, None, None))


def _where(figure: Figure, commune: int) -> Where:
    # The cube is not cut by filters: a commune's own line is taken out of it, as the map does.
    return Where(only=[commune]) if commune and not figure.restricted else Where()


def _lines(now: Measured, before: Measured | None, year: Measured | None, commune: int) -> tuple[Line, ...]:
    known = [{} if one is None else {cell.unit.id: cell.part for cell in one.cells} for one in (before, year)]
    return tuple(
        Line(cell.unit, (cell.part, known[0].get(cell.unit.id), known[1].get(cell.unit.id)), cell.mark, cell.waiting)
        for cell in now.cells
        if commune in (0, cell.unit.id)
    )  # fmt: skip


def _outside(found: Measured | None) -> Part | None:
    return None if found is None else found.outside


def left_out(found: Sequence[Frozen]) -> int:
    """Rows of so few people that figures leave them out; one that several figures of a layer leave out counts once."""
    most: dict[str, int] = {}
    for one in found:
        most[one.figure.layer] = max(most.get(one.figure.layer, 0), one.small)
    return sum(most.values())


def missing(unit: Unit) -> Line:
    """The line of a commune that hasn't reported."""
    return Line(unit, (Part(), None, None), MISSING)


def rolled(figure: Figure, until: dt.date, lines: Sequence[Line]) -> Frozen:
    """The sum of communes' own reports; compared only over those that reported."""
    return Frozen(figure, until, tuple(lines))


def to_json(frozen: Frozen) -> dict[str, Any]:
    """As the database keeps it."""
    return {
        "until": frozen.until.isoformat(),
        "lines": [_packed(line) for line in frozen.lines],
        "outside": [_part_out(part) for part in frozen.outside],
        "hamlets": [_packed(line) for line in frozen.hamlets],
    }


def from_json(key: str, kept: dict[str, Any]) -> Frozen:
    """What `to_json` made."""
    outside = [_part_in(part) for part in kept["outside"]]
    return Frozen(
        figures.named(key), dt.date.fromisoformat(kept["until"]), tuple(_unpacked(line) for line in kept["lines"]),
        (outside[0], outside[1], outside[2]), tuple(_unpacked(line) for line in kept["hamlets"]),
    )  # fmt: skip


def _packed(line: Line) -> list[Any]:
    unit = line.unit
    told = [unit.id, unit.level, unit.kind, unit.name, unit.approximate]
    return [told, [_part_out(part) for part in line.parts], line.mark, line.waiting]


def _unpacked(kept: list[Any]) -> Line:
    unit, parts, mark, waiting = kept
    now, before, year = (_part_in(part) for part in parts)
    return Line(Unit(*unit), (now, before, year), mark, waiting)


def _part_out(part: Part | None) -> list[Any] | None:
    return None if part is None else [part.base, part.n, part.of, part.small]


def _part_in(kept: list[Any] | None) -> Part | None:
    return None if kept is None else Part(*kept)
