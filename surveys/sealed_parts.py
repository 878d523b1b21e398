"""Sealed files on their way: kept as far as they came, whole ones by their hash, swept when nobody comes back."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from geodata.problems import NotFound, Problem
from surveys import media

MOST_BYTES = 32 * 1024 * 1024  # one file; a photo of the phone has a hundredth of that
MOST_OPEN = 100  # files of one account
MOST_OPEN_BYTES = 200 * 1024 * 1024
SPARE_BYTES = 256 * 1024 * 1024  # left free on the disk, for the database
LASTS_S = 7 * 24 * 3600
IDLE_S = 3600  # gives way to new ones of the same account after that
_HASH = re.compile(r"[0-9a-f]{64}\Z")


class UploadTooLarge(Problem):
    """More than one file may have, or more than it was announced with; facts: bytes."""

    code = "upload_too_large"


class TooManyUploads(Problem):
    """The account has too much under way at once; facts: minutes to wait."""

    code = "too_many_uploads"


class OffsetDiffers(Problem):
    """The next byte isn't the one that is wanted; facts: offset, where to go on."""

    code = "upload_offset_differs"


class PartDamaged(Problem):
    """What came isn't what its hash says; it is thrown away, to be sent anew."""

    code = "upload_damaged"


class StorageFull(Problem):
    """No room on the disk, or it can't be written; to be tried again later."""

    code = "storage_unavailable"


@dataclass(frozen=True)
class Under:
    """How far a file came, of how many bytes."""

    offset: int
    length: int


def begin(home: Path, account_id: int, digest: str, length: int) -> Under:
    """Makes room for a file, or finds what is there of it. Raises UploadTooLarge, TooManyUploads, StorageFull."""
    _check(digest)
    found = under(home, account_id, digest)
    if found is not None:
        return found
    if not 0 < length <= MOST_BYTES:
        raise UploadTooLarge(bytes=MOST_BYTES)
    folder = _folder(home, account_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _give_way(folder, length)
    if shutil.disk_usage(folder).free < length + SPARE_BYTES:
        raise StorageFull
    os.close(os.open(folder / f"{digest}-{length}", os.O_WRONLY | os.O_CREAT, 0o600))
    return Under(0, length)


def under(home: Path, account_id: int, digest: str) -> Under | None:
    """How far this account's file of that hash came; a whole one may have been brought by any account."""
    _check(digest)
    mine = _unfinished(home, account_id, digest)
    if mine is not None:
        file, length = mine
        with contextlib.suppress(FileNotFoundError):  # another request has just finished it
            size = file.stat().st_size
            if size < length:
                return Under(size, length)
            _finish(file, digest)  # whole, but its last request was cut short
    whole = found(home, digest)
    return None if whole is None else Under(size := whole.stat().st_size, size)


def append(home: Path, account_id: int, digest: str, at: int, pieces: Iterable[bytes]) -> Under:
    """Adds bytes from `at` on, each piece as it comes, so that what came before a cut is kept; fsynced at the end.

    Raises NotFound, OffsetDiffers (also where another request wrote in between), UploadTooLarge, PartDamaged.
    """
    now = under(home, account_id, digest)
    if now is None:
        raise NotFound(what="upload")
    mine = _unfinished(home, account_id, digest)
    if mine is None or at != now.offset:
        if at == now.offset:
            return now
        raise OffsetDiffers(offset=now.offset)
    file, length = mine
    try:
        descriptor = os.open(file, os.O_WRONLY)
    except FileNotFoundError:
        raise OffsetDiffers(offset=length) from None  # another request has just finished it
    try:
        # No lock while waiting for the phone: a connection that died unnoticed would keep the next one out.
        for piece in pieces:
            at = _write(descriptor, at, piece, length)
    finally:
        os.fsync(descriptor)
        os.close(descriptor)
    if at == length:
        _finish(file, digest)
    return Under(at, length)


def drop(home: Path, account_id: int, digest: str) -> None:
    """Gives up this account's file of that hash."""
    _check(digest)
    mine = _unfinished(home, account_id, digest)
    if mine is not None:
        mine[0].unlink(missing_ok=True)


def found(home: Path, digest: str) -> Path | None:
    """The whole file of that hash: on its way, or held with a record in quarantine."""
    _check(digest)
    held = home / "quarantine" / digest
    if held.is_file():
        return held
    return next((home / "uploads").glob(f"*/{digest}"), None)


def hold(home: Path, files: dict[str, bytes | None]) -> None:
    """Keeps files (by hash; None: where it is found) until somebody decides; all would survive a power cut."""
    folder = home / "quarantine"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for digest, data in files.items():
        _check(digest)
        target = folder / digest
        if target.is_file():
            continue
        if data is not None:
            if shutil.disk_usage(folder).free < len(data) + SPARE_BYTES:
                raise StorageFull
            media.write(target, data)
        elif (source := found(home, digest)) is not None:
            os.utime(source)  # or a sweep could take it before its row is committed
            source.rename(target)
    media.sync(folder)
    media.sync(home)


def forget(home: Path, digests: Iterable[str]) -> None:
    """Removes files that are stored opened now, or that nobody wants any more."""
    for digest in digests:
        while (file := found(home, digest)) is not None:
            file.unlink(missing_ok=True)


def sweep(home: Path, wanted: Iterable[str] = ()) -> int:
    """Removes what nobody came back for within LASTS_S, in quarantine what is not `wanted`; how many files."""
    before = time.time() - LASTS_S
    keep = set(wanted)
    removed = 0
    for file in (*(home / "uploads").glob("*/*"), *(home / "quarantine").glob("*")):
        try:
            if file.stat().st_mtime < before and file.name not in keep:
                file.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def _check(digest: str) -> None:
    """A hash and nothing else: it becomes a file's name."""
    if not _HASH.match(digest):
        raise NotFound(what="upload")


def _folder(home: Path, account_id: int) -> Path:
    return home / "uploads" / str(account_id)


def _unfinished(home: Path, account_id: int, digest: str) -> tuple[Path, int] | None:
    """(file, how long it will be); its name says both, so there is no second file that could disagree."""
    file = next(_folder(home, account_id).glob(f"{digest}-*"), None)
    return None if file is None else (file, int(file.name.rpartition("-")[2]))


def _write(descriptor: int, at: int, piece: bytes, length: int) -> int:
    if at + len(piece) > length:
        raise UploadTooLarge(bytes=length)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        size = os.fstat(descriptor).st_size
        if size != at:
            raise OffsetDiffers(offset=size)
        while piece:
            written = os.pwrite(descriptor, piece, at)
            at, piece = at + written, piece[written:]
        return at
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _finish(file: Path, digest: str) -> None:
    """The whole file under its hash alone. Raises PartDamaged where it is another."""
    try:
        with file.open("rb") as whole:
            right = hashlib.file_digest(whole, "sha256").hexdigest() == digest
        if not right:
            file.unlink(missing_ok=True)
            raise PartDamaged
        file.rename(file.with_name(digest))
        media.sync(file.parent)
    except FileNotFoundError:
        return  # another request was quicker


def _give_way(folder: Path, length: int) -> None:
    """Room among the account's own files: those idle for IDLE_S go first."""
    files = sorted(_sizes(folder), key=lambda one: one[1])
    total = sum(size for _, _, size in files)
    for file, touched, size in files:
        if len(files) < MOST_OPEN and total + length <= MOST_OPEN_BYTES:
            return
        if touched > time.time() - IDLE_S:
            raise TooManyUploads(minutes=IDLE_S // 60)
        file.unlink(missing_ok=True)
        files, total = files[1:], total - size


def _sizes(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """(file, when last written, bytes it has or will have)."""
    for file in folder.iterdir():
        try:
            about = file.stat()
        except FileNotFoundError:
            continue
        yield file, about.st_mtime, int(file.name.partition("-")[2] or about.st_size)
