"""Pages as data for a browser that then needs no server: for a briefing on the screen, and for the one-file copy."""

import json
from typing import Any

import shapely

from geodata.units import COMMUNE, HAMLET, PROVINCE
from surveys.figures.cells import HIDDEN, MIXED, NONE, WAITING
from surveys.layers import REPORT_COUNTS
from surveys.map_pages import telling, words
from surveys.map_pages.content import Content
from surveys.map_pages.shapes import Box, Plane, UnitShape

DEGREES = 5  # decimals: about a metre
ACROSS = 900  # tolerances
CELLS = 14  # across a page


def plane(bounds: Box) -> Plane:
    """A page of degrees about as fine as a projector shows it, with a margin around what must be seen."""
    west, south, east, north = bounds
    side = max(east - west, north - south)
    more = side * 0.35
    return Plane(4326, (west - more, south - more, east + more, north + more), side / CELLS, side / ACROSS)


class Pages:
    """Collects pages; a shape that several of them show is held once."""

    def __init__(self) -> None:
        self._shapes: dict[str, int] = {}
        self._pages: list[dict[str, Any]] = []

    def add(self, content: Content, *, name: str = "", note: str = "", more: dict[str, Any] | None = None) -> None:
        """Adds one page; `more` goes with it as it is."""
        painted = telling.fills(content)
        told = telling.table(content)
        self._pages.append(
            {
                "title": name or telling.title(content),
                "subtitle": telling.subtitle(content),
                "note": note,
                "notes": telling.notes(content),
                "bounds": [round(value, DEGREES) for value in content.bounds],
                "units": [self._unit(unit, painted) for unit in content.units],
                "classes": telling.classes(content),
                "marks": _marks(content, painted),
                "layers": [self._layer(content, number) for number in range(len(content.shown))],
                "reports": _reports(content),
                "table": {"caption": told.caption, "header": told.header, "rows": told.rows},
                "keys": sorted(content.state.keys),
                **(more or {}),
            }
        )

    def say(self, title: str, said: str, more: dict[str, Any] | None = None) -> None:
        """Adds a page without a map."""
        self._pages.append({"title": title, "subtitle": "", "note": said, "notes": [], "keys": [], **(more or {})})

    def data(self) -> dict[str, Any]:
        """Everything added, for JSON."""
        return {"shapes": [json.loads(shape) for shape in self._shapes], "pages": self._pages}

    def _shape(self, wkb: bytes | None) -> int | None:
        if wkb is None:
            return None
        shape = shapely.set_precision(shapely.from_wkb(wkb), 10**-DEGREES)
        if shape.is_empty:
            return None
        return self._shapes.setdefault(shapely.to_geojson(shape), len(self._shapes))

    def _unit(self, unit: UnitShape, painted: dict[int, telling.Fill]) -> dict[str, Any]:
        said: dict[str, Any] = {
            "id": unit.id, "name": unit.name, "level": unit.level, "approximate": unit.approximate,
            "at": [round(unit.y, DEGREES), round(unit.x, DEGREES)],
        }  # fmt: skip
        shape = self._shape(unit.wkb) if unit.level in (PROVINCE, COMMUNE) else None
        if shape is not None:
            said["shape"] = shape
        fill = painted.get(unit.id)
        if fill is not None and unit.level in (COMMUNE, HAMLET):
            said["fill"] = {"m": fill.mark, "t": fill.text} if fill.mark else {"c": fill.number, "t": fill.text}
        return said

    def _layer(self, content: Content, number: int) -> dict[str, Any]:
        shown = content.shown[number]
        style = shown.layer.style
        return {
            "key": shown.layer.key, "title": telling.layer_title(shown.layer, content.language),
            "shape": shown.layer.shape, "color": style.color, "icon": style.icon,
            "classes": [
                {"code": code, "label": label, "color": color, "symbol": symbol}
                for code, label, color, symbol in telling.class_labels(content, shown.layer)
            ],
            "spots": [[round(one.y, DEGREES), round(one.x, DEGREES), one.n, one.code] for one in shown.spots],
            "patches": [[shape, one.code] for one in shown.patches if (shape := self._shape(one.wkb)) is not None],
        }  # fmt: skip


def _marks(content: Content, painted: dict[int, telling.Fill]) -> list[dict[str, str]]:
    said, used = words.of(content.language), {fill.mark for fill in painted.values()}
    return [{"mark": mark, "text": said[words.MARKS[mark]]} for mark in (NONE, WAITING, HIDDEN, MIXED) if mark in used]


def _reports(content: Content) -> list[list[float]]:
    if content.reports is None or REPORT_COUNTS not in content.state.layers:
        return []
    return [
        [round(unit.y, DEGREES), round(unit.x, DEGREES), content.reports[unit.id]]
        for unit in content.units
        if unit.level == COMMUNE and content.reports.get(unit.id)
    ]
