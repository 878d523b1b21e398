"""Random keys and passwords kept in the secrets folder: made once, readable by their owner alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from app import cluster_programs
from app.startup_problems import FolderNotWritable, WrongOwner


def kept(folder: Path, name: str, *, length: int = 32, make: Callable[[], str] | None = None) -> str:
    """The secret called `name`, made on first use: by `make`, else URL-safe text of `length` random bytes.

    Two processes asking at once get the same one: the file appears whole or not at all.
    """
    found = read(folder, name)
    if found is not None:
        return found
    try:
        draft = _write(folder, name, secrets.token_urlsafe(length) if make is None else make())
    except PermissionError:
        raise FolderNotWritable(folder=folder, us=cluster_programs.our_name()) from None
    try:
        # A link, not a rename: whoever came second must not replace what the first already uses.
        os.link(draft, folder / name)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync(folder)
    return (folder / name).read_text()


def replace(folder: Path, name: str, secret: str) -> None:
    """Keeps a given secret under `name`, whatever was there."""
    _write(folder, name, secret).replace(folder / name)
    sync(folder)


def sync(folder: Path) -> None:
    """Makes new names in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(folder: Path, name: str, secret: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return draft


def read(folder: Path, name: str) -> str | None:
    """The secret called `name`, or None where it was never made."""
    try:
        return (folder / name).read_text()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise WrongOwner(folder=folder, owner=folder.owner(), us=cluster_programs.our_name()) from None
