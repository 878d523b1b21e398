"""The job that shows what files would change of the units, applies them, takes a reform back, or settles a scope."""

import datetime as dt
import re
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text
from werkzeug.datastructures import FileStorage

from app.config import Config
from app.job_context import Context, RightsLost
from geodata.boundaries import BoundariesRefused
from geodata.problems import Conflict
from geodata.reform_input import ReformRefused
from geodata.succession_import import SuccessionRefused
from surveys import audit, reforms
from surveys.access import Role

SUFFIXES = (".csv", ".xlsx", ".gpkg", ".geojson", ".json", ".zip")
KEPT_DAYS = 7
NAMED = 200  # refused rows that are listed


def keep(config: Config, files: Iterable[FileStorage]) -> tuple[str, list[str]]:
    """Stores what was uploaded under names of ours; (folder's name, names as given). Older uploads are swept."""
    _sweep(config)
    folder = uuid.uuid4().hex
    names = []
    (config.home / "reforms" / folder).mkdir(mode=0o700, parents=True)
    for number, file in enumerate(files):
        name = re.sub(r"[^\w .()-]", "_", Path((file.filename or "").replace("\\", "/")).name)[:120]
        suffix = Path(name).suffix.lower()
        if suffix in SUFFIXES:
            file.save(config.home / "reforms" / folder / f"{number}{suffix}")
            names.append(name)
    return folder, names


def job(context: Context) -> dict[str, Any]:
    """The kind `reform`; `parameters` hold its step: preview, apply, undo or scope."""
    if context.actor.role is not Role.ADMIN:
        raise RightsLost(account=context.actor.account_id)
    engine = create_engine(context.urls.worker, poolclass=NullPool)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            match context.parameters["step"]:
                case "undo":
                    done = reforms.undo(connection, context.actor, uuid.UUID(context.parameters["reform"]))
                    return {"undone": context.parameters["reform"], "report": asdict(done)}
                case "scope":
                    return _settle_scope(connection, context)
                case step:
                    result = _apply(connection, context)
                    if step == "preview" and transaction.is_active:
                        transaction.rollback()
                    return result
    finally:
        engine.dispose()


def _apply(connection: Connection, context: Context) -> dict[str, Any]:
    given = context.parameters
    paths = sorted((context.config.home / "reforms" / given["folder"]).iterdir())
    on = dt.date.fromisoformat(given["on"]) if given.get("on") else None
    try:
        report = reforms.apply(
            connection, context.actor, paths, on, given.get("act"), names=given["names"], progress=context.progress
        )
    except (BoundariesRefused, ReformRefused) as refused:
        connection.rollback()
        rows = [[row.row, row.code, row.name, row.reason, row.detail] for row in refused.facts["rows"]]
        return {"refused": rows[:NAMED], "count": len(rows)}
    except SuccessionRefused as refused:
        connection.rollback()
        rows = [[number, what, "", reason, ""] for number, reason, what in refused.facts["rows"]]
        return {"refused": rows[:NAMED], "count": len(rows)}
    return {"report": report.json}


def _settle_scope(connection: Connection, context: Context) -> dict[str, Any]:
    """An account or office of a split commune is of the unit an administrator chose."""
    given = context.parameters
    row = connection.execute(
        text(
            "SELECT relation, key, candidates FROM unplaced WHERE id = :id AND settled_at IS NULL AND province_id = :p"
            " AND relation IN ('accounts', 'offices') FOR UPDATE"
        ),
        {"id": given["unplaced"], "p": context.actor.province_id},
    ).first()
    if row is None or given["unit"] not in row.candidates:
        raise Conflict(what="unplaced", id=given["unplaced"])
    statement = {
        "accounts": "UPDATE accounts SET unit_id = :unit WHERE id = cast(:key AS int)",
        "offices": "UPDATE offices SET unit_id = :unit WHERE id = cast(:key AS int)",
    }[row.relation]
    connection.execute(text(statement), {"unit": given["unit"], "key": row.key})
    connection.execute(
        text("UPDATE unplaced SET settled_unit = :u, settled_by = :by, settled_at = now() WHERE id = :id"),
        {"u": given["unit"], "by": context.actor.account_id, "id": given["unplaced"]},
    )
    audit.record(connection, context.actor, "scope", area=given["unit"], detail={row.relation: row.key})
    return {"settled": given["unplaced"]}


def _sweep(config: Config) -> None:
    before = dt.datetime.now(dt.UTC).timestamp() - KEPT_DAYS * 86400
    for folder in (config.home / "reforms").glob("*"):
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
