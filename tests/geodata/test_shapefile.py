"""Shapefiles as a technician meets them: read back with ogrinfo and pyshp, and what they lost is said."""

import csv
import io
import subprocess
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import shapefile as pyshp
import shapely
from lxml import etree

from geodata import crs, ogr, qml, shapefile, shapefilesql
from geodata.shapefile import Title
from geodata.shapefilesql import Column, Source

ZONE = crs.zone(5899)
TITLE = Title("hamlets_VN2000_10745", "Hồ sơ thôn tỉnh Đắk Lắk", "Điện, nước", "Ban Dân vận", "2026-11-21T08:00:00")

COLUMNS = (
    Column("id", "ID", "Mã", "Id", "text"),
    Column("name", "TEN", "Tên thôn", "Name", "text"),
    Column("power", "DIEN", "Điện", "Power", "choice", codes=(("yes", "Có"), ("no", "Không"))),
    Column("households", "SO_HO", "Số hộ", "Households", "integer"),
    Column("money", "SO_TIEN", "Số tiền", "Money", "bigint"),
    Column("area", "DIEN_TICH", "Diện tích", "Area", "decimal", decimals=1),
    Column("surveyed", "NGAY", "Ngày khảo sát", "Surveyed", "date"),
    Column("entered", "NHAP_LUC", "Nhập lúc", "Entered", "datetime"),
    Column("road", "DUONG", "Đường", "Road", "boolean"),
)
SELECT = """select id::text as "ID", name as "TEN", power as "DIEN", households as "SO_HO", money as "SO_TIEN",
                   area as "DIEN_TICH", surveyed as "NGAY", entered as "NHAP_LUC", road as "DUONG", geometry
            from hamlets"""
SOURCE = Source(SELECT, COLUMNS)
SITES = [(1, 108.05, 12.67), (2, 108.4583, 11.9404), (3, 107.8, 11.55)]


@pytest.fixture
def hamlets(postgis):
    """Three good rows; each test adds its own bad ones."""
    postgis.execute("drop table if exists hamlets")
    postgis.execute(
        """create table hamlets (id int primary key, name text, power text, households int, money bigint, area float8,
                                 surveyed date, entered timestamptz, road boolean, geometry geometry)"""
    )
    for number, lon, lat in SITES:
        postgis.execute(
            """insert into hamlets values (%s, 'Thôn Đắk Lắk ' || %s, 'yes', 120, 12345678901234, 254.44,
               '2026-03-31', '2026-03-31T17:00:00Z', true, ST_SetSRID(ST_MakePoint(%s, %s), 4326))""",
            (number, number, lon, lat),
        )
    yield postgis
    postgis.execute("drop table hamlets")


@pytest.fixture
def write(hamlets, owner_settings, tmp_path):
    """Writes the table and unpacks it: (report, folder)."""

    def writes(source=SOURCE, **more) -> tuple[shapefile.LossReport, Path]:
        out = tmp_path / "out.zip"
        report = shapefile.write_shapefile_zip(owner_settings, source, ZONE, out, TITLE, **more)
        with zipfile.ZipFile(out) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / "out")
        assert [left.name for left in tmp_path.iterdir() if left.name.startswith(".")] == []
        return report, tmp_path / "out"

    return writes


def records(folder: Path, name: str = TITLE.name) -> list[dict]:
    """In the order of their ids: an updated row moves in the table."""
    with pyshp.Reader(str(folder / name)) as reader:
        assert reader.encoding.lower().replace("_", "-") == "utf-8"
        return sorted((record.as_dict() for record in reader.records()), key=lambda record: record["ID"])


def told(folder: Path) -> str:
    return (folder / "bao_cao.txt").read_text(encoding="utf-8-sig")


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


def test_nothing_stays_nothing(write, hamlets):
    hamlets.execute("insert into hamlets(id, geometry) select 9, geometry from hamlets where id = 1")
    report, folder = write()
    empty = next(record for record in records(folder) if record["ID"] == "9")
    assert {value for key, value in empty.items() if key != "ID"} <= {None, ""}
    assert report.counts["null_number"] == 3
    assert "SO_HO: 1" in told(folder)


@pytest.mark.parametrize("pad", range(6))
def test_long_text_ends_with_a_whole_letter_and_is_listed(write, hamlets, pad):
    text = "x" * pad + "Đường_ổ_gà_ế_😀" * 30
    hamlets.execute("update hamlets set name = %s where id = 2", (text,))
    report, folder = write()
    kept = next(record["TEN"] for record in records(folder) if record["ID"] == "2")
    assert text.startswith(kept)
    assert 250 < len(kept.encode()) <= 254
    assert len((kept + text[len(kept)]).encode()) > 254
    assert report.counts["cut"] == 1
    assert not report.counts["warning"], "cut before GDAL had to"
    assert f"2 · TEN (Tên thôn): {len(text.encode())} byte, {len(text)} ký tự" in told(folder)


def test_text_of_exactly_254_bytes_is_whole(write, hamlets):
    text = "ế" * 84 + "xy"
    hamlets.execute("update hamlets set name = %s where id = 2", (text,))
    report, folder = write()
    assert records(folder)[1]["TEN"] == text
    assert not report.counts["cut"]


def test_an_empty_string_and_a_dropped_time_are_said(write, hamlets):
    hamlets.execute("update hamlets set name = '' where id = 3")
    report, folder = write()
    assert report.counts["empty"] == 1
    hamlets.execute("update hamlets set entered = '2026-03-31T17:30:00Z' where id = 3")
    report, folder = write()
    assert report.counts["time_dropped"] == 1
    assert "NHAP_LUC: 1" in told(folder)


def test_rows_without_a_usable_place_are_kept_in_a_table(write, hamlets):
    hamlets.execute("insert into hamlets(id, name) values (7, '=1+1')")
    hamlets.execute("insert into hamlets(id, name, geometry) values (8, 'đảo số không', 'SRID=4326;POINT(0 0)')")
    hamlets.execute("insert into hamlets(id, name, geometry) values (9, 'rỗng', 'SRID=4326;POINT EMPTY')")
    report, folder = write()
    assert (report.rows, report.written) == (6, 3)
    assert report.lost == 3 + report.counts["time_dropped"]
    with (folder / "khong_hinh.csv").open(encoding="utf-8-sig", newline="") as file:
        kept = {row["ID"]: row for row in csv.DictReader(file)}
    assert set(kept) == {"7", "8", "9"}
    assert kept["7"]["TEN"] == "'=1+1"
    assert kept["8"]["WKT_WGS84"] == "POINT(0 0)"
    assert (report.counts["no_geometry"], report.counts["outside"]) == (2, 1)


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


def test_big_small_and_impossible_numbers(write, hamlets):
    hamlets.execute("update hamlets set area = 0.000123, households = -2000000000 where id = 1")
    hamlets.execute("update hamlets set area = 123456789.5, money = 9223372036854775807 where id = 2")
    hamlets.execute("update hamlets set area = 'NaN', surveyed = 'infinity' where id = 3")
    report, folder = write()
    first, second, third = records(folder)
    assert (first["DIEN_TICH"], first["SO_HO"]) == (0.000123, -2000000000)
    assert (second["DIEN_TICH"], second["SO_TIEN"]) == (123456789.5, None)
    assert (third["DIEN_TICH"], third["NGAY"]) == (None, None)
    assert report.counts["unwritable"] == 3
    assert "3 · NGAY (Ngày khảo sát): infinity" in told(folder)


def test_the_data_dictionary_names_every_column(write):
    _, folder = write()
    with (folder / "truong.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["cot"]: row for row in csv.DictReader(file)}
    assert list(rows) == [column.name for column in COLUMNS]
    assert rows["DIEN"]["danh_muc"] == "yes = Có; no = Không"
    assert rows["TEN"]["nhan_vi"] == "Tên thôn"
    assert "C = có" in rows["DUONG"]["kieu"]


def test_what_the_caller_withheld_stands_in_the_report(write):
    report, folder = write(masked=["2 dòng dưới 5 hộ: <5"])
    assert report.counts["masked"] == 1
    assert "2 dòng dưới 5 hộ: <5" in told(folder)


def test_metadata_and_style_are_well_formed_and_say_the_zone(write):
    style = qml.categorised("POINT", "DIEN", [("yes", "Có", "#00aa00"), ("no", "Không", "#aa0000")])
    _, folder = write(style=style)
    metadata = etree.parse(folder / f"{TITLE.name}.shp.xml")
    texts = metadata.xpath("//*[local-name()='CharacterString']/text()")
    assert {"5899", "EPSG", TITLE.title, "Ban Dân vận"} <= set(texts)
    found = etree.fromstring((folder / f"{TITLE.name}.qml").read_bytes())
    assert [each.get("label") for each in found.iter("category")] == ["Có", "Không", "Khác"]


def test_row_level_security_cuts_the_file(hamlets, owner_settings, web_settings, tmp_path):
    hamlets.execute("alter table hamlets enable row level security")
    hamlets.execute("grant select on hamlets to public")
    hamlets.execute("create policy one on hamlets using (id = nullif(current_setting('app.x', true), '')::int)")
    for prelude, expected in (((), 0), (("select set_config('app.x', '2', false)",), 1)):
        report = shapefile.write_shapefile_zip(
            web_settings, replace(SOURCE, prelude=prelude), ZONE, tmp_path / "out.zip", TITLE
        )
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            dbf = io.BytesIO(archive.read(f"{TITLE.name}.dbf"))
        with pyshp.Reader(dbf=dbf) as reader:
            assert len(reader.records()) == report.rows == expected


def test_the_file_holds_what_was_counted_though_rows_come_in_meanwhile(write, hamlets, monkeypatch):
    translate = ogr.translate

    def later(*arguments, **more):
        hamlets.execute("insert into hamlets select 50, 'đến sau', power, 1, 1, 1, surveyed, entered, road, geometry "
                        "from hamlets where id = 1")  # fmt: skip
        return translate(*arguments, **more)

    monkeypatch.setattr(ogr, "translate", later)
    report, folder = write()
    assert report.rows == report.written == len(records(folder)) == 3


def test_a_write_that_goes_wrong_leaves_nothing_behind(hamlets, owner_settings, tmp_path):
    with pytest.raises(ogr.Cancelled):
        shapefile.write_shapefile_zip(owner_settings, SOURCE, ZONE, tmp_path / "out.zip", TITLE, cancelled=lambda: True)
    broken = replace(SOURCE, select=SELECT.replace("from hamlets", "from no_such_table"))
    with pytest.raises(psycopg.errors.UndefinedTable):
        shapefile.write_shapefile_zip(owner_settings, broken, ZONE, tmp_path / "out.zip", TITLE)
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_never_on_a_command_line(hamlets, owner_settings, tmp_path):
    seen: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(process.read_bytes().decode(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        shapefile.write_shapefile_zip(owner_settings, SOURCE, ZONE, tmp_path / "out.zip", TITLE)
    finally:
        done.set()
        watcher.join()
    assert any("ogr2ogr" in line for line in seen)
    assert not [line for line in seen if "ogr2ogr" in line and owner_settings["password"] in line]


@pytest.mark.parametrize("name", ["ten", "TEN_DAI_QUA", "ĐIEN", "1TEN", ""])
def test_column_names_a_dbf_cannot_hold_are_refused(name):
    with pytest.raises(shapefilesql.BadColumn):
        shapefilesql.check(Source("", (replace(COLUMNS[0], name=name),), id=name))


def test_doubled_columns_and_a_missing_id_are_refused():
    with pytest.raises(shapefilesql.BadColumn):
        shapefilesql.check(Source("", (COLUMNS[0], COLUMNS[0])))
    with pytest.raises(shapefilesql.BadColumn):
        shapefilesql.check(Source("", COLUMNS[1:]))


def test_a_file_over_two_gigabytes_is_refused_before_it_is_written(write, monkeypatch):
    monkeypatch.setattr(shapefile, "_MOST_BYTES", 200)
    with pytest.raises(shapefile.TooLarge):
        write()


def test_file_names_say_the_zone():
    assert shapefile.file_stem("hamlet_profiles", ZONE) == "hamlet_profiles_VN2000_10745"
    assert shapefile.file_stem("hamlet_profiles", crs.zone(3406)) == "hamlet_profiles_VN2000_UTM49N"
    with pytest.raises(shapefile.BadFileName):
        shapefile.write_shapefile_zip({}, SOURCE, ZONE, Path("x.zip"), replace(TITLE, name="tên"))


def test_passwords_with_odd_letters_reach_libpq_whole(tmp_path):
    with ogr.password_file({"password": r"a:b\c"}) as environment:
        file = Path(environment["PGPASSFILE"])
        assert file.read_text() == "*:*:*:*:a\\:b\\\\c\n"
        assert file.stat().st_mode & 0o077 == 0
    assert not file.exists()
    assert ogr.source_name({"host": "h", "password": "secret", "dbname": "it's"}) == r"PG:host='h' dbname='it\'s'"
