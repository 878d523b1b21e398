"""Writes a received submission, its files and the audit row in one statement, and finds what a retry asks for."""

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


# One statement, since every round trip is paid for by each of some hundred phones that come into reach at once.
# Two retries at the same moment: one inserts, the other waits for its commit and gets no row.
_ADD = """
WITH stored AS (
    INSERT INTO submissions (instance_id, form_id, form_version, deprecated_id, account_id, province_id, commune_id,
                             sha256_received, sha256_kept, xml, code, restricted, flags, state, error)
    VALUES (%(instance_id)s, %(form_id)s, %(version)s, %(deprecated_id)s, %(account)s, %(province)s, %(commune)s,
            %(received)s, %(kept)s, %(xml)s, %(code)s, %(restricted)s, %(flags)s::jsonb, %(state)s, %(error)s::jsonb)
    ON CONFLICT (instance_id) DO NOTHING
    RETURNING instance_id, received_at
), audited AS (
    INSERT INTO audit (account_id, verb, layer, area, detail)
    SELECT %(account)s::int, 'submit', %(layer)s::text, %(commune)s::int, %(detail)s::jsonb FROM stored
)"""
_FILES = """
    INSERT INTO attachments (instance_id, name, sha256_received, sha256_kept, media_type, bytes, orientation, state,
                             province_id)
    SELECT %(instance_id)s::text, f.*, %(province)s::int
    FROM unnest(%(names)s::text[], %(hashes)s::bytea[], %(kept_hashes)s::bytea[], %(types)s::text[],
                %(sizes)s::int[], %(orientations)s::int[], %(states)s::text[]) f"""
_ADD_ALONE = _ADD + "\nSELECT received_at FROM stored"
_ADD_WITH_FILES = _ADD + ", attached AS (" + _FILES + ", stored\n)\nSELECT received_at FROM stored"
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
    """Stores it; when it was received, or None where its id was stored before."""
    values = {
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
        "state": "received" if row.error is None else "quarantined",
        "error": None if row.error is None else json.dumps(row.error),
        "detail": _detail(row, row.files),
    }
    if row.files:
        result = connection.exec_driver_sql(_ADD_WITH_FILES, values | _columns(row.files))
    else:
        result = connection.exec_driver_sql(_ADD_ALONE, values)
    found: dt.datetime | None = result.scalar()
    return found


def seen(connection: Connection, row: Row) -> Seen | None:
    """What is stored under the id if it came with the very same bytes; None if with others."""
    found = connection.exec_driver_sql(
        "SELECT code, received_at, error, names, hashes FROM submission_receipt(%s, %s)",
        (row.instance_id, row.sha256_received),
    ).one_or_none()
    if found is None:
        return None
    return Seen(found.code, found.received_at, found.error, dict(zip(found.names, found.hashes, strict=True)))


def add_files(connection: Connection, actor: Actor, row: Row, files: Sequence[File]) -> None:
    """Files that came after their submission; the same file twice at once is stored once."""
    values = {
        "instance_id": row.instance_id,
        "account": actor.account_id,
        "province": actor.province_id,
        "layer": row.layer,
        "detail": _detail(row, files),
    }
    # Without naming the key: that would ask for the right to read the row, which a sender doesn't have.
    connection.exec_driver_sql(_FILES + " ON CONFLICT DO NOTHING", values | _columns(files))
    connection.exec_driver_sql(_AUDIT_FILES, values)


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
