"""Dated rules in the administrator's hands: listed, added from a day on, ended; a row that held is never rewritten."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, NotFound
from surveys import audit, rule_parts
from surveys.access import Actor, Role
from surveys.code_lists import Code
from surveys.field_faults import Fault, refuse
from surveys.periods import quarter_begins
from surveys.rule_kinds import FROM_MEMORY, NAMED, SOURCED, Kind

HOLDS, COMING, ENDED = "holds", "coming", "ended"
_ORDER = {HOLDS: 0, COMING: 1, ENDED: 2}
NONE = "khong"


def kind(key: str) -> Kind:
    """Raises NotFound."""
    if key not in NAMED:
        raise NotFound(what="rule kind", id=key)
    return NAMED[key]


def rows(session: Session, of: Kind, today: dt.date) -> list[Any]:
    """Every row: those that hold today first, then those to come, then those that ended; as their lists are ordered.

    A table may hold rows about other things too, such as the standards of report categories: those aren't the kind's.
    """
    found = session.scalars(select(of.table).execution_options(populate_existing=True)).all()
    first = of.names[0]
    known = list(codes(session, of, None)[first.list]) if first.list else [code for code, _, _ in first.options]
    places = {code: place for place, code in enumerate(known)}

    def place(row: Any) -> tuple[Any, ...]:
        named = identity(of, row)
        order = _ORDER[standing(row, today)], places[named[0]], getattr(row, "position", 0)
        return (*order, *named, row.valid_from)

    return sorted((row for row in found if getattr(row, first.key) in places), key=place)


def standing(row: Any, on: dt.date) -> str:
    """Whether a row holds on a day, is to come, or has ended."""
    if row.valid_from > on:
        return COMING
    return HOLDS if row.valid_to is None or on < row.valid_to else ENDED


def identity(of: Kind, row: Any) -> tuple[str, ...]:
    """Which rule a row is about."""
    return tuple(getattr(row, part.key) for part in of.names)


def key(of: Kind, row: Any) -> str:
    """A row's name in a form or command: its rule and first day."""
    return ":".join((*identity(of, row), row.valid_from.isoformat()))


def codes(session: Session, of: Kind, on: dt.date | None) -> dict[str, dict[str, tuple[str, str]]]:
    """Of each code list the kind speaks of: code → labels (vi, en); only codes in force on a day where one is given."""
    wanted = {part.list for part in of.parts if part.list}
    found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in wanted}
    asked = select(Code).where(Code.list.in_(wanted)).order_by(Code.list, Code.position, Code.valid_from)
    for row in session.scalars(asked):
        if on is None or standing(row, on) != ENDED:
            found[row.list][row.code] = (row.label_vi, row.label_en)
    found.get("site_requests", {}).pop(NONE, None)
    return found


def add(session: Session, actor: Actor, of: Kind, given: Mapping[str, str], today: dt.date) -> None:
    """A row from a day on; the one of the same rule that held until then ends there.

    `given`: the kind's fields, `day` (yyyy-mm-dd), `source`, and `status`: whether somebody has checked the source.
    Raises Forbidden, FieldsRefused; nothing is stored then.
    """
    _must(actor, "add_rule", of)
    known = codes(session, of, today)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for part in of.parts:
        values[part.key], wrong = rule_parts.read(part, given.get(part.key, ""), known)
        faults += wrong
    day, wrong = _day(given.get("day", ""), today)
    faults += wrong
    values["source"], wrong = rule_parts.words("source", given.get("source", ""))
    faults += wrong
    values["status"] = given.get("status", "")
    if values["status"] not in (SOURCED, FROM_MEMORY):
        faults.append(Fault("status", "unknown"))
    refuse(faults)
    same = [getattr(of.table, part.key) == values[part.key] for part in of.names]
    former = session.scalars(select(of.table).where(*same).order_by(of.table.valid_from.desc())).first()
    if former is not None and day is not None:
        if former.valid_from >= day:
            refuse([Fault("day", "row_stands", day=former.valid_from)])
        if former.valid_to is None or former.valid_to > day:
            _end(session, of, former, day)
    session.execute(insert(of.table).inline().values(**values, valid_from=day))
    named = {part.key: values[part.key] for part in of.names}
    audit.record(session, actor, "add_rule", detail={"kind": of.key, "from": str(day), "rule": named})


def end(session: Session, actor: Actor, of: Kind, which: str, day: str, today: dt.date) -> None:
    """From that day on the row doesn't hold any more. Raises Forbidden, NotFound, FieldsRefused."""
    _must(actor, "end_rule", of)
    row = next((row for row in rows(session, of, today) if key(of, row) == which), None)
    if row is None:
        raise NotFound(what="rule", id=which[:80])
    on, faults = _day(day, today)
    if on is not None and on <= row.valid_from:
        faults.append(Fault("day", "row_stands", day=row.valid_from))
    if row.valid_to is not None:
        faults.append(Fault("day", "ended_already", day=row.valid_to))
    refuse(faults)
    if on is not None:
        _end(session, of, row, on)
    audit.record(session, actor, "end_rule", detail={"kind": of.key, "row": which, "to": str(on)})


def _end(session: Session, of: Kind, row: Any, day: dt.date) -> None:
    this = [getattr(of.table, part.key) == getattr(row, part.key) for part in of.names]
    session.execute(
        update(of.table).where(*this, of.table.valid_from == row.valid_from).values(valid_to=day)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def _day(given: str, today: dt.date) -> tuple[dt.date | None, list[Fault]]:
    """Not in a quarter that is closed: its figures stay as they are."""
    if not given:
        return None, [Fault("day", "missing")]
    try:
        day = dt.date.fromisoformat(given)
    except ValueError:
        return None, [Fault("day", "not_a_day")]
    begins = quarter_begins(today)
    return day, [] if day >= begins else [Fault("day", "closed_quarter", day=begins)]


def _must(actor: Actor, verb: str, of: Kind) -> None:
    if actor.role is not Role.ADMIN:
        raise Forbidden(verb=verb, layer=of.table.__tablename__, role=str(actor.role))
