"""Old encodings, in the containers of their time and in newer ones made of them, come in as Vietnamese."""

import subprocess
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from geodata import crs
from geodata.foreign import refusals
from tests.geodata.incoming_files import AREAS, NAMES, ZONE, Job, codes, landed, made, old_bytes, shape
from tests.geodata.test_encodings import encoded


@pytest.fixture
def frame() -> geopandas.GeoDataFrame:
    return made()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "job")


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "viscii", "cp1258"])
@pytest.mark.parametrize("driver", ["ESRI Shapefile", "MapInfo File"])
def test_old_encodings_in_old_containers(tmp_path, job, frame, encoding, driver):
    old = [old_bytes(name, encoding).decode("latin-1") for name in NAMES]
    grid = frame[["SO_HO"]].assign(TEN=old)
    grid = geopandas.GeoDataFrame(grid, geometry=crs.to_vn2000(frame.geometry.values, ZONE), crs=4326)
    name = "a.shp" if driver == "ESRI Shapefile" else "a.mif"
    grid.to_file(tmp_path / name, driver=driver, engine="pyogrio", encoding="ISO-8859-1")
    if driver == "MapInfo File":
        # GDAL's writer turns text into the set of its choice: the bytes an old program wrote are put back.
        (tmp_path / "a.mid").write_bytes(
            b"".join(b'%d,"%s"\r\n' % (n, old_bytes(t, encoding)) for n, t in zip(frame.SO_HO, NAMES, strict=True))
        )
    else:
        (tmp_path / "a.cpg").unlink()
        (tmp_path / "a.prj").write_text(crs.wkt1_esri(ZONE))
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == encoding
    assert "encoding_doubtful" not in codes(source.questions)
    before, after = source.encodings[0].samples[0]
    assert before != after
    rows = job.rows(source, system="VN2000:5899")
    landed(rows)
    assert [row.values["TEN"] for row in rows] == NAMES


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_a_geopackage_made_from_an_old_file_without_decoding_is_seen_through(tmp_path, job, frame, encoding):
    frame.assign(TEN=[encoded(name, encoding).decode("cp1252") for name in NAMES]).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    source = job.take(tmp_path / "a.gpkg").one()
    assert source.encodings[0].encoding == f"utf-8>{encoding}"
    assert [row.values["TEN"] for row in job.rows(source)] == NAMES


def test_utf8_taken_for_western_on_its_way_is_seen_through(tmp_path, job, frame):
    broken = [name.encode().decode("latin-1") for name in NAMES]
    frame.assign(TEN=broken).to_file(tmp_path / "a.geojson", engine="pyogrio")
    source = job.take(tmp_path / "a.geojson").one()
    assert source.encodings[0].encoding == "utf-8>utf-8"
    assert [row.values["TEN"] for row in job.rows(source)] == NAMES


def test_a_wrong_cpg_is_asked_about(tmp_path, job, frame):
    frame.assign(TEN=[encoded(name, "tcvn3").decode("latin-1") for name in NAMES]).to_file(
        tmp_path / "a.shp", engine="pyogrio", encoding="ISO-8859-1"
    )
    (tmp_path / "a.cpg").write_text("UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == "tcvn3"
    assert codes(source.questions) == ["encoding_not_as_declared"]


def test_text_that_no_encoding_makes_vietnamese_is_asked_about(tmp_path, job, frame):
    odd = ["Café Zürich", "Åse Ørsted", "Müßig", "Señor Ñandú", "Český"[1:]]
    frame.assign(TEN=[each.encode("cp1252", "replace").decode("latin-1") for each in odd]).to_file(
        tmp_path / "a.shp", engine="pyogrio", encoding="ISO-8859-1"
    )
    (tmp_path / "a.cpg").unlink()
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert codes(source.questions) == ["encoding_doubtful"]


def test_a_letter_cut_off_by_the_width_of_a_dbf_is_no_other_encoding(tmp_path, job, frame):
    long = ("Thôn Tân Lập ở phía đông hồ Đạ Tẻh, " * 9)[:180]
    frame.assign(TEN=long).to_file(tmp_path / "a.shp", engine="pyogrio", encoding="UTF-8")
    source = job.take(*sorted(tmp_path.glob("a.*"))).one()
    assert source.encodings[0].encoding == "utf-8"
    rows = job.rows(source)
    assert len(rows[0].values["TEN"]) > 150
    assert long.startswith(rows[0].values["TEN"])


def test_dxf_with_areas_and_old_text(tmp_path, job):
    """Before 2007 a drawing's text is in a code page, here typed with a TCVN3 font; closed lines are areas."""
    entities = b""
    for name, area in zip(NAMES, crs.to_vn2000(np.array(AREAS), ZONE), strict=True):
        corners = shapely.get_coordinates(area)[:-1]
        entities += b"0\nLWPOLYLINE\n8\nRANH\n90\n4\n70\n1\n" + b"".join(
            b"10\n%.4f\n20\n%.4f\n" % (x, y) for x, y in corners
        )
        entities += b"0\nTEXT\n8\nTEN\n10\n%.4f\n20\n%.4f\n40\n2.5\n1\n%s\n" % (*corners[0], encoded(name, "tcvn3"))
    head = b"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_1252\n0\nENDSEC\n"
    (tmp_path / "a.dxf").write_bytes(head + b"0\nSECTION\n2\nENTITIES\n" + entities + b"0\nENDSEC\n0\nEOF\n")
    source = job.take(tmp_path / "a.dxf").one()
    assert (source.geometry, source.rows, source.encodings[0].encoding) == ("MIXED", 10, "tcvn3")
    assert codes(source.questions) == ["system_unproved"]
    rows = job.rows(source, system="VN2000:5899")
    assert [row.values["Text"] for row in rows if row.values["Text"]] == NAMES
    areas = [shape(row) for row in rows if row.values["Layer"] == "RANH"]
    for area, right in zip(areas, AREAS, strict=True):
        assert area.geom_type in ("Polygon", "MultiPolygon")
        assert area.hausdorff_distance(right) < 1e-7


def test_dgn_v7_with_old_text(tmp_path, job, frame):
    """GDAL writes the drawing; what a TCVN3 font had typed into it is put where its text stands."""
    marks = [f"TEXT{at}".ljust(len(name), "_") for at, name in enumerate(NAMES)]
    grid = geopandas.GeoDataFrame({"t": marks}, geometry=crs.to_vn2000(frame.geometry.values, ZONE), crs=ZONE.epsg)
    grid.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    sql = """SELECT geom, t AS Text, 'LABEL(t:"' || t || '",s:1g)' AS OGR_STYLE FROM a"""
    command = [
        "ogr2ogr",
        "-f",
        "DGN",
        str(tmp_path / "a.dgn"),
        str(tmp_path / "a.gpkg"),
        "-dialect",
        "SQLITE",
        "-sql",
        sql,
    ]
    subprocess.run(command, check=True, capture_output=True)
    raw = (tmp_path / "a.dgn").read_bytes()
    for mark, name in zip(marks, NAMES, strict=True):
        assert raw.count(mark.encode()) == 1
        raw = raw.replace(mark.encode(), encoded(name, "tcvn3"))
    (tmp_path / "a.dgn").write_bytes(raw)
    source = job.take(tmp_path / "a.dgn").one()
    assert (source.kind, source.geometry) == ("dgn", "POINT")
    assert codes(source.questions) == ["system_unproved"]
    rows = job.rows(source, system="VN2000:5899")
    landed(rows, 1.5)  # the drawing's own grid is a whole number of its units
    assert [row.values["Text"] for row in rows] == NAMES


def test_dgn_v8_is_refused_and_told_what_to_save_instead(tmp_path, job):
    (tmp_path / "a.dgn").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)
    with pytest.raises(refusals.SaveOtherwise) as refused:
        job.take(tmp_path / "a.dgn")
    assert refused.value.facts == {"name": "a.dgn", "kind": "MicroStation DGN v8", "instead": "DGN v7 / DXF"}
