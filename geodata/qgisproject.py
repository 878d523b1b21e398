"""A QGIS project (.qgz, as QGIS 3.22 and later read it): groups of layers that QGIS asks a server for.

It holds addresses and styles, no data and no password: `AUTH` is the name of an authentication that each QGIS keeps
for itself, encrypted.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pyproj
import shapely
from lxml import etree

from geodata import crs
from geodata.crs import Zone
from geodata.qgissymbols import INK, WHITE

AUTH = "diaban1"  # QGIS wants seven letters and digits
Box = tuple[float, float, float, float]
_MERCATOR = "EPSG:3857"
_WGS84 = "EPSG:4326"
_DAY = (1980, 1, 1, 0, 0, 0)  # so that the same project is the same file
_GEOMETRY = {"marker": "0", "line": "1", "fill": "2"}


@dataclass(frozen=True)
class Features:
    """A collection of an OGC API – Features; `aliases` names its fields, `words` the codes of some of them.

    Keys of layers are longer than ten letters: others QGIS replaces by its own.
    """

    key: str
    title: str
    area: bool
    renderer: Any
    label: str  # the field that names a feature
    aliases: Mapping[str, str]
    words: Mapping[str, Sequence[tuple[str, str]]]
    shown: bool = False
    about: str = ""


@dataclass(frozen=True)
class TileStyle:
    """How features of one layer of the tiles look: a symbol, or with `text` what is written at them."""

    layer: str
    where: str
    symbol: Any = None
    text: str = ""
    size_pt: float = 9.0
    light: bool = False  # written in white on a symbol, else dark with a white rim
    zooms: tuple[int, int] = (-1, -1)


@dataclass(frozen=True)
class Tiles:
    """A vector-tile layer; `keys` are joined in its address, `at` is the template of another address."""

    key: str
    title: str
    keys: tuple[str, ...]
    styles: tuple[TileStyle, ...]
    shown: bool = False
    at: str = ""
    zooms: tuple[int, int] = (5, 18)
    about: str = ""


@dataclass(frozen=True)
class Picture:
    """A base map in picture tiles, at the template of an address."""

    key: str
    title: str
    at: str
    zooms: tuple[int, int]


Layer = Features | Tiles | Picture


@dataclass(frozen=True)
class Group:
    """A group of the layer tree, top first."""

    title: str
    layers: Sequence[Layer]
    open: bool = True


@dataclass(frozen=True)
class Project:
    """`root` is the server's address; `box` what is seen first, in degrees; `about` is told in its properties."""

    title: str
    root: str
    zone: Zone
    box: Box
    groups: Sequence[Group]
    about: str = ""
    name: str = field(default="diaban")


def packed(project: Project) -> bytes:
    """The .qgz: a zip of the one document."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(f"{project.name}.qgs", _DAY)
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, document(project))
    return out.getvalue()


def document(project: Project) -> bytes:
    """The .qgs."""
    root = etree.Element("qgis", version="3.22.0", projectname=project.title, saveUser="", saveUserFull="")
    etree.SubElement(root, "title").text = project.title
    etree.SubElement(root, "projectCrs").append(_srs(f"EPSG:{project.zone.epsg}"))
    properties = etree.SubElement(etree.SubElement(root, "properties"), "SpatialRefSys")
    etree.SubElement(properties, "ProjectionsEnabled", type="int").text = "1"
    _operations(root, project.zone)
    _tree(root, project)
    _canvas(root, project)
    layers = etree.SubElement(root, "projectlayers")
    for layer in _layers(project):
        layers.append(_layer(project, layer))
    order = etree.SubElement(root, "layerorder")
    for layer in _layers(project):
        etree.SubElement(order, "layer", id=layer.key)
    _told(root, project)
    return etree.tostring(
        root, pretty_print=True, encoding="utf-8", doctype="<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
    )


def _layers(project: Project) -> Iterator[Layer]:
    for group in project.groups:
        yield from group.layers


def _srs(authid: str) -> Any:
    found = etree.Element("spatialrefsys")
    etree.SubElement(found, "wkt").text = pyproj.CRS(authid).to_wkt()
    # Only beside a number of its own does QGIS look at the code; which number, it then doesn't ask.
    etree.SubElement(found, "srsid").text = "1"
    etree.SubElement(found, "authid").text = authid
    return found


def _operations(root: Any, zone: Zone) -> None:
    """The official shift for the project's zone: left to itself PROJ takes an older one in the south, 0.80 m off."""
    context = etree.SubElement(root, "transformContext")
    for source in (_WGS84, "OGC:CRS84"):
        pair = etree.SubElement(
            context, "srcDest", source=source, dest=f"EPSG:{zone.epsg}", allowFallback="0",
            coordinateOp=crs.pipeline(zone),
        )  # fmt: skip
        etree.SubElement(pair, "src").append(_srs(source))
        etree.SubElement(pair, "dest").append(_srs(f"EPSG:{zone.epsg}"))


def _tree(root: Any, project: Project) -> None:
    tree = etree.SubElement(root, "layer-tree-group")
    etree.SubElement(tree, "customproperties")
    for group in project.groups:
        within = etree.SubElement(
            tree, "layer-tree-group", name=group.title, checked="Qt::Checked", expanded="1" if group.open else "0"
        )
        for layer in group.layers:
            shown = isinstance(layer, Picture) or layer.shown
            etree.SubElement(
                within, "layer-tree-layer", id=layer.key, name=layer.title, providerKey=_provider(layer),
                source=_source(project, layer), checked="Qt::Checked" if shown else "Qt::Unchecked", expanded="0",
            )  # fmt: skip


def _canvas(root: Any, project: Project) -> None:
    canvas = etree.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    etree.SubElement(canvas, "units").text = "meters"
    extent = etree.SubElement(canvas, "extent")
    sides = crs.to_vn2000(shapely.box(*project.box), project.zone).bounds
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True):
        etree.SubElement(extent, name).text = f"{value:.0f}"
    etree.SubElement(canvas, "rotation").text = "0"
    etree.SubElement(canvas, "destinationsrs").append(_srs(f"EPSG:{project.zone.epsg}"))


def _told(root: Any, project: Project) -> None:
    about = etree.SubElement(root, "projectMetadata")
    etree.SubElement(about, "type").text = "project"
    etree.SubElement(about, "title").text = project.title
    etree.SubElement(about, "abstract").text = project.about
    etree.SubElement(about, "language").text = "vie"


def _layer(project: Project, layer: Layer) -> Any:
    kind = {Features: "vector", Tiles: "vector-tile", Picture: "raster"}[type(layer)]
    found = etree.Element("maplayer", type=kind, autoRefreshEnabled="0", refreshOnNotifyEnabled="0")
    etree.SubElement(found, "id").text = layer.key
    etree.SubElement(found, "datasource").text = _source(project, layer)
    etree.SubElement(found, "layername").text = layer.title
    etree.SubElement(found, "srs").append(_srs(_WGS84 if isinstance(layer, Features) else _MERCATOR))
    etree.SubElement(found, "provider", encoding="UTF-8").text = _provider(layer)
    if isinstance(layer, Features):
        _features(found, layer)
    elif isinstance(layer, Tiles):
        _tile_styles(found, layer)
    else:
        pipe = etree.SubElement(found, "pipe")
        etree.SubElement(pipe, "rasterrenderer", type="singlebandcolordata", band="1", opacity="1", alphaBand="-1")
    if not isinstance(layer, Picture) and layer.about:
        about = etree.SubElement(found, "resourceMetadata")
        etree.SubElement(about, "title").text = layer.title
        etree.SubElement(about, "abstract").text = layer.about
    return found


def _provider(layer: Layer) -> str:
    return {Features: "OAPIF", Tiles: "", Picture: "wms"}[type(layer)]


def _source(project: Project, layer: Layer) -> str:
    if isinstance(layer, Features):
        return (
            f" authcfg={AUTH} pagingEnabled='true' pageSize='1000' restrictToRequestBBOX='1' srsname='{_WGS84}'"
            f" typename='{layer.key}' url='{project.root}/ogc/'"
        )
    if isinstance(layer, Tiles):
        at = layer.at or f"/tiles/{','.join(layer.keys)}/{{z}}/{{x}}/{{y}}.mvt"
    else:
        at = layer.at
    given = {"type": "xyz", "url": f"{project.root}{at}", "zmin": str(layer.zooms[0]), "zmax": str(layer.zooms[1])}
    return urlencode({**given, "authcfg": AUTH}, quote_via=quote, safe=":/,")


def _features(found: Any, layer: Features) -> None:
    found.set("geometry", "Polygon" if layer.area else "Point")
    found.append(layer.renderer)
    fields = etree.SubElement(found, "fieldConfiguration")
    for name, words in layer.words.items():
        widget = etree.SubElement(etree.SubElement(fields, "field", name=name), "editWidget", type="ValueMap")
        options = etree.SubElement(etree.SubElement(widget, "config"), "Option", type="Map")
        listed = etree.SubElement(options, "Option", type="List", name="map")
        for code, said in words:
            one = etree.SubElement(listed, "Option", type="Map")
            etree.SubElement(one, "Option", type="QString", name=said, value=code)
    aliases = etree.SubElement(found, "aliases")
    for at, (name, said) in enumerate(layer.aliases.items()):
        etree.SubElement(aliases, "alias", field=name, name=said, index=str(at))
    etree.SubElement(found, "previewExpression").text = f'"{layer.label}"'


def _tile_styles(found: Any, layer: Tiles) -> None:
    drawn = etree.SubElement(etree.SubElement(found, "renderer", type="basic"), "styles")
    written = etree.SubElement(etree.SubElement(found, "labeling", type="basic"), "styles")
    for at, each in enumerate(layer.styles):
        given = {
            "name": f"{each.layer} {at}", "layer": each.layer, "expression": each.where, "enabled": "1",
            "min-zoom": str(each.zooms[0]), "max-zoom": str(each.zooms[1]),
        }  # fmt: skip
        if each.text:
            style = etree.SubElement(written, "style", {**given, "geometry": "0"})
            style.append(_writing(each))
        else:
            style = etree.SubElement(drawn, "style", {**given, "geometry": _GEOMETRY[each.symbol.get("type")]})
            etree.SubElement(style, "symbols").append(each.symbol)


def _writing(style: TileStyle) -> Any:
    settings = etree.Element("settings", calloutType="simple")
    color, rim = (WHITE, "0") if style.light else (INK, "1")
    text = etree.SubElement(
        settings, "text-style", fieldName=style.text, isExpression="1", fontFamily="Noto Sans", fontWeight="63",
        fontSize=f"{style.size_pt:g}", fontSizeUnit="Point", textOpacity="1", textColor=color,
    )  # fmt: skip
    etree.SubElement(text, "text-buffer", bufferDraw=rim, bufferSize="1", bufferSizeUnits="MM", bufferColor=WHITE)
    etree.SubElement(settings, "placement", placement="1", quadOffset="4", priority="5")
    etree.SubElement(settings, "rendering", drawLabels="1", obstacle="1")
    return settings
