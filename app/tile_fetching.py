"""One tile of the office's base map from the one host an administrator named: bounded, checked, kept on the disk.

What is fetched never decides where to ask next: redirects aren't followed, proxies of the environment aren't used, and
only pictures and vector tiles are taken, by their first bytes as well as by their type.
"""

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import urllib3
from urllib3.exceptions import HTTPError

from geodata.problems import Problem
from geodata.tileaddress import Ground

MOST_BYTES = 1_000_000  # of one tile
WITHIN_S = 8.0
AT_ONCE = 4  # of a process: a host that hangs must not hold all of its threads
KEPT_BYTES = 500_000_000
KEPT_S = 30 * 86_400
SWEPT_EVERY = 256  # tiles written
VECTOR = "application/vnd.mapbox-vector-tile"
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
_VECTOR_TYPES = frozenset({VECTOR, "application/x-protobuf", "application/octet-stream"})
_GZIP = b"\x1f\x8b"


class TileNotFetched(Problem):
    """The base map's host didn't give this tile. Facts: reason (time, status, type, size, network)."""

    code: ClassVar[str] = "basemap_unreachable"


@dataclass(frozen=True)
class GroundTile:
    """One tile; `packed` where its bytes are gzip. Without bytes there is nothing at that place."""

    data: bytes
    type: str

    @property
    def packed(self) -> bool:
        return self.data.startswith(_GZIP)


class GroundTiles:
    """The tiles of a process under `folder`; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool: urllib3.PoolManager | None = None
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._written = 0

    def tile(self, ground: Ground, z: int, x: int, y: int) -> GroundTile:
        """Kept, or fetched and kept; one that has grown old is shown where the host doesn't answer.

        Raises TileNotFetched.
        """
        file = self._folder / ground.version / str(z) / str(x) / str(y)
        kept = _read(file)
        if kept is not None and time.time() - file.stat().st_mtime < KEPT_S:
            return kept
        try:
            found = self.fetched(ground.tile(z, x, y))
        except TileNotFetched:
            if kept is not None:
                return kept
            raise
        self._keep(file, found)
        return found

    def fetched(self, address: str) -> GroundTile:
        """From the host itself. Raises TileNotFetched."""
        if not self._turn.acquire(timeout=WITHIN_S):
            raise TileNotFetched(reason="time")
        try:
            return self._ask(address)
        except HTTPError as error:
            raise TileNotFetched(reason="network") from error
        finally:
            self._turn.release()

    def _ask(self, address: str) -> GroundTile:
        until = time.monotonic() + WITHIN_S
        if self._pool is None:
            self._pool = urllib3.PoolManager(num_pools=2, maxsize=AT_ONCE, retries=False)
        answer = self._pool.request(
            "GET", address, redirect=False, preload_content=False, decode_content=False,
            timeout=urllib3.Timeout(connect=3, read=WITHIN_S), headers={"Accept-Encoding": "identity"},
        )  # fmt: skip
        try:
            if answer.status in (204, 404):
                return GroundTile(b"", VECTOR)
            if answer.status != 200:
                raise TileNotFetched(reason=f"status {answer.status}")
            data = bytearray()
            # One read of the network at a time: a host that drips would otherwise be waited for till the end.
            while chunk := answer.read1(65_536, decode_content=False):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise TileNotFetched(reason="size")
                if time.monotonic() > until:
                    raise TileNotFetched(reason="time")
            return GroundTile(bytes(data), _type(bytes(data), answer.headers.get("Content-Type", "")))
        finally:
            # What wasn't read to its end isn't asked again on the same connection.
            answer.close()

    def _keep(self, file: Path, tile: GroundTile) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.part")
        made.write_bytes(tile.data)
        made.replace(file)
        self._written += 1
        if self._written % SWEPT_EVERY == 0:
            sweep(self._folder)


def sweep(folder: Path, most_bytes: int = KEPT_BYTES) -> int:
    """Removes the oldest tiles where all together hold more than allowed; returns how many."""
    files = []
    for file in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if file.is_file():
                told = file.stat()
                files.append((told.st_mtime, told.st_size, file))
    held, removed = sum(size for _, size, _ in files), 0
    for _, size, file in sorted(files, key=lambda one: one[0]):
        if held <= most_bytes:
            break
        file.unlink(missing_ok=True)
        held -= size
        removed += 1
    return removed


def _read(file: Path) -> GroundTile | None:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    return GroundTile(data, _type(data, VECTOR))


def _type(data: bytes, told: str) -> str:
    """What the bytes are, where that is what the host called them. Raises TileNotFetched."""
    name = told.partition(";")[0].strip().lower()
    found = [type_ for type_, magic in _MAGIC.items() if data.startswith(magic)]
    if found and (name == found[0] or name in _VECTOR_TYPES):
        return found[0]
    if not found and name in _VECTOR_TYPES:
        return VECTOR
    raise TileNotFetched(reason=f"type {name[:40]}")
