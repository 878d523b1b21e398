"""What PostgreSQL says while it starts, and which problem that is."""

import re
import shutil
import time
from pathlib import Path

from app import cluster_programs
from app.cluster_settings import MB, ROOM_TO_RUN_MB
from app.startup_problems import DiskFull, PostgresFailed, WrongOwner

# The server hands its last words to another process, which on a busy machine writes them after the server is gone.
LAST_WORDS_S = 10.0
_LAST_WORDS = re.compile(r"\b(?:FATAL|PANIC):")


def sizes(log: Path) -> dict[Path, int]:
    """How long each log file is now."""
    return {file: file.stat().st_size for file in log.iterdir()}


def said_since(log: Path, before: dict[Path, int]) -> str:
    """What a server that didn't start wrote to the folder since `before`; its last words are waited for."""
    end = time.monotonic() + LAST_WORDS_S
    while not _LAST_WORDS.search(said := _new(log, before)) and time.monotonic() < end:
        time.sleep(0.1)
    return said


def _new(log: Path, before: dict[Path, int]) -> str:
    said = ""
    for file in sorted(log.iterdir()):
        text = file.read_bytes()
        said += text[before.get(file, 0) if len(text) >= before.get(file, 0) else 0 :].decode(errors="replace")
    return said


def explained(cluster: Path, said: str) -> Exception:
    """What PostgreSQL said, as the problem a person can act on."""
    data = cluster / "data"
    if "No space left on device" in said:
        free_mb = shutil.disk_usage(cluster).free // MB
        return DiskFull(folder=cluster, free_mb=free_mb, needed_mb=ROOM_TO_RUN_MB)
    if "has wrong ownership" in said or "Permission denied" in said:
        folder = data if data.exists() else cluster
        return WrongOwner(folder=folder, owner=folder.owner(), us=cluster_programs.account_for(data).name)
    telling = re.findall(r"(?:FATAL|PANIC|ERROR|error):\s+(.+)", said) or said.strip().splitlines() or ["no message"]
    return PostgresFailed(reason=telling[-1].strip(), log=cluster / "log")
