"""Each kind of file that offices own, as programs write it, comes in with its text and its places."""

import json
import zipfile
from pathlib import Path

import geopandas
import pytest
import shapely

from geodata import crs, incoming
from tests.geodata.incoming_files import AREAS, NAMES, ZONE, Job, codes, landed, made, shape
from tests.geodata.test_encodings import encoded


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    return made()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


@pytest.mark.parametrize(
    ("name", "driver", "kind"),
    [
        ("a.gpkg", "GPKG", "gpkg"),
        ("a.geojson", "GeoJSON", "geojson"),
        ("a.fgb", "FlatGeobuf", "fgb"),
        ("a.shp", "ESRI Shapefile", "shapefile"),
    ],
)
def test_files_of_today_keep_text_numbers_and_days(tmp_path, job, frame, name, driver, kind):
    more = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" else {}
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio", **more)
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert (source.kind, source.geometry, source.rows, source.questions) == (kind, "POINT", 5, ())
    day = "text" if kind == "shapefile" else "datetime"  # no time of day in a DBF
    assert [(field.name, field.kind) for field in source.fields] == [
        ("TEN", "text"), ("SO_HO", "integer"), ("DTICH", "decimal"), ("NGAY", day),
    ]  # fmt: skip
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES
    assert str(rows[3].values.pop("NGAY")).replace("/", "-").startswith("2024-02-29")
    assert rows[3].values == {"TEN": NAMES[3], "SO_HO": 7, "DTICH": 254.44}
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


def test_geoparquet(tmp_path, job, frame):
    frame.to_crs(32648).to_parquet(tmp_path / "a.parquet")
    source = job.take(tmp_path / "a.parquet").one()
    assert (source.kind, source.systems[0].system) == ("parquet", "EPSG:32648")
    rows = job.rows(source)
    landed(rows)
    assert rows[3].values == {"TEN": NAMES[3], "SO_HO": 7, "DTICH": 254.44, "NGAY": "2024-02-29T00:00:00"}


@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path, job, frame, packed):
    frame.drop(columns="NGAY").to_file(tmp_path / "a.kml", driver="LIBKML", engine="pyogrio")
    path = tmp_path / "a.kml"
    if packed:
        path = tmp_path / "a.kmz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / "a.kml", "doc.kml")
            archive.writestr("files/anh.jpg", b"\xff\xd8")
    source = job.take(path).one()
    assert (source.kind, source.systems[0].system, source.questions) == ("kml", "EPSG:4326", ())
    assert [field.name for field in source.fields] == ["Name", "description", "TEN", "SO_HO", "DTICH"]
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


def test_gpx(tmp_path, job, frame):
    points = frame[["TEN", "geometry"]].rename(columns={"TEN": "name"})
    points.to_file(tmp_path / "a.gpx", driver="GPX", engine="pyogrio", layer="waypoints")
    source = job.take(tmp_path / "a.gpx").one()
    rows = job.rows(source)
    landed(rows)
    assert [row.values["name"] for row in rows] == NAMES


@pytest.mark.parametrize(("name", "kind"), [("a.mif", "mif"), ("a.tab", "tab")])
def test_mapinfo_that_says_wgs84_on_a_vn2000_grid_is_questioned(tmp_path, job, frame, name, kind):
    grid = (
        frame.drop(columns="NGAY")
        .set_geometry(crs.to_vn2000(frame.geometry.values, ZONE))
        .set_crs(ZONE.epsg, allow_override=True)
    )
    grid.to_file(tmp_path / name, driver="MapInfo File", engine="pyogrio", encoding="UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.kind == kind
    assert codes(source.questions) in (["system_relabelled"], [])
    rows = job.rows(source, system="VN2000:5899")
    landed(rows, 0.02)
    assert [row.values["TEN"] for row in rows] == NAMES


def test_mif_with_the_vn2000_line_is_known(tmp_path, job, frame):
    grid = crs.to_vn2000(frame.geometry.values, ZONE)
    shift = "-191.90441429, -39.30318279, -111.45032835, -0.00928836, 0.01975479, -0.00427372, 0.252906278, 0"
    system = f"CoordSys Earth Projection 8, 9999, 28, {shift}, 7, 107.75, 0, 0.9999, 500000, 0"
    head = f'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\n{system}\n'
    (tmp_path / "a.mif").write_text(
        head + "Columns 1\n  TEN Char(50)\nData\n\n" + "".join(f"Point {p.x:.4f} {p.y:.4f}\n" for p in grid)
    )
    (tmp_path / "a.mid").write_bytes(b"".join(b'"' + encoded(name, "tcvn3") + b'"\n' for name in NAMES))
    source = job.take(tmp_path / "a.mif", tmp_path / "a.mid").one()
    assert (source.systems[0].system, source.systems[0].why, source.questions) == ("VN2000:5899", "declared", ())
    rows = job.rows(source)
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


def test_areas_that_cross_themselves_are_mended_and_said(tmp_path, job):
    tie = shapely.Polygon([(108.2, 11.9), (108.3, 12.0), (108.3, 11.9), (108.2, 12.0)])
    flat = shapely.Polygon([(108.2, 11.9), (108.3, 12.0), (108.2, 11.9)])
    geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=[tie, AREAS[0], flat], crs=4326).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    rows = job.rows(job.take(tmp_path / "a.gpkg").one())
    assert [codes(row.problems) for row in rows] == [["repaired"], [], ["no_area"]]
    assert shape(rows[0]).is_valid


def test_several_layers_and_files_are_sources_of_their_own(tmp_path, job, frame):
    frame.to_file(tmp_path / "a.gpkg", layer="Điểm dân cư", engine="pyogrio")
    frame.set_geometry(AREAS).to_file(tmp_path / "a.gpkg", layer="Ranh giới", engine="pyogrio")
    frame.to_file(tmp_path / "b.shp", engine="pyogrio", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "gop.zip", "w") as archive:
        for file in [tmp_path / "a.gpkg", *tmp_path.glob("b.*")]:
            archive.write(file, f"Thư mục/{file.name}")
        archive.writestr("doc.txt", "đọc tôi")
    assert incoming.unpack(tmp_path / "gop.zip", job.folder) == ["doc.txt"]
    sources = incoming.inspect(None, job.folder, "68")
    assert [(each.title, each.geometry) for each in sources] == [
        ("Thư mục/a.gpkg", "POINT"), ("Thư mục/a.gpkg", "POLYGON"), ("Thư mục/b.shp", "POINT"),
    ]  # fmt: skip
    assert [each.layer for each in sources[:2]] == ["Điểm dân cư", "Ranh giới"]
    for source in sources:
        landed(job.rows(source))


def test_a_source_survives_being_kept(tmp_path, job, frame):
    frame.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    source = job.take(tmp_path / "a.gpkg").one()
    assert incoming.from_json(json.loads(json.dumps(incoming.to_json(source)))) == source
