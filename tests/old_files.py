"""Files as the cupboard holds them: shapefiles with TCVN3 text and a VN-2000 .prj, zipped; made here, none kept."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import shapely
from pyogrio import write_dataframe

from geodata import crs, encodings


def tcvn3(text: str) -> str:
    """Text as a program without Unicode sees the bytes of its TCVN3 form."""
    table = {letter: raw for raw, letter in encodings._table("tcvn3").items()}
    return b"".join(table.get(letter, letter.encode("latin-1", "replace")) for letter in text).decode("latin-1")


def shapefile(
    path: Path,
    columns: Mapping[str, Sequence[Any]],
    places: Sequence[shapely.Geometry],
    *,
    zone: int = 5899,
    old_text: bool = True,
) -> Path:
    """A zip at `path`; `places` in WGS 84, written in the zone (EPSG). Old text has no .cpg, as files of its time."""
    moved = crs.to_vn2000(list(places), crs.zone(zone))
    said = {
        name: [tcvn3(cell) if old_text and isinstance(cell, str) else cell for cell in cells]
        for name, cells in columns.items()
    }
    folder = path.with_suffix("")
    folder.mkdir()
    frame = geopandas.GeoDataFrame(said, geometry=list(moved))
    write_dataframe(frame, folder / "lop.shp", encoding="ISO-8859-1" if old_text else "UTF-8")
    (folder / "lop.prj").write_text(crs.wkt1_esri(crs.zone(zone)), encoding="ascii")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each in folder.iterdir():
            if not (old_text and each.suffix == ".cpg"):
                archive.write(each, each.name)
    path.write_bytes(packed.getvalue())
    return path
