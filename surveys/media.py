"""Files of submissions: taken in without hidden data, kept by hash on disk, re-encoded later in the background."""

import hashlib
import io
import os
import re
import secrets
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import Engine, text

from surveys import photo_bytes
from surveys.answer_problems import FileNotTaken
from surveys.xlsforms import PHOTO_PIXELS

MOST_PIXELS = 50_000_000  # a phone's largest photos; more is a bomb
QUALITY = 85
_DOCUMENTS = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),  # DOCX, XLSX, ODT, ODS
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),  # DOC, XLS
)


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Taken:
    """A file as it will be kept; `state` as in `attachments`: a photo is `received` until it was re-encoded."""

    data: bytes
    sha256: bytes
    media_type: str
    orientation: int
    state: str


def take(name: str, data: bytes) -> Taken:
    """The file without hidden data. Raises FileNotTaken for kinds that aren't taken, or that hide what can't be cut."""
    kind = photo_bytes.kind(data)
    if kind is None:
        kind = _document_kind(data)
        if kind is None:
            raise FileNotTaken(field=name, reason="kind")
        return Taken(data, hashlib.sha256(data).digest(), kind, 1, "clean")
    try:
        photo = photo_bytes.bare(data)
    except photo_bytes.UndecodableError as error:
        if error.hides or photo_bytes.hides_something(data):
            raise FileNotTaken(field=name, reason="hidden_data") from None
        photo = photo_bytes.Photo(data)
    return Taken(photo.data, hashlib.sha256(photo.data).digest(), kind, photo.orientation, "received")


def path(home: Path, digest: str) -> Path:
    """Where the file of that SHA-256 (hex) is kept."""
    return home / "media" / digest[:2] / digest


def keep(home: Path, files: Iterable[Taken]) -> None:
    """Writes each file under its hash and returns when all of them would survive a power cut."""
    touched = set()
    for file in files:
        target = path(home, file.sha256.hex())
        if not target.parent.is_dir():
            _make_folders(home / "media")
        if not target.exists():
            write(target, file.data)
        # Also where it was there already: another request may have renamed it and not yet fixed the name on disk.
        touched.add(target.parent)
    for parent in touched:
        sync(parent)


def write(target: Path, data: bytes) -> None:
    """A whole file or none; its name is on disk only after `sync` of its folder."""
    unfinished = target.parent / f".{secrets.token_hex(8)}"
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.rename(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _make_folders(folder: Path) -> None:
    """All 256 at once, so that no later write has to fix a new folder's name on disk."""
    for number in range(256):
        (folder / f"{number:02x}").mkdir(mode=0o700, parents=True, exist_ok=True)
    for made in (folder, folder.parent):
        sync(made)


def sync(folder: Path) -> None:
    """Makes new names in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clean_batch(engine: Engine, home: Path, limit: int = 20) -> int:
    """Re-encodes up to `limit` received photos, upright and without anything but the picture; how many were looked at.

    What can't be decoded stays `received`, which nobody is shown, and is marked so that it isn't tried again.
    """
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT instance_id, name, sha256_kept, orientation FROM attachments"
                " WHERE state = 'received' AND NOT undecodable LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"limit": limit},
        ).all()
        for row in rows:
            made = _reencoded(path(home, row.sha256_kept.hex()), row.orientation)
            key = {"instance": row.instance_id, "name": row.name}
            if made is None:
                connection.execute(
                    text("UPDATE attachments SET undecodable = true WHERE instance_id = :instance AND name = :name"),
                    key,
                )
                continue
            # The sweep might be about to remove the same bytes, left over from a crash.
            connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": lock_key(made.sha256)})
            keep(home, [made])
            connection.execute(
                text(
                    "UPDATE attachments SET state = 'clean', sha256_kept = :sha, bytes = :bytes, media_type = :type,"
                    " orientation = 1 WHERE instance_id = :instance AND name = :name"
                ),
                key | {"sha": made.sha256, "bytes": len(made.data), "type": made.media_type},
            )
        replaced = [row.sha256_kept for row in rows]
    _remove_unused(engine, home, replaced)
    return len(rows)


def lock_keys(files: Iterable[Taken]) -> list[int]:
    """Advisory lock keys, one for each file: held shared by whoever is about to store a reference to it."""
    return [lock_key(file.sha256) for file in files]


def lock_key(sha256: bytes) -> int:
    return int.from_bytes(sha256[:8], "big", signed=True)


def _remove_unused(engine: Engine, home: Path, hashes: list[bytes]) -> None:
    """After the commit: the bytes as received, where no row keeps them any more."""
    for sha256 in hashes:
        with engine.begin() as connection:
            # Waits for a request that found the same bytes on disk and hasn't committed its row yet.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(sha256)})
            used = connection.execute(text("SELECT 1 FROM attachments WHERE sha256_kept = :h LIMIT 1"), {"h": sha256})
            if used.first() is None:
                path(home, sha256.hex()).unlink(missing_ok=True)


def _reencoded(file: Path, orientation: int) -> Taken | None:
    """The picture alone, at most PHOTO_PIXELS on its longer side; None if it can't be decoded."""
    try:
        data = file.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.load()
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError, Warning):
        return None
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture.info["exif"] = exif.tobytes()
        picture = ImageOps.exif_transpose(picture)
    picture.thumbnail((PHOTO_PIXELS, PHOTO_PIXELS))
    plain = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        picture = picture.convert("RGBA")
        plain.paste(picture, mask=picture.getchannel("A"))
    else:
        plain.paste(picture.convert("RGB"))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    made = out.getvalue()
    return Taken(made, hashlib.sha256(made).digest(), photo_bytes.JPEG, 1, "clean")


def _document_kind(data: bytes) -> str | None:
    for start, kind in _DOCUMENTS:
        if data.startswith(start):
            return kind
    try:
        shown = data.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROLS.search(shown) else "text/plain"
