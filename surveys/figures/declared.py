"""What a figure is: an aggregate over one layer's rows, declared once with its words and the rules it keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from geodata.units import COMMUNE, HAMLET
from surveys.layers import RESTRICTED_FIGURES
from surveys.periods import EVERY, QUARTER

# Which rows of `f` a period holds. Parameters: first and last day, `until` (the last day or today), the round's code.
RECORDED = "f.observed_on <= :until"  # what stands at the end of the period
OBSERVED = "f.observed_on BETWEEN :first AND :until"  # what came in within it
FEW_PEOPLE, UNDATED_REQUESTS = "few_people", "undated_requests"
SMALLEST = 5  # a row's number of people or households below this enters no sum (S6)

Cuts = Callable[[Session, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Sums:
    """The same figure over sums kept by commune and day, instead of rows: names of measures of `summing.EVENTS`.

    `ever`: all days up to `until` count, else those within the period. `known` counts the rows that `n` adds up: where
    there are none it has no value. `less` is taken from `n`; "{kind}" in it is the kind of period.
    """

    base: str
    n: str = ""  # the base itself, unless said
    of: str = ""
    small: str = ""
    known: str = ""
    less: str = ""
    ever: bool = False

    def measures(self, kind: str) -> dict[str, str]:
        """Which measure stands for what, for a kind of period; "" for none."""
        return {
            "base": self.base, "n": self.n or self.base, "of": self.of, "small": self.small, "known": self.known,
            "less": self.less.format(kind=kind),
        }  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """`n` is an SQL aggregate over the rows `f` that `holds` says; with `of` the value is 100 · n / of.

    `source` stands in FROM as `f`; `more` gives parameters that only a query or a calendar knows. `finest` is the level
    of units it is shown by. `worse`: "more", "less" or "" where neither is: only an office's work is coloured as a
    lack. `small` counts rows left out because their number is below SMALLEST, or for what `left_out` says.
    """

    key: str
    layer: str  # its key, or RESTRICTED_FIGURES
    title: str
    title_en: str
    unit: str
    unit_en: str
    n: str
    holds: str
    of: str = ""
    small: str = ""
    source: str = ""
    finest: int = HAMLET
    worse: str = ""
    decimals: int = 0
    kinds: tuple[str, ...] = EVERY
    more: Cuts | None = None
    rows: str = "TRUE"  # which rows of the layer it speaks of at all, whatever the period
    category: str = ""  # of a restricted figure
    left_out: str = FEW_PEOPLE  # why the rows that `small` counts are in no value
    sums: Sums | None = None  # where its layer grows with the years: by commune it is read from sums

    @property
    def share(self) -> bool:
        return bool(self.of)

    @property
    def restricted(self) -> bool:
        return self.layer == RESTRICTED_FIGURES

    def words(self, language: str) -> tuple[str, str]:
        """Title and unit of measure."""
        return (self.title_en, self.unit_en) if language == "en" else (self.title, self.unit)


def people(column: str, sums: Sums | None = None) -> dict[str, Any]:
    """A sum of people or households: a row's number below five enters no sum, so no two sums differ by it (S6).

    Shown by commune at the finest.
    """
    return {
        "sums": sums,
        "n": f"sum(f.{column}) FILTER (WHERE f.{column} = 0 OR f.{column} >= {SMALLEST})",
        "small": f"count(*) FILTER (WHERE f.{column} BETWEEN 1 AND {SMALLEST - 1})",
        "finest": COMMUNE,
    }


def restricted(category: str, title: str, title_en: str) -> Figure:
    """One group of the frozen cube: communes and closed quarters alone."""
    return Figure(
        key=f"restricted_{category}", layer=RESTRICTED_FIGURES, title=title, title_en=title_en, unit="phản ánh",
        unit_en="reports", n="", holds="", finest=COMMUNE, kinds=(QUARTER,), category=category,
    )  # fmt: skip


def counted(condition: str) -> str:
    """How many rows meet a condition."""
    return f"count(*) FILTER (WHERE {condition})"
