"""A finished record as a phone sealed it: a seal over a line about it and its XML, and one for each of its files."""

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from surveys import receiving, seals
from surveys.seals import SealBroken

MOST_BYTES = 16 * 1024 * 1024  # the sealed record, without its files
MOST_FILES = 120
_INSTANCE = re.compile(r"uuid:[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_HASH = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class File:
    """`sha256` and `bytes` of the file itself, `part` the hash of its seal."""

    name: str
    sha256: str
    bytes: int
    part: str


@dataclass(frozen=True)
class Record:
    """An opened record; `author` is the token of the account that made it, `sha256` of its XML."""

    author: str
    instance_id: str
    form_id: str
    version: str
    made_at: dt.datetime | None
    sha256: str
    files: tuple[File, ...]
    xml: bytes


def is_instance_id(text: str) -> bool:
    """Whether it is an id as the phone app makes them."""
    return bool(_INSTANCE.match(text))


def is_hash(text: str) -> bool:
    """Whether it is a SHA-256 in lower-case hex."""
    return bool(_HASH.match(text))


def opened(private_key: ec.EllipticCurvePrivateKey, instance_id: str, sealed: bytes) -> Record:
    """The record of that id. Raises SealBroken where it can't be opened, is another's, or isn't what it says it is."""
    head, _, xml = seals.open_seal(private_key, sealed, f"record {instance_id}").partition(b"\n")
    try:
        record = _read(json.loads(head), xml)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SealBroken(what="record") from None
    if record.instance_id != instance_id or hashlib.sha256(xml).hexdigest() != record.sha256:
        raise SealBroken(what="record")
    return record


def opened_file(private_key: ec.EllipticCurvePrivateKey, record: Record, file: File, sealed: bytes) -> receiving.Sent:
    """One of its files. Raises SealBroken."""
    data = seals.open_seal(private_key, sealed, f"part {record.instance_id}/{file.name}")
    if len(data) != file.bytes or hashlib.sha256(data).hexdigest() != file.sha256:
        raise SealBroken(what="part")
    return receiving.Sent(file.name, data)


def _read(head: Any, xml: bytes) -> Record:
    files = tuple(File(_text(f["name"]), _hash(f["sha256"]), int(f["bytes"]), _hash(f["part"])) for f in head["files"])
    if len(files) > MOST_FILES or len({file.name for file in files}) < len(files):
        raise ValueError("files")
    return Record(
        author=_text(head["author"]),
        instance_id=_text(head["instanceID"]),
        form_id=_text(head["formId"]),
        version=_text(head["version"]),
        made_at=_moment(head.get("madeAt")),
        sha256=_hash(head["sha256"]),
        files=files,
        xml=xml,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1000 or "\x00" in value:
        raise ValueError("text")
    return value


def _hash(value: Any) -> str:
    if not is_hash(_text(value)):
        raise ValueError("hash")
    return str(value)


def _moment(value: Any) -> dt.datetime | None:
    """When the phone's clock says it was made; a time without a zone, or none, tells nothing."""
    try:
        found = dt.datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else None
