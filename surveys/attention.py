"""What asks for a leader's attention: overdue offices, who hasn't reported, and what is new since last time."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, Row, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from geodata.tables import Base
from surveys import figures, open_business, periods
from surveys.access import Actor, Verb
from surveys.figures import measuring
from surveys.figures.cells import Measured
from surveys.layers import CATALOGUE

# What offices report of every commune: reports each quarter, hamlets each survey round.
EXPECTED = (("reports", periods.QUARTER), ("hamlets_surveyed", periods.ROUND), ("checks", periods.HALF))
SHOWN = 8
A_LOOK = dt.timedelta(minutes=30)  # opening the map again within it is the same look
FIRST_LOOK = dt.timedelta(days=7)  # what is told as new to whoever never looked


class MapLook(Base):
    """When an account last looked at the map, and the time before that."""

    __tablename__ = "map_looks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    looked_at: Mapped[dt.datetime]
    before: Mapped[dt.datetime | None]


@dataclass(frozen=True)
class Missing:
    """A figure every commune is expected to report, and which communes haven't yet."""

    measured: Measured

    @property
    def units(self) -> list[str]:
        return [cell.unit.full for cell in self.measured.cells if not cell.part.base]


@dataclass(frozen=True)
class Attention:
    """`offices` as `open_business.by_office` gives them, those with something overdue; `changes` by layer."""

    offices: list[Row[Any]]
    missing: list[Missing]
    changes: list[tuple[str, list[Row[Any]]]]
    since: dt.datetime


def of(session: Session, actor: Actor, today: dt.date) -> Attention:
    """The actor's, and notes the look; the caller commits."""
    since = look(session, actor)
    missing = [
        Missing(measuring.measure(session, actor, figures.named(key), periods.holding(kind, today), today))
        for key, kind in EXPECTED
        if figures.may_read(actor, figures.named(key))
    ]
    reads_reports = figures.may_read(actor, figures.named("reports"))
    offices = open_business.by_office(session, actor, today) if reads_reports else []
    return Attention([row for row in offices if row.late], missing, changes(session, actor, since), since)


def look(session: Session, actor: Actor) -> dt.datetime:
    """Notes that the actor looks now; returns when they looked before."""
    noted = session.execute(LOOK, {"me": actor.account_id, "look": A_LOOK}).one()
    before: dt.datetime = noted.before or noted.looked_at - FIRST_LOOK
    return before


def changes(session: Session, actor: Actor, since: dt.datetime) -> list[tuple[str, list[Row[Any]]]]:
    """By layer, the communes with most that is new or changed since then, as numbers by commune."""
    keys = [layer.key for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)]
    given = {"province": actor.province_id, "commune": actor.commune_id, "since": since}
    rows = (
        session.execute(text(" UNION ALL ".join(CHANGED.format(key=key) for key in keys)), given).all() if keys else []
    )
    found = [(key, [row for row in rows if row.layer == key]) for key in keys]
    return [(key, sorted(of_layer, key=lambda row: -row.n)) for key, of_layer in found if of_layer]


LOOK = text(
    "INSERT INTO map_looks AS m (account_id, looked_at) VALUES (:me, now())"
    " ON CONFLICT (account_id) DO UPDATE SET"
    " before = CASE WHEN now() - m.looked_at > :look THEN m.looked_at ELSE m.before END,"
    " looked_at = CASE WHEN now() - m.looked_at > :look THEN now() ELSE m.looked_at END"
    " RETURNING looked_at, before"
)
CHANGED = """
SELECT '{key}' AS layer, u.id, u.kind, u.name, n, added FROM (
    SELECT commune_id, count(*) AS n, count(*) FILTER (WHERE created_at > :since) AS added FROM {key}
    WHERE province_id = :province AND :commune IN (0, commune_id) AND updated_at > :since GROUP BY 1) c
JOIN units u ON u.id = c.commune_id"""
