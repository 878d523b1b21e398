"""`diaban up` as people run it: everything starts, is told, and ends together."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import embedded
from app.config import Config
from tests.app.homes import ROOT, new_home, postmaster
from tests.app.test_cli import diaban, free_port


@pytest.fixture(scope="module")
def config() -> Iterator[Config]:
    """One home for all: each test leaves it stopped, and the next must start on what was left."""
    with new_home() as made:
        yield Config(home=made.home, port=free_port())


def in_the_background() -> None:
    """As a script's background job has it: Ctrl-C must reach it all the same. Tests run by nohup pass on that HUP is
    ignored, which `up` takes at its word: a terminal's end is what is meant here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def up(config: Config) -> Iterator["subprocess.Popen[str]"]:
    """The running command, from the moment it has greeted."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIABAN_", "DATABASE_"))}
    environ = {**kept, "DIABAN_HOME": str(config.home), "DIABAN_PORT": str(config.port), "LANG": "en_GB.UTF-8"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=in_the_background,
    )
    try:
        assert process.stdout is not None
        greeting = process.stdout.readline()
        if f"http://127.0.0.1:{config.port}" not in greeting:
            process.kill()
            pytest.fail(process.communicate()[1])
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=180)


def children(process: "subprocess.Popen[str]") -> dict[str, int]:
    """Process ids of `web` and `worker`."""
    found = {}
    for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        found["web" if "gunicorn" in words else "worker"] = int(pid)
    return found


def soon(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within twenty seconds."""
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_until_told_to_stop_and_then_nothing_is_left(config: Config, number: int) -> None:
    with up(config) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{config.port}/healthz", timeout=10) as answer:
            assert answer.status == 200
        started = children(process)
        assert set(started) == {"web", "worker"}
        process.send_signal(number)
        _, wrong = process.communicate(timeout=180)  # each of three may take its grace
        assert (process.returncode, wrong) == (0, "")
        assert all(is_gone(pid) for pid in started.values())
        assert not embedded.is_running(config)


@pytest.mark.parametrize("name", ["web", "worker", "PostgreSQL"])
def test_when_one_dies_it_says_which_and_stops_the_rest(config: Config, name: str) -> None:
    with up(config) as process:
        started = children(process)
        os.kill(postmaster(config) if name == "PostgreSQL" else started[name], signal.SIGKILL)
        _, wrong = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "diaban: " + ("PostgreSQL ended" if name == "PostgreSQL" else f"The {name} process ended") in wrong
        assert all(is_gone(pid) for pid in started.values())
        assert not embedded.is_running(config)


def test_a_killed_web_worker_is_replaced_by_the_web_server(config: Config) -> None:
    with up(config) as process:
        web = children(process)["web"]
        workers = Path(f"/proc/{web}/task/{web}/children")
        for pid in workers.read_text().split():
            os.kill(int(pid), signal.SIGKILL)

        def serves() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{config.port}/healthz", timeout=5) as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False

        assert soon(serves)
        assert process.poll() is None


def test_killed_itself_it_takes_its_children_along_and_starts_again(config: Config) -> None:
    with up(config) as process:
        started = children(process)
        process.kill()
        process.wait()
        assert soon(lambda: all(is_gone(pid) for pid in started.values()))
    with up(config) as process:
        process.terminate()
        process.communicate(timeout=180)
    assert not embedded.is_running(config)


def test_a_second_one_on_the_same_port_says_so_and_leaves_the_first_alone(config: Config) -> None:
    with up(config) as process:
        second = diaban("up", DIABAN_HOME=str(config.home), DIABAN_PORT=str(config.port), LANG="en_GB.UTF-8")
        assert second.returncode == 1
        assert f"Port {config.port} on 127.0.0.1 is in use" in second.stderr
        assert process.poll() is None
        assert embedded.is_running(config)
