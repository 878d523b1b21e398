"""Imports, as a job and from the command line: looked at, proposed, applied, undone; each step a transaction."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, text

from app.config import Config
from app.database import acting
from app.job_context import Context, Stopping
from geodata.problems import Problem
from surveys import import_deciding, import_files, import_proposing
from surveys.access import Actor
from surveys.answer_problems import SubmissionClassified
from surveys.screening.parcels import ParcelMap

KEPT_DAYS = 7
Told = Callable[[int, int | None], None]


def bring(web: Engine, actor: Actor, key: str, file: Path, config: Config, choices: dict[str, Any]) -> uuid.UUID:
    """Takes a file of this machine as an upload would be taken. Raises what `import_proposing.begin` raises."""
    id_ = uuid.uuid4()
    with file.open("rb") as raw:
        kept = import_files.keep(config.home, id_, file.name, raw.read)
    try:
        with acting(web, actor) as session:
            import_proposing.begin(session, actor, id_, key, kept, choices)
    except BaseException:
        shutil.rmtree(import_files.folder(config.home, id_), ignore_errors=True)
        raise
    return id_


def give_up(web: Engine, actor: Actor, id_: uuid.UUID, config: Config) -> None:
    """Withdraws what nobody confirmed, with its file."""
    with acting(web, actor) as session:
        import_proposing.withdraw(session, actor, id_)
    shutil.rmtree(import_files.folder(config.home, id_), ignore_errors=True)


def job(context: Context) -> dict[str, Any]:
    """The kind `import`: parameters import (id), step: look, propose, apply or undo."""
    id_, step = uuid.UUID(context.parameters["import"]), context.parameters["step"]
    worker = create_engine(context.urls.worker, poolclass=NullPool)
    web = create_engine(context.urls.web, poolclass=NullPool)
    try:
        with refusing(worker, id_, context.config):
            return STEPS[step](worker, web, context.actor, id_, context.config, context.progress)
    finally:
        worker.dispose()
        web.dispose()


@contextmanager
def refusing(worker: Engine, id_: uuid.UUID, config: Config) -> Iterator[None]:
    """What went wrong is said on the import's own page too, long after its job is forgotten.

    A file that may not be here at all goes at once.
    """
    try:
        yield
    except Stopping:
        raise  # begun again by the next process
    except Exception as error:
        code, facts = ("job_failed", {"reason": type(error).__name__})
        if isinstance(error, Problem):
            code, facts = error.code, {key: str(value) for key, value in error.facts.items()}
        with worker.begin() as connection:
            import_proposing.refuse(connection, id_, {**facts, "code": code})
        if isinstance(error, ParcelMap | SubmissionClassified):
            shutil.rmtree(import_files.folder(config.home, id_), ignore_errors=True)
        raise


def look(worker: Engine, _web: Engine, actor: Actor, id_: uuid.UUID, config: Config, told: Told) -> dict[str, Any]:
    """Reads and judges the file."""
    with worker.begin() as connection:
        return import_proposing.look(connection, actor, id_, config.home, told)


def propose(worker: Engine, _web: Engine, actor: Actor, id_: uuid.UUID, config: Config, told: Told) -> dict[str, Any]:
    """Its good rows become proposals; the file goes."""
    with worker.begin() as connection:
        done = import_proposing.propose(connection, actor, id_, config.home, told)
    import_files.forget(config.home, id_)
    return done


def apply(_worker: Engine, web: Engine, actor: Actor, id_: uuid.UUID, _config: Config, _told: Told) -> dict[str, Any]:
    """Into the layer, as the reviewer, under the row policies."""
    with acting(web, actor) as session:
        done: dict[str, Any] = {**import_deciding.approve(session, actor, id_)}
    return {"import": str(id_), "state": "approved", **done}


def undo(_worker: Engine, web: Engine, actor: Actor, id_: uuid.UUID, _config: Config, _told: Told) -> dict[str, Any]:
    """Out of the layer again, as the reviewer."""
    with acting(web, actor) as session:
        done = import_deciding.undo(session, actor, id_)
    return {"import": str(id_), "state": "undone", **done}


STEPS: dict[str, Callable[[Engine, Engine, Actor, uuid.UUID, Config, Told], dict[str, Any]]] = {
    "look": look,
    "propose": propose,
    "apply": apply,
    "undo": undo,
}


def clean(config: Config, worker: Engine) -> int:
    """Gives up imports nobody confirmed for KEPT_DAYS, and removes files that belong to none; how many."""
    with worker.begin() as connection:
        old = connection.scalars(
            text(
                "UPDATE imports SET state = 'withdrawn' WHERE state IN ('reading', 'asking', 'ready', 'refused')"
                " AND created_at < now() - make_interval(days => :days) RETURNING id"
            ),
            {"days": KEPT_DAYS},
        ).all()
        states = {str(id_): state for id_, state in connection.execute(text("SELECT id, state FROM imports")).all()}
    for folder in (config.home / "imports").glob("*-*-*-*-*"):
        # A folder is there before its row is: one without a row is somebody's upload, unless it is old.
        if states.get(folder.name, "" if _is_old(folder) else "reading") in ("", "withdrawn"):
            shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _is_old(folder: Path) -> bool:
    try:
        return folder.stat().st_mtime < time.time() - 24 * 3600
    except FileNotFoundError:
        return False
