"""Asks the process apart: its limits, its drivers, and its frames as they come."""

import json
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyogrio

from geodata import apart
from geodata.foreign import refusals
from geodata.foreign.child import FRAME
from geodata.foreign.kinds import KINDS
from geodata.problems import Problem

MEGABYTES = 300
SECONDS = 240
_IDLE = 240.0  # a workbook of 100,000 rows says nothing till it is read through
# What it may write to is far less than what it may map: libraries and Arrow's reserves are mapped.
_DATA, _ADDRESSES = 230, 900
_SAID = 64 << 10  # bytes of complaints; a file of its own is the only one it may write
_MOST_JSON, _MOST_AFTER = 64 << 20, 256 << 20

# pandas isn't needed and doubles the memory; sockets are refused in Python where the kernel leaves the network there.
_START = """
import sys
def closed(event, args):
    if event.startswith("socket."):
        raise RuntimeError("no network here")
sys.addaudithook(closed)
sys.path.insert(0, sys.argv[1])
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "geopandas", "matplotlib"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Without())
from geodata.foreign import child
child.main()
"""


def ask(
    folder: Path, do: str, request: dict[str, Any], *, name: str, kind: str = "", writes: int = 0
) -> Generator[tuple[dict[str, Any], bytes], None, None]:
    """(JSON, bytes) of each frame. `kind`: whose drivers GDAL may have. `writes`: bytes it may write to each file.

    Raises the refusals it says, TooMuchMemory, TooLong, Unreadable.
    """
    given = json.dumps({"do": do, "folder": str(folder), **request}).encode() + b"\n"
    command = [sys.executable, "-c", _START, str(Path(__file__).resolve().parents[2])]
    limits = apart.Limits(addresses=_ADDRESSES, resident=MEGABYTES, processor=SECONDS, data=_DATA, file=writes or _SAID)
    with apart.talk(command, given, folder=folder, limits=limits, idle=_IDLE, environment=_environment(kind)) as talk:
        try:
            while True:
                said, after = FRAME.unpack(talk.take(FRAME.size))
                if said > _MOST_JSON or after > _MOST_AFTER:
                    raise refusals.TooMuchMemory(name, megabytes=MEGABYTES)
                told = json.loads(talk.take(said))
                if "end" in told:
                    return
                if "problem" in told:
                    raise _problem(told, name)
                yield told, talk.take(after)
        except apart.Stopped as stopped:
            if stopped.over == "memory":
                raise refusals.TooMuchMemory(name, megabytes=MEGABYTES) from None
            if stopped.over == "time":
                raise refusals.TooLong(name) from None
            last = stopped.said.strip().splitlines()[-1:] or ["…"]
            raise refusals.Unreadable(name, reason=last[0].replace(str(folder), "")[:200]) from None


def all_of(folder: Path, do: str, request: dict[str, Any], *, name: str, kind: str = "", writes: int = 0) -> list[Any]:
    """The JSON of every frame."""
    with closing(ask(folder, do, request, name=name, kind=kind, writes=writes)) as frames:
        return [told for told, _ in frames]


def _problem(told: dict[str, Any], name: str) -> Problem:
    facts = {key: value for key, value in dict(told.get("facts", {})).items() if isinstance(value, str | int | float)}
    kind = refusals.every().get(str(told["problem"]))
    if kind is None:
        return refusals.Unreadable(name, reason=f"{told['problem']} {facts}"[:200])
    if kind is refusals.TooMuchMemory:
        facts["megabytes"] = MEGABYTES
    return kind(str(facts.pop("name", name)), **facts)


def _environment(kind: str) -> dict[str, str]:
    allowed = set(KINDS[kind].drivers) if kind else set()
    return {
        "GDAL_SKIP": ",".join(sorted(set(pyogrio.list_drivers()) - allowed)),
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none",
        "PROJ_NETWORK": "OFF",
        "SHAPE_ENCODING": "",
        "DXF_ENCODING": "ISO-8859-1",
        "DXF_CLOSED_LINE_AS_POLYGON": "YES",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "40",
        "OGR_SQLITE_PRAGMA": "trusted_schema=0",
        "GDAL_CACHEMAX": "16",
        "GDAL_NUM_THREADS": "1",
        "OGR_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "ARROW_IO_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
