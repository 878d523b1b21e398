"""A measured row and the table of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD = ("row", "measured", "compared with", "ratio", "budget", "met")


@dataclass(frozen=True)
class Row:
    """One line; `met` is None where there is no budget or nothing could be measured."""

    name: str
    measured: str
    against: str = ""
    ratio: float | None = None
    budget: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        met = {True: "yes", False: "NO", None: "–"}[self.met]
        return self.name, self.measured, self.against, ratio, self.budget, met


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie; nan of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def show(rows: Sequence[Row]) -> str:
    """The table as text."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    drawn = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([drawn[0], "  ".join("─" * width for width in widths), *drawn[1:]])
