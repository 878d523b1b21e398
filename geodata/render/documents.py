"""Pages into a PDF, one held at a time; and a map alone as a picture for a slide."""

import datetime as dt
import gc
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure

from geodata.render import fonts, furniture, map_axes
from geodata.render.drawings import Drawing, Page
from geodata.render.sheets import Sheet

MM = 1 / 25.4
matplotlib.use("Agg")
# Whole TrueType fonts go into the file: text can be searched and copied, and printers know its letters.
matplotlib.rcParams["pdf.fonttype"] = 42
matplotlib.rcParams["hatch.linewidth"] = 0.6


def write_pdf(
    pages: Iterable[Page],
    of: int,
    sheet: Sheet,
    font_folder: Path,
    out: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Writes the pages as they come; `of` is how many there will be. Raises what making a page or `progress` raises."""
    family = fonts.installed(font_folder)
    with matplotlib.rc_context({"font.family": family}), PdfPages(out, metadata=_metadata()) as file:
        for number, page in enumerate(pages, start=1):
            figure = _figure(page, sheet, number, of)
            FigureCanvasPdf(figure)
            file.savefig(figure)
            figure.clear()
            if number % 10 == 0:
                gc.collect()  # figures hold themselves in circles: an atlas would grow by each page
            progress(number, of)


def write_picture(
    drawing: Drawing, size_mm: tuple[float, float], font_folder: Path, out: Path, dpi: int = 200, text_size: float = 9
) -> None:
    """The map alone as PNG, filling `size_mm`; its scale is whatever shows the whole box. `text_size` in points."""
    family = fonts.installed(font_folder)
    with matplotlib.rc_context({"font.family": family}):
        figure = Figure(figsize=(size_mm[0] * MM, size_mm[1] * MM), dpi=dpi)
        FigureCanvasAgg(figure)
        west, south, east, north = drawing.box
        metres = max((east - west) / size_mm[0], (north - south) / size_mm[1])
        x, y = (west + east) / 2, (south + north) / 2
        across, up = metres * size_mm[0] / 2, metres * size_mm[1] / 2
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(x - across, x + across), ylim=(y - up, y + up))
        axes.axis("off")
        map_axes.draw(axes, drawing, text_size=text_size)
        figure.savefig(out, format="png", facecolor="white")


def _figure(page: Page, sheet: Sheet, number: int, of: int) -> Figure:
    width, height = sheet.size
    left, bottom, across, up = sheet.frame
    figure = Figure(figsize=(width * MM, height * MM))
    furniture.around(furniture.paper(figure, sheet), sheet, page, number, of)
    axes = figure.add_axes((left / width, bottom / height, across / width, up / height))
    extent = sheet.extent(page.drawing.box)
    axes.set(xlim=(extent[0], extent[2]), ylim=(extent[1], extent[3]))
    axes.axis("off")
    furniture.grid(axes, extent, sheet.scale(page.drawing.box))
    map_axes.draw(axes, page.drawing, text_size=7 if sheet.paper == "A3" else 6)
    return figure


def _metadata() -> dict[str, object]:
    return {"Creator": "Địa Bàn", "Producer": "Địa Bàn", "CreationDate": dt.datetime.now(dt.UTC)}
