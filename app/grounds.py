"""The base map under the maps: the administrator's address, else the one of the settings, else none."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

from app import sessions
from app.tile_fetching import VECTOR, GroundTile, GroundTiles
from geodata import basemap
from geodata.problems import NotFound
from geodata.tileaddress import Ground
from surveys import basemaps

_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "mvt": VECTOR}


@dataclass(frozen=True)
class Shown:
    """What there is: `kind` "vector" or "raster"; exactly one of `ground` and `archive` is set."""

    kind: str
    version: str
    min_zoom: int
    max_zoom: int
    attribution: str
    ground: Ground | None = None
    archive: Path | None = None

    @property
    def address(self) -> str:
        """The template of the tiles at our own server."""
        return f"/basemap/{self.version}/{{z}}/{{x}}/{{y}}"

    def told(self) -> dict[str, Any]:
        """As maps in a browser read it."""
        return {
            "url": self.address, "kind": self.kind, "minzoom": self.min_zoom, "maxzoom": self.max_zoom,
            "attribution": self.attribution,
        }  # fmt: skip


def shown() -> Shown | None:
    """The base map of this request, None where the office has set none."""
    ground = basemaps.chosen(sessions.session())
    given = sessions.config().basemap
    if ground is None and given is not None and given.endswith(".pmtiles"):
        told = Path(given).stat()
        return _of_archive(given, told.st_size, told.st_mtime_ns)
    if ground is None:
        ground = Ground(given) if given is not None else None
    return None if ground is None else _of_ground(ground)


def tile(found: Shown, z: int, x: int, y: int) -> GroundTile:
    """One tile. Raises NotFound, TileNotFetched, BasemapUnreadable."""
    if not found.min_zoom <= z <= found.max_zoom or not 0 <= x < 1 << z or not 0 <= y < 1 << z:
        raise NotFound(what="tile", id=f"{z}/{x}/{y}")
    if found.ground is not None:
        kept: GroundTiles = current_app.extensions["diaban_ground_tiles"]
        return kept.tile(found.ground, z, x, y)
    data, type_ = basemap.tile(found.archive or Path(), z, x, y)
    return GroundTile(data, _TYPES.get(type_, VECTOR))


def _of_ground(ground: Ground) -> Shown:
    path = ground.address.partition("?")[0]
    kind = "vector" if path.endswith((".mvt", ".pbf")) else "raster"
    return Shown(kind, ground.version, ground.min_zoom, ground.max_zoom, ground.attribution, ground=ground)


@lru_cache(4)
def _of_archive(path: str, size: int, changed: int) -> Shown:
    found = basemap.described(Path(path))
    version = Ground(f"{path} {size} {changed}").version
    return Shown(found.kind, version, found.min_zoom, found.max_zoom, "", archive=Path(path))
