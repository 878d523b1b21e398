"""A technician's QGIS without a screen: run by Debian's own Python, asked by JSON on its input, facts as JSON back.

`files`: paths to open; `project`: a .qgz; `api`, `tiles`: addresses to add by hand; `name`, `token`: kept in QGIS's own
encrypted store under the id `auth`; `pictures`: a folder for what it draws.
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsAuthMethodConfig,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDataSourceUri,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QSize
from qgis.PyQt.QtGui import QColor

SIDE = 512


def signs_in(auth: str, name: str, token: str) -> bool:
    """Stores the account as a person would under Settings → Options → Authentication."""
    kept = QgsApplication.authManager()
    kept.setMasterPassword("mật khẩu chính", True)
    config = QgsAuthMethodConfig()
    config.setId(auth)
    config.setName("Địa Bàn")
    config.setMethod("Basic")
    config.setConfig("username", name)
    config.setConfig("password", token)
    return bool(kept.storeAuthenticationConfig(config))


def of_features(layer: QgsVectorLayer) -> dict:
    """What QGIS says of a layer of features; every one is read."""
    if not layer.isValid():
        return {"valid": False, "why": layer.error().message() or layer.dataProvider().error().message()}
    rows = list(layer.getFeatures())
    drawn = layer.renderer()
    listed = drawn.categories() if drawn.type() == "categorizedSymbol" else []
    return {
        "valid": True,
        "told": layer.featureCount(),
        "read": len(rows),
        "ids": len({row.id() for row in rows}),
        "placed": sum(row.hasGeometry() for row in rows),
        "crs": layer.crs().authid(),
        "fields": [field.name() for field in layer.fields()],
        "aliases": {field.name(): field.alias() for field in layer.fields() if field.alias()},
        "renderer": drawn.type(),
        "by": drawn.classAttribute() if listed else "",
        "categories": [[str(one.value()), one.label(), one.symbol().color().name()] for one in listed],
        "color": "" if listed else drawn.symbol().color().name(),
        "values": sorted({str(row[drawn.classAttribute()]) for row in rows}) if listed else [],
        "sample": {field.name(): str(rows[0][field.name()]) for field in layer.fields()} if rows else {},
    }


def of_tiles(layer: QgsVectorTileLayer) -> dict:
    """What QGIS says of a layer of tiles."""
    renderer = layer.renderer()
    styles = [style.layerName() for style in renderer.styles()] if renderer else []
    return {"valid": layer.isValid(), "source": layer.source(), "crs": layer.crs().authid(), "styles": styles}


def drawn(layers: list, box: list, file: Path, project: QgsProject) -> dict:
    """Draws the layers over a box (degrees) into a file: how many pixels aren't white, how many colours there are."""
    settings = QgsMapSettings()
    settings.setTransformContext(project.transformContext())
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    to_map = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), settings.destinationCrs(), project.transformContext()
    )
    settings.setExtent(to_map.transformBoundingBox(QgsRectangle(*box)))
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setBackgroundColor(QColor("white"))
    settings.setLayers(layers)
    job, done = QgsMapRendererParallelJob(settings), QEventLoop()
    job.finished.connect(done.quit)
    job.start()
    done.exec_()
    picture = job.renderedImage()
    picture.save(str(file))
    seen = [picture.pixelColor(x, y).name() for x in range(SIDE) for y in range(SIDE)]
    return {
        "ink": sum(color != "#ffffff" for color in seen),
        "colors": sorted(set(seen)) if len(set(seen)) < 4000 else [],
        "errors": [error.message for error in job.errors()],
    }


def of_project(asked: dict) -> dict:
    """The project opened: its groups, each layer, pictures of them."""
    project = QgsProject.instance()
    opened = project.read(asked["project"])
    root = project.layerTreeRoot()
    folder = Path(asked["pictures"])
    layers = {}
    for id_, layer in project.mapLayers().items():
        tiles = isinstance(layer, QgsVectorTileLayer)
        features = isinstance(layer, QgsVectorLayer)
        layers[id_] = of_tiles(layer) if tiles else of_features(layer) if features else {"valid": layer.isValid()}
        layers[id_]["name"] = layer.name()
        layers[id_]["drawn"] = drawn([layer], asked["box"], folder / f"{id_}.png", project)
    shown = [node.layer() for node in root.findLayers() if node.isVisible() and node.layer()]
    lon, lat = asked["point"]
    way = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), project.crs(), project.transformContext())
    there = way.transform(QgsPointXY(lon, lat))
    return {
        "opened": opened,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "groups": {group.name(): [node.layerId() for node in group.findLayers()] for group in root.findGroups()},
        "shown": [layer.id() for layer in shown],
        "layers": layers,
        "there": [there.x(), there.y()],
        "picture": drawn(shown, asked["box"], folder / "project.png", project),
    }


def by_hand(asked: dict) -> dict:
    """Layers as somebody adds them in the browser panel, without a project."""
    found = {}
    for key in asked.get("collections", []):
        uri = QgsDataSourceUri()
        uri.setParam("url", asked["api"])
        uri.setParam("typename", key)
        uri.setParam("pagingEnabled", "true")
        uri.setAuthConfigId(asked["auth"])
        found[key] = of_features(QgsVectorLayer(uri.uri(False), key, "OAPIF"))
    return found


def main() -> None:
    asked = json.load(sys.stdin)
    program = QgsApplication([], False)
    program.initQgis()
    told = {"version": QgsApplication.applicationVersion() if hasattr(QgsApplication, "applicationVersion") else ""}
    if "name" in asked:
        told["signed_in"] = signs_in(asked["auth"], asked["name"], asked["token"])
    told["files"] = {path: of_features(QgsVectorLayer(path, "tệp", "ogr")) for path in asked.get("files", [])}
    if "project" in asked:
        told["project"] = of_project(asked)
    told["by_hand"] = by_hand(asked)
    print(json.dumps(told))
    sys.stdout.flush()
    QgsProject.instance().clear()
    program.exitQgis()


main()
