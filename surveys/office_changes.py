"""Offices added, renamed, given categories and ended by an administrator of the province."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, text
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, InvalidValue, NotFound
from surveys import audit, case_sums
from surveys.access import Actor, Role
from surveys.map_pages import asked
from surveys.offices import Office, OfficeCategory

LONGEST_NAME = 150
_LISTED = (
    "SELECT o.id, o.name, o.valid_from, o.valid_to, u.kind || ' ' || u.name AS unit, u.level,"
    " coalesce((SELECT array_agg(c.category ORDER BY c.category) FROM office_categories c WHERE c.office_id = o.id),"
    " '{{}}') AS categories,"
    " coalesce((SELECT sum(n) FROM {waiting} AS w WHERE w.office_id = o.id AND w.province_id = :province), 0)::int"
    " AS waiting FROM offices o JOIN units u ON u.id = o.unit_id WHERE u.province_id = :province"
    ' ORDER BY u.level, u.name COLLATE "vi-x-icu", o.name COLLATE "vi-x-icu", o.id'
)
_KNOWN = text("SELECT DISTINCT code FROM code_lists WHERE list = 'report_categories'")
# A category that no office of the province answers: reports of it can't be approved.
_UNANSWERED = text(
    "SELECT DISTINCT l.code FROM code_lists l WHERE l.list = 'report_categories' AND (l.valid_to IS NULL OR"
    " l.valid_to > :on) AND NOT EXISTS (SELECT FROM office_categories c JOIN offices o ON o.id = c.office_id"
    " WHERE c.category = l.code AND o.unit_id = :province AND o.valid_from <= :on"
    " AND (o.valid_to IS NULL OR o.valid_to > :on)) ORDER BY 1"
)


def listed(session: Session, actor: Actor) -> list[Row[Any]]:
    """(id, name, valid_from, valid_to, unit, level, categories, waiting), the province's first. Raises Forbidden."""
    _must(actor)
    asked = text(_LISTED.format(waiting=case_sums.waiting(actor.commune_id)))
    return list(session.execute(asked, {"province": actor.province_id, "commune": actor.commune_id}))


def unanswered(session: Session, actor: Actor, on: dt.date) -> list[str]:
    """The categories for which no office of the province answers on a day."""
    return list(session.scalars(_UNANSWERED, {"province": actor.province_id, "on": on}))


def add(
    session: Session, actor: Actor, given: Mapping[str, str], categories: Sequence[str], today: dt.date
) -> int:  # fmt: skip
    """Stores an office; its id. `given`: name, unit, valid_from. Raises Forbidden, InvalidValue, NamesPersons."""
    _must(actor)
    units = text("SELECT id FROM units WHERE province_id = :p AND level IN (1, 3) AND valid_to IS NULL")
    unit = given.get("unit", "")
    if unit not in {str(id_) for id_ in session.scalars(units, {"p": actor.province_id})}:
        raise InvalidValue(field="unit", value=unit[:20], reason="?")
    made = Office(name=_name(given.get("name", "")), unit_id=int(unit), valid_from=_day(given, today))
    session.add(made)
    session.flush()
    _answer(session, made.id, categories)
    audit.record(session, actor, "office_added", area=made.unit_id, detail={"office": made.id})
    return made.id


def change(session: Session, actor: Actor, id_: int, name: str, categories: Sequence[str]) -> None:
    """Its name and what it answers from now on; cases it was given stay its own. Raises Forbidden, NotFound, …"""
    found = _find(session, actor, id_)
    found.name = _name(name)
    session.flush()
    session.execute(delete(OfficeCategory).where(OfficeCategory.office_id == id_))
    _answer(session, id_, categories)
    audit.record(session, actor, "office_changed", area=found.unit_id, detail={"office": id_})


def end(session: Session, actor: Actor, id_: int, today: dt.date) -> None:
    """From today it is given no case. Raises Forbidden, NotFound, InvalidValue where it only begins today."""
    found = _find(session, actor, id_)
    if found.valid_from >= today:
        raise InvalidValue(field="valid_to", value=str(today), reason=f"> {found.valid_from}")
    found.valid_to = today
    session.flush()
    audit.record(session, actor, "office_ended", area=found.unit_id, detail={"office": id_})


def _find(session: Session, actor: Actor, id_: int) -> Office:
    _must(actor)
    found = session.get(Office, id_)
    within = text("SELECT province_id FROM units WHERE id = :unit")
    if found is None or session.scalar(within, {"unit": found.unit_id}) != actor.province_id:
        raise NotFound(what="office", id=id_)
    return found


def _answer(session: Session, id_: int, categories: Sequence[str]) -> None:
    known = set(session.scalars(_KNOWN))
    for category in categories:
        if category not in known:
            raise InvalidValue(field="category", value=category[:20], reason="?")
    rows = [{"office_id": id_, "category": category} for category in sorted(set(categories))]
    if rows:
        session.execute(insert(OfficeCategory).inline(), rows)


def _name(given: str) -> str:
    name = asked.written("name", given, LONGEST_NAME)
    if not name:
        raise InvalidValue(field="name", value="", reason=f"1–{LONGEST_NAME}")
    return name


def _day(given: Mapping[str, str], today: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(given["valid_from"]) if given.get("valid_from") else today
    except ValueError:
        raise InvalidValue(field="valid_from", value=given["valid_from"][:20], reason="yyyy-mm-dd") from None


def _must(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise Forbidden(verb="write", layer=Office.__tablename__, role=str(actor.role))
