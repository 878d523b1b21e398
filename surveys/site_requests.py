"""Requests of religious sites to the state: received, given to the office that answers, answered; offices are overdue.

A request is one of a closed list; there is no field for who asked, nor for words about the site (S3).
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Row, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.problems import NotFound
from geodata.tables import Base
from surveys import audit, working_days
from surveys.access import Actor, Verb
from surveys.field_faults import Fault, refuse
from surveys.layers.religious_sites import ReligiousSite, layer
from surveys.map_pages import asked

NONE = "khong"
OUTCOMES = ("dap_ung", "mot_phan", "khong")  # met, in part, not
LONGEST_DOCUMENT, MOST = 120, 500
DAMAGED, EXPOSED = ("xuong_cap", "hu_hong", "nguy_hiem"), ("ngap", "sat_lo", "lu_quet")
Rows = list[Row[Any]]


class SiteRequest(Base):
    """One request: what is asked, since when, which office answers, by when if a standard says so, and the answer."""

    __tablename__ = "site_requests"
    __table_args__ = (
        CheckConstraint("kind <> 'khong'", name="kind"),
        CheckConstraint("answered_on >= received_on", name="answered"),
        CheckConstraint("due_on > received_on AND due_source <> '' OR due_on IS NULL", name="due"),
        CheckConstraint("outcome IN ('dap_ung', 'mot_phan', 'khong')", name="outcome"),
        CheckConstraint("(answered_on IS NULL) = (outcome IS NULL) AND length(document) <= 120", name="whole"),
        Index("site_requests_open_ix", "province_id", "due_on", postgresql_where=text("answered_on IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("religious_sites.id", ondelete="CASCADE"), index=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    kind: Mapped[str]
    received_on: Mapped[dt.date]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    due_on: Mapped[dt.date | None]
    due_source: Mapped[str] = mapped_column(server_default=text("''"))
    answered_on: Mapped[dt.date | None]
    outcome: Mapped[str | None]
    document: Mapped[str] = mapped_column(server_default=text("''"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


_SCOPE = " {0}.province_id = :province AND :commune IN (0, {0}.commune_id)"
_BY_OFFICE = text(
    "SELECT o.id, o.name, count(*) FILTER (WHERE r.answered_on IS NULL) AS still,"  # noqa: S608  its own parts
    " count(*) FILTER (WHERE r.answered_on IS NULL AND r.due_on < :today) AS late,"
    " count(*) FILTER (WHERE r.answered_on IS NULL AND r.due_on IS NULL) AS without_due,"
    " min(r.received_on) FILTER (WHERE r.answered_on IS NULL) AS oldest, count(r.answered_on) AS answered"
    " FROM site_requests r JOIN offices o ON o.id = r.office_id WHERE" + _SCOPE.format("r")
    + ' GROUP BY o.id ORDER BY late DESC, still DESC, o.name COLLATE "vi-x-icu"'
)  # fmt: skip
_OPEN = text(
    "SELECT r.id, r.site_id, r.kind, r.received_on, r.due_on, r.due_source, o.name AS office, f.name AS site,"  # noqa: S608
    " c.kind AS unit_kind, c.name AS commune, r.due_on < :today AS late"
    " FROM site_requests r JOIN religious_sites f ON f.id = r.site_id JOIN offices o ON o.id = r.office_id"
    " JOIN units c ON c.id = r.commune_id WHERE r.answered_on IS NULL AND"
    + _SCOPE.format("r")
    + " ORDER BY (r.due_on < :today) DESC NULLS LAST, r.due_on, r.received_on, r.id LIMIT :most"
)
# What a survey said is asked for, and nobody was named to answer yet.
_LOOSE = text(
    "SELECT f.id, f.name AS site, f.request AS kind, f.received_on, c.kind AS unit_kind, c.name AS commune,"  # noqa: S608
    " count(*) OVER () AS found FROM religious_sites f JOIN units c ON c.id = f.commune_id"
    " WHERE f.request IS NOT NULL AND f.request <> 'khong' AND f.answered_on IS NULL AND"
    + _SCOPE.format("f")
    + " AND NOT EXISTS (SELECT FROM site_requests r WHERE r.site_id = f.id AND r.kind = f.request"
    " AND r.answered_on IS NULL) ORDER BY f.received_on NULLS LAST, f.id LIMIT :most"
)
_CONDITION = text(
    "SELECT f.id, f.name AS site, f.condition, f.hazards, c.kind AS unit_kind, c.name AS commune,"  # noqa: S608
    " count(*) OVER () AS found FROM religious_sites f JOIN units c ON c.id = f.commune_id WHERE"
    + _SCOPE.format("f")
    + " AND CASE :only WHEN 'damaged' THEN f.condition = ANY(:damaged) WHEN 'exposed' THEN f.hazards && :exposed"
    " ELSE f.condition = ANY(:damaged) AND f.hazards && :exposed END"
    " ORDER BY array_position(ARRAY['nguy_hiem', 'hu_hong', 'xuong_cap'], f.condition) NULLS LAST,"
    ' c.name COLLATE "vi-x-icu", f.name COLLATE "vi-x-icu", f.id LIMIT :most'
)
_CONDITIONS = text(
    "SELECT count(*) AS sites, count(*) FILTER (WHERE f.condition = ANY(:damaged)) AS damaged,"  # noqa: S608
    " count(*) FILTER (WHERE f.hazards && :exposed) AS exposed, count(*) FILTER (WHERE f.condition = ANY(:damaged)"
    " AND f.hazards && :exposed) AS both, count(*) FILTER (WHERE f.condition IS NULL) AS unknown"
    " FROM religious_sites f WHERE" + _SCOPE.format("f")
)  # fmt: skip
_STANDARD = text(
    "SELECT days, source FROM service_standards WHERE category = :kind AND valid_from <= :on"
    " AND (valid_to IS NULL OR valid_to > :on) ORDER BY valid_from DESC LIMIT 1"
)
_OFFICE = text(
    "SELECT EXISTS (SELECT FROM offices WHERE id = :office AND unit_id IN (:province, :commune)"
    " AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on))"
)
_KIND = text("SELECT EXISTS (SELECT FROM code_lists WHERE list = 'site_requests' AND code = :kind AND code <> 'khong')")


def site(session: Session, actor: Actor, id_: uuid.UUID, verb: Verb = Verb.READ) -> ReligiousSite:
    """The site, if it is in the actor's scope and the actor holds the verb. Raises Forbidden, NotFound."""
    actor.must(verb, layer.key, layer.grants)
    found = session.get(ReligiousSite, id_)
    if found is None or found.province_id != actor.province_id or actor.commune_id not in (0, found.commune_id):
        raise NotFound(what="site", id=str(id_))
    return found


def of_site(session: Session, id_: uuid.UUID) -> list[SiteRequest]:
    """What a site asked for, the latest first."""
    rows = (
        select(SiteRequest).where(SiteRequest.site_id == id_).order_by(SiteRequest.received_on.desc(), SiteRequest.id)
    )
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def by_office(session: Session, actor: Actor, today: dt.date) -> Rows:
    """Per office: still to answer, overdue, without a time limit, answered; the latest first. Raises Forbidden."""
    return list(session.execute(_BY_OFFICE, _given(actor) | {"today": today}))


def still_open(session: Session, actor: Actor, today: dt.date) -> Rows:
    """Requests not answered, overdue ones first. Raises Forbidden."""
    return list(session.execute(_OPEN, _given(actor) | {"today": today, "most": MOST}))


def loose(session: Session, actor: Actor) -> Rows:
    """Sites whose survey tells of a request that no office was given yet. Raises Forbidden."""
    return list(session.execute(_LOOSE, _given(actor) | {"most": MOST}))


def conditions(session: Session, actor: Actor) -> Row[Any]:
    """Sites in all, damaged, in the way of water or landslides, both, and of unknown condition. Raises Forbidden."""
    return session.execute(_CONDITIONS, _given(actor) | _CLASSES).one()


def endangered(session: Session, actor: Actor, only: str) -> Rows:
    """Sites that are `damaged`, `exposed`, or `both`, the worst first. Raises Forbidden."""
    return list(session.execute(_CONDITION, _given(actor) | _CLASSES | {"only": only, "most": MOST}))


def receive(session: Session, actor: Actor, id_: uuid.UUID, given: Mapping[str, Any], today: dt.date) -> None:
    """Stores a request: kind, received_on, office_id. Due by the standard in force that day, if there is one.

    Raises FieldsRefused, NotFound, Forbidden.
    """
    found = site(session, actor, id_, Verb.REVIEW)
    kind, received_on, office = str(given.get("kind", "")), given.get("received_on"), given.get("office_id")
    faults = [] if session.scalar(_KIND, {"kind": kind}) else [Fault("kind", "unknown")]
    if received_on is None:
        faults.append(Fault("received_on", "missing"))
    elif received_on > today:
        faults.append(Fault("received_on", "day_ahead"))
    elif received_on < dt.date(2000, 1, 1):
        faults.append(Fault("received_on", "day_long_ago", day=dt.date(2000, 1, 1)))
    where = {"office": office, "province": found.province_id, "commune": found.commune_id, "on": today}
    if office is None or not session.scalar(_OFFICE, where):
        faults.append(Fault("office_id", "unknown"))
    if any(one.kind == kind and one.answered_on is None for one in of_site(session, id_)):
        faults.append(Fault("kind", "open_already"))
    refuse(faults)
    due_on, source = (due(session, kind, received_on) if received_on else None) or (None, "")
    session.add(
        SiteRequest(
            site_id=id_, province_id=found.province_id, commune_id=found.commune_id, kind=kind,
            received_on=received_on, office_id=office, account_id=actor.account_id,
            due_on=due_on, due_source=source,
        )
    )  # fmt: skip
    session.flush()
    _bring_up(session, found)
    _note(session, actor, found, "request_received", kind=kind)


def due(session: Session, kind: str, received_on: dt.date) -> tuple[dt.date, str] | None:
    """The day by which a request is answered and what says so; None where no standard held on the day of receipt."""
    standard = session.execute(_STANDARD, {"kind": kind, "on": received_on}).one_or_none()
    if standard is None:
        return None
    return working_days.known(session).after(received_on, standard.days), standard.source


def answer(
    session: Session, actor: Actor, id_: uuid.UUID, request_id: int, given: Mapping[str, Any], today: dt.date
) -> None:
    """Stores the office's answer: answered_on, outcome, document. Raises as `receive`, and NamesPersons."""
    found, row = site(session, actor, id_, Verb.REVIEW), _request(session, id_, request_id)
    answered_on, outcome = given.get("answered_on"), given.get("outcome")
    faults = [] if outcome in OUTCOMES else [Fault("outcome", "unknown")]
    if answered_on is None:
        faults.append(Fault("answered_on", "missing"))
    elif answered_on > today:
        faults.append(Fault("answered_on", "day_ahead"))
    elif answered_on < row.received_on:
        faults.append(Fault("answered_on", "before_received", day=row.received_on))
    refuse(faults)
    row.document = asked.written("document", given.get("document"), LONGEST_DOCUMENT)
    row.answered_on, row.outcome, row.account_id = answered_on, outcome, actor.account_id
    session.flush()
    _bring_up(session, found)
    _note(session, actor, found, "request_answered", request=request_id)


def reopen(session: Session, actor: Actor, id_: uuid.UUID, request_id: int) -> None:
    """Takes an answer back: its office is to answer again, by the same day. Raises NotFound, Forbidden."""
    found, row = site(session, actor, id_, Verb.REVIEW), _request(session, id_, request_id)
    row.answered_on, row.outcome, row.document, row.account_id = None, None, "", actor.account_id
    session.flush()
    _bring_up(session, found)
    _note(session, actor, found, "request_reopened", request=request_id)


def hand_on(session: Session, actor: Actor, id_: uuid.UUID, request_id: int, office: int, today: dt.date) -> None:
    """Gives an open request to another office; the day by which it is due stays. Raises as `receive`."""
    found, row = site(session, actor, id_, Verb.REVIEW), _request(session, id_, request_id)
    where = {"office": office, "province": found.province_id, "commune": found.commune_id, "on": today}
    if row.answered_on is not None or office == row.office_id or not session.scalar(_OFFICE, where):
        refuse([Fault("office_id", "unknown")])
    row.office_id, row.account_id = office, actor.account_id
    session.flush()
    _note(session, actor, found, "request_handed_on", request=request_id, office=office)


_CLASSES = {"damaged": list(DAMAGED), "exposed": list(EXPOSED)}


def _given(actor: Actor) -> dict[str, Any]:
    actor.must(Verb.READ, layer.key, layer.grants)
    return {"province": actor.province_id, "commune": actor.commune_id}


def _request(session: Session, id_: uuid.UUID, request_id: int) -> SiteRequest:
    row = session.scalar(select(SiteRequest).where(SiteRequest.id == request_id, SiteRequest.site_id == id_))
    if row is None:
        raise NotFound(what="request", id=request_id)
    return row


def _bring_up(session: Session, found: ReligiousSite) -> None:
    """The site's row tells of the request waiting longest; where none waits, of the one answered last."""
    rows = of_site(session, found.id)
    waiting = sorted((row for row in rows if row.answered_on is None), key=lambda row: row.received_on)
    shown = waiting[0] if waiting else max(rows, key=lambda row: row.answered_on or row.received_on)
    changes = {"request": shown.kind, "received_on": shown.received_on, "answered_on": shown.answered_on}
    if any(getattr(found, key) != value for key, value in changes.items()):
        session.execute(
            update(ReligiousSite)
            .where(ReligiousSite.id == found.id, ReligiousSite.province_id == found.province_id)
            .values(**changes)
            .execution_options(synchronize_session=False)
        )
        session.expire(found)


def _note(session: Session, actor: Actor, found: ReligiousSite, verb: str, **detail: Any) -> None:
    audit.record(
        session, actor, verb, layer=layer.key, area=found.commune_id, detail={"feature": str(found.id), **detail}
    )
