"""An update of an existing feature: whether its sender may, and how it meets what others did meanwhile."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, cast

from sqlalchemy import Connection, Table, text, update
from sqlalchemy.orm import Session

from geodata.problems import Conflict, NotFound, Problem
from surveys import features, merging, visits
from surveys.access import Actor
from surveys.layer import Layer
from surveys.layers import KEYS, named
from surveys.proposals import Proposal
from surveys.proposing import Wanted

DELETED, BY_HAND = "feature_deleted", "placed_by_hand"
UNIT, PLACE = "unit", "geometry"  # compared beside the layer's fields: commune and hamlet together, and the place
SAME_DEGREES = 1e-7  # about a centimetre: what is left of a place that went through text and back


class VisitUnknown(Problem):
    """No feature of that id that the sender could know of, or one that isn't updated by visits."""

    code: ClassVar[str] = "visit_unknown"


class FeatureDeleted(Problem):
    """The feature an update is about was deleted meanwhile; facts: id."""

    code: ClassVar[str] = "feature_deleted"


@dataclass(frozen=True)
class Change:
    """Who gave a field the value it has: an account, and when."""

    by: int | None
    at: dt.datetime


@dataclass(frozen=True)
class Compared:
    """A proposed update beside its feature, values by field key (and UNIT, PLACE); `feature` None: it was deleted.

    `row` is the feature's row as it is, `changes` tells of each field others changed since the update began.
    """

    layer: Layer
    version: int | None
    row: dict[str, Any]
    sent: dict[str, Any]
    merged: merging.Merged
    changes: dict[str, Change]

    @property
    def deleted(self) -> bool:
        return self.version is None


_VOUCH = (
    "SELECT w.i, f.id IS NOT NULL AS found,"
    " ST_Distance(f.geom, ST_GeomFromEWKB(decode(w.place, 'hex'))) < :near AS stays,"
    " EXISTS (SELECT FROM versions v WHERE v.layer = :layer AND v.id = w.id AND v.province_id = s.province_id"
    "   AND (s.level < 3 OR v.commune_id = s.id)) AS known"
    " FROM jsonb_to_recordset(cast(:wanted AS jsonb)) AS w(i int, id uuid, account int, place text)"
    " JOIN accounts a ON a.id = w.account JOIN units s ON s.id = a.unit_id"
    " LEFT JOIN {table} f ON f.id = w.id AND f.province_id = s.province_id AND (s.level < 3 OR f.commune_id = s.id)"
)


def vouch(connection: Connection, batch: Sequence[Wanted]) -> None:
    """Checks each update's feature in its sender's own scope: ids come from phones. Flags one deleted meanwhile.

    Raises VisitUnknown, the same for a feature of elsewhere and for one that never was.
    """
    for key in {wanted.layer for wanted in batch if wanted.action == "update"}:
        updates = {i: w for i, w in enumerate(batch) if w.action == "update" and w.layer == key}
        if not named(key).visited:
            raise VisitUnknown
        ids = [
            {"i": i, "id": str(w.feature_id), "account": w.created_by, "place": w.place.hex() if w.place else None}
            for i, w in updates.items()
        ]
        asked = {"layer": key, "wanted": json.dumps(ids), "near": SAME_DEGREES}
        rows = connection.execute(text(_VOUCH.format(table=key)), asked).all()
        if len(rows) < len(ids) or any(not row.found and not row.known for row in rows):
            raise VisitUnknown
        for row in rows:
            flags = batch[row.i].flags
            if not row.found:
                flags.append(DELETED)
            elif row.stays and BY_HAND in flags:
                flags.remove(BY_HAND)  # nobody set it: it's the place that was known


# An outline that crosses itself and its repair lie on the same lines, and are not the same place.
_ALIKE = (
    "({0} IS NULL AND {1} IS NULL OR coalesce(ST_IsValid({0}) = ST_IsValid({1})"
    " AND (ST_Equals({0}, {1}) OR ST_HausdorffDistance({0}, {1}) < :near), false))"
)
_SAME_PLACES = text(
    f"SELECT {_ALIKE.format('sent', 'now')} AS stands, {_ALIKE.format('sent', 'base')} AS kept,"  # noqa: S608
    f" {_ALIKE.format('base', 'now')} AS untouched FROM (SELECT (SELECT geom FROM proposals WHERE id = :id) AS sent,"
    " ST_SetSRID(ST_GeomFromGeoJSON(:base), 4326) AS base, ST_SetSRID(ST_GeomFromGeoJSON(:now), 4326) AS now) g"
)


def compare(session: Session, actor: Actor, wanted: Proposal, *, lock: bool = False) -> Compared:
    """The update against its feature as it is now; `lock` keeps the feature as it is until the transaction ends."""
    if wanted.layer not in KEYS:
        raise NotFound(what="layer", id=wanted.layer)
    layer = named(wanted.layer)
    now = _row(session, actor, layer, wanted.feature_id, lock=lock)
    history = _history(session, actor, wanted, now)
    base = _base(session, actor, layer, wanted, history)
    sent = _sent(layer, wanted, base or now or {})
    if now is None:
        return Compared(layer, None, {}, sent, merging.merge(None, {}, sent), {})
    before, current = (None if base is None else _facts(layer, base)), _facts(layer, now)
    _compare_places(session, wanted, base, now, before, current, sent)
    merged = merging.merge(before, current, sent)
    return Compared(layer, now["version"], now, sent, merged, _changes(history, merged))


def write(
    session: Session, actor: Actor, wanted: Proposal, picks: Mapping[str, str], seen: int | None
) -> dict[str, Any]:
    """Writes what the update changes, and nothing else, into its feature; what became of which field, for the audit.

    Raises FeatureDeleted, Conflict (it is no longer the version `seen`), Undecided.
    """
    compared = compare(session, actor, wanted, lock=True)
    if compared.version is None:
        raise FeatureDeleted(id=str(wanted.feature_id))
    if seen is not None and seen != compared.version:
        raise Conflict(what="feature", id=str(wanted.feature_id), base_version=seen)
    chosen = compared.merged.decided(compared.sent, picks)
    row = _columns(compared.layer, wanted, chosen)
    observed = max(wanted.observed_on, dt.date.fromisoformat(compared.row["observed_on"]))
    row |= compared.layer.emptied(compared.row | row)
    row |= {
        "observed_on": observed, "proposal_id": wanted.id, "origin": wanted.origin, "entered_by": wanted.created_by,
        "confirmed_by": actor.account_id,
    }  # fmt: skip
    table = cast(Table, compared.layer.table.__table__)
    changed = session.execute(
        update(table).where(table.c.id == wanted.feature_id, table.c.version == compared.version).values(**row)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict(what="feature", id=str(wanted.feature_id), base_version=compared.version)
    told: dict[str, Any] = {"from": wanted.base_version, "onto": compared.version, "changed": sorted(chosen)}
    if compared.merged.conflicts:
        told["picked"] = {key: picks[key] for key in compared.merged.conflicts}
    return told


def _columns(layer: Layer, wanted: Proposal, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The layer's columns for the fields chosen of an update."""
    row: dict[str, Any] = {}
    for key, value in chosen.items():
        if key == UNIT:
            row["commune_id"], row["hamlet_id"] = value
        elif key == PLACE:
            row["geom"] = wanted.geom
        else:
            row[key] = features.read(layer.field(key), wanted.values[key])
    return row


def _row(session: Session, actor: Actor, layer: Layer, id_: uuid.UUID, *, lock: bool) -> dict[str, Any] | None:
    found: dict[str, Any] | None = session.scalar(
        text(
            f"SELECT to_jsonb(f) FROM {layer.key} f WHERE id = :id AND province_id = :province"  # noqa: S608  own name
            " AND :commune IN (0, commune_id)" + (" FOR UPDATE" if lock else "")
        ),
        {"id": id_, "province": actor.province_id, "commune": actor.commune_id},
    )
    return found


def _history(session: Session, actor: Actor, wanted: Proposal, now: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The feature's rows from the base version to today's, the oldest first; empty where the base isn't kept."""
    base = wanted.base_version
    if base is None or now is None or base > now["version"]:
        return []
    rows = session.scalars(
        text(
            "SELECT row FROM versions WHERE layer = :layer AND id = :id AND version >= :base"
            " AND province_id = :province AND :commune IN (0, commune_id) ORDER BY version"
        ),
        {
            "layer": wanted.layer, "id": wanted.feature_id, "base": base, "province": actor.province_id,
            "commune": actor.commune_id,
        },
    ).all()  # fmt: skip
    history = [*rows, now]
    return history if history[0]["version"] == base else []


def _base(
    session: Session, actor: Actor, layer: Layer, wanted: Proposal, history: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """What the phone knew: the base version, and over it what the same phone had sent before in one chain."""
    if not history:
        return None
    base = dict(history[0])
    if wanted.branch_id is None:
        return base
    earlier = session.execute(
        text(
            "SELECT values, commune_id, hamlet_id, to_jsonb(geom) AS geom FROM proposals WHERE feature_id = :id"
            " AND branch_id = :branch AND action = 'update' AND province_id = :province AND created_by = :by"
            " AND (created_at, id) < (:at, :own) ORDER BY created_at, id"
        ),
        {
            "id": wanted.feature_id, "branch": wanted.branch_id, "province": actor.province_id,
            "by": wanted.created_by, "at": wanted.created_at, "own": wanted.id,
        },
    ).all()  # fmt: skip
    for one in earlier:
        known = {f.key: one.values[f.key] for f in layer.fields if f.key in one.values}
        told = {key for key in known if known[key] is not None or visits.told(layer, layer.field(key), base)}
        base |= {key: known[key] for key in told}
        base |= {"commune_id": one.commune_id, "hamlet_id": one.hamlet_id} | ({"geom": one.geom} if one.geom else {})
    return base


def _sent(layer: Layer, wanted: Proposal, base: Mapping[str, Any]) -> dict[str, Any]:
    """What the update says of each field. An empty answer clears a field only where its former value was known."""
    sent: dict[str, Any] = {}
    for field in layer.fields:
        if field.key in wanted.values:
            value = features.read(field, wanted.values[field.key])
            if value is not None or visits.told(layer, field, base):
                sent[field.key] = _comparable(value)
    unknown = any(rule.place and rule.holds(base) for rule in layer.withheld)
    hamlet = base.get("hamlet_id") if unknown and wanted.hamlet_id is None else wanted.hamlet_id
    sent[UNIT] = (wanted.commune_id, hamlet)
    if wanted.geom is not None:
        sent[PLACE] = "sent"
    return sent


def _facts(layer: Layer, row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row as it is compared; places are compared apart."""
    facts: dict[str, Any] = {field.key: _comparable(features.read(field, row.get(field.key))) for field in layer.fields}
    return facts | {UNIT: (row["commune_id"], row["hamlet_id"])}


def _comparable(value: Any) -> Any:
    """Choices have no order."""
    return tuple(sorted(value)) or None if isinstance(value, list) else value


def _compare_places(
    session: Session,
    wanted: Proposal,
    base: Mapping[str, Any] | None,
    now: Mapping[str, Any],
    before: dict[str, Any] | None,
    current: dict[str, Any],
    sent: Mapping[str, Any],
) -> None:
    """Gives the places names such that the same place has the same name."""
    if PLACE not in sent:
        return
    row = session.execute(
        _SAME_PLACES,
        {
            "id": wanted.id, "near": SAME_DEGREES, "now": json.dumps(now["geom"]) if now["geom"] else None,
            "base": json.dumps(base["geom"]) if base and base["geom"] else None,
        },
    ).one()  # fmt: skip
    current[PLACE] = "sent" if row.stands else "now"
    if before is not None:
        before[PLACE] = "sent" if row.kept else current[PLACE] if row.untouched else "base"


def _changes(history: list[dict[str, Any]], merged: merging.Merged) -> dict[str, Change]:
    """Of the fields others changed: by whom last, and when."""
    told = {}
    for key in (*merged.kept, *merged.conflicts):
        columns = {UNIT: ("commune_id", "hamlet_id"), PLACE: ("geom",)}.get(key, (key,))
        for former, later in pairwise(history):
            if any(former[column] != later[column] for column in columns):
                told[key] = Change(later.get("entered_by"), dt.datetime.fromisoformat(later["updated_at"]))
    return told
