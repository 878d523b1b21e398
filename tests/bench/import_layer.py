"""A shapefile of 100,000 features into a layer, as people do it: looked at, proposed, approved by another account.

Beside it what a technician could type for the same rows in the same table: ogr2ogr's COPY, then INSERT … SELECT with
the commune by place. Nobody's name is looked for there, nothing is previewed, and it can't be undone.
"""

import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg
import shapely
from sqlalchemy import create_engine, text

from app import embedded, exporting
from app.roles import Urls
from geodata import crs
from geodata.outgoing import ogr
from tests import world as worlds
from tests.app.homes import new_home
from tests.bench.table import Row, show
from tests.conftest import migrate, new_database
from tests.surveys.import_acts import Acts

LAYER = "community_models"
MOST_RATIO = 2.0
ZONE = crs.zone(5899)
SELECT = f"""
INSERT INTO {LAYER} (province_id, commune_id, observed_on, origin, name, field, kind, state, registered_on,
                     households_reached, goals, geom)
SELECT 1, (SELECT min(p.unit_id) FROM unit_parts p
           WHERE p.level = 3 AND p.geom && wkb_geometry AND ST_Intersects(p.geom, wkb_geometry)),
       current_date, 'import', ten, linh_vuc, loai, trang_thai, ngay_dk::date, ho_huong, muc_tieu, wkb_geometry
FROM plain
"""


def measure(rows: int) -> list[Row]:
    """Each step and all of them, in a new database, twice; the better times."""
    with new_home() as config, tempfile.TemporaryDirectory(prefix="diaban-bench-") as name:
        folder = Path(name)
        embedded.start(config)
        urls = new_database(config, "diaban_bench")
        migrate(urls.owner)
        worker, web = create_engine(urls.worker), create_engine(urls.web)
        worlds.build(worker)
        archive = _made(folder, rows)
        theirs, ours = list[tuple[float, float]](), list[tuple[float, float, float]]()
        for n in range(2):
            theirs.append(_plain(urls, folder / "a.shp"))
            _empty(urls, rows)
            acts = Acts(web, worker, folder / f"home{n}")
            acts.uploads(LAYER, archive)
            ours.append((_timed(acts.looks), _timed(acts.confirms), _timed(acts.approves)))
            _empty(urls, rows)
        worker.dispose()
        web.dispose()
    copied, inserted = min(theirs, key=sum)
    looked, proposed, applied = min(ours, key=sum)
    plain, whole = copied + inserted, looked + proposed + applied
    # The budget is for a hundred thousand; of a few, starting processes is most of the time.
    met = proposed + applied <= MOST_RATIO * plain if rows >= 100_000 else None
    said = f"import of {rows:,} features into a layer"
    return [
        Row(f"{said}: looked at", f"{looked:.1f} s", f"ogr2ogr COPY {copied:.1f} s", looked / copied),
        Row(f"{said}: read again, proposed", f"{proposed:.1f} s"),
        Row(f"{said}: approved", f"{applied:.1f} s", f"INSERT … SELECT {inserted:.1f} s", applied / inserted),
        Row(
            f"{said}: confirmed and approved", f"{proposed + applied:.1f} s", f"COPY and INSERT {plain:.1f} s",
            (proposed + applied) / plain, f"≤ {MOST_RATIO:.0f}×", met,
        ),
        Row(f"{said}: all of it", f"{whole:.1f} s", f"COPY and INSERT {plain:.1f} s", whole / plain),
    ]  # fmt: skip


def _timed(act: Callable[[], Any]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def _made(folder: Path, count: int) -> Path:
    """Points in VN-2000 over the three communes, loose for ogr2ogr and zipped as an office sends them."""
    draw = np.random.default_rng(1)
    points = shapely.points(draw.uniform(108.001, 108.299, count), draw.uniform(11.901, 11.999, count))
    frame = geopandas.GeoDataFrame(
        {
            "TEN": [f"Tuyến đường hoa số {n}" for n in range(count)],
            "LINH_VUC": np.array(["kinh_te", "van_hoa_xa_hoi"])[draw.integers(0, 2, count)],
            "LOAI": ["mo_hinh"] * count,
            "TRANG_THAI": ["dang_ky"] * count,
            "NGAY_DK": ["2026-10-01"] * count,
            "HO_HUONG": draw.integers(5, 99, count).astype("int32"),
            "MUC_TIEU": np.array(["Sạch nhà, đẹp ngõ", "Tiết kiệm nước"])[draw.integers(0, 2, count)],
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


def _plain(urls: Urls, file: Path) -> tuple[float, float]:
    """Seconds of COPY into a table of its own, and of the statement that brings it into the layer."""
    settings = exporting.libpq(urls.owner)
    with ogr.password_file(settings) as environment, psycopg.connect(**settings, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS plain")
        command = ["ogr2ogr", "-f", "PostgreSQL", ogr.source_name(settings), str(file), "-nln", "plain"]
        command += ["-lco", "SPATIAL_INDEX=NONE", "-t_srs", "EPSG:4326", "-gt", "unlimited"]
        begun = time.monotonic()
        subprocess.run(command, check=True, env={**environment, "PG_USE_COPY": "YES"}, stderr=subprocess.DEVNULL)
        copied = time.monotonic() - begun
        owner.execute("GRANT SELECT ON plain TO PUBLIC")
    with psycopg.connect(**exporting.libpq(urls.worker)) as worker:
        begun = time.monotonic()
        worker.execute(SELECT)
        worker.commit()
        return copied, time.monotonic() - begun


def _empty(urls: Urls, rows: int) -> None:
    """Takes the rows out again, all of which must be there."""
    with create_engine(urls.worker).begin() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {LAYER}")) == rows
        for table in (LAYER, "versions", "proposals", "imports", "tile_deltas"):
            connection.execute(text(f"DELETE FROM {table}"))
    with create_engine(urls.owner, isolation_level="AUTOCOMMIT").connect() as owner:
        owner.execute(text(f"VACUUM ANALYZE {LAYER}, versions, proposals, tile_deltas"))


if __name__ == "__main__":
    print(show(measure(int(sys.argv[1]) if sys.argv[1:] else 100_000)))
