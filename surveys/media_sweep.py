"""Removes stored files that nothing refers to: written just before a crash, and their submission never came again."""

import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from surveys import media
from surveys.layers import CATALOGUE

OLD_S = 24 * 3600.0  # no request and no batch takes as long
_HASH = re.compile("[0-9a-f]{64}")
_ATTACHED = "SELECT 1 FROM attachments WHERE sha256_kept = decode(:hash, 'hex')"
_MARKS = text("DELETE FROM photo_marks m WHERE NOT EXISTS (SELECT FROM attachments a WHERE a.sha256_kept = m.sha256)")
_IMPORTING = "SELECT 1 FROM imports WHERE choices -> 'document' ->> 'sha256' = :hash AND state <> 'withdrawn'"
_PUBLISHED = "SELECT 1 FROM area_lists WHERE document = :hash AND state <> 'withdrawn'"


def sweep(engine: Engine, home: Path, now: float | None = None) -> int:
    """Removes files older than a day that no row keeps; how many. `now` as time.time(); engine of the worker role."""
    before = (time.time() if now is None else now) - OLD_S
    with engine.begin() as connection:
        connection.execute(_MARKS)
    removed = 0
    for file in _old(home / "media", before):
        if file.name.startswith("."):
            # Never finished, if it is a day old by its own clock: no lock keeps one that is being written.
            if _is_old(file, time.time() - OLD_S):
                file.unlink(missing_ok=True)
                removed += 1
        elif _HASH.fullmatch(file.name):
            removed += _remove_unused(engine, file, before)
    return removed


def remove(engine: Engine, home: Path, hashes: Iterable[bytes]) -> None:
    """Removes files at once where no row keeps them any more; called after the commit that let them go."""
    for sha256 in hashes:
        _remove_unused(engine, media.path(home, sha256.hex()), time.time() + OLD_S)


def _old(folder: Path, before: float) -> Iterator[Path]:
    for part in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        for file in part.iterdir():
            if _is_old(file, before):
                yield file


def _is_old(file: Path, before: float) -> bool:
    try:
        return file.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _remove_unused(engine: Engine, file: Path, before: float) -> bool:
    with engine.begin() as connection:
        if _kept(connection, file.name):
            return False
        # A submission holds this lock from before it looks for the file until its row is there. Whoever had it first
        # decides: its row is seen now, or it finds the file gone and writes it anew.
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": media.lock_key(bytes.fromhex(file.name))}
        )
        if _kept(connection, file.name) or not _is_old(file, before):
            return False
        file.unlink(missing_ok=True)
        return True


def _kept(connection: Connection, digest: str) -> bool:
    return any(connection.execute(text(f"{query} LIMIT 1"), {"hash": digest}).first() for query in _references())


def _references() -> list[str]:
    """Queries that find a row for a `:hash` (hex): attached files, documents of rows, versions and proposals."""
    found = [_ATTACHED, _IMPORTING, _PUBLISHED]
    for layer in CATALOGUE:
        for field in layer.fields:
            if field.kind == "document":
                key, name = field.key, layer.key
                found += [
                    f"SELECT 1 FROM {name} WHERE {key} = :hash",  # noqa: S608  names of our own catalogue
                    f"SELECT 1 FROM versions WHERE layer = '{name}' AND row ->> '{key}' = :hash",  # noqa: S608
                    f"SELECT 1 FROM proposals WHERE layer = '{name}' AND values ->> '{key}' = :hash",  # noqa: S608
                ]
    return found
