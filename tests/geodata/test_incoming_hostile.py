"""Uploads made to do harm: each is refused with words, in bounded memory, and nothing is left outside its folder."""

import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas
import pytest
import shapely

from app import errors
from geodata import apart, incoming
from geodata.foreign import archives as unpacking
from geodata.foreign import refusals
from geodata.incoming import process
from geodata.problems import Problem
from tests.geodata.hostile import GOOD, HOSTILE, archives, databases, documents, tables, told, zipped
from tests.geodata.incoming_files import Job, codes

MOST_KB = 300 << 10
SECONDS = 60
KINDS = (archives, databases, documents, tables)  # each lists its own in HOSTILE


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


def test_what_comes_out_of_an_archive_is_counted_whatever_it_says_of_itself(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a.dbf", bytes(1 << 20)))
    with zipfile.ZipFile(path) as archive:
        (entry,) = archive.infolist()
        with pytest.raises(refusals.ArchiveBomb):
            unpacking._pour(archive, entry, tmp_path / "a.dbf", 1000)
        with pytest.raises(refusals.ArchiveBomb):
            unpacking._count(archive, entry, 1000, "a.xlsx")


def test_rows_of_a_sheet_that_claims_the_whole_grid_are_those_it_has(tmp_path, talks):
    (tmp_path / "upload").mkdir()
    book = tables.changed(
        tables.workbook(tmp_path / "upload"),
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
