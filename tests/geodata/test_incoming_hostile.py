"""Uploads made to do harm: each is refused with words, in bounded memory, and nothing is left outside its folder."""

import json
import os
import sqlite3
import stat
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from app import errors
from geodata import apart, incoming
from geodata.foreign import refusals
from geodata.incoming import process
from geodata.problems import Problem
from tests.geodata.incoming_files import Job, codes

MOST_KB = 300 << 10
SECONDS = 60
Build = Callable[[Path], Path]
KML = '<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
POINT = "<Placemark><Point><coordinates>108,11.9</coordinates></Point></Placemark>"


def geojson(*geometries: str, head: str = "") -> str:
    features = ",".join(f'{{"type":"Feature","properties":{{"a":1}},"geometry":{each}}}' for each in geometries)
    return f'{{"type":"FeatureCollection",{head}"features":[{features}]}}'


VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
GOOD = geojson('{"type":"Point","coordinates":[108,11.9]}').encode()


# What each upload is, and what it is refused as. A builder writes into the folder it is given and returns the upload.

HOSTILE: dict[str, tuple[Build, str]] = {}


def hostile(code: str) -> Callable[[Build], Build]:
    def listed(build: Build) -> Build:
        HOSTILE[build.__name__] = (build, code)
        return build

    return listed


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return path


def told(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def slip(name: str) -> Build:
    return lambda at: zipped(at / "a.zip", ("a.geojson", GOOD), (name, GOOD))


for what, member in {
    "climbs": "../../etc/a.geojson", "climbs_within": "a/../../b.geojson", "is_absolute": "/etc/cron.d/a.geojson",
    "climbs_as_on_windows": "..\\..\\a.geojson", "names_a_drive": "C:\\a.geojson", "is_virtual": "/vsicurl/http://10.0.0.1/a.geojson",
    "is_a_stream": "a.geojson:b",
}.items():  # fmt: skip
    HOSTILE[f"a_name_that_{what}"] = (slip(member), "incoming_archive_path")


@hostile("incoming_archive_link")
def a_link(at: Path) -> Path:
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(at / "a.zip", (link, b"/etc/passwd"))


@hostile("incoming_archive_link")
def a_device(at: Path) -> Path:
    device = zipfile.ZipInfo("a.geojson")
    device.external_attr = (stat.S_IFCHR | 0o666) << 16
    return zipped(at / "a.zip", (device, b""))


@hostile("incoming_archive_bomb")
def a_bomb(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.dbf", bytes(64 << 20)))


@hostile("incoming_archive_bomb")
def a_bomb_of_many_parts(at: Path) -> Path:
    return zipped(at / "a.zip", *((f"{n}.dbf", bytes(12 << 20)) for n in range(20)), ("a.geojson", GOOD))


@hostile("incoming_archive_broken")
def sizes_that_lie(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", b" " * (8 << 20)))
    raw = bytearray(path.read_bytes())
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    return told(path, bytes(raw))


@hostile("incoming_archive_broken")
def entries_that_overlap(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", GOOD), ("b.geojson", GOOD))
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 0)
    return told(path, bytes(raw))


@hostile("incoming_archive_nested")
def an_archive_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.zip", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()))


@hostile("incoming_archive_nested")
def a_tar_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.tar.gz", b"\x1f\x8b"))


@hostile("incoming_other_content")
def an_archive_in_an_archive_under_another_name(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.xlsx", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()))


@hostile("incoming_archive_crowd")
def a_hundred_thousand_entries(at: Path) -> Path:
    return zipped(at / "a.zip", *((f"{n}.txt", b"") for n in range(100_000)))


@hostile("incoming_archive_locked")
def a_locked_archive(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", GOOD))
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    return told(path, bytes(raw))


@hostile("incoming_archive_twice")
def two_entries_of_one_name(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("A.GeoJSON", GOOD))


@hostile("incoming_archive_broken")
def a_cut_archive(at: Path) -> Path:
    return told(at / "a.zip", zipped(at / "a.zip", ("a.geojson", GOOD * 20)).read_bytes()[:150])


@hostile("incoming_other_content")
def a_pdf_that_is_an_archive_too(at: Path) -> Path:
    return told(at / "a.zip", b"%PDF-1.4\n" + zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes())


@hostile("incoming_other_content")
def an_archive_with_a_page_before_it(at: Path) -> Path:
    packed = zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()
    return told(at / "a.zip", packed[:4] + b"<script>" + packed)


@hostile("incoming_other_content")
def an_archive_with_a_program_after_it(at: Path) -> Path:
    return told(at / "a.zip", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes() + b"\x7fELF" + bytes(5000))


@hostile("incoming_other_content")
def a_picture_as_a_shapefile(at: Path) -> Path:
    return told(at / "a.shp", b"\x89PNG\r\n\x1a\n" + bytes(200))


@hostile("incoming_other_content")
def a_page_as_kml(at: Path) -> Path:
    return told(at / "a.kml", "<html><script>alert(1)</script></html>")


@hostile("incoming_other_content")
def a_program_as_a_table(at: Path) -> Path:
    return told(at / "a.csv", b"MZ\x90\x00" + bytes(500))


@hostile("incoming_other_content")
def a_vrt_as_geojson(at: Path) -> Path:
    return told(at / "a.geojson", "<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")


@hostile("incoming_other_content")
def a_vrt_as_a_table(at: Path) -> Path:
    return told(
        at / "a.csv",
        VRT.format("/etc/passwd"),
    )


@hostile("incoming_save_otherwise")
def a_vrt(at: Path) -> Path:
    return told(
        at / "a.vrt",
        "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/http://10.0.0.1/</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    )


@hostile("incoming_pointing")
def a_vrt_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.vrt", b"<OGRVRTDataSource/>"))


@hostile("incoming_doctype")
def kml_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return told(at / "a.kml", KML.format(head=head, body=f"<name>&x;</name>{POINT}"))


@hostile("incoming_doctype")
def kml_that_laughs_a_billion_times(at: Path) -> Path:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return told(at / "a.kml", KML.format(head=f"<!DOCTYPE kml [{entities}]>", body=f"<name>&a9;</name>{POINT}"))


@hostile("incoming_doctype")
def kml_in_utf16_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    whole = KML.format(head=head, body=f"<name>&x;</name>{POINT}").replace('"1.0"', '"1.0" encoding="UTF-16"')
    return told(at / "a.kml", whole.encode("utf-16"))


@hostile("incoming_doctype")
def a_kmz_that_reads_a_file(at: Path) -> Path:
    head = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return zipped(at / "a.kmz", ("doc.kml", KML.format(head=head, body=f"<name>&x;</name>{POINT}").encode()))


@hostile("incoming_save_otherwise")
def gml_that_reads_a_file(at: Path) -> Path:
    return told(
        at / "a.gml",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><gml:FeatureCollection>&x;</gml:FeatureCollection>',
    )


@hostile("incoming_doctype")
def gpx_that_reads_a_file(at: Path) -> Path:
    return told(
        at / "a.gpx",
        '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<gpx version="1.1"><wpt lat="11" lon="108"><name>&x;</name></wpt></gpx>',
    )


@hostile("incoming_pointing")
def kml_that_fetches(at: Path) -> Path:
    link = "<NetworkLink><Link><href>http://10.0.0.1/a.kml</href></Link></NetworkLink>"
    return told(at / "a.kml", KML.format(head="", body=POINT + link))


@hostile("incoming_pointing")
def a_kmz_that_fetches(at: Path) -> Path:
    link = "<NetworkLink><Link><href>http://10.0.0.1/a.kml</href></Link></NetworkLink>"
    return zipped(at / "a.kmz", ("doc.kml", KML.format(head="", body=POINT + link).encode()))


@hostile("incoming_pointing")
def kml_with_a_schema_from_elsewhere(at: Path) -> Path:
    data = '<ExtendedData><SchemaData schemaUrl="/vsicurl/http://10.0.0.1/a#x"/></ExtendedData>'
    return told(at / "a.kml", KML.format(head="", body=POINT.replace("<Point>", f"{data}<Point>")))


@hostile("incoming_unreadable")
def kml_a_million_levels_deep(at: Path) -> Path:
    return told(at / "a.kml", KML.format(head="", body="<Folder>" * 1_000_000))


@hostile("incoming_pointing")
def geojson_with_a_system_to_fetch(at: Path) -> Path:
    head = '"crs":{"type":"link","properties":{"href":"http://10.0.0.1/crs","type":"ogcwkt"}},'
    return told(at / "a.geojson", geojson('{"type":"Point","coordinates":[108,11.9]}', head=head))


@hostile("incoming_pointing")
def geojson_with_a_system_named_by_address(at: Path) -> Path:
    head = '"crs":{"type":"name","properties":{"name":"http:\\/\\/10.0.0.1\\/crs"}},'
    return told(at / "a.geojson", geojson('{"type":"Point","coordinates":[108,11.9]}', head=head))


def database(at: Path, *statements: str) -> Path:
    path = at / "a.gpkg"
    geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(108, 11.9)], crs=4326).to_file(path, engine="pyogrio")
    with sqlite3.connect(path) as file:
        for statement in statements:
            file.execute(statement)
    return path


@hostile("incoming_active")
def a_geopackage_with_a_trigger(at: Path) -> Path:
    return database(at, "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END")


@hostile("incoming_active")
def a_geopackage_with_a_trigger_named_as_its_index(at: Path) -> Path:
    return database(
        at,
        "DROP TRIGGER rtree_a_geom_insert",
        "CREATE TRIGGER rtree_a_geom_insert AFTER INSERT ON a"
        " BEGIN DELETE FROM rtree_a_geom; SELECT load_extension('/tmp/x'); END",
    )


@hostile("incoming_active")
def a_geopackage_with_a_view(at: Path) -> Path:
    return database(
        at,
        "CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
        " SELECT x AS fid, geom FROM c, a",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 4326)",
    )


@hostile("incoming_active")
def a_geopackage_whose_layer_is_a_view(at: Path) -> Path:
    return database(
        at, "ALTER TABLE a RENAME TO b", "CREATE VIEW a AS SELECT fid, geom, readfile('/etc/passwd') AS a FROM b"
    )


@hostile("incoming_active")
def a_geopackage_with_a_virtual_table(at: Path) -> Path:
    return database(at, "CREATE VIRTUAL TABLE f USING fts5(x)")


@hostile("incoming_other_content")
def a_database_that_is_no_geopackage(at: Path) -> Path:
    with sqlite3.connect(at / "a.gpkg") as file:
        file.execute("CREATE TABLE a (x)")
    return at / "a.gpkg"


@hostile("incoming_unreadable")
def a_geopackage_of_rubbish(at: Path) -> Path:
    return told(at / "a.gpkg", b"SQLite format 3\0" + os.urandom(8000))


def ring(count: int) -> str:
    step = 0.01 / count
    return ",".join(f"[108,{11 + step * n:.9f}]" for n in range(count)) + ",[109,11],[108,11]"


@hostile("incoming_memory")
def a_million_vertices_in_geojson(at: Path) -> Path:
    return told(at / "a.geojson", geojson(f'{{"type":"Polygon","coordinates":[[{ring(1_000_000)}]]}}'))


@hostile("incoming_too_many_vertices")
def a_million_vertices_in_kml(at: Path) -> Path:
    pairs = " ".join(f"108,{11 + n * 1e-8:.8f}" for n in range(1_000_000))
    line = f"<LinearRing><coordinates>{pairs} 109,11 108,11</coordinates></LinearRing>"
    body = f"<Placemark><Polygon><outerBoundaryIs>{line}</outerBoundaryIs></Polygon></Placemark>"
    return told(at / "a.kml", KML.format(head="", body=body))


@hostile("incoming_too_many_vertices")
def a_million_vertices_in_a_geopackage(at: Path) -> Path:
    turn = np.linspace(0, 2 * np.pi, 1_000_001)
    area = shapely.Polygon(np.column_stack([108 + np.cos(turn), 11 + np.sin(turn)]))
    geopandas.GeoDataFrame({"a": [1]}, geometry=[area], crs=4326).to_file(at / "a.gpkg", engine="pyogrio")
    return at / "a.gpkg"


@hostile("incoming_nothing")
def coordinates_that_are_no_numbers(at: Path) -> Path:
    shapes = [
        shapely.Point(float("nan"), 11),
        shapely.Point(float("inf"), 11),
        shapely.LineString([(108, 11), (float("nan"), 12)]),
    ]
    geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=shapes, crs=4326).to_file(at / "a.gpkg", engine="pyogrio")
    return at / "a.gpkg"


@hostile("incoming_unreadable")
def geojson_of_infinite_coordinates(at: Path) -> Path:
    return told(
        at / "a.geojson",
        geojson('{"type":"Point","coordinates":[1e999,NaN]}', '{"type":"Point","coordinates":[1e999,-1e999]}'),
    )


@hostile("incoming_unreadable")
def geojson_a_million_levels_deep(at: Path) -> Path:
    return told(at / "a.geojson", '{"type":"FeatureCollection","features":' + "[" * 1_000_000)


@hostile("incoming_archive_bomb")
def a_workbook_that_is_a_bomb(at: Path) -> Path:
    book = workbook(at)
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(64 << 20))
    return book


@hostile("incoming_doctype")
def a_workbook_with_entities(at: Path) -> Path:
    return changed(
        workbook(at),
        "xl/worksheets/sheet1.xml",
        lambda raw: raw.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY x "y">]><worksheet', 1),
    )


@hostile("incoming_active")
def a_workbook_with_macros(at: Path) -> Path:
    book = workbook(at)
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf")
    return book


@hostile("incoming_save_otherwise")
def an_old_workbook(at: Path) -> Path:
    return told(at / "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


def workbook(at: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["ten", "lat", "lon"])
    book.active.append(["A", 11.9, 108.4])
    book.save(at / "a.xlsx")
    return at / "a.xlsx"


def changed(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped(path, *((name, change(raw) if name == member else raw) for name, raw in members))


@hostile("incoming_memory")
def a_parquet_that_unpacks_to_gigabytes(at: Path) -> Path:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"a": text}), at / "a.parquet", compression="zstd")
    return at / "a.parquet"


@hostile("incoming_unreadable")
def a_parquet_of_rubbish(at: Path) -> Path:
    return told(at / "a.parquet", b"PAR1" + os.urandom(500) + b"PAR1")


@hostile("incoming_nothing")
def a_flatgeobuf_that_lies_about_its_size(at: Path) -> Path:
    return told(at / "a.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 0x7FFFFFF0) + os.urandom(400))


@hostile("incoming_pointing")
def a_tab_that_opens_others(at: Path) -> Path:
    return tab(at, b'!table\n!version 300\nOpen Table "/etc/passwd" Hide\nCreate View a As Select * From b\n')


@hostile("incoming_pointing")
def a_tab_that_is_a_database_link(at: Path) -> Path:
    return tab(at, b'!table\n!version 300\nDefinition Table\n  Type ODBC Charset "Neutral"\n')


def tab(at: Path, head: bytes) -> Path:
    return zipped(at / "a.zip", ("a.tab", head), *((f"a.{part}", b"x") for part in ("dat", "map", "id")))


@hostile("incoming_save_otherwise")
def a_dgn_v8(at: Path) -> Path:
    return told(at / "a.dgn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


@hostile("incoming_save_otherwise")
def a_rar(at: Path) -> Path:
    return told(at / "a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(200))


@hostile("incoming_empty")
def an_empty_file(at: Path) -> Path:
    return told(at / "a.geojson", b" \n")


@hostile("incoming_empty")
def an_empty_archive(at: Path) -> Path:
    return zipped(at / "a.zip")


@hostile("incoming_kind")
def a_link_for_an_upload(at: Path) -> Path:
    (at / "a.geojson").symlink_to("/etc/passwd")
    return at / "a.geojson"


@hostile("incoming_part_missing")
def a_shapefile_without_its_index(at: Path) -> Path:
    return told(at / "a.shp", b"\x00\x00\x27\x0a" + bytes(96))


@hostile("incoming_unreadable")
def a_shapefile_whose_records_lie(at: Path) -> Path:
    shp = b"\x00\x00\x27\x0a" + bytes(20) + struct.pack(">I", 0x7FFFFFFF) + struct.pack("<II", 1000, 5) + bytes(64)
    shx = shp + struct.pack(">II", 50, 0x7FFFFFF0) * 10
    dbf = (
        b"\x03"
        + bytes(3)
        + struct.pack("<IHH", 0x7FFFFFFF, 65, 11)
        + bytes(20)
        + b"A".ljust(11, b"\0")
        + b"C"
        + bytes(4)
        + b"\x0a"
        + bytes(15)
        + b"\x0d"
    )
    return zipped(at / "a.zip", ("a.shp", shp + os.urandom(200)), ("a.shx", shx), ("a.dbf", dbf))


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> list[apart.Talk]:
    """Every process apart of the test."""
    seen: list[apart.Talk] = []
    init = apart.Talk.__init__

    def noted(self: apart.Talk, *given: object) -> None:
        init(self, *given)
        seen.append(self)

    monkeypatch.setattr(apart.Talk, "__init__", noted)
    return seen


@pytest.fixture
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file appears beside the upload and the job's folder, and none stays in the folder for passing files."""
    (tmp_path / "passing").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "passing"))
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"job", "upload", "passing"}
    assert not list((tmp_path / "passing").iterdir())


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 40


def bring(job: Job, upload: Path) -> None:
    """The whole way of an upload."""
    incoming.unpack(upload, job.folder)
    for source in incoming.inspect(None, job.folder, "68"):
        job.rows(source)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_refused_with_words(tmp_path, talks, nothing_left, name):
    build, code = HOSTILE[name]
    (tmp_path / "upload").mkdir()
    upload = build(tmp_path / "upload")
    begun = time.monotonic()
    job = Job(tmp_path / "job")
    with pytest.raises(Problem) as refused:
        bring(job, upload)
    assert refused.value.code == code, refused.value
    assert time.monotonic() - begun < SECONDS
    for language in ("vi", "en"):
        said = errors.sentence(refused.value, language)
        assert "…:" not in said
        assert str(tmp_path) not in said
        assert "root:" not in said
    assert max((talk.peak_kb for talk in talks), default=0) <= MOST_KB
    assert all(path.resolve().is_relative_to(job.folder) for path in job.folder.rglob("*"))
    assert not any(path.is_symlink() for path in job.folder.rglob("*"))


def test_rows_of_a_sheet_that_claims_the_whole_grid_are_those_it_has(tmp_path, talks):
    (tmp_path / "upload").mkdir()
    book = changed(
        workbook(tmp_path / "upload"),
        "xl/worksheets/sheet1.xml",
        lambda raw: (
            raw.replace(b'<dimension ref="A1:C2"', b'<dimension ref="A1:XFD1048576"')
            .replace(b'<row r="2"', b'<row r="900000"')
            .replace(b'r="A2"', b'r="A900000"')
            .replace(b'r="B2"', b'r="B900000"')
            .replace(b'r="C2"', b'r="C900000"')
        ),
    )
    job = Job(tmp_path / "job").take(book)
    with pytest.raises(Problem):
        job.one()
    assert max(talk.peak_kb for talk in talks) <= MOST_KB


def test_one_wild_row_among_good_ones_is_named_and_the_rest_kept(tmp_path):
    shapes = [shapely.Point(108, 11), shapely.Point(float("nan"), 11), shapely.Point(108.1, 11)]
    geopandas.GeoDataFrame({"a": [1, 2, 3]}, geometry=shapes, crs=4326).to_file(tmp_path / "a.gpkg", engine="pyogrio")
    job = Job(tmp_path / "job").take(tmp_path / "a.gpkg")
    rows = job.rows(job.one())
    assert [(row.number, row.wkb is None) for row in rows] == [(1, False), (2, True), (3, False)]
    assert [codes(row.problems) for row in rows] == [[], ["not_finite"], []]


def test_the_process_apart_reads_nothing_where_other_drivers_are_there(tmp_path, monkeypatch):
    """What would open a web address, a database or a virtual file isn't there at all, or nothing is opened."""
    upload = told(tmp_path / "a.geojson", GOOD)
    job = Job(tmp_path / "job").take(upload)
    request = {"titles": {}, "file": next(job.folder.glob("*.geojson")).name}
    monkeypatch.setattr(process, "_environment", lambda _: {})
    with pytest.raises(refusals.Unreadable, match="drivers that shouldn't be there"):
        process.all_of(job.folder, "inspect", request, name="a", kind="geojson")


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.geojson"
    with path.open("wb") as file:
        file.truncate((200 << 20) + 1)
    with pytest.raises(refusals.TooLarge):
        incoming.unpack(path, tmp_path / "job")


def test_what_was_kept_of_a_good_upload_is_only_in_its_folder(tmp_path, nothing_left):
    (tmp_path / "upload").mkdir()
    upload = zipped(tmp_path / "upload" / "a.zip", ("x/a.geojson", GOOD), ("x/Thumbs.db", b"x"), ("__MACOSX/._a", b"x"))
    job = Job(tmp_path / "job").take(upload)
    assert len(job.rows(job.one())) == 1
    assert len(list(job.folder.iterdir())) == 2
    assert json.loads((job.folder / "titles").read_text()).popitem()[1] == "x/a.geojson"
