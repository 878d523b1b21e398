"""A table of three hamlets with every kind of column, written to a file of any format and unpacked."""

import zipfile
from pathlib import Path

import pytest

from geodata import systems
from geodata.outgoing import bundle, formats
from geodata.outgoing.parts import Look, Part, Title
from geodata.sources import Column, Source

SYSTEM = systems.system(5899)
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
LOOK = Look("#555555", "DIEN", (("yes", "Có", "#00aa00"), ("no", "Không", "#aa0000")))


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

    def writes(source=SOURCE, form="shapefile", system=SYSTEM, **more):
        out = tmp_path / f"{form}.zip"
        part = Part("hamlets", TITLE, source, label="TEN", **more)
        (report,) = bundle.write(owner_settings, [part], formats.named(form), system, out)
        folder = tmp_path / form
        with zipfile.ZipFile(out) as archive:
            assert archive.testzip() is None
            archive.extractall(folder)
        assert [left.name for left in tmp_path.iterdir() if left.name.startswith(".")] == []
        return report, folder

    return writes


def told(folder: Path) -> str:
    """The report."""
    return (folder / "bao_cao.txt").read_text(encoding="utf-8-sig")
