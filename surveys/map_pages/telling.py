"""A page in words: title, notes, table, legend texts, and each unit's value or the reason it has none."""

from dataclasses import dataclass

from surveys.figures import classing
from surveys.figures.cells import Cell
from surveys.layer import Layer
from surveys.layers import REPORT_COUNTS, named
from surveys.map_pages import words
from surveys.map_pages.content import Content
from surveys.map_state import MapState
from surveys.showing import day


@dataclass(frozen=True)
class Table:
    """The table beside a map, all of it in words."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Fill:
    """How a unit is painted: a class of the figure from 0, or a mark; `text` is its value in words."""

    number: int
    mark: str
    text: str


def title(content: Content) -> str:
    """What the page is about where nobody named it."""
    return name_of(content.state, content.language)


def name_of(state: MapState, language: str) -> str:
    """The figure, else the layers from the topmost down."""
    if state.measured is not None:
        return state.measured.words(language)[0]
    said = words.of(language)
    told = [said["counts"] if key == REPORT_COUNTS else layer_title(named(key), language) for key in state.layers]
    return ", ".join(told) or said["boundaries"]


def subtitle(content: Content) -> str:
    """Place and time."""
    said = words.of(content.language)
    if content.measured is None:
        return f"{content.name} · {said['records_until'].format(day=day(content.today))}"
    until = said["until"].format(day=day(content.measured.until))
    return f"{content.name} · {content.measured.period.title(content.language)} · {until}"


def notes(content: Content) -> tuple[str, ...]:
    """Total, coverage, what waits, what is left out and why."""
    said, found, language = words.of(content.language), content.measured, content.language
    told = []
    if found is not None:
        figure = found.figure
        whole = said["overall" if figure.share else "whole"]
        total = words.number(found.total, language, figure.decimals)
        told.append(f"{whole}: {total} {figure.words(language)[1]}")
        told.append(
            said["reported"].format(
                n=words.number(found.reported, language), of=words.number(len(found.cells), language)
            )
        )
        for key, n in (("waiting", found.waiting), ("hidden_in", found.hidden), (figure.left_out, found.whole.small)):
            if n:
                told.append(said[key].format(n=words.number(n, language)))
        if figure.restricted:
            told.append(said["frozen"])
        if found.retold:
            told.append(said["retold"])
    if content.reports is not None:
        told.append(said["reports_as_counts"])
    return (*told, said["approved"])


def table(content: Content) -> Table:
    """The figure by units; without a figure the records of each shown layer in the place."""
    said, language = words.of(content.language), content.language
    if content.measured is None:
        on = {shown.layer.key for shown in content.shown}
        if content.reports is not None:
            on.add("situation_reports")
        rows = tuple(
            (layer_title(line.layer, language),
             said["not_here"] if line.n is None else words.number(line.n, language),
             words.number(line.waiting, language))
            for line in content.place.lines
            if line.layer.key in on
        )  # fmt: skip
        return Table(content.name, (said["layer"], said["records"], said["waiting_n"]), rows)
    unit = content.measured.figure.words(language)[1]
    cells = tuple(
        (cell.unit.name if cell.unit.level > 3 else cell.unit.full, value(content, cell))
        for cell in content.measured.cells
    )  # fmt: skip
    return Table(f"{title(content)}, {subtitle(content)}", (said["unit"], unit), cells)


def value(content: Content, cell: Cell) -> str:
    """A cell's value in words, or why there is none."""
    if cell.value is None:
        return words.of(content.language)[words.MARKS[cell.mark]]
    decimals = content.measured.figure.decimals if content.measured else 0
    return words.number(cell.value, content.language, decimals)


def fills(content: Content) -> dict[int, Fill]:
    """How each unit of today is painted, by its id; of old units the communes that came from one alone."""
    painted: dict[int, Fill] = {}
    for cell in content.measured.cells if content.measured else ():
        said = value(content, cell)
        number = -1 if cell.value is None else classing.class_of(cell.value, content.ends)
        for unit in cell.whole or (() if cell.shared else (cell.unit.id,)):
            painted[unit] = Fill(number, cell.mark, said)
        for unit in cell.shared:
            painted[unit] = Fill(-1, "mixed", words.of(content.language)["mixed"])
    return painted


def classes(content: Content) -> list[str]:
    """The classes of the figure: “trên 12 đến 20”."""
    if content.measured is None:
        return []
    said, figure, told = words.of(content.language), content.measured.figure, []
    low = ""
    for end in content.ends:
        high = words.number(end, content.language, figure.decimals)
        unit = figure.words(content.language)[1]
        told.append(said["between"].format(low=low, high=high) if low else said["upto"].format(high=high, unit=unit))
        low = high
    return told


def layer_title(layer: Layer, language: str) -> str:
    """The layer's title."""
    return layer.title_en if language == "en" else layer.title


def class_labels(content: Content, layer: Layer) -> list[tuple[str, str, str, str]]:
    """(code, label, colour, symbol) of each class the layer is drawn in."""
    if not layer.style.by:
        return []
    field = layer.field(layer.style.by)
    return [
        (code, content.labels.get((field.list or "", code), code), color, symbol)
        for code, (color, symbol) in layer.style.classes.items()
    ]
