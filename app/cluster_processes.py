"""The server's processes as the operating system sees them, and what a dead one leaves behind."""

import contextlib
from pathlib import Path


def is_alive(data: Path) -> bool:
    """Whether the main process of the server of `data` lives."""
    pid = recorded_pid(data)
    return pid is not None and _works_in(Path(f"/proc/{pid}/cwd"), data)


def drop_stale_pid(data: Path) -> None:
    """Removes a pid file whose number is taken but by no server of this data: PostgreSQL would refuse to start.

    So after a reboot, when another program has the number, or where nobody collects the ended server. A number that is
    free PostgreSQL judges itself; while any process of the old server is left, the file protects the data and stays.
    """
    pid = recorded_pid(data)
    if pid is not None and Path(f"/proc/{pid}").exists() and not processes_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def recorded_pid(data: Path) -> int | None:
    """The process id in the data folder's pid file, living or not."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def processes_in(data: Path) -> set[int]:
    """Processes of a server of this data: each of them works inside the folder, and none else does."""
    return {int(cwd.parent.name) for cwd in Path("/proc").glob("[0-9]*/cwd") if _works_in(cwd, data)}


def _works_in(cwd: Path, data: Path) -> bool:
    with contextlib.suppress(OSError):  # ended meanwhile, or another user's
        return cwd.readlink() == data.resolve()
    return False
