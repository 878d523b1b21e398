"""What a person chose on an import's page, or a machine sent, as the import keeps it."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app import sessions
from geodata.problems import InvalidValue
from surveys import import_columns, import_files, import_proposing, jobs, marked_files, media
from surveys.access import Actor
from surveys.answer_problems import FileNotTaken, SubmissionClassified
from surveys.import_tables import Import

MOST_DOCUMENT = 20 << 20


def upload(session: Session, actor: Actor, layer: str, given: FileStorage | None, choices: dict[str, Any]) -> Any:
    """Keeps a file, notes its import and queues the look at it; (import's id, job's id)."""
    if given is None or not given.filename:
        raise InvalidValue(field="file", reason="thiếu tệp | missing")
    id_ = uuid.uuid4()
    home = sessions.config().home
    kept = import_files.keep(home, id_, given.filename, given.stream.read)
    try:
        import_proposing.begin(session, actor, id_, layer, kept, choices)
        job = queue(session, actor, id_, layer, "look")
    except BaseException:
        import_files.forget(home, id_)
        raise
    return id_, job


def queue(session: Session, actor: Actor, id_: uuid.UUID, layer: str, step: str) -> uuid.UUID:
    """The job of the next step, in the caller's transaction."""
    parameters = {"layer": layer, "import": str(id_), "step": step}
    return jobs.submit(session, actor, "import", parameters, None)


def chosen(found: Import) -> dict[str, Any]:
    """The choices of the page's form over those there were."""
    form, choices = request.form, dict(found.choices)
    if "source" in form:
        choices["source"] = form.get("source", type=int)
    for key in ("encoding", "system"):
        if form.get(key):
            choices[key] = form[key]
    if "source" in choices and found.found and choices["source"] != found.found["number"]:
        # Another layer of the file has columns, text and coordinates of its own.
        choices = {key: value for key, value in choices.items() if key in ("source", "document", "defaults")}
    elif found.report:
        choices |= _mapped(form, found.report)
    document = _document(form, request.files.get("document"), sessions.config().home)
    return choices | ({"document": document} if document else {})


def _mapped(form: Mapping[str, str], report: dict[str, Any]) -> dict[str, Any]:
    headers = [one["header"] for one in report["columns"]] + report["unused"]
    columns = {header: form[f"column-{i}"] for i, header in enumerate(headers) if f"column-{i}" in form}
    codes = {
        header: given
        for i, (header, words) in enumerate(report["unmatched"].items())
        if (given := {word: form[f"code-{i}-{j}"] for j, (word, _n) in enumerate(words) if form.get(f"code-{i}-{j}")})
    }
    return ({"columns": columns} if columns else {}) | ({"codes": codes} if codes else {})


def _document(form: Mapping[str, str], given: FileStorage | None, home: Path) -> dict[str, str]:
    """The published document that minority areas stand on (S4), kept by its hash."""
    if given is None or not given.filename:
        return {}
    data = given.stream.read(MOST_DOCUMENT + 1)
    if len(data) > MOST_DOCUMENT:
        raise import_files.UploadTooLarge(megabytes=MOST_DOCUMENT >> 20)
    if marked_files.marked(given.filename, data):
        raise SubmissionClassified(field="Tệp văn bản")
    taken = media.take("document", data)
    if taken.state != "clean":
        raise FileNotTaken(field="document", reason="kind")
    number = form.get("document_number", "").strip()
    if not number:
        raise InvalidValue(field="Số, ký hiệu văn bản", reason="thiếu | missing")
    day = import_columns.day("Ngày văn bản", form.get("document_date", "").strip())
    media.keep(home, [taken])
    return {"sha256": taken.sha256.hex(), "number": number, "date": day, "name": import_files.plain(given.filename)}


def picks() -> dict[str, Any]:
    """What a reviewer chose of fields two sides changed: pick-<feature>-<field>, and pick-every for the rest."""
    found: dict[str, Any] = {}
    for name, value in request.form.items():
        if name.startswith("pick|") and value in ("sent", "kept"):
            _, feature, key = name.split("|", 2)
            found.setdefault(feature, {})[key] = value
    every = request.form.get("every")
    return found | ({"*": every} if every in ("sent", "kept") else {})
