"""Layers that GDAL reads: by the one driver of their kind, in batches of columns, text as the bytes it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.raw
import shapely

from geodata.foreign import refusals, texts
from geodata.foreign.kinds import Found
from geodata.foreign.opened import BATCH, Batch, Layer

# Without these GDAL recodes text by what headers claim, and what it can't recode is lost.
RAW = {"SHAPE_ENCODING": "", "DXF_ENCODING": "ISO-8859-1"}
_MOST_LAYERS = 50
_HEAD = ".head"  # what contents.neutral keeps
_KINDS = {
    "OFTString": "text", "OFTInteger": "integer", "OFTInteger64": "integer", "OFTReal": "decimal", "OFTDate": "date",
    "OFTDateTime": "datetime", "OFTTime": "text",
}  # fmt: skip
# What LIBKML adds to every layer, whether the file has it or not.
_KML_OWN = {
    "id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon",
}  # fmt: skip


@dataclass
class GdalLayer(Layer):
    file: Path = Path()
    name: str = ""
    wanted: tuple[str, ...] = ()
    latin: bool = False

    def batches(self) -> Iterator[Batch]:
        number = 0
        try:
            for batch in self._tables():
                rows = batch.num_rows
                shapes, problems = _shapes(batch, self.geometry)
                columns = [
                    _cells(batch.column(at), kind, self.latin)
                    for at, kind in zip(self._at(batch), self.kinds, strict=True)
                ]
                yield Batch(list(range(number + 1, number + rows + 1)), columns, shapes, problems)
                number += rows
        except (
            pyogrio.errors.DataSourceError,
            pyogrio.errors.FeatureError,
            pyogrio.errors.DataLayerError,
            pa.ArrowException,
        ) as error:
            raise _refusal(error, self.file, self.name) from None

    def _tables(self) -> Iterator[pa.RecordBatch]:
        opening = pyogrio.raw.open_arrow(
            self.file, layer=self.layer, columns=list(self.wanted), batch_size=BATCH, use_pyarrow=True
        )
        with opening as (_, reader):
            yield from reader

    def _at(self, batch: pa.RecordBatch) -> list[int]:
        """Where the wanted columns stand: GDAL keeps the file's order."""
        geometry = _geometry_at(batch)
        others = [at for at in range(batch.num_columns) if at != geometry]
        return others[-len(self.wanted) :] if self.wanted else []


def layers(found: Found, name: str) -> list[GdalLayer]:
    """The layers of a file that hold anything. Raises Unreadable."""
    _check_drivers(found)
    made = []
    try:
        for layer, kind in pyogrio.list_layers(found.file)[:_MOST_LAYERS]:
            info = pyogrio.read_info(found.file, layer=layer, force_feature_count=True)
            if info["driver"] not in found.kind.drivers:
                raise refusals.OtherContent(name, kind=found.kind.label)
            if info["features"] or len(found.parts):
                made.append(_layer(found, name, layer, kind, info))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, UnicodeError, ValueError) as error:
        raise _refusal(error, found.file, name) from None
    # Styles and dictionaries beside layers of a GeoPackage are tables without geometry.
    return [layer for layer in made if layer.geometry] or made


def _check_drivers(found: Found) -> None:
    """Only the drivers of this kind are there at all: the environment of the process left the others out."""
    foreign = set(pyogrio.list_drivers()) - set(found.kind.drivers)
    if foreign:
        raise RuntimeError(f"drivers that shouldn't be there: {sorted(foreign)}")


def _layer(found: Found, name: str, layer: str, kind: str | None, info: dict[str, Any]) -> GdalLayer:
    wanted, kinds, left = [], [], []
    for field, sort, subsort in zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True):
        known = "boolean" if subsort == "OFSTBoolean" else _KINDS.get(sort)
        if found.kind.key == "kml" and str(field) in _KML_OWN:
            continue
        if known is None:
            left.append(str(field))
            continue
        wanted.append(str(field))
        kinds.append(known)
    unicode, said, latin = _text_of(found)
    names = [_raw_name(_kml_name(field) if found.kind.key == "kml" else field, unicode) for field in wanted]
    standard = found.kind.key in ("kml", "gpx") or (found.kind.key == "geojson" and not _names_a_system(found.file))
    return GdalLayer(
        layer=layer,
        geometry=_shape(kind),
        rows=int(info["features"]),
        names=names,
        kinds=kinds,
        unicode=unicode,
        said=said,
        system=info["crs"],
        standard=standard,
        file=found.file,
        name=name,
        wanted=tuple(wanted),
        latin=latin,
        left=left,
    )


def _kml_name(field: str) -> str:
    """ID2 → ID: the driver numbers a column that is called as one of its own."""
    return field[:-1] if field.endswith("2") and field[:-1].lower() in {own.lower() for own in _KML_OWN} else field


def _text_of(found: Found) -> tuple[bool, str | None, bool]:
    """(text is UTF-8 for sure, what the file declares, whether GDAL gives Latin-1 as UTF-8)."""
    match found.kind.key:
        case "shapefile":
            cpg = found.file.with_suffix(".cpg")
            return False, texts.declared(cpg.read_bytes()[:100].decode("latin-1")) if cpg.is_file() else None, False
        case "tab" | "mif":
            kept = found.file.with_suffix(_HEAD)
            head = (kept if kept.is_file() else found.file).read_bytes()[:4000].decode("latin-1")
            charset = re.search(r'(?i)charset\s+"([^"]+)"', head)
            return False, texts.declared(charset[1]) if charset else None, False
        case "dxf":
            return not _is_old_dxf(found.file), None, _is_old_dxf(found.file)
        case "dgn":
            return False, None, False
        case _:
            return True, None, False


def _is_old_dxf(file: Path) -> bool:
    """Before AutoCAD 2007 (AC1021) text is in a code page."""
    with file.open("rb") as raw:
        version = re.search(rb"\$ACADVER\s+1\s+(AC\d{4})", raw.read(20_000))
    return version is None or version[1] < b"AC1021"


def _names_a_system(file: Path) -> bool:
    """GeoJSON is WGS 84, but for files of before 2016 that name another system near their beginning."""
    with file.open("rb") as raw:
        return b'"crs"' in raw.read(100_000)


def _raw_name(field: str, unicode: bool) -> bytes:
    return field.encode() if unicode else _latin_bytes(field)


def _latin_bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _shape(kind: str | None) -> str:
    plain = (kind or "").upper().replace("MULTI", "").split(" ")[0].replace("25D", "")
    return plain if plain in ("POINT", "LINESTRING", "POLYGON") else "" if kind is None else "MIXED"


def _geometry_at(batch: pa.RecordBatch) -> int | None:
    for at, field in enumerate(batch.schema):
        if pa.types.is_binary(field.type) and b"ARROW:extension:name" in (field.metadata or {}):
            return at
    return None


def _shapes(batch: pa.RecordBatch, shape: str) -> tuple[Any, list[tuple[int, str, dict[str, Any]]]]:
    at = _geometry_at(batch)
    if at is None or not shape:
        return np.full(batch.num_rows, None, dtype=object), []
    raw = np.array(batch.column(at).to_pylist(), dtype=object)
    shapes = shapely.from_wkb(raw, on_invalid="ignore")
    lost = [row for row, (wkb, read) in enumerate(zip(raw, shapes, strict=True)) if wkb is not None and read is None]
    return shapes, [(row, "geometry_unreadable", {}) for row in lost]


def _cells(column: pa.Array, kind: str, latin: bool) -> list[Any]:
    if kind == "text":
        if not pa.types.is_string(column.type):
            column = pc.cast(column, pa.string())
        cells = column.view(pa.binary()).to_pylist()
        return (
            [None if cell is None else cell.decode().encode("latin-1", "replace") for cell in cells] if latin else cells
        )
    if kind in ("date", "datetime"):
        return [None if value is None else value.isoformat() for value in column.to_pylist()]
    if kind == "decimal":
        return [None if value is None or value != value else value for value in column.to_pylist()]
    return list(column.to_pylist())


def _refusal(error: Exception, file: Path, name: str) -> refusals.Refused:
    said = _said(error, file)
    if "MAX_OBJ_SIZE" in said or "bad_alloc" in said or isinstance(error, MemoryError):
        return refusals.TooMuchMemory(name)
    return refusals.Unreadable(name, reason=said)


def _said(error: Exception, file: Path) -> str:
    """What GDAL said, shortened, without the folder we opened the file in."""
    return str(error).replace(f"{file.parent}/", "").replace(str(file.parent), "").replace(file.name, "…")[:200]
