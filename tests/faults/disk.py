"""A disk of one file that can lose power: an ext4 image mounted over a loop device (Linux, root).

What a power cut keeps is what had reached the device. The file behind a loop device holds exactly that: whatever a
program wrote but nobody fsynced sits in the page cache of the mounted file system and is absent from the file, like the
memory of a machine without power. So a copy of the file behind is the disk after the cut, if the copy is of one moment:
- fsfreeze would flush everything first and hide a forgotten fsync; device-mapper, which could hold the disk still
  without flushing, is missing in many kernels (containers, small virtual machines).
- So every process that writes is stopped (SIGSTOP), which flushes nothing. What the kernel itself may still do on its
  own (journal commits, write-back of old pages) is watched: the device's counters of reads and writes begun and ended
  are read before and after the copy. Had anything been written meanwhile, the copy is thrown away and made again.
Write-back between the acknowledgement and the cut makes the test miss a forgotten fsync, never invent one; hence many
cuts, soon after writes. The loop device honours flushes in order, so the one thing this does not show is a disk that
itself lies about its cache.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "3G"  # sparse
TRIES = 20


def usable() -> str | None:
    """None where images can be mounted here, else why not."""
    try:
        done = subprocess.run(["losetup", "--find"], capture_output=True, text=True)
    except FileNotFoundError:
        return "losetup is not installed"
    return None if done.returncode == 0 else f"no loop devices: {done.stderr.strip()}"


def make(image: Path) -> None:
    """An empty ext4 file system; nothing is left to initialise later, or the disk would never be still."""
    _run("truncate", "-s", SIZE, image)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", "-N", "65536", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)


@contextmanager
def mounted(image: Path, where: Path) -> Iterator[str]:
    """The image mounted at `where` for as long as the block lasts: the name of its loop device ("loop3")."""
    where.mkdir(parents=True, exist_ok=True)
    device = _run("losetup", "--find", "--show", image).strip()
    try:
        _run("mount", "-t", "ext4", device, where)
        where.chmod(0o755)
        try:
            yield Path(device).name
        finally:
            _unmount(where)
    finally:
        _run("losetup", "--detach", device)


def copy(image: Path, device: str, to: Path) -> int:
    """Copies the stopped disk as it is at one moment; how many copies it took."""
    for tries in range(1, TRIES + 1):
        before = _still(device)
        _run("cp", "--sparse=always", "--reflink=never", image, to)
        if _counters(device) == before:
            return tries
    raise TimeoutError(f"{device} was written to during each of {TRIES} copies")


def _still(device: str) -> list[str]:
    """The counters once nothing is under way."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        counters = _counters(device)
        if counters[8] == "0":
            return counters
        time.sleep(0.005)
    raise TimeoutError(f"{device} has requests under way")


def _counters(device: str) -> list[str]:
    return Path(f"/sys/block/{device}/stat").read_text().split()


def _unmount(where: Path) -> None:
    for _ in range(50):
        if subprocess.run(["umount", where], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    _run("umount", "--lazy", where)


def _run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
