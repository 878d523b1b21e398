"""Runs queued jobs in the background process; PostgreSQL is the queue (Procrastinate)."""

import asyncio
import json
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import procrastinate
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from app import credentials
from app.config import Config
from app.job_kinds import KINDS
from app.roles import Urls
from geodata.problems import Problem
from surveys.access import Actor

log = logging.getLogger(__name__)
QUEUE_SCHEMA = "procrastinate"
TASK = "run_job"  # the name `enqueue` gives it in the database
ONE_WORKER = 0x0B5


class Cancelled(Problem):
    """The job was asked to end."""

    code = "job_cancelled"


class RightsLost(Problem):
    """The account may no longer do what it asked for when the job's turn came."""

    code = "job_rights_lost"


@dataclass(frozen=True)
class Context:
    """What a kind of job is given: the actor with its rights of this moment, and where to say how far it is."""

    id: uuid.UUID
    actor: Actor
    parameters: dict[str, Any]
    purpose: str | None
    config: Config
    urls: Urls
    folder: Path  # its own, for files to hand out
    progress: Callable[[int, int | None], None]  # (done, total); raises Cancelled when asked to end


def run(config: Config, urls: Urls, worker: Engine, id_: uuid.UUID) -> None:
    """Runs one job to its end and stores what came of it; never raises."""
    with worker.begin() as connection:
        job = connection.execute(
            text(
                "UPDATE jobs SET state = 'running', started_at = now(), done = 0 WHERE id = :id"
                " AND state IN ('queued', 'running') RETURNING account_id, kind, parameters, purpose"
            ),
            {"id": id_},
        ).first()
    if job is None:
        return  # cancelled before its turn
    folder = config.home / "exports" / str(id_)

    def progress(done: int, total: int | None) -> None:
        with worker.begin() as connection:
            changed = connection.execute(
                text("UPDATE jobs SET done = :d, total = coalesce(:t, total) WHERE id = :id AND state = 'running'"),
                {"d": done, "t": total, "id": id_},
            )
        if changed.rowcount == 0:
            raise Cancelled(id=str(id_))

    try:
        with worker.connect() as connection:
            actor = credentials.actor_of(connection, job.account_id)
        if actor is None:
            raise RightsLost(account=job.account_id)
        folder.mkdir(parents=True, exist_ok=True)
        context = Context(id_, actor, job.parameters, job.purpose, config, urls, folder, progress)
        result = KINDS[job.kind](context)
    except Problem as problem:
        facts = {key: str(value) for key, value in problem.facts.items()}
        _end(worker, id_, "failed", error={"code": problem.code, **facts})
    except Exception as error:
        log.exception("job %s failed", id_)
        _end(worker, id_, "failed", error={"code": "job_failed", "reason": type(error).__name__})
    else:
        _end(worker, id_, "done", result=result)


def _end(
    worker: Engine,
    id_: uuid.UUID,
    state: str,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(
                "UPDATE jobs SET state = :s, finished_at = now(), result = cast(:r AS jsonb),"
                " error = cast(:e AS jsonb), done = CASE WHEN :s = 'done' THEN coalesce(total, done) ELSE done END"
                " WHERE id = :id AND state = 'running'"
            ),
            {
                "s": state,
                "id": id_,
                "r": json.dumps(result) if result is not None else None,
                "e": json.dumps(error) if error is not None else None,
            },
        )


def work(config: Config, urls: Urls, stop: threading.Event) -> None:
    """Runs jobs one after another until told to stop; one that a killed process left is begun again next time."""
    worker = create_engine(urls.worker, pool_size=4, pool_pre_ping=True)
    while not stop.is_set():
        try:
            with worker.connect() as lock:
                if not lock.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": ONE_WORKER}):
                    stop.wait(2)  # another background process has the queue
                    continue
                lock.commit()
                _begin_again(worker)
                asyncio.run(_serve(config, urls, worker, stop))
        except Exception:
            log.exception("the job queue failed, trying again in 5 s")
            stop.wait(5)
    worker.dispose()


def _begin_again(worker: Engine) -> None:
    """Jobs a killed process left running are queued once more: only the holder of the lock runs any."""
    with worker.begin() as connection:
        connection.execute(text("UPDATE procrastinate.procrastinate_jobs SET status = 'failed' WHERE status = 'doing'"))
        left = connection.scalars(text("UPDATE jobs SET state = 'queued' WHERE state = 'running' RETURNING id")).all()
        for id_ in left:
            connection.execute(text("SELECT enqueue(:id)"), {"id": id_})


async def _serve(config: Config, urls: Urls, worker: Engine, stop: threading.Event) -> None:
    url = make_url(urls.worker)
    connector = procrastinate.PsycopgConnector(
        kwargs={
            "host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database,
            "options": f"-c search_path={QUEUE_SCHEMA},public",
        },
        min_size=1,
        max_size=4,
    )  # fmt: skip
    queue = procrastinate.App(connector=connector)

    @queue.task(name=TASK)
    def run_job(id: str) -> None:  # noqa: A002 - the name of the argument as it stands in the queue
        run(config, urls, worker, uuid.UUID(id))

    async with queue.open_async():
        serving = asyncio.create_task(
            queue.run_worker_async(install_signal_handlers=False, fetch_job_polling_interval=2.0)
        )
        while not stop.is_set() and not serving.done():
            await asyncio.sleep(0.3)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
