"""What an answer or a file tells as words and numbers: (label, value) pairs and plain text, from each format."""

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pyogrio
import pypdfium2 as pdfium
from docx import Document
from lxml import html
from openpyxl import load_workbook
from pptx import Presentation

Pair = tuple[str, str]
_TAG = re.compile(r"\s+")
_TABLES = (".gpkg", ".dbf", ".fgb", ".mif", ".kml", ".geojson")


def of(data: bytes, path: str = "") -> tuple[list[Pair], str]:
    """Labels with what stands beside or under them, and all text in one piece."""
    pairs: list[Pair] = []
    said: list[str] = []
    for kind, part in _parts(data, path):
        made = list(_pairs(kind, part))
        pairs += made
        said.append(_text(kind, part, made))
    return pairs, "\n".join(said)


def _parts(data: bytes, path: str) -> Iterator[tuple[str, bytes]]:
    """(kind, bytes): office files stay whole, other archives are opened."""
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            office = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx", "ppt/presentation.xml": "pptx"}
            kind = next((office[name] for name in names if name in office), None)
            if kind:
                yield kind, data
                return
            for name in names:
                inner = archive.read(name)
                if name.endswith((".shp", ".shx", ".mid", ".prj", ".cpg")):
                    continue
                yield ("xlsx" if name.endswith(".xlsx") else name[name.rfind(".") :].lower()), inner
        return
    head = data[:512].lstrip(b"\xef\xbb\xbf").lstrip()
    if data.startswith(b"%PDF"):
        yield "pdf", data
    elif head[:1] in (b"{", b"["):
        yield "json", data
    elif ".csv" in path.partition("?")[0]:
        yield ".csv", data
    elif head[:1] == b"<":
        yield "html", data
    else:
        yield "text", data


def _pairs(kind: str, data: bytes) -> Iterator[Pair]:
    match kind:
        case "html" | ".html":
            yield from _of_html(data)
        case "json" | ".json":
            yield from _of_json(json.loads(data.decode("utf-8-sig")))
        case ".csv":
            rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
            yield from _of_rows(rows)
        case "xlsx":
            yield from _of_xlsx(data)
        case "docx":
            for table in Document(io.BytesIO(data)).tables:
                yield from _of_rows([[cell.text for cell in row.cells] for row in table.rows])
        case "pptx":
            yield from _of_pptx(data)
        case ".parquet":
            table = parquet.read_table(io.BytesIO(data)).to_pylist()
            yield from ((key, str(value)) for row in table for key, value in row.items() if key != "geometry")
        case _ if kind in _TABLES:
            yield from _of_gdal(kind, data)


def _of_xlsx(data: bytes) -> Iterator[Pair]:
    for sheet in load_workbook(io.BytesIO(data), data_only=True):
        rows = [["" if one is None else str(one) for one in row] for row in sheet.iter_rows(values_only=True)]
        start = next((n for n, row in enumerate(rows) if sum(map(bool, row)) > 2), 0)
        yield from _of_rows(rows[start:])


def _of_pptx(data: bytes) -> Iterator[Pair]:
    for slide in Presentation(io.BytesIO(data)).slides:
        title = slide.shapes.title.text if slide.shapes.title else ""
        for shape in slide.shapes:
            if shape.has_table:
                rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
                yield from _of_rows([[f"{title} {name}" for name in rows[0]], *rows[1:]])


def _of_html(data: bytes) -> Iterator[Pair]:
    page = html.fromstring(data)
    for table in page.iter("table"):
        heads = [_said(cell) for cell in table.xpath("./thead/tr[last()]/*")]
        for row in table.xpath("./tbody/tr|./tr"):
            cells = row.xpath("./th|./td")
            if heads and len(heads) == len(cells):
                yield from ((head, _said(cell)) for head, cell in zip(heads, cells, strict=True))
            elif len(cells) == 2:
                yield _said(cells[0]), _said(cells[1])
    for term in page.iter("dt"):
        beside = term.getnext()
        if beside is not None:
            yield _said(term), _said(beside)
    labels = {label.get("for"): _said(label) for label in page.iter("label")}
    for box in page.iter("input", "textarea"):
        if box.get("type") not in ("hidden", "radio", "checkbox", "submit"):
            yield labels.get(box.get("id"), box.get("name") or ""), box.get("value") or _said(box)


def _said(element: Any) -> str:
    return _TAG.sub(" ", element.text_content()).strip()


def _of_json(value: Any, label: str = "") -> Iterator[Pair]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_json(inner, str(key))
    elif isinstance(value, list):
        if len(value) == 2 and all(isinstance(one, str) for one in value):
            yield value[0], value[1]
        for inner in value:
            yield from _of_json(inner, label)
    elif value is not None:
        yield label, str(value)


def _of_rows(rows: list[list[str]]) -> Iterator[Pair]:
    for row in rows[1:]:
        yield from zip(rows[0], row, strict=False)


def _of_gdal(kind: str, data: bytes) -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"one{kind}"
        file.write_bytes(data)
        for layer, _ in pyogrio.list_layers(file):
            table = pyogrio.read_dataframe(file, layer=layer, read_geometry=False)
            for column in table.columns:
                yield from ((str(column), str(value)) for value in table[column])


def _text(kind: str, data: bytes, pairs: list[Pair]) -> str:
    match kind:
        case "html" | ".html":
            page = html.fromstring(data)
            for unread in page.xpath("//script|//style|//svg"):
                unread.drop_tree()
            return _TAG.sub(" ", " ".join(page.itertext()))
        case "docx":
            return "\n".join(one.text for one in Document(io.BytesIO(data)).paragraphs)
        case "pptx":
            slides = Presentation(io.BytesIO(data)).slides
            return "\n".join(s.text_frame.text for slide in slides for s in slide.shapes if s.has_text_frame)
        case "pdf":
            return "\n".join(page.get_textpage().get_text_range() for page in pdfium.PdfDocument(data))
        case "json" | "text" | ".txt" | ".csv" | ".xml" | ".qml" | ".json":
            return data.decode("utf-8-sig", "replace")
        case _:
            return "\n".join(f"{label} {value}" for label, value in pairs)
