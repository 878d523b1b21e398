"""What the phone app's build left in app/static/client: files named by their content, found by their plain names."""

import json
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Response

from app import packed_files
from geodata.problems import Problem

FOLDER = Path(__file__).parent / "static" / "client"
_KEPT: dict[str, Any] = {"stamp": None, "entries": {}}


class ClientNotBuilt(Problem):
    """The build was never run, or knows no such file; facts: name."""

    code: ClassVar[str] = "client_not_built"


def register(web: Flask) -> None:
    """Templates of `web` may name a built file: `{{ client_file("survey-style.css") }}`."""
    web.jinja_env.globals["client_file"] = address


def address(name: str) -> str:
    """The address of a script or style that a page links itself. Raises ClientNotBuilt."""
    try:
        stamp = (FOLDER / "files.json").stat().st_mtime_ns
        if _KEPT["stamp"] != stamp:  # built anew under a running server
            _KEPT.update(stamp=stamp, entries=json.loads((FOLDER / "files.json").read_text())["entries"])
        found: str = _KEPT["entries"][name]
    except (OSError, KeyError, ValueError):
        raise ClientNotBuilt(name=name) from None
    return found


def sent(name: str) -> Response:
    """A built file whose name stays the same, asked again each time. Raises ClientNotBuilt."""
    if not (FOLDER / f"{name}.gz").is_file():
        raise ClientNotBuilt(name=name)
    kind = "text/html; charset=utf-8" if name.endswith(".html") else "text/javascript; charset=utf-8"
    response = packed_files.sent(FOLDER, name, kind)
    response.headers["Cache-Control"] = "no-cache"
    return response
