"""The office's base map, a PMTiles archive: what kind it is, and the extract that covers one place."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import TileType, deserialize_directory, find_tile, zxy_to_tileid
from pmtiles.writer import Writer

from geodata.problems import Problem
from geodata.tileaddress import at

# West, south, east, north in degrees.
Box = tuple[float, float, float, float]

# A commune has a few hundred tiles to zoom 15, a province some tens of thousands: beyond this deep zooms are left out.
MOST_TILES = 40_000


class BasemapUnreadable(Problem):
    """The file the office named isn't a PMTiles archive; facts: reason."""

    code: ClassVar[str] = "basemap_unreadable"


@dataclass(frozen=True)
class Extract:
    """A PMTiles archive on the disk; `kind` is "vector" or "raster"."""

    path: Path
    bytes: int
    min_zoom: int
    max_zoom: int
    kind: str


def extract(archive: Path, box: Box, out: Path) -> Extract:
    """The part of `archive` that covers the box, written to `out`; an extract that is there already is taken.

    Its lowest zooms hold the surroundings as far as their tiles reach. Raises BasemapUnreadable.
    """
    if not out.is_file():
        out.parent.mkdir(parents=True, exist_ok=True)
        # Two requests may make it at once: each writes its own file, and the last to finish gives it the name.
        made = out.with_suffix(f".{os.getpid()}-{id(box)}.part")
        try:
            with archive.open("rb") as source, made.open("wb") as target:
                _copy(_Archive(source), box, target)
            made.replace(out)
        finally:
            made.unlink(missing_ok=True)
    return described(out)


def described(archive: Path) -> Extract:
    """What an archive is. Raises BasemapUnreadable."""
    with archive.open("rb") as file:
        header = _Archive(file).header
    kind = "vector" if header["tile_type"] is TileType.MVT else "raster"
    return Extract(archive, archive.stat().st_size, header["min_zoom"], header["max_zoom"], kind)


def tile(archive: Path, z: int, x: int, y: int) -> tuple[bytes, str]:
    """One tile's bytes, b"" where it has none, and its kind: "mvt", "png", "jpeg", "webp". Raises BasemapUnreadable."""
    found = _opened(str(archive), archive.stat().st_mtime_ns)
    data = found.tile(zxy_to_tileid(z, x, y))
    return data or b"", found.header["tile_type"].name.lower()


@lru_cache(2)
def _opened(archive: str, _changed: int) -> "_Archive":
    # The mapping of the file outlives its handle.
    with open(archive, "rb") as file:
        return _Archive(file)


class _Archive:
    """An open archive whose directories are read once: the library's own reader unpacks them anew for each tile."""

    def __init__(self, file: Any) -> None:
        try:
            self.bytes = MmapSource(file)
            reader = Reader(self.bytes)
            self.header: dict[str, Any] = reader.header()
            self.metadata = reader.metadata()
        except Exception as error:
            # The library raises whatever its unpacking meets.
            raise BasemapUnreadable(reason=str(error)[:100]) from error
        self.directories: dict[tuple[int, int], Any] = {}

    def tile(self, tile_id: int) -> bytes | None:
        offset, length = self.header["root_offset"], self.header["root_length"]
        for _ in range(4):  # no archive is deeper
            found = find_tile(self._directory(offset, length), tile_id)
            if not found:
                return None
            if found.run_length:
                data: bytes = self.bytes(self.header["tile_data_offset"] + found.offset, found.length)
                return data
            offset, length = self.header["leaf_directory_offset"] + found.offset, found.length
        return None

    def _directory(self, offset: int, length: int) -> Any:
        key = (offset, length)
        if key not in self.directories:
            self.directories[key] = deserialize_directory(self.bytes(offset, length))
        return self.directories[key]


def _copy(archive: _Archive, box: Box, target: Any) -> None:
    writer = Writer(target)
    for tile_id in sorted(_wanted(box, archive.header["min_zoom"], archive.header["max_zoom"])):
        data = archive.tile(tile_id)
        if data is not None:
            writer.write_tile(tile_id, data)
    if not writer.tile_entries:
        raise BasemapUnreadable(reason="no tile there")
    west, south, east, north = (round(side * 10_000_000) for side in box)
    kept = {key: archive.header[key] for key in ("tile_type", "tile_compression")}
    bounds = {"min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north}
    centre = {
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
        "center_zoom": archive.header["max_zoom"],
    }
    writer.finalize({**kept, **bounds, **centre}, archive.metadata)


def _wanted(box: Box, lowest: int, highest: int) -> Iterator[int]:
    left = MOST_TILES
    for z in range(lowest, highest + 1):
        (first, top), (last, bottom) = at(box[0], box[3], z), at(box[2], box[1], z)
        left -= (last - first + 1) * (bottom - top + 1)
        if left < 0:
            return
        for x in range(first, last + 1):
            for y in range(top, bottom + 1):
                yield zxy_to_tileid(z, x, y)
