"""The few things a document is put together from: paragraphs, tables without borders, rules, a page number."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from surveys.reports.layouts import FONT, Layout, Size

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

LEFT, CENTER, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip


def begin(document: "Document", layout: Layout) -> None:
    """A4, the layout's margins and typeface, and a page number at the top from the second page on."""
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(layout.top), Mm(layout.bottom)
    section.left_margin, section.right_margin = Mm(layout.left), Mm(layout.right)
    section.header_distance, section.footer_distance = Mm(layout.page_from_edge), Mm(layout.page_from_edge)
    section.different_first_page_header_footer = True
    for name in ("Normal", "Heading 1", "Heading 2", "Header"):
        _typeface(document.styles[name])
    normal = document.styles["Normal"]
    normal.font.size = Pt(layout.body.pt)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    number = section.header.paragraphs[0]
    number.alignment = CENTER
    _field(say(number, "", layout.page), "PAGE")


def paragraph(
    where: Any, said: str, size: Size, *, align: Any = LEFT, before: float = 0, after: float = 0, keep: bool = False
) -> Any:
    """A paragraph at the end of a document or a cell."""
    made = where.add_paragraph()
    made.alignment = align
    made.paragraph_format.space_before, made.paragraph_format.space_after = Pt(before), Pt(after)
    made.paragraph_format.keep_with_next = keep
    if said:
        say(made, said, size)
    return made


def say(made: Any, said: str, size: Size) -> Any:
    """Words at the end of a paragraph."""
    run = made.add_run(said)
    run.font.name, run.font.size = FONT, Pt(size.pt)
    run.bold, run.italic, run.underline = size.bold, size.italic, size.underline
    return run


def body(document: "Document", said: str, layout: Layout) -> Any:
    """A paragraph of the text itself."""
    made = paragraph(document, said, layout.body, align=JUSTIFY, before=layout.space)
    made.paragraph_format.first_line_indent = Mm(layout.indent)
    _line(made, layout)
    return made


def heading(document: "Document", said: str, layout: Layout, level: int) -> Any:
    """A heading within the text; readers of the screen and the table of contents find it."""
    made = document.add_paragraph(style=f"Heading {level}")
    made.alignment = JUSTIFY
    made.paragraph_format.space_before, made.paragraph_format.space_after = Pt(layout.space), Pt(0)
    made.paragraph_format.first_line_indent = Mm(layout.indent)
    made.paragraph_format.keep_with_next = True
    _line(made, layout)
    say(made, said, Size(layout.body.pt, bold=True)).font.color.rgb = RGBColor(0, 0, 0)
    return made


def columns(document: "Document", widths: tuple[float, ...]) -> "Table":
    """One row of cells without borders, in mm."""
    made = document.add_table(rows=1, cols=len(widths))
    fix(made, widths)
    for cell in made.rows[0].cells:
        cell.paragraphs[0]._p.getparent().remove(cell.paragraphs[0]._p)
    return made


def fix(table: "Table", widths: tuple[float, ...]) -> None:
    """Gives a table fixed widths in mm and narrow cells."""
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for tc, width in zip(row._tr.tc_lst, widths, strict=True):
            tc.width = Mm(width)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "30")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.append(margins)


def rule(cell: Any, length: float, width: float) -> None:
    """A solid line in the middle of a cell that wide, in mm."""
    made = cell.add_paragraph()
    made.paragraph_format.line_spacing_rule, made.paragraph_format.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    made.paragraph_format.left_indent = made.paragraph_format.right_indent = Mm(max((width - length) / 2, 0))
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    properties = made._p.get_or_add_pPr()
    # Where the schema wants it: before spacing, indents and alignment.
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def grid(document: "Document", header: tuple[str, ...], rows: list[tuple[str, ...]], widths: tuple[float, ...],
         size: float = 11, words: int = 2) -> None:  # fmt: skip
    """A table with lines, its header again on each page; the first `words` columns are words, the others numbers."""
    made = document.add_table(rows=2, cols=len(header))
    made.style = "Table Grid"
    fix(made, widths)
    for cell, said in zip(made.rows[0].cells, header, strict=True):
        cell.paragraphs[0].alignment = CENTER
        say(cell.paragraphs[0], said, Size(size, bold=True))
    repeated = OxmlElement("w:tblHeader")
    made.rows[0]._tr.get_or_add_trPr().append(repeated)
    for place, cell in enumerate(made.rows[1].cells):
        cell.paragraphs[0].alignment = LEFT if place < words else RIGHT
        say(cell.paragraphs[0], "", Size(size))
    pattern = made.rows[1]._tr
    unsplit = OxmlElement("w:cantSplit")
    pattern.get_or_add_trPr().append(unsplit)
    # By copies of one row: asking the library for each cell again costs a second for each table of a province.
    for row in rows:
        line = deepcopy(pattern)
        for tc, said in zip(line.tc_lst, row, strict=True):
            tc.p_lst[0].r_lst[0].text = said
        made._tbl.append(line)
    made._tbl.remove(pattern)


def shade(cell: Any, pattern: str, ground: str, lines: str = "auto") -> None:
    """Fills a cell: a pattern of WordprocessingML, its ground and its lines as RRGGBB."""
    made = OxmlElement("w:shd")
    for name, value in (("val", pattern), ("color", lines), ("fill", ground)):
        made.set(qn(f"w:{name}"), value.lstrip("#"))
    cell._tc.get_or_add_tcPr().append(made)


def _line(made: Any, layout: Layout) -> None:
    if layout.line_exact is not None:
        made.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        made.paragraph_format.line_spacing = Pt(layout.line_exact)
    else:
        made.paragraph_format.line_spacing = 1.0


def _typeface(style: Any) -> None:
    """One typeface for all scripts; a theme's would win over it."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for which in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(which), FONT)


def _field(run: Any, name: str) -> None:
    for kind in ("begin", None, "end"):
        if kind is None:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = name
            run._r.append(code)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
