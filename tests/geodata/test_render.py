"""A sheet of paper is true to scale, its text is text in fonts of its own, and nothing on it is markup."""

import datetime as dt
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
import shapely
from pypdfium2 import raw

from geodata import crs
from geodata.render import documents, sheets
from geodata.render.drawings import Area, Dot, Drawing, Entry, Label, Page
from geodata.render.sheets import Sheet

FONTS = Path(__file__).resolve().parents[2] / "app/static/vendor/be-vietnam-pro/print"
ZONE = crs.zone(5899)
BOX = (500_000.0, 1_320_000.0, 512_000.0, 1_328_000.0)
DPI = 300
MM = 25.4
WORDS = "Đặng Ữ Ỗ ẫ ỡ ỹ ằ: xã Đắk Wil, phường B'Lao, thôn Ẳng Ộ"
GREEN = "#1b7837"


def page(box: tuple[float, float, float, float] = BOX, **more: object) -> Page:
    square = shapely.box(*box)
    drawing = Drawing(
        box,
        areas=(Area(square, fill="#eef3c9"), Area(shapely.box(box[0], box[1], box[0] + 3000, box[3]), mark="none")),
        dots=(Dot(box[0] + 500, box[1] + 500, GREEN), Dot(box[0] + 6000, box[1] + 4000, GREEN, n=1204)),
        labels=(Label(box[0] + 6000, box[1] + 2000, "Đắk Wil $x_1$"),),
    )
    return Page(
        drawing, ZONE, WORDS, "Tỉnh Lâm Đồng", ("Cộng: 70 thôn",), (Entry("chưa có số liệu", Area(None, mark="none")),),
        ("Địa Bàn",), dt.date(2026, 11, 21),
    )  # fmt: skip


def written(tmp_path: Path, sheet: Sheet, *pages: Page) -> pdfium.PdfDocument:
    out = tmp_path / "map.pdf"
    documents.write_pdf(pages, len(pages), sheet, FONTS, out)
    return pdfium.PdfDocument(out)


def seen(document: pdfium.PdfDocument) -> np.ndarray:
    """The first page as a printer lays it down: brightness from the top, 300 dots to the inch."""
    return np.asarray(document[0].render(scale=DPI / 72).to_pil().convert("RGB")).astype(int)


def runs(marks: np.ndarray) -> list[tuple[int, int]]:
    """Where stretches of true begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


@pytest.mark.parametrize("paper", ["A4", "A3"])
@pytest.mark.parametrize("landscape", [True, False])
def test_a_square_of_the_grid_is_as_long_as_the_scale_says(tmp_path: Path, paper: str, landscape: bool) -> None:
    sheet = Sheet(paper, landscape)
    scale = sheet.scale(BOX)
    assert sheets.grid_step(scale) == 1000
    drawing = Drawing(BOX)  # nothing but the grid
    image = seen(written(tmp_path, sheet, Page(drawing, ZONE, "Lưới")))
    left, bottom, across, up = (round(value / MM * DPI) for value in sheet.frame)
    height = image.shape[0]
    inside = image[height - bottom - up + 12 : height - bottom - 12, left + 12 : left + across - 12].sum(axis=2) < 720
    expected = 1000 * 1000 / scale / MM * DPI
    for axis in (0, 1):
        lines = [(start + end) / 2 for start, end in runs(inside.mean(axis=axis) > 0.9)]
        assert len(lines) >= 8
        for one, other in pairwise(lines):
            assert abs(other - one - expected) <= 1, (paper, landscape)  # no line is off by more than a dot
        assert abs((lines[-1] - lines[0]) / (len(lines) - 1) / expected - 1) < 0.01


def test_the_paper_has_its_size_and_the_scale_is_written_on_it(tmp_path: Path) -> None:
    document = written(tmp_path, Sheet("A3", True), page(), page())
    assert [round(side / 72 * MM) for side in document[0].get_size()] == [420, 297]
    said = document[1].get_textpage().get_text_range()
    scale = f"{Sheet('A3', True).scale(BOX):,}".replace(",", ".")
    for words in (
        f"Tỷ lệ 1:{scale}",
        "EPSG:5899",
        "VN-2000",
        "107°45'",
        "lưới 1 km",
        "Trang 2/2",
        "21/11/2026",
        "Nguồn",
    ):
        assert words in said, words


def test_the_scale_bar_is_as_long_as_it_says(tmp_path: Path) -> None:
    sheet = Sheet("A4", True)
    image = seen(written(tmp_path, sheet, page()))
    scale = sheet.scale(BOX)
    left, bottom, across, _ = sheet.frame
    # The first part of the bar is black, 1.6 mm high.
    y = image.shape[0] - round((bottom + 14 + 0.8) / MM * DPI)
    x = round((left + across + 3) / MM * DPI)
    dark = runs(image[y, x : x + round(50 / MM * DPI)].sum(axis=1) < 200)
    length = (dark[0][1] - dark[0][0]) / DPI * MM
    step = sheets.bar_step(scale, sheets.BESIDE["A4"] - 4 - 22)
    assert length * scale / 1000 == pytest.approx(step, rel=0.02)


def test_vietnamese_text_is_text_and_every_font_is_embedded(tmp_path: Path) -> None:
    document = written(tmp_path, Sheet("A4", False), page())
    said = document[0].get_textpage().get_text_range()
    assert WORDS in said
    assert "Đắk Wil $x_1$" in said  # no markup of the drawing program
    assert "1.204" in said
    first = document[0]  # held: what is on a page goes with it
    texts = [one.raw for one in first.get_objects([raw.FPDF_PAGEOBJ_TEXT])]
    assert len(texts) > 5
    assert {raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(one)) for one in texts} == {1}
    data = (tmp_path / "map.pdf").read_bytes()
    assert b"/FontFile2" in data
    assert b"/Type3" not in data


def test_marks_that_say_no_value_differ_from_each_other_and_from_nought(tmp_path: Path) -> None:
    looks = {}
    for mark in ("none", "waiting", "hidden", "mixed", ""):
        drawing = Drawing(BOX, areas=(Area(shapely.box(*BOX), fill="#eef3c9", mark=mark, edge="none"),))
        image = seen(written(tmp_path, Sheet(), Page(drawing, ZONE, mark)))
        middle = image[900:1200, 900:1200]
        looks[mark] = (middle.mean(axis=(0, 1)).round().tolist(), round(middle.std()))
    assert len({str(look) for look in looks.values()}) == 5
    assert looks[""][1] < min(looks[mark][1] for mark in looks if mark)  # only the plain colour has no pattern


def test_an_area_of_pieces_and_holes_and_an_empty_one_are_drawn(tmp_path: Path) -> None:
    ring = shapely.box(*BOX).difference(shapely.box(503_000, 1_322_000, 509_000, 1_326_000))
    empty = shapely.MultiPolygon()
    lines = shapely.GeometryCollection([shapely.LineString([(0, 0), (1, 1)]), ring])
    drawing = Drawing(BOX, areas=(Area(ring, fill=GREEN), Area(empty, fill=GREEN), Area(lines, fill=GREEN)))
    image = seen(written(tmp_path, Sheet(), Page(drawing, ZONE, "Vùng")))
    left, bottom, across, up = sheets.Sheet().frame
    middle = image[image.shape[0] - round((bottom + up / 2) / MM * DPI), round((left + across / 2) / MM * DPI)]
    assert middle.min() > 180  # the hole shows the paper


def test_cancelling_ends_the_writing(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        documents.write_pdf([page()] * 5, 5, Sheet(), FONTS, tmp_path / "x.pdf", stop)
