"""PostgreSQL's own programs: where they are, and running them as a user PostgreSQL accepts."""

import os
import pwd
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.startup_problems import (
    FolderClosed,
    PostgresMissing,
    PostgresOtherVersion,
    PostgresTooOld,
    WrongOwner,
)

OLDEST_POSTGRES = 15
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Programs:
    """A folder of PostgreSQL programs of one major version."""

    folder: Path
    major: int


@dataclass(frozen=True)
class Account:
    """The operating-system user the server runs as."""

    name: str
    uid: int
    gid: int


def find(data: Path, *, debian: Path = DEBIAN, path: str | None = None) -> Programs:
    """The newest usable programs, or those of the version that made `data`; a StartupProblem where there are none."""
    found = [programs for folder in _folders(debian, path) if (programs := _look(folder))]
    if not found:
        raise PostgresMissing()
    made_by = data / "PG_VERSION"
    if made_by.exists():
        major = int(made_by.read_text())
        for programs in found:
            if programs.major == major:
                return programs
        raise PostgresOtherVersion(folder=data, version=major)
    best = max(found, key=lambda programs: programs.major)
    if best.major < OLDEST_POSTGRES:
        raise PostgresTooOld(found=best.major, needed=OLDEST_POSTGRES)
    return best


def _folders(debian: Path, path: str | None) -> list[Path]:
    on_path = [Path(part) for part in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep) if part]
    return [*sorted(debian.glob("*/bin")), *on_path]


def _look(folder: Path) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\(PostgreSQL\) (\d+)", said)
    # initdb and pg_ctl look for their siblings beside themselves, not beside a link to them.
    return Programs((folder / "postgres").resolve().parent, int(number[1])) if number else None


def account_for(data: Path) -> Account:
    """Who runs the server: the owner of `data`; for new data ourselves, or `postgres` when we are root."""
    us = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if us == 0:
        entry = _postgres_user() if owner is None else _user(owner)
        if entry.pw_uid == 0:
            raise WrongOwner(folder=data, owner="root", us=_postgres_user().pw_name)
    else:
        entry = _user(us)
        if owner not in (None, us):
            raise WrongOwner(folder=data, owner=_name(owner or 0), us=entry.pw_name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _postgres_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise PostgresMissing() from None


def _user(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        # A container may run under a number without a name; its group is then the best guess at hand.
        return pwd.struct_passwd((str(uid), "x", uid, os.getegid(), "", "/", ""))


def our_name() -> str:
    """The name of the user this program runs as."""
    return _name(os.geteuid())


def _name(uid: int) -> str:
    return _user(uid).pw_name


def run(account: Account, command: Sequence[str | Path], *, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program as `account` in `folder`, without our PG* variables; both streams, in English, in stdout."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    environ["LC_ALL"] = "C.UTF-8"
    as_root = os.geteuid() == 0
    return subprocess.run(
        command,
        cwd=folder,
        env=environ,
        user=account.uid if as_root else None,
        group=account.gid if as_root else None,
        extra_groups=[] if as_root else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check_reachable(account: Account, folder: Path) -> None:
    """Raises FolderClosed naming the first parent of `folder` the account can't pass through."""
    for parent in [*reversed(folder.parents), folder]:
        if run(account, ["test", "-x", parent], folder=Path("/")).returncode != 0:
            raise FolderClosed(folder=parent, user=account.name)
