"""A layer as zipped shapefile and GeoPackage, and by ogr2ogr and zip: `python -m tests.bench.export [rows …]`."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text

from app import embedded, exporting
from app.roles import Urls
from geodata.outgoing import ogr
from surveys.access import Actor, Role
from surveys.selections import Selection
from tests import world as worlds
from tests.app.homes import new_home
from tests.bench.table import Row, show
from tests.conftest import migrate, new_database

LAYER = "religious_sites"
PLAIN = {
    "shapefile": '-f "ESRI Shapefile" -lco ENCODING=UTF-8 {folder}/plain.shp',
    "gpkg": "-f GPKG {folder}/plain.gpkg",
}
READY = b"ready\n"
MOST_RATIO, MOST_MB = 1.2, 300  # for a million; smaller ones are measured beside it
MAKE = """
INSERT INTO religious_sites (province_id, commune_id, hamlet_id, observed_on, origin, name, tradition, facility_type,
    heritage_rank, land_paper, condition, hazards, request, received_on, source, geom)
SELECT 1, 11 + n %% 3, 111 + 10 * (n %% 3), date '2026-01-01' + n %% 300, 'demo', 'Cơ sở thờ tự Đắk Lắk số ' || n,
    (ARRAY['phat_giao', 'cong_giao', 'tin_lanh', 'cao_dai'])[1 + n %% 4],
    (ARRAY['chua', 'nha_tho', 'thanh_that'])[1 + n %% 3],
    'khong', NULL, NULL, CASE WHEN n %% 5 = 0 THEN ARRAY['ngap', 'chay'] END, 'khong', NULL, 'Danh sách quý III',
    ST_SetSRID(ST_Point(108.0 + (n %% 3) * 0.1 + random() * 0.1, 11.9 + random() * 0.1), 4326)
FROM generate_series(1, %s) n
"""
ACTOR = Actor(worlds.KNOWN.gis, "gis", Role.GIS, worlds.KNOWN.province)


def compare(rows: int) -> list[Row]:
    """Builds a database of its own and runs each format both ways twice: the better times, their ratio, the memory."""
    with new_home() as config:
        embedded.start(config)
        urls = new_database(config, "diaban_bench")
        migrate(urls.owner)
        engine = create_engine(urls.worker)
        worlds.build(engine)
        with psycopg.connect(**exporting.libpq(urls.worker)) as connection:
            connection.execute(MAKE, (rows,))
            connection.commit()
        with create_engine(urls.owner, isolation_level="AUTOCOMMIT").connect() as owner:
            owner.execute(text(f"VACUUM ANALYZE {LAYER}"))
        with tempfile.TemporaryDirectory(prefix="diaban-bench-") as folder:
            found = [_format(urls, Path(folder), form, rows) for form in PLAIN]
        engine.dispose()
    return found


def _format(urls: Urls, folder: Path, form: str, rows: int) -> Row:
    ours, theirs = [], []
    for n in range(2):
        theirs.append(_measured(_plain(urls, folder / f"plain_{form}_{n}", form)))
        ours.append(_measured(_ours(urls, folder / f"ours_{form}_{n}.zip", form)))
    assert _rows(folder / f"ours_{form}_1.zip", folder) == rows
    (seconds, megabytes), (plain, plain_megabytes) = min(ours), min(theirs)
    # The budget is for a million; of a few thousand, starting Python is most of the time.
    met = seconds <= MOST_RATIO * plain and megabytes <= MOST_MB if rows >= 1_000_000 else None
    return Row(
        f"export of {rows:,} features, {form}",
        f"{seconds:.1f} s, {megabytes:.0f} MB",
        f"ogr2ogr + zip {plain:.1f} s, {plain_megabytes:.0f} MB",
        seconds / plain,
        f"≤ {MOST_RATIO}×, ≤ {MOST_MB} MB",
        met,
    )


def _rows(made: Path, folder: Path) -> int:
    """How many the file in the zip holds, by what it says of itself."""
    with zipfile.ZipFile(made) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith((".dbf", ".gpkg"))]
        if name.endswith(".dbf"):
            return int.from_bytes(archive.open(name).read(8)[4:8], "little")
        with closing(sqlite3.connect(archive.extract(name, folder))) as database:
            return int(database.execute(f"SELECT count(*) FROM {LAYER}").fetchone()[0])


def _ours(urls: Urls, out: Path, form: str) -> list[str]:
    return [sys.executable, "-m", "tests.bench.export", "--child", urls.web, str(out), form]


def _plain(urls: Urls, folder: Path, form: str) -> list[str]:
    """What a technician would type: columns as they are, EPSG:5899 of PROJ's own choosing, then zip."""
    folder.mkdir()
    source = ogr.source_name(exporting.libpq(urls.worker)) + f" password='{exporting.libpq(urls.worker)['password']}'"
    columns = (
        "id::text, version, commune_id, hamlet_id, observed_on, origin, name, tradition, facility_type, heritage_rank,"
        " land_paper, condition, array_to_string(hazards, ',') AS hazards, road_access, request, received_on,"
        " answered_on, source, geom"
    )
    script = (
        f'ogr2ogr {PLAIN[form].format(folder=folder)} -t_srs EPSG:5899 "$1"'
        f' -sql "SELECT {columns} FROM {LAYER}" 2>/dev/null && zip -qr {folder}.zip {folder}'
    )
    return ["sh", "-c", script, "sh", source]


def _measured(command: Sequence[str]) -> tuple[float, float]:
    """(seconds, peak MB resident of the whole process tree).

    Our own begins with the go: exports are jobs of a background process that runs already.
    """
    ours = command[0] == sys.executable
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE if ours else None)
    assert process.stdin
    if ours:
        assert process.stdout
        assert process.stdout.readline() == READY
    begun, peak = time.monotonic(), 0
    process.stdin.close()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, _resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    seconds = time.monotonic() - begun
    done.set()
    watcher.join()
    assert status == 0
    return seconds, peak / 1e6


def _resident(pid: int) -> int:
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return own + sum(_resident(int(child)) for child in children)


def _child(address: str, out: str, form: str) -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    sys.stdin.read()
    exporting.export(
        Urls(owner="", web=address, worker=""), ACTOR, Selection((LAYER,), form), "Đo tốc độ",
        lambda _: Path(out), lambda *_: None,
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(*sys.argv[2:])
    else:
        if shutil.which("zip") is None:
            sys.exit("zip is missing (apt-get install zip)")
        print(show([row for wanted in map(int, sys.argv[1:] or ["100000", "1000000"]) for row in compare(wanted)]))
