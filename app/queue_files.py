"""The file a phone saves its queue to, loaded by an officer: each record by itself, whatever is wrong with another."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from app import sealed_receiving
from app.sealed_receiving import Desk, Handed, Taken
from geodata.problems import Problem
from surveys import audit, sealed_parts, sealed_records
from surveys.answer_problems import SubmissionChanged

log = logging.getLogger(__name__)
FORMAT = "diaban queue 1"
MOST_BYTES = 1024 * 1024 * 1024
MOST_LINE = 8 * 1024 * 1024
MOST_RECORDS = 5000
# A record is held in memory while it is taken in, and no more than one.
MOST_RECORD = 128 * 1024 * 1024
RECEIVED, AGAIN, QUARANTINED, DAMAGED, REFUSED = "received", "again", "quarantined", "damaged", "refused"


class NotAQueueFile(Problem):
    """No file that the phone app saved; facts: reason."""

    code = "queue_file_unreadable"


@dataclass(frozen=True)
class Result:
    """What became of one record; `title` as its phone named the form."""

    instance_id: str
    title: str
    made_at: str
    state: str
    problem: Problem | None = None


@dataclass(frozen=True)
class _Listed:
    """A record as the file's first line has it: sizes in bytes."""

    instance_id: str
    title: str
    made_at: str
    key_id: str
    size: int
    parts: tuple[tuple[str, int], ...]

    @property
    def bytes(self) -> int:
        return self.size + sum(size for _, size in self.parts)


def load(desk: Desk, file: IO[bytes]) -> list[Result]:
    """Takes in every record that is whole; one that is damaged or refused keeps no other back. NotAQueueFile."""
    results = [_taken(desk, one, data) for one, data in _records(file, _index(file))]
    counts = {state: sum(result.state == state for result in results) for state in {r.state for r in results}}
    with desk.engine.begin() as connection:
        audit.record(connection, desk.hander, "load queue file", detail={"records": len(results), **counts})
    return results


def _taken(desk: Desk, one: _Listed, data: list[bytes] | None) -> Result:
    def told(state: str, problem: Problem | None = None) -> Result:
        return Result(one.instance_id, one.title, one.made_at, state, problem)

    if data is None:
        return told(DAMAGED)
    parts = dict(zip((digest for digest, _ in one.parts), data[1:], strict=True))
    if any(hashlib.sha256(part).hexdigest() != digest for digest, part in parts.items()):
        return told(DAMAGED)
    handed = Handed(one.instance_id, one.key_id, data[0], tuple(parts), _part(desk, parts))
    try:
        taken: Taken = sealed_receiving.take(desk, handed)
    except SubmissionChanged as problem:
        # Other content under an id that is taken: a person decides, and the phone that can't send it may let it go.
        return told(QUARANTINED, sealed_receiving.keep(desk, handed, problem).problem)
    except Problem as problem:
        return told(REFUSED, problem)
    if taken.problem is not None:
        return told(QUARANTINED, taken.problem)
    return told(AGAIN if taken.again else RECEIVED)


def _part(desk: Desk, parts: dict[str, bytes]) -> sealed_receiving.Part:
    stored = sealed_receiving.stored_part(desk.home)
    return lambda digest: parts.get(digest) or stored(digest)


def _records(file: IO[bytes], listed: list[_Listed]) -> Iterator[tuple[_Listed, list[bytes] | None]]:
    """Each with its bytes, the record's first; None where the file ends too early."""
    for one in listed:
        sizes = (one.size, *(size for _, size in one.parts))
        data = [file.read(size) for size in sizes]
        yield one, data if [len(piece) for piece in data] == list(sizes) else None


def _index(file: IO[bytes]) -> list[_Listed]:
    line = file.readline(MOST_LINE)
    try:
        head: Any = json.loads(line)
        if head["format"] != FORMAT or len(head["records"]) > MOST_RECORDS:
            raise NotAQueueFile(reason="định dạng")
        return [_listed(record) for record in head["records"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotAQueueFile(reason=type(error).__name__) from None


def _listed(record: Any) -> _Listed:
    form = record["form"]
    one = _Listed(
        instance_id=str(record["id"]),
        title=str(form.get("title") if isinstance(form, dict) else form)[:200],
        made_at=str(record["madeAt"])[:40],
        key_id=str(record["keyId"]),
        size=_size(record["size"], sealed_records.MOST_BYTES),
        parts=tuple((str(f["part"]), _size(f["bytes"], sealed_parts.MOST_BYTES)) for f in record["files"]),
    )
    if len(one.parts) > sealed_records.MOST_FILES or one.bytes > MOST_RECORD:
        raise ValueError("too large")
    if not sealed_records.is_instance_id(one.instance_id):
        raise ValueError("id")
    if not all(sealed_records.is_hash(digest) for digest, _ in one.parts):
        raise ValueError("hash")
    return one


def _size(value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError("size")
    return value
