"""The files in the cupboard: right text, right place, and nothing doubtful taken without a question."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Connection

from geodata import crs, unit_import
from tests.geodata.incoming_files import Job, codes, metres, shape
from tests.geodata.inputs import shared
from tests.province import Province

CLOSE = 0.05  # metres


@pytest.fixture(scope="module")
def real(province: Province) -> Iterator[Connection]:
    """The demo province with its real communes; taken back."""
    with province.undone() as connection:
        unit_import.load(connection, shared("data", "communes_2025_lamdong.gpkg"), [])
        yield connection


@pytest.fixture
def sample(tmp_path: Path):
    def taken(stem: str) -> Job:
        folder = shared("data", "legacy_samples")
        return Job(tmp_path / "job").take(*sorted(file for file in folder.iterdir() if file.stem == stem))

    return taken


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, str]]:
    with shared("data", "legacy_samples", "expected_truth_wgs84.csv").open(encoding="utf-8-sig") as file:
        return {row["TENXA"]: row for row in csv.DictReader(file)}


def compare(rows, truth) -> None:
    """Every row of the truth once, its text letter for letter, its place within 0.05 m."""
    assert len(rows) == len(truth) == 45
    assert {row.values["TENXA"] for row in rows} == set(truth)
    for row in rows:
        right = truth[row.values["TENXA"]]
        assert (row.values["MAXA"], row.values["LOAI"]) == (right["MAXA"], right["LOAI"])
        assert float(row.values["DTICH"]) == pytest.approx(float(right["DTICH"]))
        assert not row.problems
        assert metres(inside(shape(row)), (float(right["lon"]), float(right["lat"]))) < CLOSE


def inside(area: shapely.Geometry) -> tuple[float, float]:
    """The point that the truth gives of an area: one inside it, found in the old zone's grid."""
    zone = crs.zone(9218)
    point = crs.from_vn2000(crs.to_vn2000(area, zone).representative_point(), zone)
    return point.x, point.y


@pytest.mark.parametrize(
    ("stem", "encoding", "system", "asked"),
    [
        ("bt_vn2000_10745_utf8", "utf-8", "VN2000:5899", []),
        ("bt_vn2000_10830_tcvn3", "tcvn3", "VN2000:9218", []),
        ("bt_vn2000_10830_vni_noprj", "vni", "VN2000:9218", []),
        ("bt_utm49n_tcvn3_noprj", "tcvn3", "VN2000:3406", []),
        ("bt_vn2000_10830", "utf-8", "VN2000:9218", ["system_relabelled"]),
        ("bt_wgs84", "utf-8", "EPSG:4326", []),
    ],
)
def test_each_sample_is_proposed_right_and_lands_where_it_should(sample, truth, real, stem, encoding, system, asked):
    job = sample(stem)
    source = job.one(real)
    assert source.encodings[0].encoding == encoding
    assert source.systems[0].system == system
    assert codes(source.questions) == asked
    first = source.systems[0]
    assert (first.inside, first.named) == (45, 45)
    compare(job.rows(source), truth)
    # A whole outline, not only some point inside it, lies where the stored one does.
    assert first.metres is not None
    assert first.metres < 1


def test_the_list_of_points_is_proved_by_its_names_and_lands_where_it_should(sample, truth, real):
    job = sample("bt_points_vn2000_10830_XN_YE")
    source = job.one(real)
    assert (source.geometry, source.systems[0].system, source.questions) == ("POINT", "VN2000:9218", ())
    assert (source.systems[0].inside, source.systems[0].named) == (45, 45)
    rows = job.rows(source)
    assert len(rows) == 45
    for row in rows:
        right = truth[row.values["Tên xã"]]
        point = shape(row)
        assert metres((point.x, point.y), (float(right["lon"]), float(right["lat"]))) < CLOSE


@pytest.mark.parametrize(
    ("stem", "right", "wrong", "question"),
    [
        ("bt_utm49n_tcvn3_noprj", "VN2000:3406", "EPSG:32649", "system_twins"),
        ("bt_vn2000_10830", "VN2000:9218", "WGS84TM:108.5", "system_relabelled"),
    ],
)
def test_what_the_boundaries_cant_tell_apart_is_asked(sample, province, stem, right, wrong, question):
    """The demo's boundaries are approximate: what lies 220 m apart lands in the same communes."""
    with province.undone() as connection:
        source = sample(stem).one(connection)
    assert codes(source.questions) == [question]
    assert {each.system for each in source.systems[:2]} == {right, wrong}


def test_without_anything_to_prove_it_a_system_is_asked(sample):
    source = sample("bt_vn2000_10830_vni_noprj").one(None)
    assert codes(source.questions) == ["system_unproved"]
    assert {"VN2000:9218", "VN2000:5899"} < {each.system for each in source.systems}


def test_a_prj_that_lies_is_contradicted_by_the_names(tmp_path, real):
    folder = shared("data", "legacy_samples")
    for part in (".shp", ".shx", ".dbf"):
        shutil.copy(folder / f"bt_vn2000_10830_tcvn3{part}", tmp_path / f"ranh{part}")
    shutil.copy(folder / "bt_vn2000_10745_utf8.prj", tmp_path / "ranh.prj")
    source = Job(tmp_path / "job").take(*sorted(tmp_path.glob("ranh.*"))).one(real)
    assert source.systems[0].system == "VN2000:9218"
    assert codes(source.questions) == ["system_contradicted"]
    assert source.questions[0].facts["there"] == 0


def test_the_wrong_choice_would_be_far_off(sample, truth):
    """What the questions are about: the same numbers on the other datum."""
    job = sample("bt_utm49n_tcvn3_noprj")
    for row in job.rows(job.one(), system="EPSG:32649"):
        right = truth[row.values["TENXA"]]
        assert metres(inside(shape(row)), (float(right["lon"]), float(right["lat"]))) > 150
