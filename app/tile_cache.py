"""Tiles this process made lately, within a bound of bytes; a tile of an older generation is never found again."""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from geodata import tiles

MOST_BYTES = 48 * 1024 * 1024
WORTH_PACKING = 1400  # bytes: one packet
GENERATIONS_READ_S = 1.0


@dataclass(frozen=True)
class Tile:
    """The bytes of one tile, packed too where that pays, and their ETag."""

    plain: bytes
    packed: bytes | None
    etag: str

    @classmethod
    def of(cls, plain: bytes) -> "Tile":
        """Packs and marks the bytes."""
        packed = gzip.compress(plain, 4, mtime=0) if len(plain) >= WORTH_PACKING else None
        return cls(plain, packed, hashlib.blake2b(plain, digest_size=12).hexdigest())

    @property
    def size(self) -> int:
        """Bytes held, with what the entry itself costs."""
        return len(self.plain) + len(self.packed or b"") + 400


class Tiles:
    """A least-recently-used store; its keys must hold everything the answer depends on: scope, layers, generation."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, Tile] = OrderedDict()
        self._bytes = 0

    def find(self, key: Hashable) -> Tile | None:
        """The tile kept under this key, now the most recently used."""
        with self._lock:
            tile = self._held.get(key)
            if tile is not None:
                self._held.move_to_end(key)
            return tile

    def keep(self, key: Hashable, tile: Tile) -> None:
        """Keeps it, and drops the least recently used beyond the bound."""
        with self._lock:
            former = self._held.pop(key, None)
            self._bytes += tile.size - (former.size if former else 0)
            self._held[key] = tile
            while self._bytes > self._most and self._held:
                _, dropped = self._held.popitem(last=False)
                self._bytes -= dropped.size


class Generations:
    """The layers' generations, asked of the database at most once a second for all requests of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._until = 0.0
        self._known: dict[str, int] = {}

    def of(self, keys: Sequence[str]) -> tuple[int, ...]:
        """The generation of each key, 0 for one that isn't a layer of its own."""
        if time.monotonic() >= self._until:
            with self._lock:
                if time.monotonic() >= self._until:
                    with self._engine.connect() as connection:
                        self._known = tiles.generations(connection)
                    self._until = time.monotonic() + GENERATIONS_READ_S
        known = self._known
        return tuple(known.get(key, 0) for key in keys)
