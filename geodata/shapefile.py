"""A layer as zipped shapefile in a VN-2000 zone, with everything it could not hold said in bao_cao.txt."""

import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from isal import isal_zlib

from geodata import crs, csvfiles, isometadata, lossreport, ogr, qml, shapefileloss, shapefilesql
from geodata.lossreport import LossReport
from geodata.problems import Problem
from geodata.shapefilesql import KIND_NAMES, Measure, Source

_SUFFIXES = {"POINT": "diem", "MULTIPOINT": "nhieudiem", "MULTILINESTRING": "duong", "MULTIPOLYGON": "vung"}
_MOST_BYTES = 2**31 - 1
# Columns are as narrow as their values: zlib's level 6 takes ten times as long for a tenth less.
_ZIP_LEVEL = 1


class BadFileName(Problem):
    """Facts: name."""

    code: ClassVar[str] = "export_name_invalid"


class TooLarge(Problem):
    """A shapefile can't pass 2 GB. Facts: bytes (estimated), rows."""

    code: ClassVar[str] = "shapefile_too_large"


@dataclass(frozen=True)
class Title:
    """What the file says of itself. `name`: ASCII stem of the files inside; `notes`: lines for the report's head."""

    name: str
    title: str
    abstract: str = ""
    organisation: str = ""
    made_at: str = ""
    notes: tuple[str, ...] = ()


def file_stem(layer: str, zone: crs.Zone) -> str:
    """hamlet_profiles_VN2000_10745: the layer and the meridian in degrees and minutes; UTM zones by number."""
    if zone.name.endswith("N"):
        return f"{layer}_VN2000_UTM{zone.name[-3:]}"
    return f"{layer}_VN2000_{zone.meridian_text.replace('°', '').replace(chr(39), '')}"


def write_shapefile_zip(
    connection: Mapping[str, Any],
    source: Source,
    zone: crs.Zone,
    out: Path,
    title: Title,
    *,
    style: str | None = None,
    masked: Iterable[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> LossReport:
    """Write the zip at `out`, whole or not at all; one set of files per geometry type.

    `connection`: libpq parameters. `style`: QML text, else a plain one. `masked`: a line for each thing the caller
    withheld. `progress(done, total)` in rows. Raises BadColumn, BadFileName, TooLarge, WriterFailed, WriterMissing,
    Cancelled.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,60}", title.name):
        raise BadFileName(name=title.name)
    shapefilesql.check(source)
    with (
        tempfile.TemporaryDirectory(prefix=".shapefile-", dir=out.parent) as folder,
        psycopg.connect(**_libpq(connection)) as database,
        database.cursor() as cursor,
    ):
        cursor.execute("set transaction isolation level repeatable read, read only")
        # Exported before anything is counted: ogr2ogr then sees the same rows.
        (snapshot,) = cursor.execute("select pg_export_snapshot()").fetchone() or ("",)
        for statement in source.prelude:
            cursor.execute(statement.encode())
        classes, measures = shapefilesql.measure(cursor, source)
        kinds = [kind for kind in _SUFFIXES if classes.get(kind)] or ["POINT"]
        _check_size(source, measures, classes)
        into = Path(folder)
        report_head = [title.title, *title.notes, f"Hệ tọa độ: {zone.name} (EPSG:{zone.epsg}), {zone.meridian_text}"]
        with lossreport.Writer(into / "bao_cao.txt", report_head) as report:
            report.report.rows = sum(classes.values())
            for line in masked:
                report.add("masked", line)
            shapefileloss.tell_values(database, source, measures, report)
            shapefileloss.tell_shapeless(database, source, classes, into / "khong_hinh.csv", report)
            for kind in kinds:
                name = title.name if len(kinds) == 1 else f"{title.name}_{_SUFFIXES[kind]}"
                _write_set(
                    connection, source, zone, kind, into / f"{name}.shp", measures, snapshot, report,
                    _rows_seen(into, shapefilesql.row_bytes(source, measures), report.report.rows, progress), cancelled,
                )  # fmt: skip
                _write_beside(into / name, title, zone, style or qml.plain(kind))
                report.report.written += classes.get(kind, 0)
            _write_dictionary(into / "truong.csv", source, measures)
        progress(report.report.written, report.report.rows)
        _zip(sorted(into.iterdir()), out, cancelled)
    return report.report


def _write_set(
    connection: Mapping[str, Any],
    source: Source,
    zone: crs.Zone,
    kind: str,
    file: Path,
    measures: dict[str, Measure],
    snapshot: str,
    report: lossreport.Writer,
    watch: Callable[[], None],
    cancelled: Callable[[], bool],
) -> None:
    """One .shp, .shx, .dbf and .cpg."""
    options = ["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-nln", file.stem]
    options += ["-nlt", {"MULTIPOLYGON": "POLYGON", "MULTILINESTRING": "LINESTRING"}.get(kind, kind)]
    sql = shapefilesql.rows_for(source, zone, kind, measures)
    said = ogr.translate(
        connection, sql, file, options,
        prelude=source.prelude, snapshot=snapshot, watch=watch, cancelled=cancelled,
    )  # fmt: skip
    for line in said:
        report.add("warning", line)


def _write_beside(stem: Path, title: Title, zone: crs.Zone, style: str) -> None:
    """The files that describe a set: our own .prj rather than what GDAL makes of the pinned SRID."""
    stem.with_suffix(".prj").write_text(crs.wkt1_esri(zone), encoding="ascii")
    stem.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    stem.with_suffix(".qml").write_text(style, encoding="utf-8")
    metadata = isometadata.describe(title.title, title.abstract, title.organisation, title.made_at, zone)
    stem.with_name(f"{stem.name}.shp.xml").write_text(metadata, encoding="utf-8")


def _write_dictionary(file: Path, source: Source, measures: dict[str, Measure]) -> None:
    header = ["cot", "khoa", "nhan_vi", "nhan_en", "kieu", "do_rong", "so_le", "danh_muc"]
    rows = [
        [
            column.name,
            column.key,
            column.label_vi,
            column.label_en,
            KIND_NAMES[column.kind],
            *map(str, shapefilesql.width(column, measures[column.name])),
            "; ".join(f"{code} = {label}" for code, label in column.codes),
        ]
        for column in source.columns
    ]
    csvfiles.write(file, header, rows)


def _check_size(source: Source, measures: dict[str, Measure], classes: dict[str, int]) -> None:
    row = shapefilesql.row_bytes(source, measures)
    rows = max((classes.get(kind, 0) for kind in _SUFFIXES), default=0)
    if row * rows > _MOST_BYTES:
        raise TooLarge(bytes=row * rows, rows=rows)


def _rows_seen(folder: Path, row: int, total: int, progress: Callable[[int, int], None]) -> Callable[[], None]:
    """Progress out of the growing .dbf files, `row` bytes a row."""

    def watch() -> None:
        done = sum(file.stat().st_size // row for file in folder.glob("*.dbf"))
        progress(min(done, total), total)

    return watch


def _zip(files: Sequence[Path], out: Path, cancelled: Callable[[], bool]) -> None:
    """Under another name first: a reader never meets half a file."""
    part = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                info = zipfile.ZipInfo.from_file(file, file.name)
                info.compress_type = zipfile.ZIP_DEFLATED
                with file.open("rb") as raw, archive.open(info, "w") as packed:
                    # zipfile can't be given a compressor. ISA-L's writes the same format in a fifth of the time.
                    packed._compressor = _compressor()  # type: ignore[attr-defined]
                    while block := raw.read(1 << 20):
                        if cancelled():
                            raise ogr.Cancelled()
                        packed.write(block)
                file.unlink()
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def _compressor() -> Any:
    return isal_zlib.compressobj(_ZIP_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)


def _libpq(connection: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in connection.items() if value not in (None, "")}
