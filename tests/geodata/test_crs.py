"""VN-2000: the pinned shift, the same in PostGIS and here, and the codes other programs recognise."""

import csv
import subprocess

import pyproj
import pytest
import shapely

from geodata import crs
from tests.geodata.inputs import shared

# One site in or near each zone of the country, north to south: name, longitude, latitude, EPSG.
SITES = [
    ("Điện Biên Phủ", 103.0230, 21.3860, 9205),
    ("Lào Cai", 103.9707, 22.4856, 9208),
    ("Hà Nội", 105.8342, 21.0278, 5897),
    ("Hạ Long", 107.0800, 20.9500, 5899),
    ("Vinh", 105.6900, 18.6700, 9208),
    ("Huế", 107.5900, 16.4600, 9214),
    ("Quy Nhơn", 109.2200, 13.7800, 9217),
    ("Buôn Ma Thuột", 108.0500, 12.6700, 9218),
    ("Đà Lạt", 108.4583, 11.9404, 5899),
    ("Thành phố Hồ Chí Minh", 106.7000, 10.7800, 9210),
    ("Cần Thơ", 105.7800, 10.0300, 5897),
    ("Cà Mau", 105.1500, 9.1800, 9207),
    ("Trường Sa", 111.9200, 8.6450, 3406),
]


@pytest.mark.parametrize(("name", "lon", "lat", "epsg"), SITES)
def test_there_and_back_without_creeping(name, lon, lat, epsg):
    there = crs.to_vn2000(shapely.Point(lon, lat), crs.zone(epsg))
    back = crs.from_vn2000(there, crs.zone(epsg))
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(lon, lat, back.x, back.y)
    assert metres <= 0.00001, name


@pytest.mark.parametrize(("name", "lon", "lat", "epsg"), SITES)
def test_postgis_with_the_pinned_srid_agrees_within_a_millimetre(postgis, name, lon, lat, epsg):
    zone = crs.zone(epsg)
    here = crs.to_vn2000(shapely.Point(lon, lat), zone)
    x, y, back_lon, back_lat = postgis.execute(
        """select ST_X(g), ST_Y(g), ST_X(ST_Transform(g, 4326)), ST_Y(ST_Transform(g, 4326))
           from ST_Transform(ST_SetSRID(ST_MakePoint(%s, %s), 4326), %s::int) g""",
        (lon, lat, zone.srid),
    ).fetchone()
    assert here.distance(shapely.Point(x, y)) <= 0.001
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(lon, lat, back_lon, back_lat)
    assert metres <= 0.0015


@pytest.mark.parametrize(("name", "lon", "lat", "epsg"), SITES)
def test_the_shift_is_the_published_one(name, lon, lat, epsg):
    """Against EPSG's operation 6960 asked for by its code: nothing of ours but the zone's meridian."""
    shift = pyproj.Transformer.from_pipeline("urn:ogc:def:coordinateOperation:EPSG::6960")
    old_lat, old_lon = shift.transform(lat, lon, direction="INVERSE")
    zone = crs.zone(epsg)
    plane = pyproj.Transformer.from_crs(4756, epsg, always_xy=True)
    expected = shapely.Point(plane.transform(old_lon, old_lat))
    assert crs.to_vn2000(shapely.Point(lon, lat), zone).distance(expected) <= 0.001


def test_published_points_land_where_published():
    with shared("reference", "crs_test_points.csv").open(encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    assert points
    for point in points:
        grid = shapely.Point(float(point["easting"]), float(point["northing"]))
        found = crs.from_vn2000(grid, crs.zone(int(point["epsg"])))
        assert found.x == pytest.approx(float(point["lon_wgs84"]), abs=1e-6)
        assert found.y == pytest.approx(float(point["lat_wgs84"]), abs=1e-6)


def test_transforms_arrays_as_well():
    points = shapely.points([(108.4583, 11.9404), (107.8, 11.5)])
    moved = crs.to_vn2000(points, crs.zone(5899))
    assert [round(each.x) for each in moved] == [round(crs.to_vn2000(p, crs.zone(5899)).x) for p in points]


@pytest.mark.parametrize("zone", crs.zones(), ids=lambda zone: str(zone.epsg))
def test_the_prj_is_recognised_as_the_code(zone):
    assert pyproj.CRS.from_wkt(crs.wkt1_esri(zone)).to_epsg(min_confidence=70) == zone.epsg
    registered = pyproj.CRS.from_epsg(zone.epsg)
    assert pyproj.CRS.from_wkt(crs.wkt1_esri(zone)).to_wkt("WKT1_ESRI") == registered.to_wkt("WKT1_ESRI")


@pytest.mark.parametrize("zone", crs.zones(), ids=lambda zone: str(zone.epsg))
def test_gdal_recognises_the_prj(zone, tmp_path):
    (tmp_path / "a.prj").write_text(crs.wkt1_esri(zone))
    found = subprocess.run(
        ["gdalsrsinfo", "-e", str(tmp_path / "a.prj")], capture_output=True, text=True, check=True
    ).stdout
    assert f"EPSG:{zone.epsg}\n" in found


@pytest.mark.parametrize(("epsg", "instead"), [(6956, 5896), (6957, 5897), (6958, 5898), (6959, 5899)])
def test_deprecated_codes_are_refused_with_the_right_one(epsg, instead):
    with pytest.raises(crs.DeprecatedZone) as refused:
        crs.zone(epsg)
    assert refused.value.facts == {"epsg": epsg, "instead": instead}


def test_unknown_codes_and_provinces_are_refused():
    with pytest.raises(crs.UnknownZone):
        crs.zone(32648)
    with pytest.raises(crs.NoZoneForProvince):
        crs.zone_for_province("00")


def test_every_province_has_its_zone_and_the_old_ones_are_all_there():
    codes = "01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 75 79 80 82 86 91 92 96"
    assert all(crs.zone_for_province(code) for code in codes.split())
    former = [name for code in codes.split() for name, _ in crs.legacy_zones(code)]
    assert len(former) == len(set(former)) == 63
    moved = [
        name for code in codes.split() for name, old in crs.legacy_zones(code) if old != crs.zone_for_province(code)
    ]
    assert len(moved) == 20


def test_lam_dong_is_offered_its_zone_first_and_the_former_one_by_name():
    offered = [(zone.epsg, names) for zone, names in crs.offered_zones("68")]
    assert offered == [(5899, ("Lâm Đồng",)), (9218, ("Bình Thuận", "Đắk Nông")), (3405, ()), (3406, ())]


def test_meridians_read_as_offices_write_them():
    assert crs.zone(5899).meridian_text == "107°45'"
    assert crs.zone(5897).meridian_text == "105°00'"
