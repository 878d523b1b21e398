"""The communes and hamlets an account may choose from, as CSV files for its forms and as a check on answers."""

import csv
import hashlib
import io
import time
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys.access import Actor
from surveys.form_definition import COMMUNES, HAMLETS

MOST_ROWS = 400  # of a list for ODK Collect
KEPT_S = 30.0  # units change a few times a year; an import shows after half a minute
FRESH_S = 1.0


class StaleList(Problem):
    """A list was asked for by the hash of another state of it; facts: name. The manifest has today's address."""

    code: ClassVar[str] = "form_list_stale"


@dataclass(frozen=True)
class UnitLists:
    """CSV files by name with their MD5 (OpenRosa's hash), and the units an answer may name.

    `communes` and `parents` (hamlet → commune) hold also units that no longer hold but went into these: a phone may
    come back into reach after a reform.
    """

    files: dict[str, bytes]
    md5: dict[str, str]
    communes: frozenset[str]
    parents: dict[str, str]


# Numbers within names count as numbers: Thôn 2 before Thôn 10.
_TODAY = text(
    "SELECT id, level, parent_id, name, kind FROM units"
    " WHERE province_id = :province AND (level = 3 AND :commune IN (0, id) OR level = 4 AND :commune IN (0, parent_id))"
    " AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)"
    " ORDER BY name COLLATE vi_natural, id"
)
_FORMER = text(
    "WITH RECURSIVE former AS (SELECT id FROM units WHERE province_id = :province AND level = 3 AND :commune IN (0, id)"
    " UNION SELECT s.old_id FROM former f JOIN succession s ON s.new_id = f.id)"
    " SELECT f.id AS commune, h.id AS hamlet FROM former f LEFT JOIN units h ON h.parent_id = f.id AND h.level = 4"
)

_KEPT: dict[tuple[int, int], tuple[float, UnitLists]] = {}


def of(session: Session | Connection, actor: Actor, most_s: float = KEPT_S) -> UnitLists:
    """The lists of the actor's scope, at most so many seconds old."""
    key = (actor.province_id, actor.commune_id)
    kept = _KEPT.get(key)
    if kept is None or time.monotonic() - kept[0] > most_s:
        kept = _KEPT[key] = (time.monotonic(), _read(session, actor))
    return kept[1]


def file(session: Session | Connection, actor: Actor, name: str, md5: str) -> bytes:
    """One CSV file by name and hash. Raises StaleList unless it is today's."""
    return pick(of(session, actor), name, md5)


def pick(lists: UnitLists, name: str, md5: str) -> bytes:
    """The same of lists at hand. Raises StaleList."""
    if lists.md5.get(name) != md5:
        raise StaleList(name=name)
    return lists.files[name]


def short(lists: UnitLists) -> UnitLists:
    """The lists with none longer than MOST_ROWS: a longer one is left empty, so that nobody takes a part for it all."""
    files = {
        name: data if data.count(b"\n") - 1 <= MOST_ROWS else data.partition(b"\n")[0] + b"\n"
        for name, data in lists.files.items()
    }
    return replace(lists, files=files, md5={name: md5_of(data) for name, data in files.items()})


def md5_of(data: bytes) -> str:
    """OpenRosa's hash of a file."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def labels(session: Session | Connection, actor: Actor) -> dict[int, str]:
    """Today's communes and hamlets of the actor's scope, by id, as the lists call them."""
    rows = (row for data in of(session, actor).files.values() for row in csv.DictReader(io.StringIO(data.decode())))
    return {int(row["name"]): row["label"] for row in rows}


def _read(session: Session | Connection, actor: Actor) -> UnitLists:
    scope = {"province": actor.province_id, "commune": actor.commune_id}
    communes: list[tuple[object, ...]] = []
    hamlets: list[tuple[object, ...]] = []
    for row in session.execute(_TODAY, scope):
        if row.level == 3:
            communes.append((row.id, _label(row.kind, row.name)))
        else:
            hamlets.append((row.id, row.name, row.parent_id))
    former = session.execute(_FORMER, scope).all()
    files = {
        f"{COMMUNES}.csv": _csv(("name", "label"), communes),
        f"{HAMLETS}.csv": _csv(("name", "label", "commune"), hamlets),
    }
    return UnitLists(
        files=files,
        md5={name: md5_of(data) for name, data in files.items()},
        communes=frozenset(str(row.commune) for row in former),
        parents={str(row.hamlet): str(row.commune) for row in former if row.hamlet is not None},
    )


def _label(kind: str, name: str) -> str:
    return name if name.casefold().startswith(kind.casefold()) else f"{kind[:1].upper()}{kind[1:]} {name}"


def _csv(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()
