"""Programs started beside each other: none outlives the one that started them, and the end of one is the end of all."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.startup_problems import ChildDied

PR_SET_PDEATHSIG = 1
GRACE_S = 20


@dataclass(frozen=True)
class Child:
    """A running program and the name people know it by."""

    name: str
    process: "subprocess.Popen[bytes]"


def start(name: str, command: Sequence[str]) -> Child:
    """Starts a program apart from the terminal (Ctrl-C reaches only us); should we be killed, the kernel stops it."""
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def follow_parent() -> None:
        if sys.platform != "linux":  # nothing like it there; Ctrl-C works all the same
            return
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return Child(name, subprocess.Popen(command, start_new_session=True, preexec_fn=follow_parent))


def wait(children: Sequence[Child], *checks: Callable[[], None]) -> None:
    """Returns never by itself: raises ChildDied when one ends, or what one of the `checks` raises."""
    while True:
        for check in checks:
            check()
        for child in children:
            status = child.process.poll()
            if status is not None:
                raise ChildDied(name=child.name, status=status)
        time.sleep(0.5)


def stop(children: Sequence[Child]) -> None:
    """Asks all to finish, then ends what didn't after GRACE_S seconds."""
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    end = time.monotonic() + GRACE_S
    for child in children:
        try:
            child.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def diaban(*arguments: str) -> list[str]:
    """The command line of one of our own commands, run by this very Python."""
    return [sys.executable, "-m", "app.cli", *arguments]
