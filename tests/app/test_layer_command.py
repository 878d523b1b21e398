"""`diaban layer export` and `diaban layer import` as they are typed."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from app import embedded
from app.cli import diaban
from app.config import Config
from app.roles import Urls
from geodata.problems import Forbidden
from surveys import review
from tests.rows import one_of_each
from tests.world import World

TABLE = """place_name,address_text,lat,lon,điện thoại
Chùa Linh Quang,"12 Lê Lợi, Đắk Mil",11.95,108.05,0912345678
Nhà thờ An Bình,,11.96,108.16,
Nhà thờ An Bình,,11.96,108.16,
Chùa Xa,,10.5,106.7,
"""


@pytest.fixture
def run(
    cluster: Config, urls: Urls, worker: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs `diaban layer …` on this test process's own database."""
    admin = embedded.address(cluster)
    assert admin is not None
    address = make_url(admin.url).set(database=make_url(urls.owner).database)
    monkeypatch.setenv("DATABASE_URL", address.render_as_string(hide_password=False))
    monkeypatch.setenv("DIABAN_HOME", str(cluster.home))
    tables = ("religious_sites", "hamlet_profiles", "proposals")
    with worker.begin() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))
    yield lambda *arguments: CliRunner().invoke(diaban, ["layer", *map(str, arguments)])
    with worker.begin() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "diem.csv"
    file.write_text(TABLE, encoding="utf-8")
    return file


def count(worker: Engine, relation: str) -> int:
    with worker.connect() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM {relation}")) or 0)


def test_a_layer_goes_out_as_the_account_says(
    run: Callable[..., Result], worker: Engine, world: World, tmp_path: Path
) -> None:
    with worker.begin() as connection:
        one_of_each(connection, (*world.communes, world.other_commune))
    out = tmp_path / "ra.zip"
    done = run("export", "hamlet_profiles", "--out", out, "--as", "officer", "--purpose", "Kiểm tra quý III")
    assert done.exit_code == 0, done.output
    assert "3/3" in done.output
    with zipfile.ZipFile(out) as archive:
        assert "Kiểm tra quý III" in archive.read("bao_cao.txt").decode("utf-8-sig")
    with worker.connect() as connection:
        last = connection.execute(text("SELECT * FROM audit WHERE verb = 'export' ORDER BY id DESC LIMIT 1")).one()
    assert (last.account_id, last.purpose, last.detail["rows"]) == (world.officer, "Kiểm tra quý III", 3)
    refused = run("export", "hamlet_profiles", "--out", tmp_path / "nein.zip", "--as", "leader")
    assert isinstance(refused.exception, Forbidden)
    assert [file.name for file in tmp_path.iterdir()] == ["ra.zip"]


def test_a_table_comes_in_as_proposals_and_every_row_is_told(
    run: Callable[..., Result], worker: Engine, table: Path, tmp_path: Path
) -> None:
    report = tmp_path / "bao_cao.csv"
    done = run("import", "religious_sites", table, "--as", "gis", "--report", report)
    assert done.exit_code == 0, done.output
    assert "4 dòng | rows: 2 tốt | good, 2 nghi ngờ | doubtful" in done.output
    assert "dòng 4: Nhà thờ An Bình – trùng (cách dòng 3 0 m)" in done.output
    assert "dòng 5: Chùa Xa – nằm ngoài tỉnh" in done.output
    assert "“điện thoại” bị bỏ" in done.output
    assert "chờ người thứ hai duyệt" in done.output
    assert (count(worker, "proposals"), count(worker, "religious_sites")) == (2, 0)
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 5
    assert "Lê Lợi" not in "".join(lines)
    assert "0912345678" not in "".join(lines)


def test_a_second_account_approves_at_once_never_the_importer(
    run: Callable[..., Result], worker: Engine, table: Path, tmp_path: Path
) -> None:
    given = ("import", "religious_sites", table, "--report", tmp_path / "r.csv", "--yes")
    same = run(*given, "--as", "gis", "--approve-as", "gis")
    assert isinstance(same.exception, Forbidden | review.OwnProposal)
    assert count(worker, "proposals") == 0
    done = run(*given, "--approve-as", "officer")  # without --as: the only GIS account
    assert done.exit_code == 0, done.output
    assert count(worker, "religious_sites") == 2
    again = run(*given, "--approve-as", "officer")
    assert "0 tốt | good, 4 nghi ngờ" in again.output
    assert count(worker, "religious_sites") == 2


def test_the_real_list_is_told_row_by_row(
    run: Callable[..., Result], worker: Engine, shared: Path, tmp_path: Path
) -> None:
    done = run("import", "religious_sites", shared / "data/real_places_lamdong.csv", "--report", tmp_path / "r.csv")
    assert done.exit_code == 0, done.output
    assert "160 dòng" in done.output
    assert len((tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines()) == 161
