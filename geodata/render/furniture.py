"""What stands around a map on its sheet: title, legend, scale, north arrow, grid, coordinate system, sources, page."""

from dataclasses import replace
from math import ceil
from typing import Any

import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from geodata.render import map_axes
from geodata.render.drawings import Area, Dot, Entry, Page
from geodata.render.sheets import BESIDE, MARGIN, Box, Sheet, bar_step, grid_step

INK, SOFT = "#17211f", "#404c49"
GRID = "#0a5a57"


def paper(figure: Figure, sheet: Sheet) -> Axes:
    """Axes over the whole sheet in millimetres."""
    width, height = sheet.size
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    return axes


def write(axes: Axes, x: float, y: float, said: str, size: float, **more: Any) -> None:
    """Words on the sheet, their upper left corner at a place in millimetres; nothing in them is markup."""
    settings: dict[str, Any] = {"va": "top", "ha": "left", "color": INK, "parse_math": False, **more}
    axes.text(x, y, said, fontsize=size, **settings)


def around(axes: Axes, sheet: Sheet, page: Page, number: int, of: int) -> None:
    """Everything but the map itself."""
    width, height = sheet.size
    big = sheet.paper == "A3"
    top = height - MARGIN
    write(axes, MARGIN, top, clipped(page.title, 90), 20 if big else 15, fontweight=600)
    write(axes, MARGIN, top - (11 if big else 9), clipped(page.subtitle, 150), 12 if big else 9, color=SOFT)
    left, bottom, across, up = sheet.frame
    axes.add_patch(Rectangle((left, bottom), across, up, fill=False, edgecolor=INK, linewidth=1.0))
    x = left + across + 4
    room = BESIDE[sheet.paper] - 4
    y = _legend(axes, page, x, bottom + up, room, bottom + 34)
    _notes(axes, page, x, y, room, bottom + 34)
    scale = sheet.scale(page.drawing.box)
    _north(axes, page, width - MARGIN - 8, bottom + 30)
    _bar(axes, page, scale, x, bottom + 14, room - 22)
    _foot(axes, sheet, page, scale, f"{page.words.page} {number}/{of}")


def grid(axes: Axes, extent: Box, scale: int) -> None:
    """Lines of the zone's grid on the map, thin, with their coordinates at the frame."""
    step = grid_step(scale)
    west, south, east, north = extent
    for x in range(ceil(west / step) * step, int(east) + 1, step):
        axes.add_line(Line2D([x, x], [south, north], color=GRID, linewidth=0.2, alpha=0.5, zorder=3))
    for y in range(ceil(south / step) * step, int(north) + 1, step):
        axes.add_line(Line2D([west, east], [y, y], color=GRID, linewidth=0.2, alpha=0.5, zorder=3))


def clipped(said: str, most: int) -> str:
    """One line that has room."""
    line = " ".join(said.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def wrapped(said: str, most: int) -> list[str]:
    """Lines of at most that many letters."""
    lines, line = [], ""
    for word in said.split():
        if line and len(line) + 1 + len(word) > most:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def _legend(axes: Axes, page: Page, x: float, y: float, room: float, lowest: float) -> float:
    write(axes, x, y, page.words.legend, 11, fontweight=600)
    y -= 7
    for position, entry in enumerate(page.legend):
        lines = wrapped(entry.text, int(room / (1.75 if entry.sign is None else 1.95)))
        if y - 4.2 * len(lines) < lowest:
            write(axes, x, y, page.words.more.format(n=len(page.legend) - position), 7.5, color=SOFT)
            return y - 4.5
        if entry.heading:
            y -= 1.5
        else:
            _sign(axes, entry, x, y - 1.6)
        for line in lines:
            write(axes, x if entry.sign is None else x + 9, y, line, 8, fontweight=600 if entry.heading else 400)
            y -= 3.9
        y -= 0.9
    return y


def _sign(axes: Axes, entry: Entry, x: float, y: float) -> None:
    if isinstance(entry.sign, Dot):
        map_axes.scatter(axes, [Dot(x + 3.5, y, entry.sign.color, entry.sign.symbol, mark=entry.sign.mark)], 30)
    elif isinstance(entry.sign, Area):
        corners = ((x, y - 1.7), (x + 7, y - 1.7), (x + 7, y + 1.7), (x, y + 1.7))
        axes.add_collection(map_axes.patch(replace(entry.sign, shape=shapely.Polygon(corners))), autolim=False)


def _notes(axes: Axes, page: Page, x: float, y: float, room: float, lowest: float) -> None:
    y -= 3
    for note in page.notes:
        for line in wrapped(note, int(room / 1.6)):
            if y < lowest + 3:
                return
            write(axes, x, y, line, 7.5, color=SOFT)
            y -= 3.6
        y -= 0.8


def _north(axes: Axes, page: Page, x: float, y: float) -> None:
    axes.add_patch(Polygon([(x, y), (x - 3, y - 9), (x, y - 7), (x + 3, y - 9)], facecolor=INK, edgecolor=INK))
    write(axes, x, y + 5, page.words.north, 10, ha="center", fontweight=600)


def _bar(axes: Axes, page: Page, scale: int, x: float, y: float, longest: float) -> None:
    write(axes, x, y + 9, f"{page.words.scale} 1:{scale:,}".replace(",", "."), 10, fontweight=600)
    step = bar_step(scale, longest)
    part = step * 1000 / scale
    for number in range(4):
        axes.add_patch(
            Rectangle(
                (x + number * part, y), part, 1.6, facecolor=INK if number % 2 == 0 else "white", edgecolor=INK,
                linewidth=0.5, gid=f"bar-{number}",
            )
        )  # fmt: skip
    km = step >= 1000 or 4 * step >= 2000
    for number in (0, 2, 4):
        said = number * step / (1000 if km else 1)
        text = f"{said:g}".replace(".", ",") + (" km" if km else " m") * (number == 4)
        write(axes, x + number * part, y - 0.8, text, 7, ha="center" if number < 4 else "left")


def _foot(axes: Axes, sheet: Sheet, page: Page, scale: int, number: str) -> None:
    width, _ = sheet.size
    step = grid_step(scale) / 1000
    system = page.words.system.format(meridian=page.zone.meridian_text, epsg=page.zone.epsg)
    grid_said = page.words.grid.format(step=f"{step:g}".replace(".", ","))
    y = MARGIN + 18
    write(axes, MARGIN, y, clipped(f"{page.zone.name} · {system}; {grid_said}.", 170), 7.5, color=SOFT)
    sources = f"{page.words.sources}: {'; '.join(page.sources)}"
    for line in wrapped(sources, int(width / 1.55))[:3]:
        y -= 4
        write(axes, MARGIN, y, line, 7.5, color=SOFT)
    write(axes, MARGIN, MARGIN + 2, f"{page.words.made} {page.made_on:%d/%m/%Y}", 7.5, color=SOFT)
    write(axes, width - MARGIN, MARGIN + 2, number, 7.5, color=SOFT, ha="right")
