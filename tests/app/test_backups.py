"""A backup fills an empty home again: rows, files, rights and the audit; and none grows older than it may."""

import datetime as dt
import json
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, text

from app import backups, embedded, keys, restoring, roles
from app.backup_problems import BackupDamaged, HomeNotEmpty, NoBackup
from app.config import Config
from app.database import acting
from app.roles import Urls
from surveys import audit, media, sealing
from surveys.layers import named
from tests.rows import feature
from tests.surveys import photos
from tests.world import World

NOW = dt.datetime(2026, 10, 5, 2, 30, tzinfo=dt.UTC)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="diaban-backup-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def running(cluster: Config, place: Path) -> Config:
    """A home of its own on the tests' cluster: what is beside the database isn't shared with other tests."""
    made = Config(home=place / "running")
    made.home.mkdir()
    for name in ("cluster", "secrets"):
        (made.home / name).symlink_to(cluster.home / name)
    return made


@pytest.fixture
def signed_in(worker: Engine) -> Iterator[None]:
    """Somebody is signed in."""
    with worker.begin() as connection:
        made = "INSERT INTO sign_ins (sha256, account_id, expires_at) VALUES ('x', 2, now() + interval '1 day')"
        connection.execute(text(made))
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM sign_ins WHERE sha256 = 'x'"))


def test_a_backup_fills_an_empty_home_again(
    running: Config, urls: Urls, worker: Engine, owner: Engine, world: World, place: Path, signed_in: None
) -> None:
    photo = media.take("photo.jpg", photos.jpeg())
    media.keep(running.home, [photo])
    key = keys.kept(running.secrets, "audit_seal").encode()
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE audit, audit_seals"))
    with worker.begin() as connection:
        connection.execute(insert(named("religious_sites").table), feature(named("religious_sites"), 11))
        audit.record(connection, world.actor("officer"), "read", layer="religious_sites", area=11)
    sealing.seal(worker, key, running.home / "seals.log")
    older(place / "copies", 36)
    made = backups.make(running, urls, place / "copies", NOW)
    assert made.aged_out == 1
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    with worker.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit WHERE verb = 'backup'")) == 1
    with worker.begin() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM religious_sites"))
    assert made.folder.name == "diaban-20261005-093000"  # by the clock people live by
    note = (made.folder / backups.NOTE).read_text()
    assert "09/11/2026" in note
    secrets = [file.read_bytes() for file in running.secrets.iterdir() if file.is_file() and file.stat().st_size]
    assert secrets
    for file in (file for file in made.folder.rglob("*") if file.is_file()):
        assert not any(secret in file.read_bytes() for secret in secrets), file

    home = Config(home=place / "home")
    done = restoring.restore(home, made.folder, running.secrets)
    assert (done.missing, done.findings) == (0, ())
    assert media.path(home.home, photo.sha256.hex()).read_bytes() == photo.data
    try:
        with embedded.running(home):
            again = roles.urls(home)
            web, back = create_engine(again.web), create_engine(again.worker)
            with acting(web, world.actor("officer")) as session:
                assert session.scalar(text("SELECT count(*) FROM religious_sites")) == rows
            with acting(web, None) as session:
                assert session.scalar(text("SELECT count(*) FROM religious_sites")) == 0  # the policies came along
            with back.begin() as connection:
                audit.record(connection, world.actor("officer"), "read", layer="religious_sites", area=12)
            assert sealing.seal(back, key, home.home / "seals.log") == 1
            assert sealing.verify(back, key, home.home / "seals.log") == []
            with back.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM sign_ins")) == 0  # accounts may be closed since
                eras = connection.execute(text("SELECT era, count(*) FROM audit GROUP BY 1 ORDER BY 1")).all()
            assert [row.era for row in eras] == [1, 2]
            web.dispose()
            back.dispose()
            with pytest.raises(HomeNotEmpty):
                restoring.restore(home, made.folder)
    finally:
        embedded.stop(home)


def test_seals_go_into_a_backup_as_far_as_its_audit_goes(place: Path) -> None:
    lines = [json.dumps({"id": n, "hmac": "00"}) for n in (1, 2, 3)]
    (place / "seals.log").write_text("\n".join([*lines, "", ""]))
    backups._seals(place / "seals.log", place / "kept.log", 2)
    assert (place / "kept.log").read_text().splitlines() == lines[:2]


def older(base: Path, days: int) -> Path:
    """A backup made so many days ago."""
    folder = base / f"diaban-{days}"
    folder.mkdir(parents=True)
    at = (NOW - dt.timedelta(days=days)).isoformat()
    (folder / backups.MANIFEST).write_text(json.dumps({"made_at": at}))
    return folder


@pytest.fixture
def old(place: Path) -> list[Path]:
    """Backups made 36, 35, 34 and 1 days ago, and a folder of somebody's own."""
    made = [older(place, days) for days in (36, 35, 34, 1)]
    (place / "diaban-anh").mkdir()
    (place / "diaban-anh" / "manifest.json").write_text("{}")
    return made


def test_a_backup_is_gone_by_its_thirty_fifth_day(worker: Engine, place: Path, old: list[Path]) -> None:
    assert backups.age_out(worker, place, NOW) == 2
    assert [folder.exists() for folder in old] == [False, False, True, True]
    assert (place / "diaban-anh").is_dir()
    assert backups.age_out(worker, place, NOW + dt.timedelta(days=1)) == 1


def test_what_is_no_whole_backup_is_refused_before_anything_is_made(place: Path, old: list[Path]) -> None:
    home = Config(home=place / "home")
    with pytest.raises(NoBackup):
        restoring.restore(home, place)
    (old[-1] / backups.DATABASE).write_bytes(b"not the archive")
    with pytest.raises(BackupDamaged):
        restoring.restore(home, old[-1])
    assert not home.home.exists()
