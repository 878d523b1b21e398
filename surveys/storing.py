"""Writes a received submission, its files and the audit row in one call, and finds what a retry asks for."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from surveys import media
from surveys.access import Actor


@dataclass(frozen=True)
class File:
    """An attached file; `taken` is None where only its hash may be kept (S5)."""

    name: str
    sha256_received: bytes
    taken: media.Taken | None


@dataclass(frozen=True)
class Row:
    """A submission as it is stored; `error` set means it is set aside for a reviewer."""

    instance_id: str
    form_id: str
    version: str
    deprecated_id: str | None
    layer: str | None
    commune_id: int | None
    sha256_received: bytes
    xml: str
    code: str
    restricted: bool
    flags: list[str]
    error: dict[str, Any] | None
    files: list[File] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """What is stored of a submission whose bytes the asker has."""

    code: str
    received_at: dt.datetime
    error: dict[str, Any] | None
    files: dict[str, bytes]  # name → sha256 as received
    withdrawn: bool = False


# One call, since every round trip is paid for by each of some hundred phones that come into reach at once.
_ADD = (
    "SELECT receive_submission(%(settings)s, %(instance_id)s, %(form_id)s, %(version)s, %(deprecated_id)s, %(layer)s,"
    " %(account)s::int, %(province)s::int, %(commune)s::int, %(received)s, %(kept)s, %(xml)s, %(code)s, %(restricted)s,"
    " %(flags)s, %(error)s, %(detail)s, %(names)s, %(hashes)s, %(kept_hashes)s, %(types)s, %(sizes)s::int[],"
    " %(orientations)s::int[], %(states)s)"
)
_ADD_FILES = """
    INSERT INTO attachments (instance_id, name, sha256_received, sha256_kept, media_type, bytes, orientation, state,
                             province_id)
    SELECT %(instance_id)s::text, f.*, %(province)s::int
    FROM unnest(%(names)s::text[], %(hashes)s::bytea[], %(kept_hashes)s::bytea[], %(types)s::text[],
                %(sizes)s::int[], %(orientations)s::int[], %(states)s::text[]) f
    ON CONFLICT DO NOTHING"""
# Adding the file waited for whoever was applying its submission, so what that became is there to be seen by now; and a
# submission that is applied later finds the file.
_ATTACH = "SELECT attach_files(%(instance_id)s)"
_AUDIT_FILES = (
    "INSERT INTO audit (account_id, verb, layer, area, detail)"
    " VALUES (%(account)s, 'submit files', %(layer)s, NULL, %(detail)s::jsonb)"
)


def lock(connection: Connection, row: Row) -> None:
    """Keeps the background job from removing files this transaction is about to refer to."""
    keys = media.lock_keys(file.taken for file in row.files if file.taken is not None)
    if keys:
        # In one order, or two submissions with the same two photos could wait for each other.
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock_shared(k) FROM unnest(%s::bigint[]) k", (sorted(keys),)
        )


def add(connection: Connection, actor: Actor, row: Row) -> dt.datetime | None:
    """Stores it in the actor's scope; when it was received, or None where its id was stored before."""
    values = {
        "settings": [part for setting in actor.settings().items() for part in setting],
        "instance_id": row.instance_id,
        "form_id": row.form_id,
        "version": row.version,
        "deprecated_id": row.deprecated_id,
        "account": actor.account_id,
        "province": actor.province_id,
        "commune": row.commune_id,
        "layer": row.layer,
        "received": row.sha256_received,
        "kept": hashlib.sha256(row.xml.encode()).digest(),
        "xml": row.xml,
        "code": row.code,
        "restricted": row.restricted,
        "flags": json.dumps(row.flags),
        "error": None if row.error is None else json.dumps(row.error),
        "detail": _detail(row, row.files),
    }
    result = connection.exec_driver_sql(_ADD, values | (_columns(row.files) if row.files else _NO_FILES))
    found: dt.datetime | None = result.scalar()
    return found


def seen(connection: Connection, instance_id: str, sha256: bytes) -> Seen | None:
    """What is stored under the id if it came with the very same bytes; None if with others, or not at all."""
    found = connection.exec_driver_sql(
        "SELECT code, received_at, state, error, names, hashes FROM submission_receipt(%s, %s)", (instance_id, sha256)
    ).one_or_none()
    if found is None:
        return None
    files = dict(zip(found.names, found.hashes, strict=True))
    return Seen(found.code, found.received_at, found.error, files, withdrawn=found.state == "withdrawn")


def add_files(connection: Connection, actor: Actor, row: Row, files: Sequence[File]) -> None:
    """Files that came after their submission; the same file twice at once is stored once."""
    values = {
        "instance_id": row.instance_id,
        "account": actor.account_id,
        "province": actor.province_id,
        "layer": row.layer,
        "detail": _detail(row, files),
    }
    # The conflict's key isn't named: that would ask for the right to read the row, which a sender doesn't have.
    connection.exec_driver_sql(_ADD_FILES, values | _columns(files))
    connection.exec_driver_sql(_ATTACH, values)
    connection.exec_driver_sql(_AUDIT_FILES, values)


_COLUMNS = ("names", "hashes", "kept_hashes", "types", "sizes", "orientations", "states")
_NO_FILES: dict[str, Any] = dict.fromkeys(_COLUMNS)


def _detail(row: Row, files: Sequence[File]) -> str:
    return json.dumps({"submission": row.instance_id, "files": len(files)})


def _columns(files: Sequence[File]) -> dict[str, list[Any]]:
    taken = [file.taken for file in files]
    return {
        "names": [file.name for file in files],
        "hashes": [file.sha256_received for file in files],
        "kept_hashes": [None if t is None else t.sha256 for t in taken],
        "types": ["" if t is None else t.media_type for t in taken],
        "sizes": [0 if t is None else len(t.data) for t in taken],
        "orientations": [1 if t is None else t.orientation for t in taken],
        "states": ["cut" if t is None else t.state for t in taken],
    }
