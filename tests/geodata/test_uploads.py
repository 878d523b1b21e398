"""Boundary files from outside: what is read and where it lands, what is refused and why."""

import json
import stat
import zipfile

import geopandas
import pytest
import shapely

from geodata import crs, uploads
from tests.geodata.inputs import shared
from tests.geodata.test_encodings import encoded

AREA = shapely.box(108.0, 11.9, 108.1, 12.0)


@pytest.fixture
def frame():
    return geopandas.GeoDataFrame({"TEN": ["Xã Đắk Lắk", "Đặc khu"]}, geometry=[AREA, AREA], crs=4326)


def zipped(tmp_path, files, name="ranh.zip"):
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in files:
            archive.writestr(member, content)
    return tmp_path / name


def geojson() -> bytes:
    ring = [[108, 12], [108.1, 12], [108.1, 12.1], [108, 12]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.geojson", "GeoJSON"), ("a.shp", "ESRI Shapefile")]
)
def test_each_kind_is_read_as_found(frame, tmp_path, name, driver):
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio")
    found = uploads.read_boundaries(tmp_path / name)
    assert list(found["TEN"]) == ["Xã Đắk Lắk", "Đặc khu"]
    assert found.crs.to_epsg() == 4326
    assert found.geometry.iloc[0].equals(AREA)


def test_a_zipped_shapefile_in_a_zone_lands_where_it_belongs(frame, tmp_path):
    zone = crs.zone(9218)
    grid = geopandas.GeoDataFrame(frame[["TEN"]], geometry=crs.to_vn2000(frame.geometry.values, zone))
    grid.set_crs(4326, allow_override=True).to_file(tmp_path / "Ranh xã.shp", engine="pyogrio", encoding="UTF-8")
    (tmp_path / "Ranh xã.prj").write_text(crs.wkt1_esri(zone))
    names = ["shp", "shx", "dbf", "prj", "cpg"]
    files = [(f"thu muc/RANH.{each.upper()}", (tmp_path / f"Ranh xã.{each}").read_bytes()) for each in names]
    found = uploads.read_boundaries(zipped(tmp_path, [*files, ("thu muc/doc.txt", b"x")]))
    assert list(found["TEN"]) == ["Xã Đắk Lắk", "Đặc khu"]
    assert found.geometry.iloc[0].hausdorff_distance(AREA) < 1e-9


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_an_old_dbf_is_decoded(tmp_path, encoding):
    names = ["Xã Mỹ Thạnh", "Phường Hàm Thắng", "Xã Tân Lập", "Xã Sông Lũy"]
    old = [encoded(name, encoding).decode("latin-1") for name in names]
    frame = geopandas.GeoDataFrame({"TEN": old}, geometry=[AREA] * 4, crs=4326)
    frame.to_file(tmp_path / "a.shp", engine="pyogrio", encoding="ISO-8859-1")
    (tmp_path / "a.cpg").unlink()
    assert list(uploads.read_boundaries(tmp_path / "a.shp")["TEN"]) == names


def test_a_file_without_a_system_is_taken_only_where_it_can_be_nothing_else(frame, tmp_path):
    frame.to_file(tmp_path / "a.shp", engine="pyogrio")
    (tmp_path / "a.prj").unlink()
    assert uploads.read_boundaries(tmp_path / "a.shp").geometry.iloc[0].equals(AREA)
    frame.to_crs(32648).to_file(tmp_path / "b.shp", engine="pyogrio")
    (tmp_path / "b.prj").unlink()
    with pytest.raises(uploads.UnknownSystem):
        uploads.read_boundaries(tmp_path / "b.shp")


@pytest.mark.parametrize("epsg", [3148, 4756])
def test_a_system_without_a_sure_way_is_refused_by_name(frame, tmp_path, epsg):
    frame.set_crs(epsg, allow_override=True).to_file(tmp_path / "a.gpkg", engine="pyogrio")
    with pytest.raises(uploads.UnknownSystem) as refused:
        uploads.read_boundaries(tmp_path / "a.gpkg")
    assert refused.value.facts["system"]


def test_a_zone_is_known_by_its_meridian_where_the_name_says_nothing(frame, tmp_path):
    zone = crs.zone(9218)
    grid = geopandas.GeoDataFrame(frame[["TEN"]], geometry=crs.to_vn2000(frame.geometry.values, zone))
    grid.set_crs(4326, allow_override=True).to_file(tmp_path / "a.shp", engine="pyogrio")
    (tmp_path / "a.prj").write_text(crs.wkt1_esri(zone).replace(zone.esri_name, "He toa do tinh"))
    assert uploads.read_boundaries(tmp_path / "a.shp").geometry.iloc[0].hausdorff_distance(AREA) < 1e-9


def test_in_the_south_the_pinned_shift_is_used_and_not_the_one_proj_picks(tmp_path):
    zone, area = crs.zone(9210), shapely.box(106.70, 10.78, 106.71, 10.79)
    grid = geopandas.GeoDataFrame({"TEN": ["Xã"]}, geometry=[crs.to_vn2000(area, zone)], crs=zone.epsg)
    grid.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    assert uploads.read_boundaries(tmp_path / "a.gpkg").geometry.iloc[0].hausdorff_distance(area) < 1e-8


def test_utm_on_wgs84_is_moved(frame, tmp_path):
    frame.to_crs(32648).to_file(tmp_path / "a.gpkg", engine="pyogrio")
    assert uploads.read_boundaries(tmp_path / "a.gpkg").geometry.iloc[0].hausdorff_distance(AREA) < 1e-8


def test_several_layers_are_named_and_one_can_be_chosen(frame, tmp_path):
    frame.to_file(tmp_path / "a.gpkg", layer="xa", engine="pyogrio")
    frame.iloc[:1].to_file(tmp_path / "a.gpkg", layer="tinh", engine="pyogrio")
    with pytest.raises(uploads.SeveralLayers) as refused:
        uploads.read_boundaries(tmp_path / "a.gpkg")
    assert sorted(refused.value.facts["layers"]) == ["tinh", "xa"]
    assert len(uploads.read_boundaries(tmp_path / "a.gpkg", layer="tinh")) == 1


def refusal(path) -> str:
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.read_boundaries(path)
    return refused.value.facts["reason"]


@pytest.mark.parametrize(
    "name", ["../a.geojson", "/etc/a.geojson", "a/../../b.geojson", "..\\a.geojson", "C:\\a.geojson"]
)
def test_paths_that_climb_out_are_refused(tmp_path, name):
    assert refusal(zipped(tmp_path, [(name, geojson())])) == "path"


def test_links_bombs_crowds_and_locks_are_refused(tmp_path, monkeypatch):
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert refusal(zipped(tmp_path, [(link, b"/etc/passwd")])) == "link"
    assert refusal(zipped(tmp_path, [("a.geojson", b" " * (64 << 20))])) == "bomb"
    assert refusal(zipped(tmp_path, [(f"{n}.txt", b"") for n in range(101)])) == "too many files"
    monkeypatch.setattr(uploads, "_MOST_UNPACKED", 10)
    assert refusal(zipped(tmp_path, [("a.geojson", geojson())])) == "bomb"


def test_sizes_that_lie_are_found_out_while_unpacking(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_check_member", lambda _: None)
    monkeypatch.setattr(uploads, "_MOST_UNPACKED", 10)
    assert refusal(zipped(tmp_path, [("a.geojson", geojson())])) == "bomb"


def test_a_refusal_names_the_file_as_its_owner_knows_it(tmp_path):
    (tmp_path / "ranh xã.gpkg").write_bytes(b"PK")
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.read_boundaries(tmp_path / "ranh xã.gpkg")
    assert refused.value.facts["name"] == "ranh xã.gpkg"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.vrt", b"<OGRVRTDataSource/>", "kind"),
        ("a.geojson", b"<OGRVRTDataSource/>", "content"),
        ("a.gpkg", b"PK", "content"),
        ("a.shp", b"<OGRVRTDataSource/>", "content"),
        (
            "a.geojson",
            b'{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[]}},"arcs":[]}',
            "driver",
        ),
    ],
)
def test_only_known_kinds_are_opened_whatever_their_name(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((uploads.UploadRefused, uploads.UnreadableUpload)) as refused:
        uploads.read_boundaries(tmp_path / name)
    assert refused.value.facts["reason"] in (reason, "no layer with geometry")


def test_virtual_and_missing_files_and_two_in_one_are_refused(tmp_path):
    assert refusal(uploads.Path("/vsicurl/http://127.0.0.1/a.geojson")) == "not a file"
    assert refusal(tmp_path / "none.geojson") == "not a file"
    two = zipped(tmp_path, [("a.geojson", geojson()), ("b.geojson", geojson())])
    assert refusal(two) == "one boundary file expected"
    assert refusal(zipped(tmp_path, [("readme.txt", b"")])) == "one boundary file expected"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.geojson", geojson()[:60]),
        ("a.gpkg", b"SQLite format 3\0" + b"x" * 900),
        ("a.shp", b"\x00\x00\x27\x0a" + b"x" * 200),
        ("a.zip", b"PK\x05\x06" + b"x" * 18),
    ],
)
def test_broken_files_are_unreadable_without_telling_our_folders(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((uploads.UnreadableUpload, uploads.UploadRefused)) as refused:
        uploads.read_boundaries(tmp_path / name)
    assert "diaban-upload" not in str(refused.value.facts)


def test_the_real_communes_are_read():
    found = uploads.read_boundaries(shared("data", "communes_2025_lamdong.gpkg"))
    assert len(found) == 124
    assert found.geometry.notna().all()


@pytest.mark.parametrize("name", ["bt_vn2000_10830_tcvn3", "bt_vn2000_10745_utf8"])
def test_files_from_the_cupboard_land_where_they_should(name):
    truth = geopandas.pd.read_csv(shared("data", "legacy_samples", "expected_truth_wgs84.csv"), dtype={"MAXA": str})
    found = uploads.read_boundaries(shared("data", "legacy_samples", f"{name}.shp")).merge(truth, on="MAXA")
    assert len(found) == len(truth)
    assert list(found["TENXA_x"]) == list(found["TENXA_y"])
    for area, lon, lat in zip(found.geometry, found["lon"], found["lat"], strict=True):
        assert area.distance(shapely.Point(lon, lat)) < 1e-6
