"""What leaves can come back: every format, as our own reader takes it in."""

import pytest

from geodata import systems
from geodata.outgoing import bundle, formats
from geodata.outgoing.parts import Part
from tests.geodata.incoming_files import Job, metres, shape
from tests.geodata.outgoing.conftest import SITES, SOURCE, TITLE

# Tables don't say their system: it is proved or asked. GeoJSON and KML are WGS 84 whatever was asked for.
ASKED = {"csv": ["system_unproved"], "xlsx": ["system_unproved"]}
ALWAYS_WGS84 = {"geojson", "kml"}


@pytest.mark.parametrize(
    ("form", "epsg"), [*((form.key, 5899) for form in formats.FORMATS), ("mif", 3406), ("shapefile", 32649)]
)
def test_every_format_comes_back_as_it_left(hamlets, owner_settings, tmp_path, form, epsg):
    system = systems.system(epsg)
    bundle.write(owner_settings, [Part("hamlets", TITLE, SOURCE)], formats.named(form), system, tmp_path / "out.zip")
    job = Job(tmp_path / "job").take(tmp_path / "out.zip")
    source = job.one()
    known = "EPSG:4326" if form in ALWAYS_WGS84 else f"VN2000:{epsg}" if system.vn2000 else f"EPSG:{epsg}"
    assert source.systems[0].system == known
    assert [question.code for question in source.questions] == ASKED.get(form, [])
    rows = sorted(job.rows(source), key=lambda row: row.values["ID"])
    assert [row.values["TEN"] for row in rows] == [f"Thôn Đắk Lắk {number}" for number, _, _ in SITES]
    for row, (number, lon, lat) in zip(rows, SITES, strict=True):
        assert str(row.values["ID"]) == str(number)
        assert (float(row.values["SO_TIEN"]), float(row.values["DIEN_TICH"])) == (12345678901234, 254.44)
        assert str(row.values["NGAY"])[:10] == "2026-03-31"
        assert metres((shape(row).x, shape(row).y), (lon, lat)) < 0.01
