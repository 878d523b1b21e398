"""Backups: the database as PostgreSQL's own archive, the files beside it, and a note on what is kept apart."""

import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import make_url

from app import cluster_programs, embedded, keys
from app.backup_problems import BackupFailed, OwnServer
from app.config import Config
from app.embedded import Admin
from app.roles import Urls
from surveys import audit, keeping, wall_clock

MANIFEST, DATABASE, SEALS, NOTE = "manifest.json", "database.dump", "seals.log", "DOC-TOI.txt"
# Photos never change under their hash, so a backup on the same disk shares them; the rest is copied.
MEDIA, FOLDERS = "media", ("quarantine", "uploads", "imports", "reforms")
# The worker looks every six hours: what would pass its day before the next look goes now.
EARLY = dt.timedelta(hours=12)
_BLOCK = 1 << 20
_NOTE = """Bản sao lưu của Địa Bàn, lập lúc {at}.

Trong thư mục này KHÔNG có thư mục bí mật ({secrets}). Hãy chép thư mục đó riêng, sang nơi khác, mỗi khi nó đổi:
  audit_seal   khóa niêm phong nhật ký: thiếu nó thì không đối chiếu được các dấu cũ
  phone_*      khóa mở phiếu niêm phong từ điện thoại: thiếu nó thì phiếu chưa nhận không mở được
  còn lại      mật khẩu cơ sở dữ liệu, khóa phiên: được tạo mới khi phục hồi
Bản này phải bị xóa trước {until} (SAFEGUARDS S11); mỗi lần chạy `diaban backup` xóa các bản quá hạn cùng chỗ.
Phục hồi vào một DIABAN_HOME trống: diaban restore THƯ_MỤC_NÀY --secrets THƯ_MỤC_BÍ_MẬT

Backup of Địa Bàn. The secrets folder is NOT in it: keep a copy of it apart. It must be gone by {until}.
Restore into an empty DIABAN_HOME: diaban restore THIS_FOLDER --secrets SECRETS_FOLDER
"""


@dataclass(frozen=True)
class Made:
    """A finished backup: its folder, bytes of the database's archive, number of files, and how many old ones went."""

    folder: Path
    bytes: int
    files: int
    aged_out: int


def make(config: Config, urls: Urls, to: Path | None = None, now: dt.datetime | None = None) -> Made:
    """Backs the private cluster's database and its files up into a new folder under `to`; old ones there are removed.

    The database as at one moment; a photo replaced meanwhile may be there twice. Raises BackupFailed, OwnServer.
    """
    admin = embedded.address(config)
    if config.database_url is not None or admin is None:
        raise OwnServer
    now = now or dt.datetime.now(dt.UTC)
    base = to or config.backups
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    side = base / f".making-{secrets.token_hex(4)}"
    side.mkdir(mode=0o700)
    try:
        made = _fill(config, urls, admin, side, now)
        folder = _named(base, now)
        side.rename(folder)
        keys.sync(base)
    except OSError as error:
        raise BackupFailed(what=str(base), reason=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(side, ignore_errors=True)
    worker = create_engine(urls.worker, poolclass=NullPool)
    with worker.begin() as connection:
        audit.record(connection, None, "backup", detail={"files": made["files"], "bytes": made["bytes"]})
    return Made(folder, made["bytes"], made["files"], age_out(worker, base, now))


def age_out(engine: Engine, base: Path, now: dt.datetime | None = None) -> int:
    """Removes the backups in `base` whose period is over; how many. Folders that aren't backups are left alone."""
    now = now or dt.datetime.now(dt.UTC)
    if not base.is_dir():
        return 0
    with engine.connect() as connection:
        days = keeping.length(connection, keeping.BACKUP_DAYS, wall_clock.day(now))
    gone = 0
    for folder, manifest in listed(base):
        if dt.datetime.fromisoformat(manifest["made_at"]) + dt.timedelta(days=days) - EARLY <= now:
            shutil.rmtree(folder)
            gone += 1
    return gone


def listed(base: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The backups in a folder with their manifests, the oldest first."""
    found = []
    for file in base.glob(f"diaban-*/{MANIFEST}"):
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
            dt.datetime.fromisoformat(manifest["made_at"])
        except (OSError, ValueError, KeyError):
            continue
        found.append((file.parent, manifest))
    return sorted(found, key=lambda one: one[1]["made_at"])


def _fill(config: Config, urls: Urls, admin: Admin, side: Path, now: dt.datetime) -> dict[str, Any]:
    name = str(make_url(urls.owner).database)
    dsn = {"host": admin.host, "port": admin.port, "user": admin.user, "password": admin.password, "dbname": name}
    _copy(config.home / MEDIA, side / MEDIA, link=True)
    with psycopg.connect(**dsn) as connection:  # type: ignore[arg-type]
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = _one(connection, "SELECT pg_export_snapshot()")
        last = int(str(_one(connection, "SELECT coalesce(max(id), 0) FROM audit_seals")))
        revision = _one(connection, "SELECT version_num FROM alembic_version")
        days = keeping_days(urls, now)
        run(
            config, admin, "pg_dump", "-Fc", "-Z", "6", "-d", name, f"--snapshot={snapshot}", "-f", str(side / DATABASE)
        )
    # Again: what came in while the archive was begun. Names are hashes, so the same name is the same file.
    _copy(config.home / MEDIA, side / MEDIA, link=True)
    for folder in FOLDERS:
        _copy(config.home / folder, side / folder, link=False)
    _seals(config.home / SEALS, side / SEALS, last)
    manifest = {
        "made_at": now.isoformat(), "revision": revision, "database": name, "seals": last,
        "bytes": (side / DATABASE).stat().st_size, "sha256": digest(side / DATABASE),
        "files": sum(1 for folder in (MEDIA, *FOLDERS) for _ in _files(side / folder)),
    }  # fmt: skip
    until = wall_clock.day(now + dt.timedelta(days=days)).strftime("%d/%m/%Y")
    at = now.astimezone(wall_clock.HERE).strftime("%H:%M %d/%m/%Y")
    (side / NOTE).write_text(_NOTE.format(at=at, secrets=config.secrets, until=until), encoding="utf-8")
    with (side / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def keeping_days(urls: Urls, now: dt.datetime) -> int:
    """Days a backup made now is kept."""
    with create_engine(urls.worker, poolclass=NullPool).connect() as connection:
        return keeping.length(connection, keeping.BACKUP_DAYS, wall_clock.day(now))


def run(config: Config, admin: Admin, program: str, *arguments: str) -> None:
    """Runs one of PostgreSQL's programs against the private cluster as its administrator. Raises BackupFailed."""
    path = cluster_programs.find(config.cluster / "data").folder / program
    where = ("-h", admin.host, "-p", str(admin.port), "-U", admin.user)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [path, *where, "-w", *arguments],
        env={**kept, "PGPASSWORD": admin.password, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(what=program, reason=" ".join(done.stderr.split())[:400] or str(done.returncode))


def digest(file: Path) -> str:
    """SHA-256 of a file, in hex, a block at a time."""
    found = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _named(base: Path, now: dt.datetime) -> Path:
    stem = base / f"diaban-{now.astimezone(wall_clock.HERE):%Y%m%d-%H%M%S}"
    return stem if not stem.exists() else stem.with_name(f"{stem.name}-{secrets.token_hex(2)}")


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))


def _copy(source: Path, target: Path, *, link: bool) -> None:
    for file in _files(source):
        copy = target / file.relative_to(source)
        if copy.exists():
            continue
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            if link:
                os.link(file, copy)
                continue
        except FileNotFoundError:
            continue
        except OSError:
            pass  # another disk
        try:
            shutil.copy2(file, copy)
        except FileNotFoundError:
            copy.unlink(missing_ok=True)  # replaced or swept this very moment


def _seals(source: Path, target: Path, last: int) -> None:
    """The seals' file as far as the archive's table goes: both must agree after a restore."""
    if source.exists():
        lines = source.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.strip() and json.loads(line)["id"] <= last]
        target.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
