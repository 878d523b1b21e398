"""What was asked to be taken away: pages as addresses, read again with the rights of the moment they are made."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from geodata.problems import Forbidden, InvalidValue
from surveys import map_state, screening
from surveys.access import Actor
from surveys.answer_problems import SubmissionClassified
from surveys.map_state import MapState

LONGEST_NAME, LONGEST_NOTE, LONGEST_QUERY = 120, 1000, 1000


class NamesPersons(InvalidValue):
    """Free text that tells of persons (S2); facts: field, value, reason (what was found)."""

    code = "names_persons"


@dataclass(frozen=True)
class Asked:
    """One page: a unit, the query of its map's address, and the title and note somebody gave it."""

    unit: int
    query: str
    title: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"unit": self.unit, "query": self.query, "title": self.title, "note": self.note}


def from_json(given: dict[str, Any]) -> Asked:
    """What `to_json` made."""
    return Asked(int(given["unit"]), str(given["query"]), str(given.get("title", "")), str(given.get("note", "")))


def state(actor: Actor, asked: Asked, today: dt.date) -> MapState:
    """The state with the rights of now. Raises Forbidden where a layer or figure may not be read, InvalidValue."""
    given = dict(parse_qsl(asked.query[:LONGEST_QUERY], keep_blank_values=True))
    found = map_state.read(given, actor, asked.unit, today)
    wanted = {key for key in given.get("layers", "").split(",") if key}
    lost = sorted(wanted - set(found.layers))
    if lost or (given.get("figure") and not found.figure):
        raise Forbidden(verb="read", layer=lost[0] if lost else given["figure"], role=str(actor.role))
    return found


def written(field: str, said: str | None, most: int) -> str:
    """Free text that may be stored and leave: no person in it, nothing classified. Raises NamesPersons,
    SubmissionClassified, InvalidValue.
    """
    line = (said or "").strip()
    if len(line) > most:
        raise InvalidValue(field=field, value=line[:20], reason=f"≤ {most}")
    if screening.classified(line):
        raise SubmissionClassified(field=field)
    masked, found = screening.mask(line)
    if found:
        raise NamesPersons(field=field, value="", reason=masked)
    return line
