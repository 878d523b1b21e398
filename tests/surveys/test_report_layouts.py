"""A report's Word file has the looks the rules file gives, Party or state: checked from the file."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn

from geodata.units import COMMUNE
from surveys import figures
from surveys.figures.cells import HIDDEN, NONE, Part, Unit
from surveys.reports import composing, drafting, frozen, layouts, outline, steps, word
from surveys.reports.composing import Composed, Correction, Section, Table
from surveys.reports.frozen import Frozen, Line
from surveys.reports.letterheads import LAYOUTS
from surveys.reports.tables import Report

TEXT = "Trong kỳ đã tiếp nhận 245 phản ánh, kiến nghị về dịch vụ."
HEAD = {
    "superior": "Tỉnh ủy Lâm Đồng", "issuer": "Ban Tuyên giáo và Dân vận", "symbol": "BTGDVTU", "place": "Lâm Đồng",
    "authority": "T/M Ban", "post": "Trưởng ban", "recipients": "Thường trực Tỉnh ủy (báo cáo)\n- Ban Dân vận,",
}  # fmt: skip


def rules(layout: str) -> dict[str, Any]:
    told = json.loads((outline.DATA / "doc_format_rules.json").read_text(encoding="utf-8"))
    return dict(told[layouts.RULES[layout]])


def written(layout: str, out: Path, **more: Any) -> Any:
    """The file of a small report, opened again."""
    report = Report(
        title="Kết quả công tác dân vận quý III năm 2026", layout=layout, head=HEAD, state="approved", number=5,
        issued_on=dt.date(2026, 2, 7), measured_at=dt.datetime(2026, 10, 1, tzinfo=dt.UTC), **more,
    )  # fmt: skip
    composed = Composed(
        report, layouts.of(layout), report.title, dt.date(2026, 9, 30), "",
        (Section(layouts.of(layout).section(1, "TÌNH HÌNH"), (("1. Tình hình chung", (TEXT,)),)),),
        (Table("Biểu 1. Phản ánh", ("TT", "Đơn vị", "Phản ánh"), (("1", "Xã Đắk Mil", "7"),)),),
        (("Nước", "15 ngày làm việc", "01/07/2025", "quy chế"),), (Correction("Phản ánh", "Xã Đắk Mil", "7", "8"),),
    )  # fmt: skip
    word.write(composed, None, out)
    return Document(str(out))


def runs(document: Any) -> list[Any]:
    """Every run of the text, the letterhead and the tables."""
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    paragraphs = [*document.paragraphs, *(p for cell in cells for p in cell.paragraphs)]
    return [run for paragraph in paragraphs for run in paragraph.runs if run.text.strip()]


def run_of(document: Any, said: str) -> Any:
    return next(run for run in runs(document) if said in run.text)


def within(value: float, rule: Any) -> bool:
    low, high = rule if isinstance(rule, list) else (rule, rule)
    return bool(low - 0.05 <= value <= high + 0.05)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paper_margins_and_typeface(layout: str, tmp_path: Path) -> None:
    document, rule = written(layout, tmp_path / "a.docx"), rules(layout)
    for section in document.sections:
        assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
        for side, allowed in rule["margins_mm"].items():
            assert within(getattr(section, f"{side}_margin").mm, allowed), side
    assert {run.font.name for run in runs(document)} == {"Times New Roman"}
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert {fonts.get(qn(f"w:{which}")) for which in ("ascii", "hAnsi", "cs", "eastAsia")} == {"Times New Roman"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_text_itself(layout: str, tmp_path: Path) -> None:
    document, rule = written(layout, tmp_path / "a.docx"), rules(layout)["body"]
    paragraph = next(p for p in document.paragraphs if p.text.startswith(TEXT[:20]))
    assert within(paragraph.runs[0].font.size.pt, rule["size"])
    form = paragraph.paragraph_format
    indent = rule.get("first_indent_mm") or [10 * cm for cm in rule["first_indent_cm"]]
    assert within(form.first_line_indent.mm, indent)
    assert form.space_before.pt + form.space_after.pt >= rule["para_space_pt_min"]
    assert paragraph.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
    if "line_exact_pt" in rule:
        assert within(form.line_spacing.pt, rule["line_exact_pt"])
    else:
        assert 1.0 <= form.line_spacing <= 1.5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_number_stands_at_the_top_from_the_second_page_on(layout: str, tmp_path: Path) -> None:
    section, rule = written(layout, tmp_path / "a.docx").sections[0], rules(layout)["page_number"]
    assert section.different_first_page_header_footer
    (paragraph,) = section.header.paragraphs
    assert paragraph.alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert "PAGE" in [code.text for code in paragraph._p.iter(qn("w:instrText"))]
    assert within(paragraph.runs[0].font.size.pt, rule["size"])
    assert round(section.header_distance.mm) == 10
    assert not section.first_page_header.paragraphs[0].text


PARTS = {
    "party": {
        "ĐẢNG CỘNG SẢN VIỆT NAM": "dang_title", "TỈNH ỦY LÂM ĐỒNG": "superior", "BAN TUYÊN GIÁO VÀ DÂN VẬN": "issuer",
        "Số 5-BC/BTGDVTU": "number", "Lâm Đồng, ngày 07 tháng 02 năm 2026": "place_date", "BÁO CÁO": "type",
        "Kết quả công tác": "trich_yeu",
    },
    "state": {
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM": "quoc_hieu", "Độc lập - Tự do - Hạnh phúc": "tieu_ngu",
        "TỈNH ỦY LÂM ĐỒNG": "co_quan_chu_quan", "BAN TUYÊN GIÁO VÀ DÂN VẬN": "co_quan_ban_hanh",
        "Số: 05/BC-BTGDVTU": "so_ky_hieu", "Lâm Đồng, ngày 07 tháng 02 năm 2026": "dia_danh_ngay",
        "BÁO CÁO": "ten_loai", "Kết quả công tác": "trich_yeu",
    },
}  # fmt: skip


@pytest.mark.parametrize(("layout", "said", "key"), [(one, *pair) for one in LAYOUTS for pair in PARTS[one].items()])
def test_each_part_of_the_head(layout: str, said: str, key: str, tmp_path: Path) -> None:
    run, rule = run_of(written(layout, tmp_path / "a.docx"), said), rules(layout)[key]
    assert within(run.font.size.pt, rule["size"])
    assert bool(run.bold) == bool(rule.get("bold"))
    assert bool(run.italic) == bool(rule.get("italic"))
    if rule.get("text"):
        assert run.text == rule["text"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_signature_and_receivers(layout: str, tmp_path: Path) -> None:
    document, rule = written(layout, tmp_path / "a.docx"), rules(layout)
    label = run_of(document, "Nơi nhận:")
    assert label.font.size.pt == rule["noi_nhan"]["label_size"]
    wanted = rule["noi_nhan"]["label"]
    assert (bool(label.bold), bool(label.italic), bool(label.underline)) == (
        "bold" in wanted, "italic" in wanted, "underlined" in wanted
    )  # fmt: skip
    end = "," if layout == "party" else ";"
    receivers = [run for run in runs(document) if run.text.startswith("- ")]
    assert [run.text for run in receivers] == [
        f"- Thường trực Tỉnh ủy (báo cáo){end}", f"- Ban Dân vận{end}",
        "- Lưu Văn phòng." if layout == "party" else "- Lưu: VT.",
    ]  # fmt: skip
    assert {run.font.size.pt for run in receivers} == {rule["noi_nhan"]["list_size"]}
    assert run_of(document, "T/M BAN").bold
    assert bool(run_of(document, "TRƯỞNG BAN").bold) == (layout == "state")


def test_the_rules_are_those_of_the_reference(shared: Path) -> None:
    for name in ("doc_format_rules.json", "report_sections.json"):
        ours = json.loads((outline.DATA / name).read_text(encoding="utf-8"))
        assert ours == json.loads((shared / "reference" / name).read_text(encoding="utf-8"))


def test_the_general_report_has_the_outlines_headings() -> None:
    told = json.loads((outline.DATA / "report_sections.json").read_text(encoding="utf-8"))["sections"]
    general = outline.named("general")
    found = [(f"{roman}- {section.heading}", [part.heading for part in section.parts if part.heading])
             for roman, section in zip(("I", "II", "III", "IV", "V"), general.sections, strict=True)]  # fmt: skip
    assert found == [(one["h"], one["sub"]) for one in told if one["h"] != "PHỤ LỤC"]


@pytest.fixture
def cube() -> Frozen:
    """One group of the frozen cube: told in one commune, hidden in another, without a number in a third."""
    units = [Unit(11 + n, COMMUNE, "xã", name) for n, name in enumerate(("Đắk Mil", "Bảo Lâm", "Phú Quý"))]
    lines = (
        Line(units[0], (Part(1, 7), Part(1, 5), None)), Line(units[1], (Part(), Part(1, 9), None), HIDDEN),
        Line(units[2], (Part(), None, None), NONE),
    )  # fmt: skip
    found = Frozen(figures.CUBE[0], dt.date(2026, 9, 30), lines, (Part(), Part(), None))
    # As the database keeps it and gives it back.
    return frozen.from_json(found.figure.key, json.loads(json.dumps(frozen.to_json(found))))


def test_what_the_cube_hides_stays_hidden_in_the_file_and_is_in_no_sum(cube: Frozen, tmp_path: Path) -> None:
    report = Report(layout="state", subject="land", basis="measured", title="x", coverage={}, standards=[], texts={},
                    head=HEAD, state="draft", measured_at=None)  # fmt: skip
    composed = composing.compose(report, {cube.figure.key: cube}, "Tỉnh", dt.date(2026, 9, 30))
    word.write(composed, None, tmp_path / "a.docx")
    document = Document(str(tmp_path / "a.docx"))
    (table,) = [one for one in document.tables if one.rows[0].cells[0].text == "TT"]
    cells = {row.cells[1].text: row.cells[2].text for row in table.rows[1:]}
    assert cells == {"Tỉnh": "7", "Kỳ trước": "14", "Xã Đắk Mil": "7", "Xã Bảo Lâm": "ẩn", "Xã Phú Quý": "–"}
    notes = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "“ẩn”: không nêu số" in notes
    assert "Số đã chốt khi hết quý; cộng chỉ gồm nơi nêu số" in notes


def test_the_cubes_sums_are_not_compared_in_words_and_say_what_they_leave_out(cube: Frozen) -> None:
    said = drafting.part(outline.Part("1.2", "", (cube.figure.key,)), {cube.figure.key: cube}, ())
    assert "so với" not in said
    assert "không gồm 1 ô ghi “ẩn”" in said


@pytest.mark.parametrize(("layout", "end"), [("party", "."), ("state", "./.")])
def test_how_a_text_ends_and_that_unwritten_parts_are_left_out(layout: str, end: str) -> None:
    report = Report(layout=layout, subject="general", basis="measured", title="x", coverage={}, standards=[],
                    texts={"1.2": "Một.", "1.4": "Hai.", "5.0": "Kiến nghị một việc."})  # fmt: skip
    first, last = composing.compose(report, {}, "Tỉnh", dt.date(2026, 9, 30)).sections
    assert [heading for heading, _ in first.parts] == [
        "1. Tình hình dân tộc, tôn giáo", "2. Khiếu nại, kiến nghị, phản ánh (số lượng, lĩnh vực)"
    ]  # fmt: skip
    assert re.fullmatch(r"II[-.] KIẾN NGHỊ, ĐỀ XUẤT", last.heading)
    assert last.parts == (("", (f"Kiến nghị một việc{end}",)),)


def test_a_draft_says_so_and_has_no_number(tmp_path: Path) -> None:
    report = Report(title="x", layout="party", head=HEAD, state="draft", number=7, measured_at=None)
    composed = Composed(report, layouts.of("party"), "x", dt.date(2026, 9, 30), "", (), (), ())
    word.write(composed, None, tmp_path / "a.docx")
    said = [run.text for run in runs(Document(str(tmp_path / "a.docx")))]
    assert "(Dự thảo)" in said
    assert not any("7-BC" in one for one in said)


@pytest.mark.parametrize(
    ("layout", "day", "series"),
    [("party", "2026-03-01", "2025-2030"), ("party", "2030-01-01", "2030-2035"), ("state", "2026-03-01", "2026")],
)
def test_numbers_run_through_a_term_or_a_year(layout: str, day: str, series: str) -> None:
    assert steps.series(layout, dt.date.fromisoformat(day)) == series
