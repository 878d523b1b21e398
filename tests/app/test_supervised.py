"""Programs started beside each other, seen as real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app import supervised
from app.startup_problems import ChildDied
from tests.app.homes import ROOT


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and wasn't collected yet doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_end_of_one_is_told_by_name_and_status() -> None:
    children = [supervised.start("long", ["sleep", "60"]), supervised.start("short", ["sh", "-c", "exit 7"])]
    try:
        with pytest.raises(ChildDied) as died:
            supervised.wait(children)
        assert died.value.facts == {"name": "short", "status": 7}
    finally:
        supervised.stop(children)
    assert children[0].process.returncode == -signal.SIGTERM


def test_one_that_does_not_listen_is_ended_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervised, "GRACE_S", 0.5)
    deaf = supervised.start(
        "deaf",
        [
            sys.executable,
            "-c",
            "import signal,time\nsignal.signal(15, signal.SIG_IGN)\nprint(1, flush=True)\ntime.sleep(60)",
        ],
    )
    time.sleep(0.5)
    began = time.monotonic()
    supervised.stop([deaf])
    assert deaf.process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_when_the_parent_is_killed_its_children_end_too() -> None:
    body = "from app import supervised\nprint(supervised.start('child', ['sleep', '60']).process.pid)\ninput()"
    parent = subprocess.Popen(
        [sys.executable, "-uc", body], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()  # not communicate(): the child holds the other end of the pipe
    for pipe in (parent.stdin, parent.stdout):
        if pipe:
            pipe.close()
    end = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(child)


def test_ctrl_c_in_the_terminal_does_not_reach_them_directly() -> None:
    child = supervised.start("child", ["sleep", "60"])
    assert os.getpgid(child.process.pid) != os.getpgrp()
    supervised.stop([child])
