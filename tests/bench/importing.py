"""A shapefile of 100,000 features in, text and geometry checked, against ogr2ogr's COPY of the same file."""

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg
import shapely
from sqlalchemy import Connection, create_engine

from app import embedded, exporting
from geodata import apart, copying, crs, incoming
from geodata.outgoing import ogr
from tests import world as worlds
from tests.app.homes import new_home
from tests.bench.table import Row, show
from tests.conftest import migrate, new_database

MOST_RATIO, MOST_MB = 2.0, 300
ZONE = crs.zone(5899)
NAMES = ["Thôn Tân Lập", "Xã Mỹ Đức", "Phường Bảo Lộc", "Điểm dân cư Đạ Tẻh"]


def compare(rows: int) -> Row:
    """Both into one new database, twice each; the better times, and the most memory of the process that reads."""
    with new_home() as config, tempfile.TemporaryDirectory(prefix="diaban-bench-") as name:
        folder = Path(name)
        embedded.start(config)
        urls = new_database(config, "diaban_bench")
        migrate(urls.owner)
        engine = create_engine(urls.owner)
        worlds.build(create_engine(urls.worker))
        archive = _made(folder, rows)
        ours, theirs, peaks = [], [], list[int]()
        for n in range(2):
            theirs.append(_plain(exporting.libpq(urls.owner), folder / "a.shp"))
            with engine.begin() as connection, _watched() as talks:
                ours.append(_ours(connection, archive, folder / f"job{n}", rows))
            peaks += [talk.peak_kb for talk in talks]
        engine.dispose()
    megabytes = max(peaks) / 1024
    met = min(ours) <= MOST_RATIO * min(theirs) and megabytes <= MOST_MB
    return Row(
        f"import of {rows:,} features: read, proved, checked, copied",
        f"{min(ours):.1f} s, {megabytes:.0f} MB",
        f"ogr2ogr COPY {min(theirs):.1f} s",
        min(ours) / min(theirs),
        f"≤ {MOST_RATIO:.0f}×, ≤ {MOST_MB} MB",
        met,
    )


def _made(folder: Path, count: int) -> Path:
    """Points in VN-2000 with six columns, loose for ogr2ogr and zipped as an office sends them."""
    draw = np.random.default_rng(1)
    points = shapely.points(draw.uniform(107.6, 108.6, count), draw.uniform(11, 12, count))
    frame = geopandas.GeoDataFrame(
        {
            "TEN": [f"{NAMES[n % 4]} {n}" for n in range(count)],
            "MA": draw.integers(1, 9, count).astype("int32"),
            "GHI_CHU": np.array(NAMES)[draw.integers(0, 4, count)],
            "SO_HO": draw.integers(0, 999, count).astype("int32"),
            "DTICH": draw.uniform(0, 9, count).round(3),
            "LOAI": np.array(["thon", "to_dan_pho"])[draw.integers(0, 2, count)],
        },
        geometry=crs.to_vn2000(points, ZONE),
        crs=ZONE.epsg,
    )
    frame.to_file(folder / "a.shp", engine="pyogrio", encoding="UTF-8")
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in folder.glob("a.*"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    return folder / "a.zip"


def _plain(settings: dict[str, Any], file: Path) -> float:
    """Seconds of ogr2ogr into a table of its own, without an index, in WGS 84."""
    with ogr.password_file(settings) as environment, psycopg.connect(**settings) as connection:
        connection.execute("DROP TABLE IF EXISTS plain")
        connection.commit()
        command = ["ogr2ogr", "-f", "PostgreSQL", ogr.source_name(settings), str(file), "-nln", "plain"]
        command += ["-lco", "SPATIAL_INDEX=NONE", "-t_srs", "EPSG:4326", "-gt", "unlimited"]
        begun = time.monotonic()
        subprocess.run(command, check=True, env={**environment, "PG_USE_COPY": "YES"}, stderr=subprocess.DEVNULL)
        return time.monotonic() - begun


def _ours(connection: Connection, archive: Path, job: Path, count: int) -> float:
    """Seconds of the whole way: unpacked, inspected and proved, read and checked, copied."""
    connection.exec_driver_sql("CREATE TEMP TABLE rows_in (n int, made jsonb, geom geometry) ON COMMIT DROP")
    begun = time.monotonic()
    incoming.unpack(archive, job)
    (source,) = incoming.inspect(connection, job, "68")
    read = incoming.rows(job, source, source.encodings[0].encoding, source.systems[0].system)
    copied = copying.copy(connection, "rows_in", _lines(read))
    seconds = time.monotonic() - begun
    assert copied == count
    return seconds


def _lines(read: Iterator[list[incoming.Row]]) -> Iterator[Sequence[Any]]:
    for batch in read:
        for row in batch:
            yield row.number, json.dumps(row.values, ensure_ascii=False), row.wkb.hex() if row.wkb else None


@contextmanager
def _watched() -> Iterator[list[apart.Talk]]:
    """The processes apart while it lasts."""
    seen: list[apart.Talk] = []
    init = apart.Talk.__init__

    def noted(self: apart.Talk, *given: Any) -> None:
        init(self, *given)
        seen.append(self)

    apart.Talk.__init__ = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        apart.Talk.__init__ = init  # type: ignore[method-assign]


if __name__ == "__main__":
    print(show([compare(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)]))
