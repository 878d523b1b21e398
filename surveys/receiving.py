"""Receives one submission: read, checked, safeguarded, stored with its files; the caller commits once."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from sqlalchemy import Connection

from geodata.problems import Forbidden
from surveys import answers, form_versions, layer_answers, marked_files, media, safeguarding, storing, unit_lists
from surveys.access import Actor, Verb
from surveys.answer_problems import (
    AnswerProblem,
    FileNotTaken,
    FormWithdrawn,
    SubmissionChanged,
    SubmissionClassified,
    SubmissionUnreadable,
    UnknownFile,
    restored,
    stored,
)
from surveys.answers import Checked
from surveys.form_definition import Definition

MOST_BYTES = 100 * 1024 * 1024
# Thirty-two signs, without those mistaken for each other when read out.
_CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Sent:
    """A file that came with a submission."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: hashes are of what was sent, whatever of it may be kept."""

    instance_id: str
    form_id: str
    version: str
    received_at: dt.datetime
    code: str  # withdrawal code
    sha256: str
    files: tuple[tuple[str, str], ...]  # (name, sha256)
    again: bool  # it had been received before


@dataclass(frozen=True)
class Outcome:
    """A receipt; `problem` where the submission was set aside for a reviewer and must be answered with it."""

    receipt: Receipt
    problem: AnswerProblem | None


@dataclass(frozen=True)
class Prepared:
    """A submission as it may be stored."""

    checked: Checked
    root: "etree._Element"
    flags: list[str]
    restricted: bool
    cut_names: frozenset[str]
    file_names: frozenset[str]


def receive(
    connection: Connection,
    actor: Actor,
    home: Path,
    xml: bytes,
    files: Sequence[Sent],
    flags: Sequence[str] = (),
    not_stored: tuple[type[AnswerProblem], ...] = (),
) -> Outcome:
    """Stores a submission and its files in the caller's transaction; files are on disk, fsynced, before the row is.

    The same bytes again give the same outcome. `home` is DIABAN_HOME, `flags` what the caller noticed.
    Stores nothing and raises SubmissionUnreadable, SubmissionClassified, SubmissionChanged, UnknownForm, Forbidden, and
    the problems of answers that are named in `not_stored`.
    """
    root = read(xml)
    form_id, version = root.get("id", ""), root.get("version", "")
    definition = form_versions.definition(connection, form_id, version)
    if not form_versions.may_fill(actor, definition.layer):
        raise Forbidden(verb=str(Verb.SUBMIT), layer=definition.layer or form_id, role=str(actor.role))
    prepared = prepare(definition, root, unit_lists.of(connection, actor))
    checked = prepared.checked
    if isinstance(checked.trouble, not_stored):
        raise checked.trouble
    if form_versions.withdrawn(connection, form_id, version):
        checked.blame(FormWithdrawn(field=form_id))
    taken = _take(prepared, files)
    instance_id = checked.values.get("instanceID", "").strip()
    marks = f"{instance_id} {checked.values.get('deprecatedID', '')}"
    if not instance_id or (prepared.restricted and safeguarding.COORDINATES.search(marks)):
        raise SubmissionUnreadable(reason="instanceID")
    kept = etree.tostring(root, encoding="unicode") if checked.changed else xml.decode()
    row = storing.Row(
        instance_id=instance_id,
        form_id=form_id,
        version=version,
        deprecated_id=checked.values.get("deprecatedID"),
        layer=definition.layer,
        commune_id=_commune(definition, checked),
        sha256_received=hashlib.sha256(xml).digest(),
        xml=kept,
        code=_withdrawal_code(),
        restricted=prepared.restricted,
        flags=[*flags, *prepared.flags],
        error=None if checked.trouble is None else stored(checked.trouble),
        files=taken,
    )
    storing.lock(connection, row)
    media.keep(home, [file.taken for file in taken if file.taken is not None])
    received_at = storing.add(connection, actor, row)
    if received_at is None:
        return _again(connection, actor, row, prepared)
    return Outcome(_receipt(row, received_at, row.code, {f.name: f.sha256_received for f in taken}), checked.trouble)


def read(xml: bytes) -> "etree._Element":
    """The root element of UTF-8 XML without a document type. Raises SubmissionUnreadable."""
    try:
        xml.decode()
    except UnicodeDecodeError:
        raise SubmissionUnreadable(reason="UTF-8") from None
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise SubmissionUnreadable(reason="DOCTYPE")
    # One parser for each submission: they aren't shared between threads. Its encoding overrides what the XML claims.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SubmissionUnreadable(reason=str(error)[:200]) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise SubmissionUnreadable(reason="DOCTYPE")
    return root


def prepare(definition: Definition, root: "etree._Element", units: unit_lists.UnitLists) -> Prepared:
    """Checks the answers, and removes from the tree what may not be stored. Raises SubmissionClassified."""
    checked = answers.check(definition, root, units)
    for element in checked.unknown:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
            checked.changed = True
    file_names = frozenset(element.text or "" for element in checked.files)
    restricted = safeguarding.is_restricted(definition, checked.values)
    flags: list[str] = []
    cut_names: frozenset[str] = frozenset()
    if restricted:
        flags, cut_names = safeguarding.cut(checked)
    answers.check_places(checked)
    flags += safeguarding.screen(checked, restricted=restricted)
    return Prepared(checked, root, flags, restricted, cut_names, file_names)


def _take(prepared: Prepared, files: Sequence[Sent]) -> list[storing.File]:
    """The files as they will be kept; of a restricted report only their hashes are (S5)."""
    taken: list[storing.File] = []
    for file in files:
        if marked_files.marked(file.name, file.data):
            raise SubmissionClassified(field=file.name)
        if file.name not in prepared.file_names:
            prepared.checked.blame(UnknownFile(field=file.name[:200]))
            continue
        sha256 = hashlib.sha256(file.data).digest()
        if prepared.restricted:
            # Not even its name is kept: cameras write places into names.
            if all(other.sha256_received != sha256 for other in taken):
                taken.append(storing.File(sha256.hex(), sha256, None))
            continue
        try:
            taken.append(storing.File(file.name, sha256, media.take(file.name, file.data)))
        except FileNotTaken as problem:
            prepared.checked.blame(problem)
    return taken


def _again(connection: Connection, actor: Actor, row: storing.Row, prepared: Prepared) -> Outcome:
    """A retry: the same receipt for the same bytes, and files that hadn't come yet are added."""
    seen = storing.seen(connection, row.instance_id, row.sha256_received)
    if seen is None:
        raise SubmissionChanged(id=row.instance_id)
    for file in row.files:
        if seen.files.get(file.name, file.sha256_received) != file.sha256_received:
            raise SubmissionChanged(id=f"{row.instance_id}/{file.name}")
    late = [file for file in row.files if file.name not in seen.files]
    if late and not seen.withdrawn:
        storing.add_files(connection, actor, row, late)
    hashes = {**seen.files, **{file.name: file.sha256_received for file in late}}
    receipt = _receipt(row, seen.received_at, seen.code, hashes, again=True)
    problem = prepared.checked.trouble if seen.error is None else restored(seen.error)
    if seen.error is None and isinstance(problem, FormWithdrawn):
        problem = None  # it had come before
    return Outcome(receipt, problem)


def _receipt(
    row: storing.Row, received_at: dt.datetime, code: str, files: dict[str, bytes], *, again: bool = False
) -> Receipt:
    return Receipt(
        instance_id=row.instance_id,
        form_id=row.form_id,
        version=row.version,
        received_at=received_at,
        code=code,
        sha256=row.sha256_received.hex(),
        files=tuple((name, files[name].hex()) for name in sorted(files)),
        again=again,
    )


def _commune(definition: Definition, checked: Checked) -> int | None:
    """The answered commune where it is one of the account's; else it is found when the submission is applied."""
    answer = layer_answers.saved(definition, checked.values).get("commune")
    return int(answer) if checked.trouble is None and answer else None


def _withdrawal_code() -> str:
    signs = "".join(_CODE_SIGNS[byte & 31] for byte in secrets.token_bytes(12))
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"
