"""Files an uploaded form shows or chooses from: which kinds, without hidden data, stored with the form's version."""

import hashlib
import re
from collections.abc import Iterable
from typing import cast

from lxml import etree
from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.orm import Session

from surveys import media
from surveys.answer_problems import FileNotTaken
from surveys.form_faults import Fault
from surveys.submissions import FormFile

TABLE = cast(Table, FormFile.__table__)
MOST_FILES = 100
MOST_BYTES = 5_000_000  # each
MOST_TOGETHER = 30_000_000
# Ending → media type and what such a file begins with (none: it is text).
KINDS = {
    ".csv": ("text/csv; charset=utf-8", ()),
    ".xml": ("text/xml; charset=utf-8", ()),
    ".geojson": ("application/geo+json", ()),
    ".jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    ".png": ("image/png", (b"\x89PNG\r\n",)),
    ".webp": ("image/webp", (b"RIFF",)),
    ".mp3": ("audio/mpeg", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    ".m4a": ("audio/mp4", (b"\x00\x00\x00",)),
    ".ogg": ("audio/ogg", (b"OggS",)),
    ".wav": ("audio/wav", (b"RIFF",)),
    ".mp4": ("video/mp4", (b"\x00\x00\x00",)),
}
_NAME = re.compile(r"[^/\\:?#%\x00-\x1f]{1,120}")


def taken(files: dict[str, bytes]) -> tuple[dict[str, bytes], list[Fault]]:
    """The files as they may be kept, and what is wrong with the others."""
    kept: dict[str, bytes] = {}
    wrong = []
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_TOGETHER:
        return {}, [Fault("Quá nhiều tệp kèm theo: nhiều nhất 100 tệp, 30 MB cả thảy.")]
    for name, data in files.items():
        words = _wrong(name, data)
        if words:
            wrong.append(Fault(words, about=name))
            continue
        try:
            kept[name] = media.take(name, data).data if _kind(name)[0].startswith("image/") else data
        except FileNotTaken:
            wrong.append(Fault("Ảnh có dữ liệu ẩn không gỡ được.", about=name))
    return kept, wrong


def store(session: Session | Connection, form_id: str, version: str, files: dict[str, bytes]) -> None:
    """Keeps the files of a version, in place of those it had."""
    session.execute(delete(TABLE).where(TABLE.c.form_id == form_id, TABLE.c.version == version))
    rows = [
        {
            "form_id": form_id,
            "version": version,
            "name": name,
            "media_type": _kind(name)[0],
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "data": data,
        }
        for name, data in files.items()
    ]
    if rows:
        session.execute(insert(TABLE), rows)


def listed(session: Session | Connection, form_id: str, version: str) -> dict[str, str]:
    """MD5 of each file by its name."""
    rows = session.execute(
        select(TABLE.c.name, TABLE.c.md5).where(TABLE.c.form_id == form_id, TABLE.c.version == version)
    )
    return {row.name: row.md5 for row in rows}


def found(session: Session | Connection, form_id: str, version: str, name: str) -> tuple[bytes, str, str] | None:
    """(content, media type, MD5) of one file."""
    row = session.execute(
        select(TABLE.c.data, TABLE.c.media_type, TABLE.c.md5).where(
            TABLE.c.form_id == form_id, TABLE.c.version == version, TABLE.c.name == name
        )
    ).one_or_none()
    return None if row is None else (bytes(row.data), row.media_type, row.md5)


def _kind(name: str) -> tuple[str, Iterable[bytes]]:
    return KINDS.get("." + name.rpartition(".")[2].lower(), ("", ()))


def _wrong(name: str, data: bytes) -> str:
    media_type, begins = _kind(name)
    if not media_type or not _NAME.fullmatch(name):
        return f"Không nhận loại tệp này. Được nhận: {', '.join(KINDS)}."
    if len(data) > MOST_BYTES:
        return "Tệp kèm theo lớn hơn 5 MB."
    if begins and not data.startswith(tuple(begins)):
        return "Nội dung tệp không đúng với đuôi tên."
    if media_type.startswith("text/xml") and not _plain_xml(data):
        return "Tệp XML hỏng hoặc có khai báo DOCTYPE."
    return ""


def _plain_xml(data: bytes) -> bool:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data:
        return False
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return True
