"""The process apart: takes one request on its input, writes frames; nothing of ours is in its environment."""

import json
import struct
import sys
from pathlib import Path
from typing import Any

from geodata.foreign import refusals
from geodata.problems import Problem

FRAME = struct.Struct(">II")
"""Sizes of a frame's JSON and of the bytes after it."""


def main() -> None:
    """Answers the request; the last frame says "end" or which problem there was."""
    request = json.loads(sys.stdin.buffer.readline())
    folder = Path(request["folder"])
    try:
        _DO[request["do"]](folder, request)
        _write({"end": True})
    except Problem as problem:
        _write({"problem": problem.code, "facts": problem.facts})
    except MemoryError:
        _write({"problem": refusals.TooMuchMemory.code, "facts": {}})


def _unpack(folder: Path, request: dict[str, Any]) -> None:
    from geodata.foreign import archives

    made = archives.unpack(Path(request["path"]), request["name"], folder)
    _write({"titles": made.titles, "ignored": made.ignored[:200]})


def _inspect(folder: Path, request: dict[str, Any]) -> None:
    from geodata.foreign import examining, reading

    for found in reading.found_in(folder, request["titles"]):
        if found.file.name != request["file"]:
            continue
        title = request["titles"].get(found.file.name, found.file.name)
        for layer in reading.layers(found, title):
            _write({"source": examining.examine(found, title, layer)})


def _rows(folder: Path, request: dict[str, Any]) -> None:
    from geodata.foreign import reading

    for found in reading.found_in(folder, request["titles"]):
        if found.file.name == request["file"]:
            for head, geometries in reading.rows(found, request["title"], request):
                _write(head, b"".join(geometries))


def _write(told: dict[str, Any], after: bytes = b"") -> None:
    said = json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=list).encode("utf-8", "replace")
    sys.stdout.buffer.write(FRAME.pack(len(said), len(after)))
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.write(after)
    sys.stdout.buffer.flush()


_DO = {"unpack": _unpack, "inspect": _inspect, "rows": _rows}
