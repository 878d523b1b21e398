"""Symbols as QGIS writes them: markers, hatched areas, lines, and renderers made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

# Our symbol or icon → the nearest shape of QGIS's simple markers.
_SHAPES = {
    "circle": "circle", "triangle": "triangle", "square": "square", "cross": "cross_fill", "diamond": "diamond",
    "bell": "circle", "temple": "pentagon", "area": "hexagon", "house": "triangle", "plots": "square", "star": "star",
    "check": "octagon", "hands": "third_circle",
}  # fmt: skip
_HATCH_MM = {"hatch-light": 3.6, "hatch-medium": 2.4, "hatch-dense": 1.3, "hatch-cross": 2.4}
WHITE, INK = "255,255,255,255", "23,33,31,255"


@dataclass(frozen=True)
class Look:
    """One symbol: a colour (#rrggbb) and the name of a sign; `size` in millimetres, of points only."""

    color: str
    sign: str
    size: float = 3.0


@dataclass(frozen=True)
class Category:
    """Features whose field holds `value`, shown as `label`."""

    value: str
    label: str
    look: Look


def rgba(color: str, alpha: int = 255) -> str:
    """#rrggbb as QGIS writes it."""
    return ",".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5)) + f",{alpha}"


def renderer(area: bool, look: Look, by: str = "", categories: Sequence[Category] = ()) -> Any:
    """The <renderer-v2> of a vector layer; with `by` one symbol for each category, and `look` for the rest."""
    root = etree.Element("renderer-v2", type="categorizedSymbol" if by else "singleSymbol", enableorderby="0")
    if not by:
        etree.SubElement(root, "symbols").append(symbol("0", area, look))
        return root
    root.set("attr", by)
    listed, symbols = etree.SubElement(root, "categories"), etree.SubElement(root, "symbols")
    for at, each in enumerate((*categories, Category("", "Khác", look))):
        etree.SubElement(
            listed, "category", symbol=str(at), value=each.value, label=each.label, render="true", type="string"
        )
        symbols.append(symbol(str(at), area, each.look))
    return root


def symbol(name: str, area: bool, look: Look) -> Any:
    """The <symbol> of a point or an area."""
    if not area:
        found = etree.Element("symbol", type="marker", name=name, alpha="1")
        shape = _SHAPES.get(look.sign, "circle")
        _layer(
            found, "SimpleMarker", name=shape, color=rgba(look.color), size=f"{look.size:g}", size_unit="MM",
            outline_color=WHITE, outline_width="0.4", outline_width_unit="MM", outline_style="solid",
        )  # fmt: skip
        return found
    found = etree.Element("symbol", type="fill", name=name, alpha="1")
    _layer(
        found, "SimpleFill", color=rgba(look.color, 64), style="solid", outline_color=rgba(look.color),
        outline_width="0.5", outline_width_unit="MM", outline_style="solid",
    )  # fmt: skip
    if look.sign in _HATCH_MM:
        for angle in (45, 135) if look.sign == "hatch-cross" else (45,):
            _hatch(found, f"@{name}@{len(found)}", angle, look)
    return found


def outline(name: str, color: str, width_mm: float, dashed: bool = False) -> Any:
    """The <symbol> of an area of which only the edge is drawn."""
    found = etree.Element("symbol", type="fill", name=name, alpha="1")
    _layer(
        found, "SimpleFill", style="no", outline_color=rgba(color), outline_width=f"{width_mm:g}",
        outline_width_unit="MM", outline_style="dash" if dashed else "solid", joinstyle="round",
    )  # fmt: skip
    return found


def line(name: str, color: str, width_mm: float) -> Any:
    """The <symbol> of a line."""
    found = etree.Element("symbol", type="line", name=name, alpha="1")
    _layer(found, "SimpleLine", line_color=rgba(color), line_width=f"{width_mm:g}", line_width_unit="MM")
    return found


def _hatch(parent: Any, name: str, angle: int, look: Look) -> None:
    distance = f"{_HATCH_MM[look.sign]:g}"
    layer = _layer(parent, "LinePatternFill", angle=str(angle), distance=distance, distance_unit="MM", line_width="0.3")
    layer.append(line(name, look.color, 0.3))


def _layer(parent: Any, kind: str, **options: str) -> Any:
    layer = etree.SubElement(parent, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    listed = etree.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        etree.SubElement(listed, "Option", type="QString", name=name, value=value)
    return layer
