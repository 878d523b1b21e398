"""Which units the codes of a published list are, and what of the list can't be taken, row by row."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.columns import plain
from geodata.units import COMMUNE, HAMLET
from surveys.access import Actor
from surveys.area_reading import Line, Read

MOST_TOLD = 500
CLASSES = ("kv1", "kv2", "kv3", "thon_dbkk")
# What keeps the whole list out, and what only that row.
FAULTS = ("no_code", "class_unreadable", "unknown_code", "two_classes")
LEFT_OUT = ("twice", "no_class", "split", "not_whole", "hamlet_ended")
_KINDS = frozenset(plain(kind) for kind in ("xã", "phường", "đặc khu", "thị trấn", "thôn", "buôn", "bản", "tổ dân phố"))

# A code alone is no key: it is the unit that had it on the day of the decision; only where none had, a former one of
# this province. What has ended by today is followed to its heirs; beside each heir stand all the units it came from.
_UNITS = text(
    """
WITH RECURSIVE wanted AS (
    SELECT * FROM unnest(CAST(:level AS int[]), CAST(:code AS text[])) AS w(level, code)
), own(id) AS (
    SELECT CAST(:province AS int) UNION SELECT s.old_id FROM own JOIN succession s ON s.new_id = own.id
), named AS (
    SELECT DISTINCT ON (w.level, w.code) w.level, w.code, u.id, u.kind, u.name, u.valid_to, u.parent_id,
           u.province_id IN (SELECT id FROM own) AS here
    FROM wanted w JOIN units u ON u.level = w.level AND u.code = w.code
    ORDER BY w.level, w.code, (u.valid_from <= :on AND (u.valid_to IS NULL OR u.valid_to > :on)) DESC,
        u.province_id IN (SELECT id FROM own) DESC, u.valid_from DESC
), line(start, id, whole) AS (
    SELECT id, id, true FROM named WHERE valid_to IS NOT NULL AND here
    UNION SELECT l.start, s.new_id, l.whole AND s.whole FROM line l JOIN succession s ON s.old_id = l.id
), heirs AS (
    SELECT l.start, count(DISTINCT u.id) AS n, bool_and(l.whole) AS whole, min(u.id) AS id
    FROM line l JOIN units u ON u.id = l.id WHERE u.valid_to IS NULL AND u.province_id = :province GROUP BY l.start
)
SELECT n.level, n.code, n.id, n.here, n.valid_to IS NOT NULL AS ended, n.kind, n.name, n.parent_id,
       CASE WHEN h.n = 1 AND h.whole THEN h.id END AS heir, t.kind AS heir_kind, t.name AS heir_name,
       CASE WHEN h.n = 1 AND h.whole THEN (SELECT array_agg(s.old_id ORDER BY s.old_id) FROM succession s
            WHERE s.new_id = h.id) END AS parts,
       CASE WHEN h.n = 1 AND h.whole THEN (SELECT bool_and(s.whole) FROM succession s WHERE s.new_id = h.id)
            END AS whole
FROM named n LEFT JOIN heirs h ON h.start = n.id LEFT JOIN units t ON t.id = h.id
"""
)


@dataclass(frozen=True)
class Taken:
    """A class for a unit of today. `hamlet_id` None: the commune itself."""

    unit_id: int
    unit_name: str
    commune_id: int
    hamlet_id: int | None
    area_class: str


@dataclass
class Judged:
    """`faults` and `left_out`: [where, code, reason, what exactly]; `report` is what both persons are shown."""

    taken: list[Taken] = field(default_factory=list)
    faults: list[list[str]] = field(default_factory=list)
    left_out: list[list[str]] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Found:
    """What is said of one unit of today, by which row; `former`: the rows that named units which went into it."""

    unit: Taken
    line: Line
    former: dict[int, Line] = field(default_factory=dict)


def judge(session: Session, actor: Actor, read: Read, on: dt.date) -> Judged:
    """Every row of the file for the actor's province, as of the decision's day `on`. Nothing is stored."""
    made = Judged()
    units = _units(session, actor, read.lines, on)
    (province,) = session.execute(text("SELECT code FROM units WHERE id = :id"), {"id": actor.province_id}).one()
    elsewhere, names, old = 0, list[list[str]](), dict[int, _Found]()
    taken: dict[int, _Found] = {}
    for line in read.lines:
        unit = units.get((line.level, line.code))
        if line.province not in ("", province) or (unit is not None and not unit.here):
            elsewhere += 1
            continue
        if reason := _wrong(line, unit):
            (made.faults if reason in FAULTS else made.left_out).append([line.where, line.code, reason, line.told])
            continue
        assert unit is not None  # noqa: S101  _wrong has told of it
        if line.name and not _same_name(line.name, unit):
            names.append([line.where, line.code, line.name, _name(unit.kind, unit.name)])
        if unit.ended:
            _former(made, old, line, unit)
        else:
            commune, hamlet = (unit.parent_id, unit.id) if line.level == HAMLET else (unit.id, None)
            said = Taken(unit.id, _name(unit.kind, unit.name), commune, hamlet, line.area_class)
            _add(made, taken, _Found(said, line))
    resolved = _resolved(made, units, old, taken)
    made.taken = [one.unit for one in taken.values()]
    counts = Counter(one.area_class for one in made.taken)
    made.report = {
        "read": len(read.lines), "taken": len(made.taken), "elsewhere": elsewhere, "resolved": resolved,
        "classes": {key: counts[key] for key in CLASSES if counts[key]},
        "faults": len(made.faults), "left_out": made.left_out[:MOST_TOLD], "left": len(made.left_out),
        "names": names[:MOST_TOLD], "renamed": len(names),
        "dropped": [list(pair) for pair in read.dropped[:MOST_TOLD]], "unused": read.unused[:MOST_TOLD],
    }  # fmt: skip
    return made


def _units(session: Session, actor: Actor, lines: Sequence[Line], on: dt.date) -> dict[tuple[int, str], Row[Any]]:
    keys = sorted({(line.level, line.code) for line in lines if line.code})
    given = {
        "level": [level for level, _ in keys], "code": [code for _, code in keys], "province": actor.province_id,
        "on": on,
    }  # fmt: skip
    return {(row.level, row.code): row for row in session.execute(_UNITS, given)}


def _wrong(line: Line, unit: Row[Any] | None) -> str:
    """Why the row can't be taken as it stands, "" where it can."""
    if not line.code:
        return "no_code"
    if unit is None:
        return "unknown_code"
    if not line.told:
        return "no_class"
    if not line.area_class:
        return "class_unreadable"
    if unit.ended and line.level == HAMLET:
        return "hamlet_ended"
    if unit.ended and unit.heir is None:
        return "split"
    return ""


def _add(made: Judged, taken: dict[int, _Found], new: _Found) -> None:
    """One class of a unit; the same said twice is told, two classes of one unit keep the list out."""
    before = taken.setdefault(new.unit.unit_id, new)
    if before is new:
        return
    same = before.unit.area_class == new.unit.area_class
    row = [new.line.where, new.line.code, "twice" if same else "two_classes", before.line.where]
    (made.left_out if same else made.faults).append(row)


def _former(made: Judged, old: dict[int, _Found], line: Line, unit: Row[Any]) -> None:
    """Gathers what the list says of units that went whole into the same one."""
    said = Taken(unit.heir, _name(unit.heir_kind, unit.heir_name), unit.heir, None, line.area_class)
    before = old.setdefault(unit.heir, _Found(said, line)).former.setdefault(unit.id, line)
    if before is not line:
        same = before.area_class == line.area_class
        row = [line.where, line.code, "twice" if same else "two_classes", before.where]
        (made.left_out if same else made.faults).append(row)


def _resolved(
    made: Judged, units: dict[tuple[int, str], Row[Any]], old: dict[int, _Found], taken: dict[int, _Found]
) -> int:
    """Takes the heir of former communes where all it came from have one class in the list: else it would be inferred.

    The number of rows that were taken for their heir.
    """
    n = 0
    rows = {row.id: row for row in units.values() if row.level == COMMUNE}
    for found in old.values():
        first = rows[next(iter(found.former))]
        classes = {line.area_class for line in found.former.values()}
        if first.whole and set(first.parts) == set(found.former) and len(classes) == 1:
            n += len(found.former)
            _add(made, taken, found)
            continue
        name = found.unit.unit_name
        made.left_out += [[line.where, line.code, "not_whole", name] for line in found.former.values()]
    return n


def _name(kind: str, name: str) -> str:
    return name if name.casefold().startswith(kind.casefold()) else f"{kind} {name}"


def _same_name(told: str, unit: Row[Any]) -> bool:
    """Whether the file calls it as it is called, with or without its kind and marks."""
    said, known = plain(told), plain(unit.name)
    return said == known or any(said == kind + known for kind in _KINDS)
