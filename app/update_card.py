"""A follow-up visit beside the feature it updates, field by field, for the reviewer who decides."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import languages
from geodata.fields import Field
from geodata.units import Unit
from surveys import features, showing
from surveys.access import Role
from surveys.proposals import Proposal
from surveys.updates import PLACE, UNIT, Change, Compared

_ACCOUNTS = text(
    "SELECT a.id, a.username, a.role, o.name AS office, u.name AS unit FROM accounts a JOIN units u ON u.id = a.unit_id"
    " LEFT JOIN offices o ON o.id = a.office_id WHERE a.id = ANY(:ids)"
)
DEGREE_M = 111_320.0


@dataclass(frozen=True)
class Line:
    """One field: what stands, what the visit says, and which of them holds.

    `state`: taken (the visit changed it), kept (others changed it, the visit didn't), conflict, or same.
    """

    key: str
    label: str
    now: str
    sent: str
    state: str
    by: str  # of whom the standing value is, where others changed it
    at: str


@dataclass(frozen=True)
class Card:
    """All lines, those that ask for a decision first; `since` is how many times it changed since the visit began."""

    lines: list[Line]
    version: int | None
    since: int | None
    sender: str

    @property
    def conflicts(self) -> list[Line]:
        return [line for line in self.lines if line.state == "conflict"]

    @property
    def merged(self) -> list[Line]:
        return [line for line in self.lines if line.state == "kept"]


def of(session: Session, wanted: Proposal, compared: Compared, place: Any, labels: showing.Labels) -> Card:
    """The card of a proposed update; `place` has lon and lat of the visit's place, or is None."""
    people = _people(session, {change.by for change in compared.changes.values()} | {wanted.created_by})
    words = _Words(session, wanted, compared, place, labels)
    keys = [field.key for field in compared.layer.fields if field.key in compared.sent]
    keys += [key for key in (UNIT, PLACE) if key in compared.sent]
    order = {"conflict": 0, "kept": 1, "taken": 2, "same": 3}
    lines = [
        Line(
            key, words.label(key), words.now(key), words.sent(key), _state(compared, key), *_told(compared, key, people)
        )
        for key in keys
    ]
    lines.sort(key=lambda line: order[line.state])
    base, version = wanted.base_version, compared.version
    since = version - base if version is not None and base is not None and base <= version else None
    return Card(lines, version, since, people.get(wanted.created_by or 0, ""))


class _Words:
    """The two values of a field as people read them."""

    def __init__(
        self, session: Session, wanted: Proposal, compared: Compared, place: Any, labels: showing.Labels
    ) -> None:
        self.wanted, self.compared, self.place, self.labels = wanted, compared, place, labels
        ids = {compared.row.get("commune_id"), compared.row.get("hamlet_id"), *compared.sent[UNIT]} - {None}
        self.units = dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids))).all())

    def label(self, key: str) -> str:
        if key == UNIT:
            return str(_("Xã, thôn"))
        if key == PLACE:
            return str(_("Vị trí"))
        field = self.compared.layer.field(key)
        return field.label_en if languages.current() == "en" else field.label

    def now(self, key: str) -> str:
        row = self.compared.row
        if key == UNIT:
            return self._unit(row.get("commune_id"), row.get("hamlet_id"))
        if key == PLACE:
            return _where(row.get("geom"))
        return self._value(self.compared.layer.field(key), row.get(key))

    def sent(self, key: str) -> str:
        if key == UNIT:
            return self._unit(*self.compared.sent[UNIT])
        if key == PLACE:
            return self._moved()
        return self._value(self.compared.layer.field(key), self.wanted.values.get(key))

    def _value(self, field: Field, value: Any) -> str:
        return showing.shown(field, features.read(field, value), self.labels, languages.current())

    def _unit(self, commune: int | None, hamlet: int | None) -> str:
        names = [self.units.get(hamlet or 0), self.units.get(commune or 0)]
        return ", ".join(name for name in names if name) or showing.EMPTY

    def _moved(self) -> str:
        geom = self.compared.row.get("geom")
        if self.compared.layer.shape != "POINT":
            return str(_("ranh giới vẽ lại"))
        told = f"{self.place.lat:.6f}, {self.place.lon:.6f}"
        if geom is None:
            return told
        lon, lat = geom["coordinates"]
        east = (self.place.lon - lon) * math.cos(math.radians(lat))
        metres = round(math.hypot(east, self.place.lat - lat) * DEGREE_M)
        return f"{told} ({_('cách vị trí đang có %(metres)s m', metres=showing.number(metres))})"


def _where(geom: Mapping[str, Any] | None) -> str:
    if geom is None:
        return showing.EMPTY
    if geom["type"] != "Point":
        return str(_("ranh giới đang có"))
    lon, lat = geom["coordinates"]
    return f"{lat:.6f}, {lon:.6f}"


def _state(compared: Compared, key: str) -> str:
    if key in compared.merged.conflicts:
        return "conflict"
    if key in compared.merged.kept:
        return "kept"
    return "taken" if key in compared.merged.taken else "same"


def _told(compared: Compared, key: str, people: Mapping[int, str]) -> tuple[str, str]:
    change: Change | None = compared.changes.get(key)
    if change is None:
        return "", ""
    return people.get(change.by or 0, ""), change.at.astimezone(languages.HERE).strftime("%d/%m/%Y %H:%M")


def _people(session: Session, ids: set[int | None]) -> dict[int, str]:
    """Account, role, and office or unit: beyond the account no person is named."""
    roles = {
        Role.FIELD: _("cán bộ cơ sở"),
        Role.OFFICER: _("chuyên viên"),
        Role.LEADER: _("lãnh đạo"),
        Role.GIS: _("kỹ thuật viên GIS"),
        Role.ADMIN: _("quản trị"),
    }
    rows = session.execute(_ACCOUNTS, {"ids": sorted(id_ for id_ in ids if id_ is not None)})
    return {row.id: f"{row.username} ({roles[Role(row.role)]}, {row.office or row.unit})" for row in rows}
