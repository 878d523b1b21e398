"""What a figure is in one unit, and in all of them: the value, or which of three reasons there is none."""

import datetime as dt
from dataclasses import dataclass, replace

from surveys.figures.declared import FEW_PEOPLE, Figure
from surveys.periods import Period

# Why a unit has no value; each has a hatching of its own and none is ever 0.
NONE, WAITING, HIDDEN, MIXED = "none", "waiting", "hidden", "mixed"


@dataclass(frozen=True)
class Part:
    """Aggregates over rows: how many of the layer (`base`), numerator, denominator, rows too small for a sum."""

    base: int = 0
    n: float | None = None
    of: float | None = None
    small: int = 0

    def value(self, figure: Figure) -> float | None:
        """The figure over these rows; None where they don't tell it."""
        if figure.share:
            return 100 * (self.n or 0) / self.of if self.of else None
        return None if self.n is None or (self.n == 0 and self.small) else self.n

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.base + other.base, _sum(self.n, other.n), _sum(self.of, other.of), self.small + other.small
        )  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A unit that figures are shown by."""

    id: int
    level: int
    kind: str
    name: str
    approximate: bool = False

    @property
    def full(self) -> str:
        return f"{self.kind.capitalize()} {self.name}"


@dataclass(frozen=True)
class Cell:
    """One unit's figure: `value` or a `mark`. `not_divisible`: of an old unit, what can't be told apart from others."""

    unit: Unit
    part: Part
    value: float | None
    mark: str = ""
    waiting: int = 0
    before: float | None = None
    not_divisible: float = 0
    whole: tuple[int, ...] = ()  # of an old unit: today's communes that came from it alone
    shared: tuple[int, ...] = ()  # and those it shares with others

    @property
    def change(self) -> float | None:
        """Since the period before; None where either has no value."""
        return None if self.value is None or self.before is None else self.value - self.before


@dataclass(frozen=True)
class Measured:
    """A figure for a period by units. `outside`: rows that lie in none of them, so that the sum is right.

    `retold`: a period that is over, told from the rows as they stand today.
    """

    figure: Figure
    period: Period
    until: dt.date
    cells: tuple[Cell, ...]
    outside: Part = Part()
    waiting: int = 0
    total_before: float | None = None
    retold: bool = False

    @property
    def whole(self) -> Part:
        """All rows together; what is hidden in a cell is in no total."""
        total = self.outside
        for cell in self.cells:
            if not self.figure.restricted or cell.value is not None:
                total += cell.part
        return total

    @property
    def total(self) -> float | None:
        return self.whole.value(self.figure)

    @property
    def reported(self) -> int:
        """How many units told anything at all."""
        return sum(1 for cell in self.cells if cell.mark in ("", HIDDEN) or cell.part.base)

    @property
    def hidden(self) -> int:
        return sum(1 for cell in self.cells if cell.mark == HIDDEN)

    @property
    def values(self) -> list[float]:
        return [cell.value for cell in self.cells if cell.value is not None]

    def of(self, unit_id: int) -> Cell | None:
        """The cell of a unit."""
        return next((cell for cell in self.cells if cell.unit.id == unit_id), None)

    def since(self, earlier: "Measured") -> "Measured":
        """The same with each cell's value of an earlier period, and the total's."""
        known = {cell.unit.id: cell.value for cell in earlier.cells}
        now = tuple(replace(cell, before=known.get(cell.unit.id)) for cell in self.cells)
        return replace(self, cells=now, total_before=earlier.total)


def hides(figure: Figure, part: Part) -> bool:
    """Whether there would be a number but for people too few to be told of (S6)."""
    return bool(part.small) and figure.left_out == FEW_PEOPLE


def made(figure: Figure, unit: Unit, part: Part, waiting: int = 0) -> Cell:
    """The cell of a unit: its value, or the mark that says why there is none."""
    value = part.value(figure) if part.base else None
    mark = ""
    if value is None:
        mark = HIDDEN if hides(figure, part) else WAITING if waiting and not part.base else NONE
    return Cell(unit, part, value, mark, waiting)


def _sum(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other
