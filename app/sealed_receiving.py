"""One sealed record in: opened, received as its author's like any other submission, or kept closed for an officer."""

import contextlib
import dataclasses
import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, Engine

from app import credentials, database, phone_keys
from app.config import Config
from app.phone_keys import AuthorUnknown, KeyUnknown
from geodata.problems import Forbidden, Problem
from surveys import audit, quarantine, receiving, sealed_parts, sealed_records, storing
from surveys.access import Actor
from surveys.answer_problems import OutsideScope, SubmissionClassified, SubmissionUnreadable, restored
from surveys.form_versions import UnknownForm
from surveys.sealed_parts import UploadTooLarge
from surveys.sealed_records import Record
from surveys.seals import SealBroken

Part = Callable[[str], bytes | None]  # a file's sealed bytes by their hash
CLOCK_AHEAD = dt.timedelta(minutes=15)
LARGE_BYTES = 8 * 1024 * 1024
# All files of a record are in memory while it is stored: several large ones at once would be too much of it.
_large = threading.Semaphore(2)
# What an officer decides about instead of the phone, which can't open the record any more.
KEPT_APART = (KeyUnknown, SealBroken, AuthorUnknown, UnknownForm, Forbidden, OutsideScope, SubmissionUnreadable)


class AccountDisabled(Problem):
    """Whoever made the record may not act any more."""

    code = "account_disabled"


class PartsMissing(Problem):
    """Files of the record that aren't here, or not whole; facts: parts, their hashes."""

    code = "parts_missing"


@dataclass(frozen=True)
class Handed:
    """A sealed record as somebody brings it; `parts` are hashes of its sealed files, `part` gives their bytes."""

    instance_id: str
    key_id: str
    sealed: bytes
    parts: tuple[str, ...]
    part: Part

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sealed).hexdigest()


@dataclass(frozen=True)
class Taken:
    """What became of it; hashes are of what was sealed, None and none where it can't be opened."""

    instance_id: str
    sealed: str
    again: bool
    sha256: str | None = None
    code: str | None = None
    attachments: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    quarantined: bool = False  # sealed, for an officer; a `problem` without it goes back to its author


@dataclass(frozen=True)
class Desk:
    """Where records are taken in: settings, the web role's connections in transactions, and who brings them."""

    config: Config
    engine: Engine
    hander: Actor

    @property
    def home(self) -> Path:
        return self.config.home


def stored_part(home: Path) -> Part:
    """Files that were uploaded, or held with a record in quarantine."""

    def part(digest: str) -> bytes | None:
        found = sealed_parts.found(home, digest)
        return None if found is None else found.read_bytes()

    return part


def take(desk: Desk, handed: Handed) -> Taken:
    """Receives or keeps one record; committed when it returns. The same again gives the same answer.

    Raises PartsMissing, and SubmissionChanged, SubmissionClassified, UploadTooLarge, QuarantineFull, StorageFull.
    """
    record: Record | None = None
    try:
        key = phone_keys.named(desk.config.secrets, handed.key_id)
        record = sealed_records.opened(key, handed.instance_id, handed.sealed)
        taken = _before(desk, handed, record) or receive(desk, handed, key, record, _author(desk, record))
    except (AccountDisabled, *KEPT_APART) as problem:
        return _keep(desk, handed, record, problem)
    except SubmissionClassified:
        sealed_parts.forget(desk.home, handed.parts)  # kept nowhere, not even under its seal
        raise
    sealed_parts.forget(desk.home, [file.part for file in record.files])
    return taken


def receive(
    desk: Desk, handed: Handed, key: ec.EllipticCurvePrivateKey, record: Record, actor: Actor, *, vouched: bool = False
) -> Taken:
    """Through the one path that every submission takes, with the rights of `actor`; `vouched` for by an officer."""
    total = sum(file.bytes for file in record.files)
    if total > receiving.MOST_BYTES:
        raise UploadTooLarge(bytes=receiving.MOST_BYTES)
    with _large if total > LARGE_BYTES else contextlib.nullcontext():
        files = []
        for file in record.files:
            sealed = handed.part(file.part)
            if sealed is None:
                before = _before(desk, handed, record)  # another request may have stored it just now
                if before is not None:
                    return before
                raise PartsMissing(parts=_missing(desk, handed, [file.part for file in record.files]))
            files.append(sealed_records.opened_file(key, record, file, sealed))
        with desk.engine.connect() as connection:
            flags = [*_noticed(record), *(["vouched"] if vouched else [])]
            apart = () if vouched else (OutsideScope,)
            outcome = receiving.receive(connection, actor, desk.home, record.xml, files, flags, apart)
            if outcome.receipt.instance_id != record.instance_id:
                raise SealBroken(what="instanceID")
            if actor.account_id != desk.hander.account_id:
                detail = {"submission": record.instance_id, "of": actor.account_id}
                audit.record(connection, desk.hander, "hand in", detail=detail)
            connection.commit()
    return _taken(handed, record, again=outcome.receipt.again, code=outcome.receipt.code, problem=outcome.problem)


def keep(desk: Desk, handed: Handed, problem: Problem) -> Taken:
    """Holds a record that was refused under its seal for an officer, so that its phone may let go of it."""
    record = sealed_records.opened(
        phone_keys.named(desk.config.secrets, handed.key_id), handed.instance_id, handed.sealed
    )
    return _keep(desk, handed, record, problem)


def retry(desk: Desk, row: quarantine.QuarantinedRecord, *, vouch: bool) -> Taken:
    """A quarantined record once more; the hander is the officer who decides.

    Under the author's own rights as they are now; or with `vouch` under the officer's, the author staying its author.
    Raises what keeps it from being received.
    """
    sealed = sealed_parts.found(desk.home, row.sealed_sha256.hex())
    if sealed is None:
        raise SealBroken(what="record")
    handed = Handed(row.instance_id, row.key_id, sealed.read_bytes(), tuple(row.parts), stored_part(desk.home))
    key = phone_keys.named(desk.config.secrets, handed.key_id)
    record = sealed_records.opened(key, handed.instance_id, handed.sealed)
    before = _before(desk, handed, record)
    if before is not None:
        return before
    if not vouch:
        return receive(desk, handed, key, record, _author(desk, record))
    # Whose it is was found when it came; where the token was unknown, whoever brought it stands for it.
    author = row.account_id or row.handed_by
    with desk.engine.connect() as connection:
        known = credentials.former_actor_of(connection, author)
    assert known is not None  # noqa: S101  a foreign key
    officer = desk.hander
    # No special verbs, no office: a restricted report is opened by nobody on this way.
    actor = dataclasses.replace(
        officer, account_id=known.account_id, username=known.username, office_id=0, special=frozenset()
    )
    return receive(desk, handed, key, record, actor, vouched=True)


def _author(desk: Desk, record: Record) -> Actor:
    """Whoever made it, with the rights they hold now. Raises AuthorUnknown, AccountDisabled."""
    account_id = phone_keys.account_of(desk.config.secrets, record.author)
    with desk.engine.connect() as connection:
        actor = credentials.actor_of(connection, account_id)
    if actor is None:
        raise AccountDisabled
    return actor


def _before(desk: Desk, handed: Handed, record: Record) -> Taken | None:
    """The answer to bytes that were stored before: nothing of what changed since matters then."""
    with desk.engine.connect() as connection:
        seen = storing.seen(connection, record.instance_id, bytes.fromhex(record.sha256))
    if seen is None:
        return None
    hashes = {digest.hex() for digest in seen.files.values()}
    if seen.error is None and any(file.sha256 not in hashes for file in record.files):
        return None  # it came before, without some of its files
    problem = None if seen.error is None else restored(seen.error)
    return _taken(handed, record, again=True, code=seen.code, problem=problem)


def _taken(handed: Handed, record: Record, *, again: bool, code: str | None, problem: Problem | None) -> Taken:
    attachments = {file.name: file.sha256 for file in record.files}
    return Taken(handed.instance_id, handed.sha256, again, record.sha256, code, attachments, problem)


def _keep(desk: Desk, handed: Handed, record: Record | None, problem: Problem) -> Taken:
    """In quarantine, with all its files."""
    parts = handed.parts if record is None else tuple(file.part for file in record.files)
    missing = _missing(desk, handed, parts)
    if missing:
        raise PartsMissing(parts=missing)
    with desk.engine.connect() as connection:
        database.apply_settings(connection, desk.hander)
        quarantine.room(connection, desk.hander)
        files: dict[str, bytes | None] = {handed.sha256: handed.sealed}
        size = len(handed.sealed)
        for digest in parts:
            here = sealed_parts.found(desk.home, digest)
            data = handed.part(digest) if here is None else None
            size += len(data or b"") if here is None else here.stat().st_size
            sealed_parts.hold(desk.home, {digest: data})
        sealed_parts.hold(desk.home, files)
        new = quarantine.add(connection, desk.hander, _kept(desk, connection, handed, record, parts, size), problem)
        connection.commit()
    if record is None:
        return Taken(handed.instance_id, handed.sha256, not new, problem=problem, quarantined=True)
    return dataclasses.replace(_taken(handed, record, again=not new, code=None, problem=problem), quarantined=True)


def _kept(
    desk: Desk, connection: Connection, handed: Handed, record: Record | None, parts: tuple[str, ...], size: int
) -> quarantine.Kept:
    author = None
    if record is not None:
        with contextlib.suppress(AuthorUnknown):
            account_id = phone_keys.account_of(desk.config.secrets, record.author)
            author = credentials.former_actor_of(connection, account_id)
    return quarantine.Kept(
        instance_id=handed.instance_id,
        sealed_sha256=bytes.fromhex(handed.sha256),
        key_id=handed.key_id,
        parts=parts,
        bytes=size,
        account=author,
        form_id=record.form_id if record else None,
        version=record.version if record else None,
        made_at=record.made_at if record else None,
    )


def _missing(desk: Desk, handed: Handed, parts: Iterable[str]) -> list[str]:
    return [digest for digest in parts if sealed_parts.found(desk.home, digest) is None and handed.part(digest) is None]


def _noticed(record: Record) -> list[str]:
    """`clock_off` where the phone's clock was ahead when the record was made."""
    ahead = record.made_at is not None and record.made_at - dt.datetime.now(dt.UTC) > CLOCK_AHEAD
    return ["clock_off"] if ahead else []
