"""QGIS styles: one symbol, or one per category."""

from collections.abc import Sequence

from lxml import etree

from geodata.outgoing.parts import Look
from geodata.sources import Column

_SYMBOLS = {
    "POINT": ("marker", "SimpleMarker", "color"),
    "MULTIPOINT": ("marker", "SimpleMarker", "color"),
    "LINESTRING": ("line", "SimpleLine", "line_color"),
    "MULTILINESTRING": ("line", "SimpleLine", "line_color"),
    "POLYGON": ("fill", "SimpleFill", "color"),
    "MULTIPOLYGON": ("fill", "SimpleFill", "color"),
}


def text(kind: str, look: Look, columns: Sequence[Column] = ()) -> str:
    """The style of a layer of one geometry type, with the columns' Vietnamese names as aliases."""
    if look.column:
        return categorised(kind, look.column, look.categories, look.color, columns)
    return plain(kind, look.color, columns)


def plain(shape: str, color: str = "#555555", columns: Sequence[Column] = ()) -> str:
    """One symbol of a colour (#rrggbb) for a geometry type."""
    root, renderer = _start("singleSymbol")
    _symbol(etree.SubElement(renderer, "symbols"), "0", shape, color)
    return _finish(root, columns)


def categorised(
    shape: str,
    column: str,
    categories: Sequence[tuple[str, str, str]],
    other: str = "#999999",
    columns: Sequence[Column] = (),
) -> str:
    """One symbol per (value, label, colour) of a file column; values not named get `other`."""
    root, renderer = _start("categorizedSymbol")
    renderer.set("attr", column)
    listed = etree.SubElement(renderer, "categories")
    symbols = etree.SubElement(renderer, "symbols")
    for at, (value, label, color) in enumerate([*categories, ("", "Khác", other)]):
        etree.SubElement(listed, "category", symbol=str(at), value=value, label=label, render="true", type="string")
        _symbol(symbols, str(at), shape, color)
    return _finish(root, columns)


def _start(kind: str) -> tuple[etree._Element, etree._Element]:
    root = etree.Element("qgis", version="3.22", styleCategories="Symbology|Fields")
    return root, etree.SubElement(root, "renderer-v2", type=kind)


def _symbol(parent: etree._Element, name: str, shape: str, color: str) -> None:
    kind, layer, role = _SYMBOLS[shape]
    symbol = etree.SubElement(parent, "symbol", type=kind, name=name, alpha="1" if kind != "fill" else "0.6")
    options = etree.SubElement(
        etree.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "pass": "0", "locked": "0"}),
        "Option",
        type="Map",
    )
    etree.SubElement(options, "Option", type="QString", name=role, value=_rgba(color))
    if kind == "marker":
        etree.SubElement(options, "Option", type="QString", name="name", value="circle")
        etree.SubElement(options, "Option", type="QString", name="size", value="2.5")


def _rgba(color: str) -> str:
    return ",".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _finish(root: etree._Element, columns: Sequence[Column]) -> str:
    if columns:
        aliases = etree.SubElement(root, "aliases")
        for at, column in enumerate(columns):
            etree.SubElement(aliases, "alias", index=str(at), field=column.name, name=column.label_vi)
    document = etree.tostring(root, pretty_print=True, encoding="unicode")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + document
