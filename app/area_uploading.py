"""A published list and its decision as they are handed in: read, the document kept by its hash, stored as a draft."""

import datetime as dt
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys import area_lists, area_reading, import_columns, import_files, media, wall_clock
from surveys.access import Actor
from surveys.answer_problems import FileNotTaken

MOST_LIST, MOST_DOCUMENT = 10 << 20, 20 << 20
Reading = Callable[[int], bytes]  # as a file's `read`


def take(
    session: Session, actor: Actor, home: Path, given: Mapping[str, str], file: tuple[str, Reading],
    document: tuple[str, Reading],
) -> uuid.UUID:  # fmt: skip
    """`given`: decision, decided_on, valid_from ("" for the decision's day); `file`, `document`: name and content.

    Raises Forbidden, InvalidValue, UploadTooLarge, FileNotTaken and what reading and entering a list raise; nothing is
    stored then.
    """
    area_lists.must_write(actor)
    decided_on = _day("Ngày quyết định", given.get("decided_on", ""))
    valid_from = _day("Hiệu lực từ ngày", given["valid_from"]) if given.get("valid_from") else decided_on
    paper = _paper(document)
    name = import_files.plain(file[0])
    with tempfile.TemporaryDirectory(prefix="diaban-list-") as folder:
        upload = Path(folder) / "upload"
        upload.write_bytes(_bytes(file[1], MOST_LIST))
        read = area_reading.read(upload, name)
    # Before the row that names it; without one it is swept away after a day.
    media.keep(home, [paper])
    return area_lists.enter(
        session, actor, read, name, decision=given.get("decision", ""), decided_on=decided_on, valid_from=valid_from,
        document=paper.sha256.hex(), document_name=import_files.plain(document[0]), today=wall_clock.today(),
    )  # fmt: skip


def _paper(document: tuple[str, Reading]) -> media.Taken:
    """The decision: a document, no picture of one."""
    data = _bytes(document[1], MOST_DOCUMENT)
    try:
        taken = media.take("document", data)
    except FileNotTaken:
        taken = None
    if taken is None or taken.state != "clean" or not data:
        said = import_files.plain(document[0])[:40]
        raise InvalidValue(field="Tệp quyết định", value=said, reason="cần PDF, DOCX, XLSX | needs a document")
    return taken


def _day(field: str, said: str) -> dt.date:
    if not said.strip():
        raise InvalidValue(field=field, value="", reason="thiếu | missing")
    return dt.date.fromisoformat(import_columns.day(field, said.strip()))


def _bytes(read: Reading, most: int) -> bytes:
    data = read(most + 1)
    if len(data) > most:
        raise import_files.UploadTooLarge(megabytes=most >> 20)
    return data
