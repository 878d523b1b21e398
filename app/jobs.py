"""Runs queued jobs in the background process; PostgreSQL is the queue (Procrastinate)."""

import asyncio
import json
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import procrastinate
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from app import credentials, importing
from app.config import Config
from app.job_context import Cancelled, Context, RightsLost, Stopping
from app.job_kinds import KINDS
from app.roles import Urls
from geodata.problems import Problem

log = logging.getLogger(__name__)
QUEUE_SCHEMA = "procrastinate"
TASK = "run_job"  # the name `enqueue` gives it in the database
ONE_WORKER = 0x0B5
KEPT_DAYS = 7
EXPORTS_LISTED_DAYS = 90
SWEEP = """
UPDATE jobs SET result = result || '{"swept": true}'
WHERE kind = 'export' AND result IS NOT NULL AND NOT result ? 'swept'
    AND finished_at < now() - make_interval(days => :d)
"""
FORGET = """
DELETE FROM jobs
WHERE finished_at < now() - make_interval(days => CASE WHEN kind = 'export' THEN :listed ELSE :d END)
"""
CLEAN_EVERY_S = 3600.0
IN_QUEUE = f"SET LOCAL search_path = {QUEUE_SCHEMA}, public"  # the queue's own triggers name their tables bare


def run(
    config: Config, urls: Urls, worker: Engine, id_: uuid.UUID, stopping: Callable[[], bool] = lambda: False
) -> None:
    """Runs one job to its end and stores what came of it; files of a job that isn't done in the end are removed."""
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
    folder = config.exports / str(id_)
    finished = False

    def progress(done: int, total: int | None) -> None:
        if stopping():
            raise Stopping
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
        shutil.rmtree(folder, ignore_errors=True)  # what a killed process left
        folder.mkdir(mode=0o700, parents=True)
        context = Context(id_, actor, job.parameters, job.purpose, config, urls, folder, progress)
        result = KINDS[job.kind](context)
    except Stopping:
        log.info("job %s is left for the next start", id_)
    except Problem as problem:
        facts = {key: str(value) for key, value in problem.facts.items()}
        shutil.rmtree(folder, ignore_errors=True)  # before anybody can see that it failed
        _end(worker, id_, "failed", error={"code": problem.code, **facts})
    except Exception as error:
        log.exception("job %s failed", id_)
        shutil.rmtree(folder, ignore_errors=True)
        _end(worker, id_, "failed", error={"code": "job_failed", "reason": type(error).__name__})
    else:
        finished = _end(worker, id_, "done", result=result)
    finally:
        if not finished:
            shutil.rmtree(folder, ignore_errors=True)


def _end(
    worker: Engine,
    id_: uuid.UUID,
    state: str,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> bool:
    """Whether it was still running: one that was cancelled meanwhile stays so."""
    with worker.begin() as connection:
        changed = connection.execute(
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
    return changed.rowcount == 1


def work(config: Config, urls: Urls, stop: threading.Event) -> None:
    """Runs jobs one after another until told to stop; one that a killed process left is begun again next time."""
    worker = create_engine(urls.worker, pool_size=4, pool_pre_ping=True)
    while not stop.is_set():
        try:
            with worker.connect() as lock:
                # The lock goes with this connection, so it must be closed at the end, not go back to the pool.
                lock.detach()
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
    """Jobs a killed process left, begun or only just taken, are queued once more: only the lock's holder runs any."""
    with worker.begin() as connection:
        connection.execute(text(IN_QUEUE))
        connection.execute(text("UPDATE procrastinate.procrastinate_jobs SET status = 'failed' WHERE status = 'doing'"))
        connection.execute(text("UPDATE jobs SET state = 'queued' WHERE state = 'running'"))
        connection.execute(
            text(
                "SELECT enqueue(id) FROM jobs WHERE state = 'queued' AND NOT EXISTS (SELECT FROM"
                " procrastinate.procrastinate_jobs j WHERE j.status = 'todo' AND j.args ->> 'id' = jobs.id::text)"
            )
        )


def clean(config: Config, worker: Engine) -> int:
    """Removes the files of jobs that ended more than KEPT_DAYS ago; returns how many. The audit keeps its rows.

    That there was an export, and what it was for, stays to be seen until EXPORTS_LISTED_DAYS.
    """
    folders = list(config.exports.glob("*"))  # before the rows are read: a job begun meanwhile keeps its folder
    with worker.begin() as connection:
        days = {"d": KEPT_DAYS, "listed": EXPORTS_LISTED_DAYS}
        swept = connection.execute(text(SWEEP), days).rowcount
        swept += connection.execute(text(FORGET), days).rowcount
        connection.execute(text(IN_QUEUE))
        connection.execute(
            text(
                "DELETE FROM procrastinate.procrastinate_jobs j WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS"
                " (SELECT FROM jobs WHERE jobs.id::text = j.args ->> 'id')"
            )
        )
        known = {
            str(id_)
            for id_ in connection.scalars(text("SELECT id FROM jobs WHERE NOT coalesce(result ? 'swept', false)"))
        }
    for folder in folders:
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
    return swept


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
        run(config, urls, worker, uuid.UUID(id), stop.is_set)

    async with queue.open_async():
        serving = asyncio.create_task(
            queue.run_worker_async(install_signal_handlers=False, fetch_job_polling_interval=2.0)
        )
        cleaned = -CLEAN_EVERY_S
        while not stop.is_set() and not serving.done():
            if time.monotonic() - cleaned > CLEAN_EVERY_S:
                await asyncio.to_thread(clean, config, worker)
                await asyncio.to_thread(importing.clean, config, worker)
                cleaned = time.monotonic()
            await asyncio.sleep(0.3)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
