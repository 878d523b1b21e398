"""The background process: applies submissions, cleans photos, refreshes tiles, seals, freezes, redacts, runs jobs."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine

from app import backups, jobs, keys, mail, roles
from app.config import Config
from geodata import tiles
from surveys import (
    applying,
    case_counting,
    due_moving,
    faces,
    form_versions,
    media,
    media_sweep,
    quarantine,
    redacting,
    restricted_cube,
    sealed_parts,
    sealing,
    wall_clock,
    withdrawing,
)
from surveys.figures import summing

log = logging.getLogger(__name__)
IDLE_S = 0.5
# Phones that are just sending are answered first; what they sent is worked on in the time that is left.
NICE = 10
AFTER_ERROR_S = 5.0
HOUR_S = 3600.0
NEVER_FULL = 1 << 62  # takes all there is at once


@dataclass(frozen=True)
class Tick:
    """Work that is looked for again and again; `run` returns how much it found, `full` of which says more may wait.

    `rest_s` is the pause where no more waits.
    """

    name: str
    run: Callable[[], int]
    full: int
    rest_s: float = IDLE_S


def ticks(config: Config, engine: Engine) -> tuple[Tick, ...]:
    """Everything this process does besides jobs."""
    key = keys.kept(config.secrets, "audit_seal").encode()
    return (
        Tick("submissions", lambda: applying.apply_batch(engine, limit=200), 200),
        Tick("photos", lambda: media.clean_batch(engine, config.home, limit=20), 20),
        Tick("faces", lambda: faces.look_batch(engine, config.home), faces.AT_A_TIME, 2.0),
        Tick("tiles", lambda: tiles.refresh(engine), 1),  # resting in between let the map fall seconds behind
        Tick("figures", lambda: summing.refresh(engine), 50_000, 2.0),  # they are right meanwhile
        Tick("uploads", lambda: _sweep(config, engine), NEVER_FULL, HOUR_S),
        Tick("audit seals", lambda: sealing.seal(engine, key, config.home / "seals.log"), NEVER_FULL),
        Tick("restricted figures", lambda: restricted_cube.freeze_closed(engine), NEVER_FULL, HOUR_S),
        Tick("withdrawals", lambda: withdrawing.carry_out(engine, config.home), 1, 5.0),
        Tick("redaction", lambda: redacting.redact(engine), redacting.AT_A_TIME, 6 * HOUR_S),
        Tick("old backups", lambda: backups.age_out(engine, config.backups), NEVER_FULL, 6 * HOUR_S),
        Tick("forms", lambda: _publish(config, engine), NEVER_FULL, HOUR_S),
        Tick("case figures", lambda: case_counting.refresh(engine), case_counting.MOST_AT_ONCE),
        Tick("due dates", lambda: due_moving.follow(engine), NEVER_FULL, 30.0),
        Tick("reminders", lambda: mail.remind(config, engine), NEVER_FULL, HOUR_S / 4),
        Tick("unused files", lambda: media_sweep.sweep(engine, config.home), NEVER_FULL, 24 * HOUR_S),
    )


def _sweep(config: Config, engine: Engine) -> int:
    """Sealed files that nobody came back for."""
    with engine.connect() as connection:
        wanted = quarantine.wanted_files(connection)
    return sealed_parts.sweep(config.home, wanted)


def _publish(config: Config, engine: Engine) -> int:
    """Layers' forms follow the codes of the day: an administrator adds and ends them with a date."""
    with engine.begin() as connection:
        return len(form_versions.publish(connection, wall_clock.today(), config.point_accuracy_m))


def repeat(tick: Tick, stop: threading.Event) -> None:
    """Runs one tick until told to stop; an error is logged and tried again, so a restarted database is survived."""
    while not stop.is_set():
        try:
            found = tick.run()
        except Exception:
            log.exception("%s: failed, trying again in %.0f s", tick.name, AFTER_ERROR_S)
            stop.wait(AFTER_ERROR_S)
            continue
        # Also after a little was found: many small batches would cost more than the work in them, and take the machine
        # from the phones that are just sending it.
        if found < tick.full:
            stop.wait(tick.rest_s)


def run(config: Config) -> None:
    """Returns when the process is told to end (SIGINT, SIGTERM); a batch under way is finished first."""
    urls = roles.urls(config)
    engine = create_engine(urls.worker, pool_size=6, pool_pre_ping=True)
    stop = threading.Event()
    os.nice(NICE)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    threads = [
        threading.Thread(target=repeat, args=(tick, stop), name=tick.name, daemon=True)
        for tick in ticks(config, engine)
    ]
    threads.append(threading.Thread(target=jobs.work, args=(config, urls, stop), name="jobs", daemon=True))
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=15)
    engine.dispose()
