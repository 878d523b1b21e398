"""Seals the audit: chained batches, keyed outside the database, copied to a file outside it; and verifies them.

A batch holds the rows of all transactions older than every running one (`pg_snapshot_xmin`), so no later commit can
slip a row into a sealed range. The chain is made here, once a second, and never in a request: a chained insert would
serialise all writers on one row.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from surveys import audit

ONE_SEALER = 0x5EA1  # advisory lock: one sealer at a time
# The columns by name: what is sealed stays the same text when the table gets another.
_ROWS = text(
    "SELECT row_to_json(a)::text FROM (SELECT id, at, txid, account_id, verb, layer, area, purpose, detail FROM audit"
    " WHERE era = :era AND txid >= cast(:low AS xid8) AND txid < cast(:high AS xid8) ORDER BY id) a"
)
_LAST = text("SELECT id, era, below_txid::text AS below, hmac FROM audit_seals ORDER BY id DESC LIMIT 1")
_BEYOND = text("SELECT (txid::text::numeric + 1)::text FROM audit WHERE era = :era ORDER BY txid DESC LIMIT 1")


@dataclass(frozen=True)
class Finding:
    """Something wrong with the audit: which seal, and what doesn't agree."""

    seal: int
    what: str


def seal(engine: Engine, key: bytes, file: Path) -> int:
    """Seals what is complete and not yet sealed; returns the number of rows sealed, 0 if another sealer is at work."""
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": ONE_SEALER}):
            return 0
        last = connection.execute(_LAST).first()
        low, previous, era = (last.below, bytes(last.hmac), last.era) if last else ("0", b"", 1)
        high = str(connection.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")))
        return _seal(connection, key, file, previous, era, low, high)


def begin_era(worker: Engine, owner: Engine, key: bytes, file: Path, detail: dict[str, Any]) -> int:
    """After a restore, when nobody else is at work yet: seals what the backup held unsealed, and begins a new era.

    Transaction numbers start again in a restored cluster, so ranges of them mean something only within an era. Returns
    its number. `detail` goes into the audit row that opens it.
    """
    with worker.begin() as connection:
        last = connection.execute(_LAST).first()
        low, previous, era = (last.below, bytes(last.hmac), last.era) if last else ("0", b"", 1)
        high = connection.scalar(_BEYOND, {"era": era})
        if high is not None:
            _seal(connection, key, file, previous, era, low, str(high))
    with owner.begin() as connection:
        connection.execute(text(f"ALTER TABLE audit ALTER COLUMN era SET DEFAULT {era + 1:d}"))
    with worker.begin() as connection:
        audit.record(connection, None, "restore", detail=detail)
    with worker.begin() as connection:
        last = connection.execute(_LAST).first()
        previous = bytes(last.hmac) if last else b""
        high = str(connection.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")))
        _seal(connection, key, file, previous, era + 1, "0", high, even_empty=True)
    return era + 1


def _seal(
    connection: Connection, key: bytes, file: Path, previous: bytes, era: int, low: str, high: str,
    *, even_empty: bool = False,
) -> int:  # fmt: skip
    """One seal over a range of transactions, in the table and in the file outside; the number of rows in it."""
    digest, rows, last_id = _digest(connection, key, previous, era, low, high)
    if rows == 0 and not even_empty:
        return 0
    row: dict[str, Any] = {
        "era": era, "low": low, "high": high, "rows": rows, "last_id": last_id, "previous": previous, "hmac": digest
    }  # fmt: skip
    row["id"] = connection.scalar(
        text(
            "INSERT INTO audit_seals (era, from_txid, below_txid, rows, last_id, previous, hmac) VALUES"
            " (:era, cast(:low AS xid8), cast(:high AS xid8), :rows, :last_id, :previous, :hmac) RETURNING id"
        ),
        row,
    )
    # Written before the commit: a line without its row is found by `verify`, a row without its line would not be.
    _append(file, {**row, "previous": previous.hex(), "hmac": digest.hex()})
    return rows


def verify(engine: Engine, key: bytes, file: Path) -> list[Finding]:
    """Recomputes every seal from the rows and compares table, file and chain; an empty list means all agree."""
    outside = _lines(file)
    found: list[Finding] = []
    with engine.connect() as connection:
        inside = {
            row.id: row
            for row in connection.execute(
                text(
                    "SELECT id, era, from_txid::text AS low, below_txid::text AS high, rows, last_id, previous, hmac"
                    " FROM audit_seals ORDER BY id"
                )
            )
        }
        for number in sorted(set(inside) | set(outside)):
            row, line = inside.get(number), outside.get(number)
            if row is None:
                # The line is written just before its commit; the newest one alone may be a commit that never came.
                if number < max(outside) or _digest_of_line(connection, key, line or {}) is None:
                    found.append(Finding(number, "missing in the database"))
                elif (line or {}).get("rows"):
                    found.append(Finding(number, "in the file only: a cut tail, or a crash at the moment of sealing"))
                continue
            if line is None:
                found.append(Finding(number, "missing in the file outside the database"))
            elif line["hmac"] != bytes(row.hmac).hex():
                found.append(Finding(number, "differs from the file outside the database"))
            digest, rows, last_id = _digest(connection, key, bytes(row.previous), row.era, row.low, row.high)
            if not hmac.compare_digest(digest, bytes(row.hmac)):
                found.append(Finding(number, f"rows changed: {row.rows} sealed, {rows} there, last id {last_id}"))
        previous = b""
        for number, row in inside.items():
            if bytes(row.previous) != previous:
                found.append(Finding(number, "doesn't follow the seal before it"))
            previous = bytes(row.hmac)
    return found


def _digest(
    connection: Connection, key: bytes, previous: bytes, era: int, low: str, high: str
) -> tuple[bytes, int, int]:
    """HMAC-SHA256 over the previous seal, the era and the rows of the range; their number and last id."""
    connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
    mac = hmac.new(key, previous + era.to_bytes(4, "big"), hashlib.sha256)
    rows = last_id = 0
    # Streamed: a backlog of many thousand rows never stands in memory at once.
    for line in connection.execute(
        _ROWS, {"era": era, "low": low, "high": high}, execution_options={"yield_per": 2000}
    ).scalars():
        mac.update(line.encode() + b"\n")
        rows, last_id = rows + 1, int(json.loads(line)["id"])
    return mac.digest(), rows, last_id


def _digest_of_line(connection: Connection, key: bytes, line: dict[str, Any]) -> bytes | None:
    digest, _, _ = _digest(connection, key, bytes.fromhex(line["previous"]), line["era"], line["low"], line["high"])
    return digest if digest.hex() == line["hmac"] else None


def _append(file: Path, line: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
        out.flush()
        os.fsync(out.fileno())


def _lines(file: Path) -> dict[int, dict[str, Any]]:
    if not file.exists():
        return {}
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return {line["id"]: line for line in lines}
