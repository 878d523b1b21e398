"""Where an upload lies while it is looked at: a folder of its own, gone once its rows are proposed or given up."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar

from geodata.foreign import sources
from geodata.foreign.sources import Source
from geodata.problems import Problem

MOST_BYTES = 200 << 20
LONGEST_NAME = 120


class UploadTooLarge(Problem):
    """Facts: megabytes (the most that is taken)."""

    code: ClassVar[str] = "import_too_large"


@dataclass(frozen=True)
class Kept:
    """An upload as it came."""

    name: str
    sha256: bytes
    bytes: int


def folder(home: Path, id_: uuid.UUID) -> Path:
    """The import's own folder, whether or not it is there."""
    return home / "imports" / str(id_)


def keep(home: Path, id_: uuid.UUID, name: str, read: Callable[[int], bytes]) -> Kept:
    """Writes what `read(most)` gives, piece by piece. Raises UploadTooLarge, and then nothing stays."""
    into = folder(home, id_)
    into.mkdir(mode=0o700, parents=True)
    digest, size = hashlib.sha256(), 0
    try:
        descriptor = os.open(into / "upload", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            while block := read(1 << 20):
                size += len(block)
                if size > MOST_BYTES:
                    raise UploadTooLarge(megabytes=MOST_BYTES >> 20)
                digest.update(block)
                out.write(block)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise
    return Kept(plain(name), digest.digest(), size)


def plain(name: str) -> str:
    """A file's name without the folders some browsers send."""
    said = name.replace("\\", "/").replace("\0", "").encode("utf-8", "replace").decode()
    return PurePath(said).name[-LONGEST_NAME:] or "tep"


def remember(into: Path, found: list[Source]) -> None:
    """Keeps what a file holds beside it: samples of persons' columns are in it, so it isn't for the database."""
    (into / "found.json").write_text(json.dumps([sources.to_json(one) for one in found]), encoding="utf-8")


def recall(into: Path) -> list[Source] | None:
    """What `remember` kept; None before."""
    kept = into / "found.json"
    if not kept.is_file():
        return None
    told: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return [sources.from_json(one) for one in told]


def forget(home: Path, id_: uuid.UUID) -> None:
    """Removes the file and all that was unpacked of it; the list of rows that were left out stays."""
    into = folder(home, id_)
    for each in into.glob("*"):
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        elif each.name != REPORT:
            each.unlink(missing_ok=True)


REPORT = "bao_cao.csv"
