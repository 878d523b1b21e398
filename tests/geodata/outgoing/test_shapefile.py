"""Shapefiles as a technician meets them: read back with ogrinfo and pyshp, and what they lost is said."""

import csv
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import shapefile as pyshp
import shapely
from lxml import etree

from geodata import crs, systems
from geodata.outgoing import bundle, dbf, formats, parts, shapefile
from geodata.outgoing.parts import Part
from geodata.sources import BadColumn, Source
from tests.geodata.outgoing.conftest import COLUMNS, LOOK, SITES, SOURCE, SYSTEM, TITLE

ZONE = crs.zone(SYSTEM.epsg)


def records(folder: Path, name: str = TITLE.name) -> list[dict]:
    """In the order of their ids: an updated row moves in the table."""
    with pyshp.Reader(str(folder / name)) as reader:
        assert reader.encoding.lower().replace("_", "-") == "utf-8"
        return sorted((record.as_dict() for record in reader.records()), key=lambda record: record["ID"])


def test_the_zip_holds_every_file_that_belongs_to_it(write):
    _, folder = write()
    expected = {f"{TITLE.name}{end}" for end in (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qml", ".shp.xml")}
    assert {file.name for file in folder.iterdir()} == expected | {"truong.csv", "bao_cao.txt"}
    assert all(file.name.isascii() for file in folder.iterdir())
    assert (folder / f"{TITLE.name}.prj").read_text() == crs.wkt1_esri(ZONE)


def test_pyshp_reads_types_marks_and_places(write):
    report, folder = write()
    assert (report.rows, report.written, report.lost) == (3, 3, 0 + report.counts["time_dropped"])
    first = records(folder)[0]
    assert first["TEN"] == "Thôn Đắk Lắk 1"
    assert first["SO_HO"] == 120
    assert first["SO_TIEN"] == 12345678901234
    assert first["DIEN_TICH"] == 254.44
    assert first["NGAY"].isoformat() == "2026-03-31"
    assert first["NHAP_LUC"].isoformat() == "2026-04-01"
    assert first["DUONG"] == "C"
    with pyshp.Reader(str(folder / TITLE.name)) as reader:
        assert reader.shapeType == pyshp.POINT
        for shape, (_, lon, lat) in zip(reader.shapes(), SITES, strict=True):  # never updated: as inserted
            meant = crs.to_vn2000(shapely.Point(lon, lat), ZONE)
            assert meant.distance(shapely.Point(shape.points[0])) <= 0.01
            back = crs.from_vn2000(shapely.Point(shape.points[0]), ZONE)
            assert abs(back.x - lon) < 1e-7
            assert abs(back.y - lat) < 1e-7


def test_ogrinfo_reads_the_same_and_knows_the_zone(write):
    _, folder = write()
    command = ["ogrinfo", "-al", str(folder / f"{TITLE.name}.shp")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "TEN (String) = Thôn Đắk Lắk 1" in said
    assert "Geometry: Point" in said
    assert "Feature Count: 3" in said
    assert 'ID["EPSG",5899]' in said
    assert "SO_HO: Integer (9.0)" in said
    assert "SO_TIEN: Integer64 (18.0)" in said
    assert "DIEN_TICH: Real (7.2)" in said
    assert "NGAY: Date" in said


def test_one_set_of_files_for_each_geometry_type(write, hamlets):
    hamlets.execute(
        """insert into hamlets(id, name, geometry) values
           (11, 'vùng', 'SRID=4326;POLYGON((108 12,108.1 12,108.1 12.1,108 12))'),
           (12, 'vùng nhiều phần', 'SRID=4326;MULTIPOLYGON(((108 12,108.1 12,108.1 12.1,108 12)))'),
           (13, 'đường', 'SRID=4326;LINESTRING Z(108 12 1,108.1 12 1)'),
           (14, 'lẫn lộn', 'SRID=4326;GEOMETRYCOLLECTION(POINT(108 12))')"""
    )
    report, folder = write()
    sets = {file.stem: len(records(folder, file.stem)) for file in folder.glob("*.shp")}
    assert sets == {f"{TITLE.name}_diem": 3, f"{TITLE.name}_vung": 2, f"{TITLE.name}_duong": 1}
    assert (report.rows, report.written, report.counts["other_geometry"]) == (7, 6, 1)


def test_an_empty_layer_is_an_empty_shapefile(write, hamlets):
    hamlets.execute("delete from hamlets")
    report, folder = write()
    assert (report.rows, records(folder)) == (0, [])


def test_the_data_dictionary_names_every_column(write):
    _, folder = write()
    with (folder / "truong.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["cot"]: row for row in csv.DictReader(file)}
    assert list(rows) == [column.name for column in COLUMNS]
    assert rows["DIEN"]["danh_muc"] == "yes = Có; no = Không"
    assert rows["TEN"]["nhan_vi"] == "Tên thôn"
    assert "C = có" in rows["DUONG"]["kieu"]


def test_metadata_and_style_are_well_formed_and_say_the_zone(write):
    _, folder = write(look=LOOK)
    metadata = etree.parse(folder / f"{TITLE.name}.shp.xml")
    texts = metadata.xpath("//*[local-name()='CharacterString']/text()")
    assert {"5899", "EPSG", TITLE.title, "Ban Dân vận"} <= set(texts)
    found = etree.fromstring((folder / f"{TITLE.name}.qml").read_bytes())
    assert [each.get("label") for each in found.iter("category")] == ["Có", "Không", "Khác"]


@pytest.mark.parametrize("name", ["ten", "TEN_DAI_QUA", "ĐIEN", "1TEN", ""])
def test_column_names_a_dbf_cannot_hold_are_refused(name):
    with pytest.raises(BadColumn):
        dbf.check(Source("", (replace(COLUMNS[0], name=name),), id=name))


def test_doubled_columns_and_a_missing_id_are_refused():
    with pytest.raises(BadColumn):
        dbf.check(Source("", (COLUMNS[0], COLUMNS[0])))
    with pytest.raises(BadColumn):
        dbf.check(Source("", COLUMNS[1:]))


def test_a_file_over_two_gigabytes_is_refused_before_it_is_written(write, monkeypatch):
    monkeypatch.setattr(shapefile, "_MOST_BYTES", 200)
    with pytest.raises(shapefile.TooLarge):
        write()


def test_file_names_say_the_zone():
    stems = {epsg: systems.system(epsg).stem for epsg in (5899, 3406, 32648, 4326)}
    assert stems == {5899: "VN2000_10745", 3406: "VN2000_UTM49N", 32648: "WGS84_UTM48N", 4326: "WGS84"}
    part = Part("x", replace(TITLE, name="tên"), SOURCE)
    with pytest.raises(parts.BadFileName):
        bundle.write({}, [part], formats.named("shapefile"), SYSTEM, Path("x.zip"))
