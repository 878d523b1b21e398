"""A quarter's report of the demo province in a real office program: it opens and looks right. `make test-office`.

What its figures are worth is checked in tests/surveys/test_report_figures.py.
"""

import io
import shutil
import subprocess
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from tests.surveys.test_report_figures import Made, made, officer, web

__all__ = ["made", "officer", "web"]  # the fixtures: the report itself
MM = 72 / 25.4


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice isn't installed")
def test_a_quarters_report_opens_with_its_margins_and_page_numbers(made: Made, tmp_path: Path) -> None:
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", "pdf",
               "--outdir", str(tmp_path), str(made.file)]  # fmt: skip
    subprocess.run(command, check=True, timeout=240, capture_output=True)
    document = pdfium.PdfDocument(io.BytesIO((tmp_path / f"{made.file.stem}.pdf").read_bytes()))
    assert [round(side / MM) for side in document[0].get_size()] == [210, 297]
    pages = [page.get_textpage() for page in document]
    said = [page.get_text_range() for page in pages]
    for words in (
        "ĐẢNG CỘNG SẢN VIỆT NAM",
        "VÀ DÂN VẬN",
        "-BC/BTGDVTU",
        "BÁO CÁO",
        "I- TÌNH HÌNH NHÂN DÂN",
    ):
        assert words in said[0], words
    assert any("PHỤ LỤC" in page and "Biểu 1." in page for page in said)
    assert "Bản đồ. Tỷ lệ thôn có đủ nước sạch" in "".join(said)
    # From the second page on its number stands above everything else, in the middle.
    assert not said[0].lstrip().startswith("1")
    for number, page in enumerate(pages[1:], start=2):
        boxes = [page.get_charbox(n) for n in range(page.count_chars()) if page.get_text_range(n, 1).strip()]
        top = max(box[3] for box in boxes)
        highest = "".join(
            page.get_text_range(n, 1)
            for n in range(page.count_chars())
            if page.get_text_range(n, 1).strip() and page.get_charbox(n)[3] > top - 4
        )
        assert highest == str(number)
        assert 297 - top / MM == pytest.approx(10, abs=3)
    # Nothing of the text stands outside the margins: 30 mm on the left, 15 on the right, 20 above and below.
    for page in pages:
        for n in range(page.count_chars()):
            if page.get_text_range(n, 1).strip():
                left, bottom, right, _ = page.get_charbox(n)
                assert left / MM > 29
                assert right / MM < 210 - 14
                assert bottom / MM > 19
