"""Layers as one zip: data in the format asked for, what describes it, and what it could not hold."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from isal import isal_zlib

from geodata.outgoing import beside, lossreport, parts
from geodata.outgoing.formats import Format
from geodata.outgoing.lossreport import LossReport
from geodata.outgoing.parts import Part, Work
from geodata.systems import WGS84, System, system

# zlib's level 6 takes ten times as long for a tenth less.
_ZIP_LEVEL = 1


def write(
    connection: Mapping[str, Any],
    layers: Sequence[Part],
    form: Format,
    into: System,
    out: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[LossReport]:
    """Write the zip at `out`, whole or not at all; the losses of each layer.

    `connection`: libpq parameters. All layers are of one moment. `progress(done, total)` in rows. Raises BadFileName,
    Cancelled, and what the format's writer raises.
    """
    for part in layers:
        parts.check_name(part.title.name)
    used = system(WGS84) if form.wgs84 else into
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out.parent) as folder:
        with psycopg.connect(**_libpq(connection)) as database:
            database.execute("set transaction isolation level repeatable read, read only")
            # Exported before anything is counted: every reader then sees the same rows.
            (snapshot,) = database.execute("select pg_export_snapshot()").fetchone() or ("",)
            for statement in layers[0].source.prelude:
                database.execute(statement.encode())
            work = Work(connection, database, snapshot, used, Path(folder), _stem(out), cancelled=cancelled)
            reports: list[LossReport] = []
            with work.kept:
                for part in layers:
                    reports.append(_one(work, part, form, into, reports, progress))
        progress(sum(each.written for each in reports), sum(each.rows for each in reports))
        _zip(sorted(work.folder.iterdir()), out, work.stop_if_cancelled)
    return reports


def _one(
    work: Work,
    part: Part,
    form: Format,
    into: System,
    before: Sequence[LossReport],
    progress: Callable[[int, int], None],
) -> LossReport:
    head = [part.title.title, *part.title.notes, f"Định dạng: {form.title}", f"Hệ tọa độ: {work.system.said}"]
    with lossreport.Writer(work.folder / beside.REPORT, head) as report:
        done, total = sum(each.written for each in before), sum(each.rows for each in before)
        work.tick = lambda rows: progress(done + rows, total + max(report.report.rows, rows))
        for line in part.masked:
            report.add("masked", line)
        if work.system != into:
            report.add("wgs84", into.said)
        for line in form.reading:
            report.add("reading", line)
        form.write(work, part, report)
    return report.report


def _zip(files: Sequence[Path], out: Path, stop: Callable[[], None]) -> None:
    """Under another name first: a reader never meets half a file."""
    unfinished = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                info = zipfile.ZipInfo.from_file(file, file.name)
                info.compress_type = zipfile.ZIP_DEFLATED
                with file.open("rb") as raw, archive.open(info, "w") as packed:
                    # zipfile can't be given a compressor. ISA-L's writes the same format in a fifth of the time.
                    packed._compressor = _compressor()  # type: ignore[attr-defined]
                    while block := raw.read(1 << 20):
                        stop()
                        packed.write(block)
                file.unlink()
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)


def _stem(out: Path) -> str:
    """Of .hamlets_WGS84_kml.zip.new, hamlets_WGS84_kml."""
    return out.name.lstrip(".").split(".")[0]


def _compressor() -> Any:
    return isal_zlib.compressobj(_ZIP_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)


def _libpq(connection: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in connection.items() if value not in (None, "")}
