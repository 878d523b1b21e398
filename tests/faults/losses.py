"""Compares what was acknowledged with what a home holds: each submission once, whole, with its files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from surveys import media
from tests.faults.phones import Letter


def find(worker_url: str, home: Path, acknowledged: Iterable[Letter]) -> list[str]:
    """One line for each acknowledged submission or file that is missing, doubled, changed or not readable.

    `worker_url` is the background role's, which sees every row. The instance id is the table's key, but a torn index
    could hide a double: rows are counted by a sequential scan.
    """
    problems = []
    with create_engine(worker_url, poolclass=NullPool).connect() as connection:
        for setting in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"):
            connection.execute(text(f"SET {setting} = off"))
        rows = connection.execute(text("SELECT instance_id, sha256_received, sha256_kept, xml FROM submissions")).all()
        files = connection.execute(
            text("SELECT instance_id, name, sha256_received, sha256_kept FROM attachments")
        ).all()
    held: dict[str, list] = {}
    for row in rows:
        held.setdefault(row.instance_id, []).append(row)
    kept = {(row.instance_id, row.name): row for row in files}
    for letter in acknowledged:
        found = held.get(letter.instance_id, [])
        if len(found) != 1:
            problems.append(f"{letter.instance_id}: {len(found)} rows")
            continue
        row = found[0]
        if row.sha256_received.hex() != letter.sha256:
            problems.append(f"{letter.instance_id}: other content than sent")
        if hashlib.sha256(row.xml.encode()).digest() != row.sha256_kept:
            problems.append(f"{letter.instance_id}: torn XML")
        problems += [line for name, sha in letter.files.items() if (line := _file(home, letter, name, sha, kept))]
    return problems


def summary(problems: list[str], most: int = 20) -> list[str]:
    """The first problems, and how many there are in all."""
    return problems[:most] + ([f"{len(problems)} problems in all"] if problems else [])


def _file(home: Path, letter: Letter, name: str, sha: str, kept: dict) -> str | None:
    row = kept.get((letter.instance_id, name))
    if row is None or row.sha256_received.hex() != sha:
        return f"{letter.instance_id}/{name}: not recorded"
    where = media.path(home, row.sha256_kept.hex())
    if not where.exists():
        return f"{letter.instance_id}/{name}: no file"
    return (
        None if hashlib.sha256(where.read_bytes()).digest() == row.sha256_kept else f"{letter.instance_id}/{name}: torn"
    )
