"""A whole copy of the system on a home of its own, run by `diaban up` as in service; and its processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from app import cluster_processes, embedded, personal_tokens, roles, startup, web_server
from app.config import Config
from surveys import form_versions
from tests import world as worlds

ROOT = Path(__file__).resolve().parents[2]
READY_S = 120


@dataclass
class Site:
    """A home with the small world in it, where to reach it, and the `diaban up` that runs it."""

    config: Config
    token: str
    program: "subprocess.Popen[bytes] | None" = None


def make(home: Path) -> Site:
    """A migrated home with units, accounts, forms and a token; nothing runs afterwards."""
    port = free_port()
    config = Config(home=home, port=port, url=f"http://127.0.0.1:{port}")
    with startup.database(config) as urls:
        startup.migrate(urls)
        engine = create_engine(urls.worker, poolclass=NullPool)
        worlds.build(engine)
        with engine.begin() as connection:
            form_versions.publish(connection)
            token = personal_tokens.create(connection, worlds.KNOWN.officer, "faults")
    return Site(config, token)


def free_port() -> int:
    """A port of loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(site: Site) -> None:
    """Runs `diaban up`, as a service manager would after every end; returns when the web server answers."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DIABAN_") and k != "DATABASE_URL"},
        "DIABAN_HOME": str(site.config.home),
        "DIABAN_PORT": str(site.config.port),
        "DIABAN_DEMO": "0",
    }
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        with (site.config.home / "up.log").open("ab") as log:
            site.program = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        while site.program.poll() is None and time.monotonic() < end:
            if web_server.answers(site.config, within_s=1):
                return
        # The port or the data folder of the one just killed may still be held for a moment.
        time.sleep(0.5)
    raise TimeoutError(f"not ready within {READY_S} s, see {site.config.home / 'up.log'}")


def stop(site: Site) -> None:
    """Ends whatever of it still runs."""
    if site.program is not None and site.program.poll() is None:
        site.program.terminate()
        with suppress(subprocess.TimeoutExpired):
            site.program.wait(40)
    for pid in processes(site):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if site.program is not None:
        site.program.wait()
    embedded.stop(site.config)


@contextmanager
def running(site: Site) -> Iterator[Site]:
    """The site up for as long as the block lasts."""
    start(site)
    try:
        yield site
    finally:
        stop(site)


def server_processes(site: Site) -> set[int]:
    """Every process of the database server."""
    return cluster_processes.processes_in(site.config.cluster / "data")


def web_workers(site: Site) -> set[int]:
    """gunicorn's workers, those that answer requests."""
    return {p for master in _gunicorn(site) for p in _children(master)}


def processes(site: Site) -> set[int]:
    """Everything that can write to the home: `up`, all it started, and the database server."""
    found: set[int] = set()
    waiting = [site.program.pid] if site.program is not None and site.program.poll() is None else []
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += _children(pid)
    return found | server_processes(site)


def urls(site: Site) -> roles.Urls:
    """Addresses of its database."""
    return roles.urls(site.config)


def _gunicorn(site: Site) -> list[int]:
    masters = _children(site.program.pid) if site.program is not None else []
    return [pid for pid in masters if b"gunicorn" in _command(pid)]


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in listed.read_text().split()]
    return found
