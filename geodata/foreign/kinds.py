"""The kinds of file that are read: what they are called, how they begin, which parts belong to them."""

from dataclasses import dataclass, field
from pathlib import Path

from geodata.foreign import refusals

MOST_BYTES = 200 << 20
_FIRST = 4096


@dataclass(frozen=True)
class Kind:
    """`drivers`: the only ones of GDAL that may open it (none: read otherwise). `raw`: its text comes as bytes whose
    encoding isn't sure. `needed`, `beside`: parts of the same name."""

    key: str
    label: str
    suffixes: tuple[str, ...]
    drivers: tuple[str, ...] = ()
    raw: bool = False
    needed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "shapefile", "Shapefile", (".shp",), ("ESRI Shapefile",), True, (".shx", ".dbf"), (".prj", ".cpg", ".cst")
        ),
        Kind("gpkg", "GeoPackage", (".gpkg",), ("GPKG",)),
        Kind("geojson", "GeoJSON", (".geojson", ".json"), ("GeoJSON",)),
        Kind("kml", "KML", (".kml",), ("LIBKML",)),
        Kind("tab", "MapInfo TAB", (".tab",), ("MapInfo File",), True, (".dat", ".map", ".id"), (".ind",)),
        Kind("mif", "MapInfo MIF/MID", (".mif",), ("MapInfo File",), True, (), (".mid",)),
        Kind("dgn", "MicroStation DGN v7", (".dgn",), ("DGN",), True),
        Kind("dxf", "AutoCAD DXF", (".dxf",), ("DXF",), True),
        Kind("gpx", "GPX", (".gpx",), ("GPX",)),
        Kind("fgb", "FlatGeobuf", (".fgb",), ("FlatGeobuf",)),
        Kind("parquet", "GeoParquet", (".parquet", ".geoparquet")),
        Kind("csv", "CSV", (".csv", ".txt", ".tsv"), (), True),
        Kind("xlsx", "Excel (.xlsx)", (".xlsx",)),
    )
}
BY_SUFFIX = {suffix: kind for kind in KINDS.values() for suffix in kind.suffixes}
PARTS = {part for kind in KINDS.values() for part in (*kind.needed, *kind.beside)}
ARCHIVES = (".zip", ".kmz")
# Known by how they begin, not readable here; what to save them as instead.
_INSTEAD = {
    b"\xd0\xcf\x11\xe0": {
        ".dgn": ("MicroStation DGN v8", "DGN v7 / DXF"),
        "": ("OLE (.xls, .doc, DGN v8)", "XLSX / DXF"),
    },
    b"AC10": {"": ("AutoCAD DWG", "DXF")},
    b"AutoCAD Binary DXF": {"": ("DXF (binary)", "DXF (ASCII)")},
    b"Rar!": {"": ("RAR", "ZIP")},
    b"7z\xbc\xaf": {"": ("7-Zip", "ZIP")},
    b"\x1f\x8b": {"": ("GZIP", "ZIP")},
    b"BZh": {"": ("BZIP2", "ZIP")},
    b"\xfd7zXZ": {"": ("XZ", "ZIP")},
    b"%PDF": {"": ("PDF", "GeoPackage / Shapefile / CSV")},
}
_NOT_READ = {
    ".gml": ("GML", "GeoPackage / GeoJSON"),
    ".xml": ("XML", "GeoPackage / KML"),
    ".vrt": ("VRT", "GeoPackage / Shapefile"),
    ".xls": ("Excel 97 (.xls)", "XLSX"),
    ".xlsm": ("Excel (.xlsm)", "XLSX"),
    ".ods": ("OpenDocument", "XLSX"),
    ".dwg": ("AutoCAD DWG", "DXF"),
    ".rar": ("RAR", "ZIP"),
    ".7z": ("7-Zip", "ZIP"),
    ".gdb": ("File Geodatabase", "GeoPackage"),
    ".mdb": ("Access / Personal Geodatabase", "GeoPackage"),
    ".sqlite": ("SQLite", "GeoPackage"),
    ".wor": ("MapInfo Workspace", "MapInfo TAB"),
    ".topojson": ("TopoJSON", "GeoJSON"),
}


_STARTS: dict[str, tuple[bytes, ...]] = {
    "shapefile": (b"\x00\x00\x27\x0a",),
    "gpkg": (b"SQLite format 3\0",),
    "dgn": (b"\x08\x09\xfe", b"\xc8\x09\xfe"),
    "fgb": (b"fgb\x03",),
    "parquet": (b"PAR1",),
    "xlsx": (b"PK\x03\x04",),
}


def of_suffix(name: str) -> str:
    """ ".shp" of "Ranh xã.SHP"."""
    return Path(name).suffix.lower()


def begins(file: Path) -> bytes:
    with file.open("rb") as raw:
        return raw.read(_FIRST)


def check(file: Path, name: str) -> Kind | None:
    """The kind of a loose file, None for a mere part. `name`: as its owner knows it.

    Raises TooLarge, Empty, SaveOtherwise, Pointing, UnknownKind, OtherContent.
    """
    suffix, first = of_suffix(name), begins(file)
    if file.stat().st_size > MOST_BYTES:
        raise refusals.TooLarge(name, megabytes=MOST_BYTES >> 20)
    if suffix in PARTS:
        return None
    if not first.strip(b"\0 \t\r\n"):
        raise refusals.Empty(name)
    for start, by_suffix in _INSTEAD.items():
        if first.startswith(start):
            what, instead = by_suffix.get(suffix) or by_suffix[""] if "" in by_suffix else by_suffix[suffix]
            raise refusals.SaveOtherwise(name, kind=what, instead=instead)
    if suffix in _NOT_READ:
        what, instead = _NOT_READ[suffix]
        raise refusals.SaveOtherwise(name, kind=what, instead=instead)
    kind = BY_SUFFIX.get(suffix)
    if kind is None:
        raise refusals.UnknownKind(name)
    if not _looks_like(kind.key, first):
        raise refusals.OtherContent(name, kind=kind.label)
    return kind


def _looks_like(key: str, first: bytes) -> bool:
    """Whether a file begins as its kind does: GDAL opens by content, whatever the name."""
    if key in _STARTS:
        return first.startswith(_STARTS[key])
    text = _text(first).lstrip("\ufeff \t\r\n")
    match key:
        case "geojson":
            return text.startswith("{")
        case "kml":
            return text.startswith("<") and "<kml" in text[:2000].replace("kml:kml", "kml")
        case "gpx":
            return text.startswith("<") and "<gpx" in text
        case "tab":
            return text.lower().startswith("!table")
        case "mif":
            return text.lower().startswith("version")
        case "dxf":
            return text.startswith(("0\r\n", "0\n", "999")) and b"\0" not in first
        case _:  # a table of text
            return _is_table_text(first)


def _is_table_text(first: bytes) -> bool:
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    starts = (
        b"<",
        b"{",
        b"PK\x03\x04",
        b"SQLite format",
        b"MZ",
        b"\x7fELF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"#!",
    )
    return b"\0" not in first and not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(starts)


def _text(first: bytes) -> str:
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return first.decode("utf-16", "replace")
    return first.decode("utf-8", "replace")


@dataclass(frozen=True)
class Found:
    """A main file in the job's folder with its kind."""

    file: Path
    kind: Kind
    parts: frozenset[str] = field(default_factory=frozenset)


def main_files(folder: Path, titles: dict[str, str]) -> list[Found]:
    """What can be read in a folder, in order of name. Raises PartMissing, and what `check` raises."""
    found = []
    for file in sorted(folder.iterdir()):
        kind = BY_SUFFIX.get(file.suffix)
        if not file.is_file() or file.is_symlink() or kind is None:
            continue
        name = titles.get(file.name, file.name)
        check(file, name)
        parts = frozenset(part for part in (*kind.needed, *kind.beside) if file.with_suffix(part).is_file())
        for part in kind.needed:
            if part not in parts:
                raise refusals.PartMissing(name, part=part)
        found.append(Found(file, kind, parts))
    return found
