"""Pages as slides: the map as a picture, everything else as text and a table of the program that opens them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveys.map_pages import telling
from surveys.map_pages.content import Content

if TYPE_CHECKING:
    from pptx.presentation import Presentation

WIDE, HIGH = 338.7, 190.5  # mm, 16:9
PICTURE = (190.0, 138.0)  # mm
MOST_ROWS = 13  # that a slide shows legibly; of more the first, and how many more there are
FONT = "Be Vietnam Pro"


@dataclass(frozen=True)
class Slide:
    """One page and its picture."""

    content: Content
    picture: Path
    legend: tuple[str, ...]
    title: str = ""
    note: str = ""


def write(slides: Iterable[Slide], title: str, out: Path) -> None:
    """Writes the file as the slides come."""
    from pptx import Presentation

    file = Presentation()
    file.slide_width, file.slide_height = _mm(WIDE), _mm(HIGH)
    file.core_properties.title = title
    file.core_properties.author = "Địa Bàn"
    for slide in slides:
        _add(file, slide)
    file.save(str(out))


def _add(file: "Presentation", slide: Slide) -> None:
    shown = file.slides.add_slide(file.slide_layouts[5])  # a title alone: readers of the screen find it
    _say(shown.shapes.title, 12, 8, WIDE - 24, 15, [(slide.title or telling.title(slide.content), 28, True)])
    _say(_box(shown), 12, 22, WIDE - 24, 9, [(telling.subtitle(slide.content), 14, False)])
    picture = shown.shapes.add_picture(str(slide.picture), _mm(12), _mm(34), _mm(PICTURE[0]), _mm(PICTURE[1]))
    picture._element.nvPicPr.cNvPr.set("descr", f"{telling.title(slide.content)}. {telling.subtitle(slide.content)}")
    right, room = 12 + PICTURE[0] + 6, WIDE - PICTURE[0] - 30
    used = _table(shown, telling.table(slide.content), right, 34, room)
    below = [*(telling.notes(slide.content)), *slide.legend]
    if slide.note:
        below.insert(0, slide.note)
    _say(_box(shown), right, 36 + used, room, max(HIGH - 46 - used, 10), [(line, 11, False) for line in below])


def _table(shown: Any, told: telling.Table, left: float, top: float, width: float) -> float:
    rows = [list(row) for row in told.rows[:MOST_ROWS]]
    if len(told.rows) > MOST_ROWS:
        rows.append([f"… +{len(told.rows) - MOST_ROWS}", *[""] * (len(told.header) - 1)])
    height = 7.2
    frame = shown.shapes.add_table(
        len(rows) + 1, len(told.header), _mm(left), _mm(top), _mm(width), _mm(height * (len(rows) + 1))
    )
    for r, row in enumerate([list(told.header), *rows]):
        for c, said in enumerate(row):
            cell = frame.table.cell(r, c)
            cell.margin_top = cell.margin_bottom = _mm(0.8)
            _write(cell.text_frame, [(said, 11, r == 0)], right=c > 0)
    return height * (len(rows) + 1)


def _box(shown: Any) -> Any:
    return shown.shapes.add_textbox(0, 0, 0, 0)


def _say(shape: Any, left: float, top: float, width: float, height: float, lines: list[tuple[str, int, bool]]) -> None:
    shape.left, shape.top, shape.width, shape.height = _mm(left), _mm(top), _mm(width), _mm(height)
    _write(shape.text_frame, lines)


def _write(frame: Any, lines: list[tuple[str, int, bool]], *, right: bool = False) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    for number, (said, size, strong) in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text, run.font.size, run.font.bold, run.font.name = said, Pt(size), strong, FONT


def _mm(value: float) -> Any:
    from pptx.util import Mm

    return Mm(value)
