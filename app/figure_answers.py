"""A measured figure in words: what a map paints, what a table lists, what a file holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app import languages
from surveys.figures import cells, classing
from surveys.figures.cells import Cell, Measured
from surveys.figures.declared import Figure
from surveys.layers import RESTRICTED_FIGURES, named


@dataclass(frozen=True)
class Line:
    """One row of the table: everything in words; `value` is the bare number for sorting and files."""

    unit_id: int
    name: str
    level: int
    value: float | None
    said: str
    mark: str
    change: str
    change_value: float | str
    waiting: int
    rows: int
    not_divisible: str


def marks() -> dict[str, str]:
    """Why a unit has no value, by mark."""
    return {
        cells.NONE: _("chưa có số liệu"),
        cells.WAITING: _("đang chờ duyệt"),
        cells.HIDDEN: _("ẩn"),
        cells.MIXED: _("không tách được"),
    }


def number(figure: Figure, value: float | None) -> str:
    """A value of the figure with its decimals; a dash for none."""
    return languages.number(value, figure.decimals)


def words(figure: Figure) -> tuple[str, str]:
    """Title and unit of measure in the asker's language."""
    return figure.words(languages.current())


def layer_title(figure: Figure) -> str:
    """The layer a figure is of."""
    if figure.layer == RESTRICTED_FIGURES:
        return _("Phản ánh hạn chế (số đã chốt theo quý)")
    layer = named(figure.layer)
    return layer.title_en if languages.current() == "en" else layer.title


def retold() -> str:
    """Said of a period that is over: nothing keeps what its records were on its last day."""
    return _("Kỳ đã qua, tính từ hồ sơ hôm nay: hồ sơ sửa sau kỳ cũng làm đổi số.")


def lines(measured: Measured) -> list[Line]:
    """The rows of the table, in the units' order."""
    return [_line(measured.figure, cell) for cell in measured.cells]


def summary(measured: Measured) -> dict[str, Any]:
    """What stands above map and table: total, coverage, as of when, what waits, what is left out and why."""
    figure = measured.figure
    title, unit = words(figure)
    return {
        "title": title,
        "unit": unit,
        "period": measured.period.title(languages.current()),
        "until": languages.day(measured.until),
        "total": number(figure, measured.total),
        "total_before": None if measured.total_before is None else number(figure, measured.total_before),
        "reported": measured.reported,
        "of": len(measured.cells),
        "waiting": measured.waiting,
        "hidden": measured.hidden,
        figure.left_out: measured.whole.small,
        "outside": measured.outside.base,
        "layer": layer_title(figure),
        "restricted": figure.restricted,
        "retold": retold() if measured.retold else "",
    }


def painted(measured: Measured, method: str, ends: Sequence[float] = ()) -> dict[str, Any]:
    """What the browser paints: a class or a mark for each unit of today, and the legend. `ends`: shared classes."""
    figure = measured.figure
    ends = ends or classing.bounds(measured.values, method)
    units: dict[int, dict[str, Any]] = {}
    for cell in measured.cells:
        told = _painted(figure, cell, ends)
        for unit in cell.whole or (() if cell.shared else (cell.unit.id,)):
            units[unit] = told
        for unit in cell.shared:
            units[unit] = {"m": cells.MIXED, "t": _("không tách được")}
    shown = {told["m"] for told in units.values() if "m" in told}
    known = marks()
    return {
        **summary(measured),
        "units": units,
        "classes": _classes(figure, ends),
        "marks": [{"mark": mark, "text": known[mark]} for mark in known if mark in shown],
    }


def _painted(figure: Figure, cell: Cell, ends: Sequence[float]) -> dict[str, Any]:
    if cell.value is None:
        return {"m": cell.mark, "t": marks()[cell.mark]}
    return {"c": classing.class_of(cell.value, ends), "t": number(figure, cell.value)}


def _classes(figure: Figure, ends: Sequence[float]) -> list[str]:
    """“12 – 20”: each class from just above the end of the one before."""
    unit = words(figure)[1]
    said = []
    for position, end in enumerate(ends):
        low = None if position == 0 else ends[position - 1]
        said.append(
            _("đến %(high)s %(unit)s", high=number(figure, end), unit=unit)
            if low is None
            else _("trên %(low)s đến %(high)s", low=number(figure, low), high=number(figure, end))
        )
    return said


def _line(figure: Figure, cell: Cell) -> Line:
    change = cell.change
    said = "" if change is None else number(figure, change)
    return Line(
        unit_id=cell.unit.id,
        name=cell.unit.name if cell.unit.level == 4 else cell.unit.full,
        level=cell.unit.level,
        value=cell.value,
        said=marks()[cell.mark] if cell.mark else number(figure, cell.value),
        mark=cell.mark,
        change=f"+{said}" if change and change > 0 else said,
        change_value="" if change is None else change,
        waiting=cell.waiting,
        rows=cell.part.base,
        not_divisible=number(figure, cell.not_divisible) if cell.not_divisible and not figure.share
        else languages.number(cell.not_divisible) if cell.not_divisible else "",
    )  # fmt: skip
