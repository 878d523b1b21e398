"""Runs a program in a process of its own: bounded memory and time, no network, a folder that goes with it."""

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

WATCHED_EVERY_S = 0.02
MOST_OUTPUT = 64 << 20  # bytes; what the program writes to a file
# A new user and network namespace: sockets exist there, but lead nowhere.
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000


@dataclass(frozen=True)
class Ended:
    """How it ended: `over` is "time" or "memory" where it was stopped for that. Peak memory in kB (resident)."""

    code: int
    out: bytes
    err: bytes
    over: str
    peak_kb: int
    seconds: float


def run(command: list[str], given: bytes, *, seconds: float, megabytes: int, address_space: int = 0) -> Ended:
    """Runs `command` with `given` on its input. `address_space` (MB) is the kernel's hard limit, 0: as `megabytes`.

    What is resident is watched besides: a Java machine reserves far more than it uses.
    """
    began = time.monotonic()
    hard = address_space or megabytes
    with tempfile.TemporaryDirectory(prefix="diaban-apart-") as folder:
        (Path(folder) / "in").write_bytes(given)
        with (
            (Path(folder) / "in").open("rb") as source,
            (Path(folder) / "out").open("wb") as out,
            (Path(folder) / "err").open("wb") as err,
        ):
            process = subprocess.Popen(
                [sys.executable, "-I", __file__, str(hard), str(int(seconds) + 1), *command],
                stdin=source,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
            )
            over, peak = _watch(process, began + seconds, megabytes << 10)
        return Ended(
            code=process.returncode,
            out=(Path(folder) / "out").read_bytes(),
            err=(Path(folder) / "err").read_bytes()[:20_000],
            over=over,
            peak_kb=peak,
            seconds=time.monotonic() - began,
        )


def _environment(folder: str) -> dict[str, str]:
    """Nothing of ours: passwords and addresses stay out of a program that reads a stranger's file."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "JAVA_HOME") if key in os.environ}
    return {**kept, "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _watch(process: "subprocess.Popen[bytes]", until: float, most_kb: int) -> tuple[str, int]:
    """(why it was stopped or "", peak resident kB)."""
    over, peak = "", 0
    waiting = threading.Event()
    while process.poll() is None:
        peak = max(peak, _resident_kb(process.pid))
        if peak > most_kb:
            over = "memory"
        elif time.monotonic() > until:
            over = "time"
        if over:
            process.kill()
            process.wait()
            break
        waiting.wait(WATCHED_EVERY_S)
    return over, peak


def _resident_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass  # it has just ended
    return 0


def _begin(megabytes: int, seconds: int, command: list[str]) -> None:
    """In the new process: takes the limits upon itself, leaves the network, and becomes the program."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    # Processor time of all threads together; the clock on the wall is the parent's to watch.
    resource.setrlimit(resource.RLIMIT_CPU, (4 * seconds, 4 * seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    # Where the kernel lets nobody make namespaces the program still has nothing to say to the network: what it reads
    # has been checked for addresses, and Python's own sockets are refused by an audit hook.
    if libc.unshare(_NEW_NET) != 0:
        libc.unshare(_NEW_USER | _NEW_NET)
    os.execvp(command[0], command)  # noqa: S606 - a program without a shell is what is wanted


if __name__ == "__main__":
    _begin(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
