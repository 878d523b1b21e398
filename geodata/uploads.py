"""Boundary files from outside: unpacked within limits, opened only by known drivers, moved to WGS 84."""

import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import geopandas
import pyogrio
import pyproj
import shapely

from geodata import crs, encodings, geometry
from geodata.problems import Problem

MOST_BYTES = 200 << 20
_MOST_UNPACKED = 1 << 30
_MOST_FILES = 100
_MOST_FEATURES = 200_000

_DRIVERS = {"GPKG", "GeoJSON", "ESRI Shapefile"}
_MAIN = {".gpkg", ".geojson", ".json", ".shp"}
_BESIDE_SHP = {".shx", ".dbf", ".prj", ".cpg"}


class UploadRefused(Problem):
    """A file that isn't opened at all. Facts: reason, name (of the member at fault, where there is one)."""

    code: ClassVar[str] = "upload_refused"


class UnreadableUpload(Problem):
    """Facts: reason."""

    code: ClassVar[str] = "upload_unreadable"


class SeveralLayers(Problem):
    """Facts: layers."""

    code: ClassVar[str] = "upload_several_layers"


class UnknownSystem(Problem):
    """No coordinate system, or one with no sure way to WGS 84. Facts: system (its name, empty for none)."""

    code: ClassVar[str] = "upload_crs_unknown"


def read_boundaries(path: Path, layer: str | None = None) -> geopandas.GeoDataFrame:
    """A GeoPackage, GeoJSON or shapefile (loose or zipped) in WGS 84, flat, columns as found, text in NFC.

    Geometries are as found too, NULL and invalid ones among them. Raises UploadRefused, UnreadableUpload,
    SeveralLayers, UnknownSystem.
    """
    with _alone(path) as file:
        info = _about(file, layer)
        options: dict[str, Any] = {}
        old = _old_encoding(file)
        if old:
            options["encoding"] = "ISO-8859-1"
        try:
            frame = pyogrio.read_dataframe(file, layer=info["layer_name"], **options)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ValueError) as error:
            raise UnreadableUpload(reason=_said(error, file)) from None
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise UnreadableUpload(reason="no geometry")
    for column in frame.columns.difference([frame.geometry.name]):
        frame[column] = [_text(value, old) for value in frame[column]]
    return _to_wgs84(frame)


def _about(file: Path, layer: str | None) -> dict[str, Any]:
    try:
        layers = [name for name, kind in pyogrio.list_layers(file) if kind is not None]
        if layer is None and len(layers) > 1:
            raise SeveralLayers(layers=layers)
        if not layers or (layer is not None and layer not in layers):
            raise UnreadableUpload(reason="no such layer" if layers else "no layer with geometry")
        info: dict[str, Any] = pyogrio.read_info(file, layer=layer or layers[0])
    except pyogrio.errors.DataSourceError as error:
        raise UnreadableUpload(reason=_said(error, file)) from None
    if info["driver"] not in _DRIVERS:
        raise UploadRefused(reason="driver", name=info["driver"])
    if info["features"] > _MOST_FEATURES:
        raise UploadRefused(reason="too many features", name=str(info["features"]))
    return info


@contextmanager
def _alone(path: Path) -> Iterator[Path]:
    """The file, and what belongs to it, under names of ours in a folder of its own: GDAL sees nothing else."""
    if str(path).startswith("/vsi") or not path.is_file():
        raise UploadRefused(reason="not a file", name=path.name)
    if path.stat().st_size > MOST_BYTES:
        raise UploadRefused(reason="too large", name=path.name)
    with tempfile.TemporaryDirectory(prefix="diaban-upload-") as name:
        folder = Path(name)
        if zipfile.is_zipfile(path) and path.suffix.lower() not in (".gpkg", ".shp"):
            _unpack(path, folder)
        else:
            _copy(path, folder)
        mains = [file for file in folder.iterdir() if file.suffix in _MAIN]
        if len(mains) != 1:
            raise UploadRefused(reason="one boundary file expected", name=", ".join(sorted(f.name for f in mains)))
        _check_content(mains[0], path.name)
        yield mains[0]


def _copy(path: Path, folder: Path) -> None:
    suffix = path.suffix.lower()
    if suffix not in _MAIN:
        raise UploadRefused(reason="kind", name=path.name)
    shutil.copyfile(path, folder / f"boundary{suffix}")
    if suffix == ".shp":
        for beside in path.parent.iterdir():
            if beside.stem == path.stem and beside.suffix.lower() in _BESIDE_SHP and beside.is_file():
                if beside.stat().st_size > MOST_BYTES:
                    raise UploadRefused(reason="too large", name=beside.name)
                shutil.copyfile(beside, folder / f"boundary{beside.suffix.lower()}")


def _unpack(path: Path, folder: Path) -> None:
    """Members of known kinds only, counted while they come out: the sizes a zip declares may lie."""
    left, stems = _MOST_UNPACKED, list[str]()
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > _MOST_FILES:
                raise UploadRefused(reason="too many files", name=path.name)
            for member in archive.infolist():
                _check_member(member)
            for member in archive.infolist():
                suffix = Path(member.filename).suffix.lower()
                if member.is_dir() or suffix not in _MAIN | _BESIDE_SHP or "__MACOSX" in member.filename:
                    continue
                stem = os.path.splitext(member.filename)[0].lower()
                if stem not in stems:
                    stems.append(stem)
                target = folder / f"boundary_{stems.index(stem)}{suffix}"
                if target.exists():
                    raise UploadRefused(reason="twice the same name", name=member.filename)
                left -= _pour(archive, member, target, left)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
        raise UnreadableUpload(reason=f"zip: {error}"[:300]) from None


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ":" in name or ".." in name.split("/") or "\0" in name:
        raise UploadRefused(reason="path", name=member.filename)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UploadRefused(reason="link", name=member.filename)
    if member.flag_bits & 1:
        raise UploadRefused(reason="encrypted", name=member.filename)
    if member.file_size > _MOST_UNPACKED or member.file_size > 1000 * max(member.compress_size, 1024):
        raise UploadRefused(reason="bomb", name=member.filename)


def _pour(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Bytes written. Stops at `most`."""
    written = 0
    with archive.open(member) as packed, target.open("wb") as out:
        while block := packed.read(1 << 20):
            written += len(block)
            if written > most:
                raise UploadRefused(reason="bomb", name=member.filename)
            out.write(block)
    return written


def _check_content(file: Path, name: str) -> None:
    """What the first bytes are, whatever the name says: GDAL opens by content."""
    with file.open("rb") as raw:
        first = raw.read(512)
    matches = {
        ".gpkg": first.startswith(b"SQLite format 3\0"),
        ".shp": first.startswith(b"\x00\x00\x27\x0a"),
    }.get(file.suffix, first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"))
    if not matches:
        raise UploadRefused(reason="content", name=name)


def _said(error: Exception, file: Path) -> str:
    """What GDAL said, shortened, without the folder we opened the file in."""
    return str(error).replace(f"{file.parent}/", "").replace(str(file.parent), "")[:300]


def _old_encoding(file: Path) -> str | None:
    """tcvn3, vni or cp1258 for a DBF without .cpg whose bytes say so."""
    dbf = file.with_suffix(".dbf")
    if file.suffix != ".shp" or file.with_suffix(".cpg").exists() or not dbf.exists():
        return None
    raw = dbf.read_bytes()[: 4 << 20]
    header = int.from_bytes(raw[8:10], "little")
    guess = encodings.detect(part for part in raw[header:].split(b"  ") if part)
    return guess.encoding if guess.encoding in ("tcvn3", "vni", "cp1258") and guess.confidence >= 0.8 else None


def _text(value: Any, old: str | None) -> Any:
    if not isinstance(value, str):
        return value
    return encodings.decode(value.encode("latin-1") if old else value.encode(), old or "utf-8")


def _to_wgs84(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    flat = shapely.force_2d(frame.geometry.values)
    system = frame.crs.source_crs if frame.crs is not None and frame.crs.is_bound else frame.crs
    zone = _zone(system) if system is not None else None
    if zone is not None:
        flat = crs.from_vn2000(flat, zone)
    elif system is None:
        # Degrees inside the country can be nothing else; metres could be any of twenty zones.
        if not shapely.box(*geometry.COUNTRY).covers(shapely.box(*shapely.total_bounds(flat))):
            raise UnknownSystem(system="")
    elif not str(system.datum).startswith("World Geodetic System 1984"):
        raise UnknownSystem(system=system.name)
    elif not system.is_geographic:
        flat = geopandas.GeoSeries(flat, crs=system).to_crs(crs.STORED_SRID).values
    return geopandas.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=flat, crs=crs.STORED_SRID)


def _zone(system: pyproj.CRS) -> crs.Zone | None:
    """The VN-2000 zone of a system, by its code or, as many .prj have none, by its meridian and scale."""
    code = system.to_epsg(min_confidence=70)
    found = {zone.epsg: zone for zone in crs.zones()}.get(code or 0)
    if code or not system.is_projected or "2000" not in str(system.datum):
        return found
    operation = system.coordinate_operation
    facts: dict[str, Any] = {each.name: each.value for each in operation.params} if operation else {}
    for zone in crs.zones():
        if (
            facts.get("Longitude of natural origin") == zone.meridian
            and facts.get("Scale factor at natural origin") == zone.scale
            and facts.get("False easting") == 500_000
            and facts.get("False northing") == 0
        ):
            return zone
    return None
