"""An import from its upload to its proposals: begun, looked at, confirmed by its person, or given up."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata import csvfiles, incoming
from geodata.problems import Conflict, NotFound, Problem
from surveys import audit, import_checking, import_files, import_preview, import_report, screening
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.import_files import Kept
from surveys.import_tables import Import
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.map_pages import asked

# What may be chosen, and its kind. The document of minority areas is a file: people attach it on the page.
CHOICES: dict[str, type] = {
    "source": int, "encoding": str, "system": str, "columns": dict, "codes": dict, "defaults": dict, "remove": bool,
}  # fmt: skip
OPEN = ("asking", "ready", "refused")
LONGEST_TYPED = 2000


class NothingToPropose(Problem):
    """Every row was left out, or nothing of them is new. Facts: rows."""

    code: ClassVar[str] = "import_nothing"


def offered(actor: Actor) -> list[Layer]:
    """The layers this account may fill from files. Restricted reports are none of them (S5)."""
    return [layer for layer in CATALOGUE if actor.may(Verb.IMPORT, layer.grants)]


def begin(session: Session, actor: Actor, id_: uuid.UUID, key: str, kept: Kept, choices: dict[str, Any]) -> None:
    """Notes an upload; a job looks at it next. Raises NotFound, Forbidden, and what names or texts may not say:
    SubmissionClassified, NamesPersons.
    """
    layer = named(key)
    actor.must(Verb.IMPORT, key, layer.grants)
    if screening.classified(kept.name):
        raise SubmissionClassified(field="file")
    session.execute(
        text(
            "INSERT INTO imports (id, account_id, province_id, commune_id, layer, file_name, file_sha256, file_bytes,"
            " choices) VALUES (:id, :account, :province, nullif(:commune, 0), :layer, :name, :sha, :bytes,"
            " cast(:choices AS jsonb))"
        ),
        {
            "id": id_, "account": actor.account_id, "province": actor.province_id, "commune": actor.commune_id,
            "layer": key, "name": screening.mask(kept.name)[0], "sha": kept.sha256, "bytes": kept.bytes,
            "choices": json.dumps(_screened(choices)),
        },
    )  # fmt: skip


def find(session: Session, actor: Actor, id_: uuid.UUID) -> Import:
    """The account's own import. Raises NotFound."""
    found = session.get(Import, id_, populate_existing=True)
    if found is None or found.account_id != actor.account_id:
        raise NotFound(what="import", id=str(id_))
    return found


def choose(session: Session, actor: Actor, id_: uuid.UUID, choices: dict[str, Any], state: str) -> None:
    """New choices, and what is done next: "reading" (look again) or "proposing".

    Raises NotFound, Conflict, SubmissionClassified, NamesPersons.
    """
    _move(session, actor, id_, OPEN if state == "reading" else ("ready",), state)
    session.execute(
        text("UPDATE imports SET choices = cast(:choices AS jsonb), error = NULL WHERE id = :id"),
        {"id": id_, "choices": json.dumps(_screened(choices))},
    )


def _screened(choices: dict[str, Any]) -> dict[str, Any]:
    """What a person typed is free text like any (S2): words that stand for codes are masked, as the page shows them.

    Raises SubmissionClassified, NamesPersons for what would go into rows.
    """
    number = (choices.get("document") or {}).get("number")
    for key, said in {**(choices.get("defaults") or {}), "source_document": number}.items():
        asked.written(key, said, LONGEST_TYPED)
    codes = {
        header: {screening.mask(word)[0]: code for word, code in words.items()}
        for header, words in (choices.get("codes") or {}).items()
    }
    return choices | ({"codes": codes} if codes else {})


def withdraw(session: Session, actor: Actor, id_: uuid.UUID) -> None:
    """Given up by who began it, as long as nobody has decided; what waited of it waits no more."""
    _move(session, actor, id_, (*OPEN, "reading", "proposed"), "withdrawn")
    session.execute(
        text("UPDATE proposals SET state = 'superseded' WHERE import_id = :id AND state = 'waiting'"), {"id": id_}
    )
    audit.record(session, actor, "withdraw_import", detail={"import": str(id_)})


def _move(session: Session, actor: Actor, id_: uuid.UUID, states: tuple[str, ...], to: str) -> None:
    find(session, actor, id_)
    moved = session.execute(
        text("UPDATE imports SET state = :to WHERE id = :id AND account_id = :me AND state = ANY(:from)"),
        {"to": to, "id": id_, "me": actor.account_id, "from": list(states)},
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict(what="import", id=str(id_))


def look(
    connection: Connection,
    actor: Actor,
    id_: uuid.UUID,
    home: Path,
    told: Callable[[int, int | None], None],
    *,
    every: bool = False,
) -> dict[str, Any]:
    """Reads the whole file and stores the report; the state it is in then: asking or ready. Worker's connection.

    `every`: the report's file lists the good rows too.
    """
    row = _row(connection, actor, id_)
    layer, into = named(row.layer), import_files.folder(home, id_)
    found = import_files.recall(into)
    if found is None:
        if not (into / "upload").is_file():
            raise NotFound(what="file", id=str(id_))
        province = connection.scalar(text("SELECT code FROM units WHERE id = :id"), {"id": actor.province_id})
        (into / "files").mkdir(mode=0o700, exist_ok=True)
        incoming.unpack(into / "upload", into / "files", row.file_name)
        found = incoming.inspect(connection, into / "files", str(province))
        import_files.remember(into, found)
    reading = import_checking.choose(layer, found, row.choices)
    state, report = "asking", None
    if not reading.asks:
        report = _checked(connection, actor, layer, into, reading, row.choices, told, every=every)
        state = "ready"
    told_of = import_preview.found(found, reading, layer)
    connection.execute(
        text(
            "UPDATE imports SET state = :state, found = cast(:found AS jsonb), report = cast(:report AS jsonb),"
            " error = NULL WHERE id = :id AND state = 'reading'"
        ),
        {"id": id_, "state": state, "found": json.dumps(told_of), "report": json.dumps(report) if report else None},
    )
    return {"import": str(id_), "layer": layer.key, "state": state, "asks": list(reading.asks)} | _figures(report)


def propose(
    connection: Connection, actor: Actor, id_: uuid.UUID, home: Path, told: Callable[[int, int | None], None]
) -> dict[str, Any]:
    """Reads the file once more and makes its good rows proposals, all or none; forgets the file. Worker's connection.

    Raises NothingToPropose, Conflict, and what `look` raises.
    """
    row = _row(connection, actor, id_)
    layer, into = named(row.layer), import_files.folder(home, id_)
    found = import_files.recall(into)
    if found is None or row.state != "proposing":
        raise Conflict(what="import", id=str(id_))
    reading = import_checking.choose(layer, found, row.choices)
    report = _checked(connection, actor, layer, into, reading, row.choices, told)
    counts = report["counts"]
    remove = bool(row.choices.get("remove"))
    if not (counts["create"] or counts["update"] or counts["conflict"] or (remove and counts["remove"])):
        raise NothingToPropose(rows=report["rows"])
    facts = {"id": id_, "layer": layer.key, "province": actor.province_id, "by": actor.account_id}
    proposed = connection.execute(text(_PROPOSE), facts).rowcount
    if remove:
        proposed += connection.execute(text(_PROPOSE_REMOVALS.format(table=layer.key)), facts).rowcount
    report["remove"] = remove
    connection.execute(
        text(
            "UPDATE imports SET state = 'proposed', proposed_at = now(), report = cast(:report AS jsonb) WHERE id = :id"
        ),
        {"id": id_, "report": json.dumps(report)},
    )
    import_checking.recall_next_time(
        connection, actor, layer, [field.name for field in reading.source.fields], row.choices
    )
    audit.record(
        connection, actor, "import", layer=layer.key, area=actor.commune_id or actor.province_id,
        detail={"import": str(id_), "rows": report["rows"], "proposed": proposed, **counts},
    )  # fmt: skip
    return {"import": str(id_), "layer": layer.key, "state": "proposed", "proposed": proposed} | _figures(report)


def refuse(connection: Connection, id_: uuid.UUID, error: dict[str, str]) -> None:
    """What a person is told of a file that can't be taken, or whose next step failed: a Problem's code and facts."""
    connection.execute(
        text(
            "UPDATE imports SET state = CASE WHEN state = 'applying' THEN 'proposed' WHEN state = 'undoing'"
            " THEN 'approved' ELSE 'refused' END, error = cast(:error AS jsonb)"
            " WHERE id = :id AND state IN ('reading', 'proposing', 'applying', 'undoing')"
        ),
        {"id": id_, "error": json.dumps(error)},
    )


_PROPOSE = """
INSERT INTO proposals (import_id, layer, action, feature_id, base_version, "values", geom, province_id, commune_id,
                       hamlet_id, observed_on, origin, flags, created_by)
SELECT :id, :layer, action, id, version, edited,
       CASE WHEN action = 'create' OR moved IS NOT NULL THEN geom END, :province, commune_id, hamlet_id,
       coalesce(observed_on, (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date), 'import', flags, :by
FROM judged WHERE doubts = '[]' AND action IN ('create', 'update') ORDER BY n
"""
_PROPOSE_REMOVALS = """
INSERT INTO proposals (import_id, layer, action, feature_id, base_version, "values", province_id, commune_id, hamlet_id,
                       observed_on, origin, created_by)
SELECT :id, :layer, 'delete', r.id, r.version, '{{}}', :province, f.commune_id, f.hamlet_id, f.observed_on,
       'import', :by
FROM removed r JOIN {table} f ON f.id = r.id
"""


def _row(connection: Connection, actor: Actor, id_: uuid.UUID) -> Any:
    row = connection.execute(
        text("SELECT layer, file_name, choices, state FROM imports WHERE id = :id AND account_id = :me FOR UPDATE"),
        {"id": id_, "me": actor.account_id},
    ).first()
    if row is None:
        raise NotFound(what="import", id=str(id_))
    return row


def _checked(
    connection: Connection,
    actor: Actor,
    layer: Layer,
    into: Path,
    reading: import_checking.Reading,
    choices: dict[str, Any],
    told: Callable[[int, int | None], None],
    *,
    every: bool = False,
) -> dict[str, Any]:
    total = reading.source.rows
    checked = import_checking.check(
        connection, actor, layer, into / "files", reading, choices, lambda done: told(done, total)
    )
    report = import_report.tell(connection, actor, layer, checked)
    lines = import_report.lines(connection, checked.letters, every=every)
    csvfiles.write(into / import_files.REPORT, import_report.HEADER, lines)
    return report


def _figures(report: dict[str, Any] | None) -> dict[str, Any]:
    if report is None:
        return {}
    return {key: report[key] for key in ("rows", "counts", "doubts", "flags", "dropped", "unused")}
