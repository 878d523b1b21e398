"""A small vector base map in PMTiles: land and a road over the small world, in the layers a Protomaps map has."""

import gzip
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

ZOOMS = (6, 12)


def make(path: Path) -> Path:
    """Writes it; the tiles are GDAL's."""
    land = geopandas.GeoDataFrame({"kind": ["earth"]}, geometry=[shapely.box(107, 11, 109.5, 13)], crs=4326)
    lines = [
        shapely.LineString([(107.9, 11.95), (108.04, 11.945), (108.06, 11.957), (108.4, 11.96)]),
        shapely.LineString([(108.05, 11.8), (108.055, 11.95), (108.048, 12.1)]),
    ]
    roads = geopandas.GeoDataFrame({"kind": ["highway", "major_road"]}, geometry=lines, crs=4326)
    with TemporaryDirectory() as folder:
        source, tiles = Path(folder) / "source.gpkg", Path(folder) / "tiles"
        land.to_file(source, layer="earth", driver="GPKG")
        roads.to_file(source, layer="roads", driver="GPKG")
        low, high = ZOOMS
        subprocess.run(
            ["ogr2ogr", "-q", "-f", "MVT", str(tiles), str(source), "-dsco", f"MINZOOM={low}", "-dsco",
             f"MAXZOOM={high}", "-dsco", "COMPRESS=YES"],
            check=True, capture_output=True,
        )  # fmt: skip
        found = {
            zxy_to_tileid(
                *(int(part.removesuffix(".pbf")) for part in file.relative_to(tiles).parts)
            ): file.read_bytes()
            for file in tiles.rglob("*.pbf")
        }
    with write(str(path)) as writer:
        for tile_id in sorted(found):
            data = found[tile_id]
            writer.write_tile(tile_id, data if data[:2] == b"\x1f\x8b" else gzip.compress(data, mtime=0))
        box = {"min_lon_e7": 1070000000, "min_lat_e7": 110000000, "max_lon_e7": 1095000000, "max_lat_e7": 130000000}
        centre = {"center_zoom": low, "center_lon_e7": 1080000000, "center_lat_e7": 119000000}
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **box, **centre}
        writer.finalize(header, {"vector_layers": [{"id": "earth", "fields": {}}, {"id": "roads", "fields": {}}]})
    return path
