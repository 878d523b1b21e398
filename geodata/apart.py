"""Runs a program in a process of its own: bounded memory and time, no network, a folder that goes with it."""

import ctypes
import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Limits:
    """What the kernel holds a program to: MB of addresses and of memory it may write to (0: any), seconds of processor
    time of all its threads, bytes of each file it writes, MB of resident memory (watched)."""

    addresses: int
    resident: int
    processor: int
    data: int = 0
    file: int = MOST_OUTPUT


class Stopped(Exception):
    """The program didn't come to its end. `over` is "time" or "memory", or "" where it failed by itself; `said` is the
    last of what it wrote to its error output."""

    def __init__(self, over: str, said: str) -> None:
        self.over, self.said = over, said
        super().__init__(over or said)


class Talk:
    """What a running program writes, read as it comes; the program waits while nobody reads."""

    def __init__(self, process: "subprocess.Popen[bytes]", limits: Limits, idle: float, said: Path) -> None:
        self._process, self._limits, self._idle, self._said = process, limits, idle, said
        self._held = bytearray()
        self.peak_kb = 0

    def take(self, size: int) -> bytes:
        """So many bytes. Raises Stopped where the output ends before, the limits are passed, or nothing comes."""
        until = time.monotonic() + self._idle
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        source = self._process.stdout.fileno()
        while len(self._held) < size:
            ready, _, _ = select.select([source], [], [], WATCHED_EVERY_S)
            self.peak_kb = max(self.peak_kb, _resident_kb(self._process.pid))
            if self.peak_kb > self._limits.resident << 10:
                raise self._stopped("memory")
            if ready:
                part = os.read(source, 1 << 20)
                if not part:
                    raise self._stopped("")
                self._held += part
                until = time.monotonic() + self._idle
            elif time.monotonic() > until:
                raise self._stopped("time")
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _stopped(self, over: str) -> Stopped:
        if over:
            self._process.kill()
        code = self._process.wait()
        said = self._said.read_bytes()[-4000:].decode(errors="replace")
        if not over and (code in (-24, -9) or "MemoryError" in said or "bad_alloc" in said):
            over = "time" if code == -24 else "memory"
        return Stopped(over, said)


@contextmanager
def talk(
    command: list[str], given: bytes, *, folder: Path, limits: Limits, idle: float, environment: Mapping[str, str]
) -> Iterator[Talk]:
    """Runs `command` in a folder that is there already; `idle`: most seconds without a word from it."""
    with tempfile.TemporaryDirectory(prefix="diaban-apart-") as beside:
        said, source = Path(beside) / "err", Path(beside) / "in"
        source.write_bytes(given)
        with source.open("rb") as stdin, said.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-I", __file__, json.dumps(asdict(limits)), *command],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=folder,
                env={**_environment(beside), **environment},
                start_new_session=True,
            )
        try:
            yield Talk(process, limits, idle, said)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def run(command: list[str], given: bytes, *, seconds: float, megabytes: int, address_space: int = 0) -> Ended:
    """Runs `command` with `given` on its input. `address_space` (MB) is the kernel's hard limit, 0: as `megabytes`.

    What is resident is watched besides: a Java machine reserves far more than it uses.
    """
    began = time.monotonic()
    # Processor time of all threads together; the clock on the wall is the parent's to watch.
    limits = Limits(address_space or megabytes, megabytes, 4 * (int(seconds) + 1))
    with tempfile.TemporaryDirectory(prefix="diaban-apart-") as folder:
        (Path(folder) / "in").write_bytes(given)
        with (
            (Path(folder) / "in").open("rb") as source,
            (Path(folder) / "out").open("wb") as out,
            (Path(folder) / "err").open("wb") as err,
        ):
            process = subprocess.Popen(
                [sys.executable, "-I", __file__, json.dumps(asdict(limits)), *command],
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


def _begin(limits: Limits, command: list[str]) -> None:
    """In the new process: takes the limits upon itself, leaves the network, and becomes the program."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.addresses << 20, limits.addresses << 20))
    if limits.data:
        resource.setrlimit(resource.RLIMIT_DATA, (limits.data << 20, limits.data << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor, limits.processor + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file, limits.file))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    # Where the kernel lets nobody make namespaces the program still has nothing to say to the network: what it reads
    # has been checked for addresses, and Python's own sockets are refused by an audit hook.
    if libc.unshare(_NEW_NET) != 0:
        libc.unshare(_NEW_USER | _NEW_NET)
    os.execvp(command[0], command)  # noqa: S606 - a program without a shell is what is wanted


if __name__ == "__main__":
    _begin(Limits(**json.loads(sys.argv[1])), sys.argv[2:])
