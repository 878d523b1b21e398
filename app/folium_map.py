"""The leader's map as a Folium map: own Folium classes around local scripts, rendered in parts for a strict CSP.

Folium writes links to CDNs, inline styles and inline scripts. Here its links are our own files, its script is served as
a file, and the styles it would put into the page stand in map.css.
"""

from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, JavascriptLink, MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer as FoliumLayer
from folium.template import Template

from geodata import tiles
from surveys.layer import Layer

VENDOR = "/static/vendor"
OWN = "/static/map"
MIN_ZOOM, MAX_ZOOM = tiles.MIN_ZOOM + 1, 19  # the data of a zoom is drawn at twice its size, one zoom further in


class LocalMap(folium.Map):
    """Folium's Map with Leaflet from this server and nothing it doesn't need (jQuery, Bootstrap, icon fonts)."""

    default_js = [("leaflet", f"{VENDOR}/leaflet/leaflet.js")]
    default_css = [("leaflet_css", f"{VENDOR}/leaflet/leaflet.css")]


class VectorTiles(JSCSSMixin, FoliumLayer):
    """One composite vector-tile layer of PostGIS, drawn by protomaps-leaflet; `options` as tiles.js reads them."""

    default_js = [
        ("protomaps", f"{VENDOR}/protomaps-leaflet/protomaps-leaflet.js"),
        ("diaban_symbols", f"{OWN}/symbols.js"),
        ("diaban_choropleth", f"{OWN}/choropleth.js"),
        ("diaban_cells", f"{OWN}/cells.js"),
        ("diaban_tiles", f"{OWN}/tiles.js"),
    ]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = diaban.tiles({{ this.settings|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(name="diaban", overlay=True, control=False)
        self._name = "VectorTiles"
        self._id = "diaban"
        self.settings = settings


class Side(JSCSSMixin, MacroElement):
    """One of two maps side by side: its figure, its legend, and moving as the other moves."""

    default_js = [("diaban_compare", f"{OWN}/compare.js")]
    default_css = [("diaban_map", f"{OWN}/map.css")]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "diaban.side({{ this.side|tojson }}, {{ this._parent.get_name() }}, {{ this.tiles_name }});"
        "{% endmacro %}"
    )

    def __init__(self, side: str, tiles_name: str) -> None:
        super().__init__()
        self._name = "Side"
        self._id = side
        self.side = side
        self.tiles_name = tiles_name


class Panels(JSCSSMixin, MacroElement):
    """Layer switches, the place beside the map, and the answer to a click."""

    default_js = [
        ("diaban_ground", f"{OWN}/ground.js"),
        ("diaban_panel", f"{OWN}/panel.js"),
        ("diaban_layer_list", f"{OWN}/layer_list.js"),
        ("diaban_places", f"{OWN}/places.js"),
        ("diaban_table", f"{OWN}/table.js"),
        ("diaban_figure", f"{OWN}/figure.js"),
    ]
    default_css = [("diaban_map", f"{OWN}/map.css")]
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "diaban.panels({{ this._parent.get_name() }}, {{ this.tiles_name }}, {{ this.settings|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, tiles_name: str, settings: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Panels"
        self._id = "panels"
        self.tiles_name = tiles_name
        self.settings = settings


@dataclass(frozen=True)
class Drawn:
    """A rendered map in parts: addresses of scripts and styles in their order, the map's element, its script."""

    scripts: list[str]
    styles: list[str]
    html: str
    script: str


Bounds = tuple[float, float, float, float]


def draw(settings: dict[str, Any], bounds: Bounds | None) -> Drawn:
    """The map over `bounds` (west, south, east, north in degrees); `settings` is what tiles.js and panel.js read."""
    shown, layer = _map("leader", settings, bounds)
    Panels(layer.get_name(), settings).add_to(shown)
    return _parts(shown)


def draw_side(side: str, settings: dict[str, Any], bounds: Bounds | None) -> Drawn:
    """One of two maps side by side, named `side`."""
    shown, layer = _map(side, settings, bounds)
    Side(side, layer.get_name()).add_to(shown)
    return _parts(shown)


def _map(name: str, settings: dict[str, Any], bounds: Bounds | None) -> tuple[LocalMap, VectorTiles]:
    west, south, east, north = bounds or (102.0, 8.0, 110.0, 23.5)
    shown = LocalMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=9 if bounds else 6,
        min_zoom=MIN_ZOOM,
        max_zoom=MAX_ZOOM,
        control_scale=True,
        zoom_control="bottomright",
        attribution_control=False,
    )
    shown.options.update(minZoom=MIN_ZOOM, maxZoom=MAX_ZOOM)
    shown._id = name  # one that stays, so that the script can be cached
    layer = VectorTiles(settings)
    layer._id = f"diaban_{name}"
    layer.add_to(shown)
    shown.fit_bounds([[south, west], [north, east]])
    for number, child in enumerate(shown._children.values()):
        if child is not layer:
            child._id = f"part{number}_{name}"
    return shown, layer


def described(layer: Layer, labels: dict[tuple[str, str], str], language: str) -> dict[str, Any]:
    """What the browser needs to draw a layer and its legend."""
    style = layer.style
    by = layer.field(style.by) if style.by else None
    return {
        "key": layer.key,
        "title": layer.title_en if language == "en" else layer.title,
        "shape": layer.shape,
        "color": style.color,
        "icon": style.icon,
        "by": "" if by is None else by.label_en if language == "en" else by.label,
        "classes": [
            {
                "code": code,
                "label": labels.get((by.list if by and by.list else "", code), code),
                "color": color,
                "symbol": symbol,
            }
            for code, (color, symbol) in style.classes.items()
        ],
    }


def _parts(shown: LocalMap) -> Drawn:
    shown.render()
    figure: Any = shown.get_root()
    header = figure.header._children.values()
    return Drawn(
        scripts=[child.url for child in header if isinstance(child, JavascriptLink)],
        styles=[child.url for child in header if isinstance(child, CssLink)],
        html=figure.html.render(),
        script=figure.script.render(),
    )
