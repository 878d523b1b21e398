"""Slides in a real office program: they open without repair and their text can be selected. `make test-office`."""

import datetime as dt
import io
import shutil
import subprocess
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from sqlalchemy import Engine

from app.database import acting
from geodata import crs
from geodata.render.sheets import Sheet
from surveys import map_state
from surveys.map_pages import content, paper, slides
from tests.rows import DAY, one_of_each
from tests.world import KNOWN


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice Impress isn't installed")
def test_slides_open_and_their_text_is_text(worker: Engine, tmp_path: Path) -> None:
    with worker.begin() as connection:
        one_of_each(connection, KNOWN.communes)
    picture, out = tmp_path / "map.png", tmp_path / "slides.pptx"
    Image.new("RGB", (190, 138), "white").save(picture)
    zone, sheet, leader = crs.zone(5899), Sheet(), KNOWN.actor("leader")
    given = {"layers": "hamlet_profiles", "figure": "no_nuoc", "period": "2026-Q4"}
    with acting(worker, leader) as session:
        state = map_state.read(given, leader, 1, dt.date(2026, 11, 21))
        read = content.read(session, leader, state, DAY, lambda bounds: paper.plane(sheet, zone, bounds))
    slides.write([slides.Slide(read, picture, ("Hồ sơ thôn",), note="Hỏi cơ quan trả lời")] * 2, "Giao ban", out)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", "pdf",
               "--outdir", str(tmp_path), str(out)]  # fmt: skip
    subprocess.run(command, check=True, timeout=180, capture_output=True)
    document = pdfium.PdfDocument(io.BytesIO((tmp_path / "slides.pdf").read_bytes()))
    assert len(document) == 2
    said = document[1].get_textpage().get_text_range()
    for words in ("Thôn chưa có nước sạch", "Đặc khu Phú Quý", "Quý IV/2026", "Hỏi cơ quan trả lời", "Hồ sơ thôn"):
        assert words in said, words
