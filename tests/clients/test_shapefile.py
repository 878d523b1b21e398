"""Exported shapefiles as other programs read them: ogrinfo and pyshp, checked with our own formulas."""

import math
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapefile as pyshp
from sqlalchemy import Engine, insert, text

from app import exporting
from app.roles import Urls
from surveys.layers import CATALOGUE, named
from surveys.selections import Selection
from tests.rows import feature
from tests.world import World

# The official parameters VN-2000 → WGS 84: metres, arc-seconds, ppm.
DX, DY, DZ = -191.90441429, -39.30318279, -111.45032835
RX, RY, RZ, PPM = 0.00928836, -0.01975479, 0.00427372, 0.252906278
A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)
SPOT = (108.4376301, 11.9366758)  # Đà Lạt, degrees
Export = Callable[..., tuple[Any, Path]]


@pytest.fixture
def exported(urls: Urls, world: World, tmp_path: Path) -> Export:
    """Exports a layer as an account and unpacks it: (loss report, folder)."""

    def make(key: str, name: str = "gis", epsg: int | None = None) -> tuple[Any, Path]:
        made = exporting.export(
            urls, world.actor(name), Selection((key,), epsg=epsg), "Kiểm tra tệp",
            lambda plan: tmp_path / plan.file_name, lambda *_: None,
        )  # fmt: skip
        (report,), out = made.reports, made.file
        with zipfile.ZipFile(out) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / out.stem)
        return report, tmp_path / out.stem

    return make


@pytest.fixture
def one(worker: Engine, world: World) -> Callable[..., str]:
    """Empties a layer and puts one row into it; its id."""

    def put(key: str, **values: Any) -> str:
        layer = named(key)
        row = feature(layer, world.communes[1], hamlet=world.hamlets[1], **values)
        with worker.begin() as connection:
            connection.execute(text(f"DELETE FROM {key}"))
            connection.execute(insert(layer.table), row)
        return str(row["id"])

    return put


def ground(easting: float, northing: float, meridian: float, scale: float) -> tuple[float, float]:
    """Easting and Northing of a zone → WGS 84 (lon, lat): the inverse projection's series, then seven parameters."""
    third = F / (2 - F)
    radius = A / (1 + third) * (1 + third**2 / 4 + third**4 / 64)
    xi, eta = northing / (scale * radius), (easting - 500000) / (scale * radius)
    beta = (
        third / 2 - 2 / 3 * third**2 + 37 / 96 * third**3,
        third**2 / 48 + third**3 / 15,
        17 / 480 * third**3,
    )
    xi_ = xi - sum(b * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, b in enumerate(beta, 1))
    eta_ = eta - sum(b * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, b in enumerate(beta, 1))
    chi = math.asin(math.sin(xi_) / math.cosh(eta_))
    delta = (
        2 * third - 2 / 3 * third**2 - 2 * third**3,
        7 / 3 * third**2 - 8 / 5 * third**3,
        56 / 15 * third**3,
    )
    lat = chi + sum(d * math.sin(2 * j * chi) for j, d in enumerate(delta, 1))
    lon = math.radians(meridian) + math.atan2(math.sinh(eta_), math.cos(xi_))
    return _shifted(lon, lat)


def _shifted(lon: float, lat: float) -> tuple[float, float]:
    n = A / math.sqrt(1 - E2 * math.sin(lat) ** 2)
    x, y, z = n * math.cos(lat) * math.cos(lon), n * math.cos(lat) * math.sin(lon), n * (1 - E2) * math.sin(lat)
    rx, ry, rz = (math.radians(each / 3600) for each in (RX, RY, RZ))
    m = 1 + PPM * 1e-6
    x, y, z = DX + m * (x - rz * y + ry * z), DY + m * (rz * x + y - rx * z), DZ + m * (-ry * x + rx * y + z)
    p, lat = math.hypot(x, y), math.atan2(z, math.hypot(x, y) * (1 - E2))
    for _ in range(6):
        n = A / math.sqrt(1 - E2 * math.sin(lat) ** 2)
        lat = math.atan2(z + E2 * n * math.sin(lat), p)
    return math.degrees(math.atan2(y, x)), math.degrees(lat)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * math.cos(math.radians(a[1])), a[1] - b[1]) * 111_320


@pytest.mark.parametrize(
    ("epsg", "meridian", "scale", "stem"),
    [
        (None, 107.75, 0.9999, "religious_sites_VN2000_10745"),
        (9218, 108.5, 0.9999, "religious_sites_VN2000_10830"),
        (3405, 105.0, 0.9996, "religious_sites_VN2000_UTM48N"),
        (3406, 111.0, 0.9996, "religious_sites_VN2000_UTM49N"),
    ],
)
def test_the_row_is_there_with_its_marks_and_within_a_centimetre(
    exported: Export, one: Callable[..., str], epsg: int | None, meridian: float, scale: float, stem: str
) -> None:
    id_ = one(
        "religious_sites", name="Chùa Linh Phước ở Đắk R'Lấp", geom=f"SRID=4326;POINT({SPOT[0]} {SPOT[1]})",
        hazards=["ngap", "chay"],
    )  # fmt: skip
    report, folder = exported("religious_sites", epsg=epsg)
    assert (report.rows, report.written) == (1, 1)
    assert folder.name == stem
    with pyshp.Reader(str(folder / stem)) as reader:
        record, shape = reader.record(0).as_dict(), reader.shape(0)
        assert reader.encoding.lower().replace("_", "-") == "utf-8"
    assert record["ID"] == id_
    assert record["TEN"] == "Chùa Linh Phước ở Đắk R'Lấp"
    assert (record["TON_GIAO"], record["LOAI"]) == ("Phật giáo", "Chùa")
    assert (record["MA_XA"], record["TEN_XA"]) == ("24701", "phường Xuân Hương - Đà Lạt")
    assert (record["MA_THON"], record["TEN_THON"], record["PHIEN_BAN"]) == ("24701-1", "Thôn 1", 1)
    assert metres(ground(*shape.points[0], meridian, scale), SPOT) < 0.01


def test_ogrinfo_knows_the_zone_and_counts_the_rows(exported: Export, one: Callable[..., str]) -> None:
    one("religious_sites", name="Nhà thờ Đạ Tông")
    _, folder = exported("religious_sites")
    command = ["ogrinfo", "-al", str(folder / "religious_sites_VN2000_10745.shp")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 1" in said
    assert 'ID["EPSG",5899]' in said
    assert "TEN (String) = Nhà thờ Đạ Tông" in said
    assert "TON_GIAO (String) = Phật giáo" in said
    assert "NGAY_GN (Date) = 2026/10/01" in said


def test_the_wrong_parameters_would_be_noticed() -> None:
    """The older shift PROJ chooses in the south lies 0.8 m off: the tolerance above tells them apart."""
    right = ground(574_000.0, 1_320_000.0, 107.75, 0.9999)
    lon, lat = right
    assert metres(right, (lon, lat + 0.8 / 111_320)) > 0.01


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_every_layer_comes_out_whole(exported: Export, one: Callable[..., str], key: str) -> None:
    id_ = one(key)
    report, folder = exported(key)
    assert (report.rows, report.written) == (1, 1)
    (dbf,) = folder.glob("*.dbf")
    with pyshp.Reader(str(dbf.with_suffix(""))) as reader:
        assert reader.record(0)["ID"] == id_
        names = [field[0] for field in reader.fields[1:]]
        assert len(names) == len(set(names))
        shape = reader.shape(0)
    assert shape.shapeTypeName == ("POINT" if named(key).shape == "POINT" else "POLYGON")
    # GDAL reads it too, and finds every column the dictionary names.
    command = ["ogrinfo", "-al", "-so", str(dbf.with_suffix(".shp"))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^(\w+): (?:String|Integer|Integer64|Real|Date) \(", said, re.MULTILINE)
    dictionary = (folder / "truong.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert listed == names == [line.split(",")[0] for line in dictionary]
