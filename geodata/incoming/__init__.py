"""Files from outside: unpacked, inspected and read in a process apart; nothing they hold runs, reaches out or stays."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from geodata.foreign import kinds, refusals
from geodata.foreign.sources import (
    EncodingProposal,
    Field,
    Remark,
    Row,
    Source,
    SystemProposal,
    from_json,
    to_json,
)
from geodata.incoming import process, proving

__all__ = [
    "EncodingProposal",
    "Field",
    "Remark",
    "Row",
    "Source",
    "SystemProposal",
    "from_json",
    "inspect",
    "rows",
    "to_json",
    "unpack",
]

_TITLES = "titles"  # our name → the owner's, in the job's folder
_MOST_WRITTEN = 1 << 30


def unpack(path: Path, into: Path, name: str | None = None) -> list[str]:
    """Puts an uploaded file (`name`: as its owner calls it), or what an archive holds, into a job's folder.

    Loose parts of one shapefile are unpacked one after another into one folder. Returns what was left out. Raises the
    refusals of `foreign.refusals`.
    """
    into.mkdir(parents=True, exist_ok=True)
    titles = _titles(into)
    name = name or path.name
    request = {"path": str(path.resolve()), "name": name}
    if path.is_symlink() or not path.is_file():
        raise refusals.UnknownKind(name)
    told = process.all_of(into, "unpack", request, name=name, writes=_MOST_WRITTEN)
    ignored = list[str]()
    for each in told:
        titles |= each["titles"]
        ignored += each["ignored"]
    (into / _TITLES).write_text(json.dumps(titles, ensure_ascii=False), encoding="utf-8")
    return ignored


def inspect(connection: Connection | None, folder: Path, province: str) -> list[Source]:
    """What the files of a job's folder hold and what is proposed about them; `province`: its code since July 2025.

    The connection proves coordinate systems by the units: without one nothing is proved. Raises the refusals.
    """
    titles = _titles(folder)
    made: list[Source] = []
    found = kinds.main_files(folder, titles)
    if not found:
        raise refusals.Empty(next(iter(titles.values()), folder.name))
    for each in found:
        request = {"titles": titles, "file": each.file.name}
        name = titles.get(each.file.name, each.file.name)
        told = process.all_of(folder, "inspect", request, name=name, kind=each.kind.key)
        made += [_source(connection, one["source"], province) for one in told]
    if not made:
        raise refusals.NothingUsable(titles.get(found[0].file.name, found[0].file.name))
    return made


def rows(folder: Path, source: Source, encoding: str, system: str) -> Iterator[list[Row]]:
    """Every row of a source in batches, in the encoding and system chosen among its proposals. Raises the refusals."""
    names = [field.name for field in source.fields]
    request = {
        "titles": _titles(folder),
        "file": source.file,
        "title": source.title,
        "layer": source.layer,
        "encoding": encoding,
        "system": system,
        "exchange": bool(source.options.get("exchange")),
    }
    with closing(process.ask(folder, "rows", request, name=source.title, kind=source.kind)) as frames:
        for told, after in frames:
            yield list(_rows(names, told, after))


def _rows(names: list[str], told: dict[str, Any], after: bytes) -> Iterator[Row]:
    problems: dict[int, list[Remark]] = {}
    for row, code, facts in told["problems"]:
        problems.setdefault(row, []).append(Remark(code, facts))
    at = 0
    cells = zip(*told["columns"], strict=True) if names else [()] * len(told["numbers"])
    for row, (number, values, size) in enumerate(zip(told["numbers"], cells, told["sizes"], strict=True)):
        wkb = None if size < 0 else after[at : at + size]
        at += max(size, 0)
        yield Row(number, dict(zip(names, values, strict=True)), wkb, tuple(problems.get(row, ())))


def _source(connection: Connection | None, told: dict[str, Any], province: str) -> Source:
    options = {key: told[key] for key in ("exchange", "parcels", "places")}
    source = from_json({**told, "systems": [], "options": options})
    if not source.geometry:
        return source
    systems, questions, warnings = proving.propose(connection, told, province)
    return replace(
        source,
        systems=tuple(systems),
        questions=(*source.questions, *questions),
        warnings=(*source.warnings, *warnings),
    )


def _titles(folder: Path) -> dict[str, str]:
    file = folder / _TITLES
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
