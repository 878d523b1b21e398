"""Looks for faces in photos that wait for review, in a process apart; what it finds is proposed only (S10)."""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from geodata import apart
from surveys import media

log = logging.getLogger(__name__)
AT_A_TIME = 8
SECONDS, MEGABYTES = 60.0, 500
_ADDRESSES = 4096  # MB; OpenCV reserves far more than it uses
# (x, y, width, height) in thousandths of the picture's width and height.
Box = tuple[int, int, int, int]

_WAITING = text(
    "SELECT DISTINCT a.sha256_kept FROM attachments a WHERE a.state = 'clean' AND a.media_type LIKE 'image/%'"
    " AND NOT EXISTS (SELECT FROM photo_marks m WHERE m.sha256 = a.sha256_kept) LIMIT :most"
)
_MARK = text(
    "INSERT INTO photo_marks (sha256, boxes) VALUES (:sha256, cast(:boxes AS jsonb)) ON CONFLICT (sha256) DO NOTHING"
)


def look_batch(engine: Engine, home: Path, limit: int = AT_A_TIME) -> int:
    """Looks at up to `limit` photos nobody looked at yet; how many. One that can't be looked at is marked as such.

    Nothing is held in the database meanwhile: two workers at once do the same work twice, and one row is kept.
    """
    with engine.connect() as connection:
        hashes = [bytes(sha256) for sha256 in connection.scalars(_WAITING, {"most": limit})]
    photos = {sha256: _read(media.path(home, sha256.hex())) for sha256 in hashes}
    found = seen([data for data in photos.values() if data])
    answers = iter(found)
    marks = [
        {"sha256": sha256, "boxes": json.dumps(boxes) if boxes is not None else None}
        for sha256, data in photos.items()
        for boxes in [next(answers) if data else None]
    ]
    if marks:
        with engine.begin() as connection:
            connection.execute(_MARK, marks)
    return len(marks)


def seen(photos: Sequence[bytes]) -> list[list[Box] | None]:
    """The rectangles of each JPEG; None for one that took too much, or that the detector fell over."""
    if not photos:
        return []
    header = json.dumps([len(data) for data in photos]).encode()
    command = [sys.executable, "-c", _CHILD, str(Path(__file__).resolve().parents[1])]
    ended = apart.run(
        command, header + b"\n" + b"".join(photos), seconds=SECONDS, megabytes=MEGABYTES, address_space=_ADDRESSES
    )
    if ended.code == 0 and not ended.over:
        told: list[list[Box] | None] = json.loads(ended.out)
        return told
    if len(photos) == 1:
        log.warning("a photo could not be looked at: %s", ended.over or ended.err[-200:].decode(errors="replace"))
        return [None]
    return [boxes for data in photos for boxes in seen([data])]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""  # replaced this very moment


# Sockets are refused in Python too, where the kernel doesn't keep the process off the network.
_CHILD = """
import sys
def closed(event, args):
    if event.startswith("socket."):
        raise RuntimeError("no network here")
sys.addaudithook(closed)
sys.path.insert(0, sys.argv[1])
from surveys import face_detector
face_detector.child()
"""


def boxes_of(connection: Any, hashes: Sequence[bytes]) -> dict[bytes, list[Box] | None]:
    """What the detector proposed, by the hash of the kept picture; one it hasn't looked at yet isn't there."""
    rows = connection.execute(
        text("SELECT sha256, boxes FROM photo_marks WHERE sha256 = ANY(:hashes)"), {"hashes": list(hashes)}
    )
    return {bytes(row.sha256): row.boxes for row in rows}
