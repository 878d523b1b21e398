"""Makes parts of a photo unrecognisable for good: a new kept file takes the old one's place wherever it was (S10)."""

import hashlib
import io
import uuid
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageFilter
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue, NotFound
from surveys import audit, jobs, media, photo_bytes, review
from surveys.access import Actor
from surveys.faces import Box

MOST_BOXES = 60
SMALLEST = 5  # thousandths; less is a slip of the finger
FORGET_FILES = "forget_files"  # the job that removes what was replaced
_CELLS = 5  # along the longer side of a rectangle: fewer than any face needs to be told
_PHOTO = text(
    "SELECT name, sha256_kept, sha256_received, state FROM attachments WHERE instance_id = :instance AND name = :name"
    " AND state IN ('clean', 'passed', 'refused') AND media_type LIKE 'image/%' AND province_id = :province"
)
# The same picture elsewhere: under its own hash, as a correction brought it back, or as it stood before that.
_SAME = "(sha256_kept = :old OR sha256_kept = :received OR sha256_received = :old)"
_OLD = text(
    "SELECT DISTINCT sha256_kept FROM attachments"  # noqa: S608  a part of the statement
    f" WHERE province_id = :province AND sha256_kept IS NOT NULL AND state <> 'cut' AND {_SAME}"
)
_REPLACE = text(
    "UPDATE attachments SET sha256_kept = :new, bytes = :bytes"  # noqa: S608
    f" WHERE province_id = :province AND sha256_kept IS NOT NULL AND state <> 'cut' AND {_SAME}"
)


def photo(session: Session, actor: Actor, id_: uuid.UUID, name: str) -> Row[tuple[object, ...]]:
    """A photo of a proposal that the actor may review, re-encoded already. Raises NotFound, Forbidden."""
    wanted = review.proposal(session, actor, id_)
    asked = {"instance": wanted.submission_id, "name": name, "province": actor.province_id}
    found = session.execute(_PHOTO, asked).one_or_none()
    if found is None or wanted.restricted:
        raise NotFound(what="photo")
    return found


def blur(session: Session, actor: Actor, home: Path, id_: uuid.UUID, name: str, boxes: Sequence[Box]) -> None:
    """Blurs rectangles of a photo, wherever it is kept, in the caller's transaction; the old file goes after it.

    Raises NotFound, Forbidden, InvalidValue (no rectangle, or too many).
    """
    found = photo(session, actor, id_, name)
    boxes = [box for box in map(_within, boxes) if box[2] >= SMALLEST and box[3] >= SMALLEST]
    if not 0 < len(boxes) <= MOST_BOXES:
        raise InvalidValue(field="khung", value=str(len(boxes)), reason=f"1–{MOST_BOXES}")
    data = blurred(media.path(home, found.sha256_kept.hex()).read_bytes(), boxes)
    made = media.Taken(data, hashlib.sha256(data).digest(), photo_bytes.JPEG, 1, "clean")
    session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": media.lock_key(made.sha256)})
    media.keep(home, [made])
    facts = {
        "old": found.sha256_kept, "received": found.sha256_received, "new": made.sha256, "bytes": len(data),
        "province": actor.province_id,
    }  # fmt: skip
    old = [bytes(sha256).hex() for sha256 in session.scalars(_OLD, facts)]
    session.execute(_REPLACE, facts)
    # The worker sees every row, so it alone can say that nothing keeps the old file any more.
    jobs.submit(session, actor, FORGET_FILES, {"hashes": old}, None)
    audit.record(session, actor, "blur", detail={"proposal": str(id_), "boxes": len(boxes)})


def blurred(data: bytes, boxes: Sequence[Box]) -> bytes:
    """The JPEG with each rectangle (thousandths of width and height) turned into a few even cells, and nothing else."""
    picture = Image.open(io.BytesIO(data), formats=("JPEG",)).convert("RGB")
    for x, y, w, h in boxes:
        area = (
            x * picture.width // 1000, y * picture.height // 1000,
            min(-(-(x + w) * picture.width // 1000), picture.width),
            min(-(-(y + h) * picture.height // 1000), picture.height),
        )  # fmt: skip
        part = picture.crop(area)
        if not part.width or not part.height:
            continue
        scale = _CELLS / max(part.size)
        few = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))), Image.Resampling.BOX)
        coarse = few.resize(part.size, Image.Resampling.NEAREST)
        picture.paste(coarse.filter(ImageFilter.GaussianBlur(max(part.size) / _CELLS / 3)), area)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=media.QUALITY, optimize=True)
    return out.getvalue()


def _within(box: Box) -> Box:
    x, y = (min(max(value, 0), 1000) for value in box[:2])
    return x, y, min(max(box[2], 0), 1000 - x), min(max(box[3], 0), 1000 - y)
