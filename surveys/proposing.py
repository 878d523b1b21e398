"""Turns what submissions want into proposals: placed, flagged, written in a few statements for a whole batch."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from surveys import cases, wall_clock
from surveys.layers.situation_reports import RESTRICTED
from surveys.restricted import RestrictedReport

FAR_FROM_HAMLET_M = 5000.0
RESTRICTED_LAYER = RestrictedReport.__tablename__


@dataclass
class Wanted:
    """One wished-for feature, read from a submission or an import row; `place` is EWKB (WGS 84) or None."""

    layer: str
    feature_id: uuid.UUID
    values: dict[str, Any]
    province_id: int
    observed_on: dt.date
    submission_id: str | None = None
    action: str = "create"
    base_version: int | None = None
    branch_id: uuid.UUID | None = None
    place: bytes | None = None
    accuracy_m: float | None = None
    commune_id: int | None = None  # as chosen by the sender
    hamlet_id: int | None = None
    created_by: int | None = None
    received_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    origin: str = "survey"
    flags: list[str] = field(default_factory=list)
    office_id: int | None = None

    @property
    def restricted(self) -> bool:
        return self.layer == RESTRICTED_LAYER


_ENDED = text("SELECT id, heir_of(id) AS heir FROM units WHERE id = ANY(:units) AND valid_to <= current_date")
# One row for each place: the commune that holds it, that commune's province, the distance to the chosen hamlet.
_PLACES = text(
    "SELECT w.i, u.id AS commune_id, u.province_id, CASE WHEN w.hamlet IS NULL THEN NULL"
    "   ELSE distance_to_unit(w.place, w.hamlet) END AS metres"
    " FROM (SELECT i, CASE WHEN ST_Dimension(p) = 0 THEN p ELSE ST_PointOnSurface(p) END AS place, hamlet"
    "   FROM (SELECT i, ST_GeomFromEWKB(decode(place, 'hex')) AS p, hamlet"
    "     FROM jsonb_to_recordset(cast(:wanted AS jsonb)) AS r(i int, place text, hamlet int)) d) w"
    " LEFT JOIN units u ON u.id = unit_at(w.place, 3)"
)
_ADD = text(
    "INSERT INTO proposals (submission_id, layer, action, feature_id, base_version, branch_id, values, geom,"
    " accuracy_m, province_id, commune_id, hamlet_id, office_id, restricted, observed_on, origin, flags, created_by,"
    " created_at)"
    " SELECT submission_id, layer, action, feature_id, base_version, branch_id, values,"
    " ST_GeomFromEWKB(decode(place, 'hex')), accuracy_m, province_id, commune_id, hamlet_id, office_id, restricted,"
    " observed_on, origin, flags, created_by, received_at FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r("
    " submission_id text, layer text, action text, feature_id uuid, base_version int, branch_id uuid, values jsonb,"
    " place text, accuracy_m float, province_id int, commune_id int, hamlet_id int, office_id int, restricted bool,"
    " observed_on date, origin text, flags jsonb, created_by int, received_at timestamptz)"
)


def restrict(wanted: Wanted) -> Wanted:
    """A report of a restricted category goes its own way: no place, no photo, its own table (S5)."""
    if wanted.layer == "situation_reports" and wanted.values.get("category") in RESTRICTED:
        wanted.layer = RESTRICTED_LAYER
        wanted.place = wanted.accuracy_m = None
    return wanted


def propose(connection: Connection, batch: list[Wanted]) -> None:
    """Places, flags and stores a batch; raises what PostgreSQL or `cases` raise, and then nothing is stored."""
    for wanted in batch:
        restrict(wanted)
    _follow(connection, batch)
    _locate(connection, batch)
    for wanted in batch:
        _flag_clock(wanted)
        if wanted.restricted and wanted.office_id is None:
            wanted.office_id = cases.answering_office(
                connection,
                wanted.values["category"],
                wanted.province_id,
                wanted.commune_id,
                wall_clock.day(wanted.received_at),
            )
    connection.execute(_ADD, {"rows": json.dumps([_json(wanted) for wanted in batch])})


def _follow(connection: Connection, batch: list[Wanted]) -> None:
    """A phone that was out of reach during a reform names units of before: their heirs of today stand for them.

    Where a unit was split its place tells, or a person.
    """
    named = {unit for w in batch for unit in (w.commune_id, w.province_id) if unit is not None}
    heirs = {row.id: row.heir for row in connection.execute(_ENDED, {"units": sorted(named)})}
    if not heirs:
        return
    for wanted in batch:
        if wanted.commune_id in heirs:
            wanted.commune_id = heirs[wanted.commune_id]
            if wanted.commune_id is None:
                wanted.flags.append("unit_split")
        wanted.province_id = heirs.get(wanted.province_id) or wanted.province_id


def _locate(connection: Connection, batch: list[Wanted]) -> None:
    placed = [
        {"i": i, "place": w.place.hex(), "hamlet": w.hamlet_id} for i, w in enumerate(batch) if w.place is not None
    ]
    if not placed:
        return
    for row in connection.execute(_PLACES, {"wanted": json.dumps(placed)}):
        wanted = batch[row.i]
        if row.commune_id is None or row.province_id != wanted.province_id:
            wanted.flags.append("outside_province")
        elif wanted.commune_id is None:
            wanted.commune_id = row.commune_id
        elif row.commune_id != wanted.commune_id:
            wanted.flags.append("outside_commune")
        if row.metres is not None and row.metres > FAR_FROM_HAMLET_M:
            wanted.flags.append("far_from_hamlet")


def _flag_clock(wanted: Wanted) -> None:
    # A phone a few minutes fast at midnight is not a wrong clock, a day ahead is.
    received = wall_clock.day(wanted.received_at)
    if wanted.observed_on > received + dt.timedelta(days=1):
        wanted.flags.append("clock_ahead")


def _json(wanted: Wanted) -> dict[str, Any]:
    return {
        "submission_id": wanted.submission_id, "layer": wanted.layer, "action": wanted.action,
        "feature_id": str(wanted.feature_id), "base_version": wanted.base_version,
        "branch_id": str(wanted.branch_id) if wanted.branch_id else None, "values": wanted.values,
        "place": wanted.place.hex() if wanted.place is not None else None, "accuracy_m": wanted.accuracy_m,
        "province_id": wanted.province_id, "commune_id": wanted.commune_id, "hamlet_id": wanted.hamlet_id,
        "office_id": wanted.office_id, "restricted": wanted.restricted, "observed_on": wanted.observed_on.isoformat(),
        "origin": wanted.origin, "flags": sorted(set(wanted.flags)), "created_by": wanted.created_by,
        "received_at": wanted.received_at.isoformat(),
    }  # fmt: skip
