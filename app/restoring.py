"""Restores a backup into an empty home: database, files, seals; the audit goes on in an era of its own."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from app import backups, embedded, keys, roles, startup
from app.backup_problems import BackupDamaged, HomeNotEmpty, NoBackup, OwnServer
from app.config import Config
from app.roles import Urls
from surveys import media, sealing


@dataclass(frozen=True)
class Restored:
    """What came back: files, photos the database knows but the backup hadn't, and whether the audit agrees."""

    made_at: str
    files: int
    missing: int
    findings: tuple[str, ...]


def restore(config: Config, source: Path, secrets: Path | None = None) -> Restored:
    """Fills an empty home from a backup; `secrets` is the copy of the secrets folder that was kept apart.

    Whoever was signed in is signed out. Raises OwnServer, NoBackup, BackupDamaged, HomeNotEmpty, BackupFailed.
    """
    if config.database_url is not None:
        raise OwnServer
    manifest = _checked(source)
    if (config.cluster / "data").exists() or any((config.home / backups.MEDIA).glob("??/*")):
        raise HomeNotEmpty(folder=config.home)
    if secrets is not None:
        for file in sorted(secrets.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                keys.replace(config.secrets, file.name, file.read_text())
    with embedded.running(config) as admin:
        roles.prepare(admin.url, config.secrets, own_cluster=True)
        roles.make_empty(admin.url)
        archive = str(source / backups.DATABASE)
        backups.run(config, admin, "pg_restore", "-d", roles.DATABASE, "--exit-on-error", archive)
        urls = roles.prepare(admin.url, config.secrets, own_cluster=True)
        files = sum(_put_back(source / folder, config.home / folder) for folder in (backups.MEDIA, *backups.FOLDERS))
        if (source / backups.SEALS).exists():
            shutil.copyfile(source / backups.SEALS, config.home / backups.SEALS)
        startup.migrate(urls)
        missing = _missing(config, urls)
        findings = _begin_anew(config, urls, manifest)
    return Restored(manifest["made_at"], files, missing, findings)


def _checked(source: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((source / backups.MANIFEST).read_text(encoding="utf-8"))
        found = backups.digest(source / backups.DATABASE)
    except (OSError, ValueError):
        raise NoBackup(folder=source) from None
    if found != manifest.get("sha256"):
        raise BackupDamaged(file=source / backups.DATABASE)
    return manifest


def _put_back(source: Path, target: Path) -> int:
    if not source.is_dir():
        return 0
    shutil.copytree(source, target, dirs_exist_ok=True)
    return sum(1 for file in source.rglob("*") if file.is_file())


def _missing(config: Config, urls: Urls) -> int:
    with create_engine(urls.worker, poolclass=NullPool).connect() as connection:
        hashes = connection.scalars(
            text("SELECT DISTINCT encode(sha256_kept, 'hex') FROM attachments WHERE sha256_kept IS NOT NULL"),
            execution_options={"yield_per": 1000},
        )
        return sum(1 for sha256 in hashes if not media.path(config.home, sha256).exists())


def _begin_anew(config: Config, urls: Urls, manifest: dict[str, Any]) -> tuple[str, ...]:
    """Transaction numbers begin again, so the audit goes on in a new era; returns what doesn't agree with its seals.

    Accounts may have been closed since the backup: nobody stays signed in.
    """
    worker, owner = (create_engine(url, poolclass=NullPool) for url in (urls.worker, urls.owner))
    key, file = keys.kept(config.secrets, "audit_seal").encode(), config.home / backups.SEALS
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM sign_ins"))
    sealing.begin_era(worker, owner, key, file, {"backup": manifest["made_at"]})
    return tuple(f"{finding.seal}: {finding.what}" for finding in sealing.verify(worker, key, file))
