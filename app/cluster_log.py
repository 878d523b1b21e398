"""What PostgreSQL says while it starts, and which problem that is."""

import re
import shutil
from pathlib import Path

from app import cluster_programs
from app.cluster_settings import MB, ROOM_TO_RUN_MB
from app.startup_problems import DiskFull, PostgresFailed, WrongOwner


def sizes(log: Path) -> dict[Path, int]:
    """How long each log file is now."""
    return {file: file.stat().st_size for file in log.iterdir()}


def said_since(log: Path, before: dict[Path, int]) -> str:
    """What was written to the folder since `before`."""
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
