"""Where a running copy keeps its data when nobody says: `var` beside the code, or elsewhere where that can't work."""

import os
import stat
from pathlib import Path

ELSEWHERE = Path("/var/lib/diaban")


def chosen(given: str | None, *, own_cluster: bool) -> Path:
    """The folder that was given, else `var` here.

    PostgreSQL never runs as root, and its own user can't pass a closed folder such as /root. So root's clone in one
    keeps its data under ELSEWHERE, in a folder named after the clone: the same each time, another for each clone.
    """
    if given is not None:
        return Path(given).expanduser().absolute()
    here = Path("var").absolute()
    if not own_cluster or os.geteuid() != 0 or (here / "cluster").exists() or _open_to_all(here.parent):
        return here
    return ELSEWHERE / "-".join(here.parent.parts[1:])


def _open_to_all(folder: Path) -> bool:
    return all(stat.S_IMODE(part.stat().st_mode) & stat.S_IXOTH for part in (folder, *folder.parents))
