"""The models of a province at one look: the register, who owes a self-assessment, what was copied from what, counts."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys.access import Actor, Verb
from surveys.layers.community_models import layer
from surveys.periods import Period

PAGE = 100
Rows = list[Row[Any]]
_HERE = " m.province_id = :province AND :commune IN (0, m.commune_id)"
# What is still alive at the end of a half-year, registered before it, is to say how it stands.
_OWES = (
    "m.state <> 'dung' AND m.registered_on <= :last AND NOT EXISTS (SELECT FROM model_assessments a"
    " WHERE a.model_id = m.id AND a.half = :half)"
)
_REGISTER = text(
    "SELECT m.id, m.name, m.field, m.kind, m.state, m.recognition, m.registered_on, m.recognised_on,"  # noqa: S608
    f" c.kind AS unit_kind, c.name AS commune, {_OWES} AS owes, r.model_id IS NOT NULL AS registered,"
    " count(*) OVER () AS found FROM community_models m JOIN units c ON c.id = m.commune_id"
    f" LEFT JOIN model_registrations r ON r.model_id = m.id WHERE {_HERE} AND (:state = '' OR m.state = :state)"
    f" AND (:field = '' OR m.field = :field) AND (NOT :owing OR {_OWES})"
    " ORDER BY m.registered_on DESC, m.id LIMIT :most OFFSET :from"
)
_COUNTS = text(
    f"SELECT count(*) AS total, count(*) FILTER (WHERE m.state <> 'dung') AS alive,"  # noqa: S608  its own parts
    " count(*) FILTER (WHERE m.recognition = 'xa') AS xa, count(*) FILTER (WHERE m.recognition = 'tinh') AS tinh,"
    " count(*) FILTER (WHERE m.recognition = 'trung_uong') AS trung_uong,"
    " count(*) FILTER (WHERE m.state = 'duy_tri') AS duy_tri, count(*) FILTER (WHERE m.state = 'nhan_rong') AS"
    f" nhan_rong, count(*) FILTER (WHERE {_OWES}) AS owing,"
    " count(*) FILTER (WHERE m.state <> 'dung' AND m.registered_on <= :last) AS asked"
    f" FROM community_models m WHERE {_HERE}"
)
_TREE = text(
    "SELECT m.id, m.replicated_from AS origin, m.name, m.state, m.registered_on, c.kind AS unit_kind,"  # noqa: S608
    " c.name AS commune FROM community_models m JOIN units c ON c.id = m.commune_id"
    f" WHERE {_HERE} AND (m.replicated_from IS NOT NULL OR EXISTS (SELECT FROM community_models o"
    " WHERE o.replicated_from = m.id AND o.province_id = :province)) ORDER BY m.registered_on, m.id LIMIT 2000"
)
_COMMENDED = text(
    "SELECT c.id, c.kind AS unit_kind, c.name AS commune,"  # noqa: S608  its own parts
    " count(*) FILTER (WHERE k.level = 'xa') AS xa, count(*) FILTER (WHERE k.level = 'tinh') AS tinh,"
    " count(*) FILTER (WHERE k.level = 'trung_uong') AS trung_uong, count(DISTINCT m.id) AS models"
    " FROM model_recognitions k JOIN community_models m ON m.id = k.model_id JOIN units c ON c.id = m.commune_id"
    f" WHERE {_HERE} AND k.decided_on BETWEEN :first AND :last GROUP BY c.id"
    ' ORDER BY trung_uong DESC, tinh DESC, xa DESC, c.name COLLATE "vi-x-icu", c.id'
)
_CHOICES = text(
    "SELECT m.id, m.name, c.name AS commune FROM community_models m JOIN units c ON c.id = m.commune_id"  # noqa: S608
    f" WHERE {_HERE} AND m.id <> :id AND m.field = :field AND m.recognised_on IS NOT NULL"
    ' ORDER BY m.name COLLATE "vi-x-icu", m.id LIMIT 500'
)


@dataclass
class Branch:
    """A model of the tree with those copied from it."""

    row: Row[Any]
    copies: list["Branch"] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many models descend from it."""
        return sum(1 + one.size for one in self.copies)


def register(
    session: Session, actor: Actor, half: Period, *, state: str = "", field_: str = "", owing: bool = False,
    page: int = 1,
) -> Rows:  # fmt: skip
    """A page of the register, the newest first; `owing`: only those without a self-assessment. Raises Forbidden."""
    asked = {"state": state, "field": field_, "owing": owing, "most": PAGE, "from": PAGE * (page - 1)}
    return list(session.execute(_REGISTER, _given(actor, half) | asked))


def counts(session: Session, actor: Actor, half: Period) -> Row[Any]:
    """Models by level and state, and how many owe the half-year's self-assessment. Raises Forbidden."""
    return session.execute(_COUNTS, _given(actor, half)).one()


def tree(session: Session, actor: Actor) -> list[Branch]:
    """Models from which others were copied, those with most descendants first. Raises Forbidden."""
    actor.must(Verb.READ, layer.key, layer.grants)
    rows = session.execute(_TREE, {"province": actor.province_id, "commune": actor.commune_id}).all()
    found = {row.id: Branch(row) for row in rows}
    roots: list[Branch] = []
    for branch in found.values():
        # One whose origin lies outside the actor's scope begins a tree of its own.
        origin = found.get(branch.row.origin)
        (origin.copies if origin else roots).append(branch)
    return sorted((root for root in roots if root.copies), key=lambda root: -root.size)


def commended(session: Session, actor: Actor, period: Period) -> Rows:
    """Decisions of a period by commune and level: counts, never names. Raises Forbidden."""
    return list(session.execute(_COMMENDED, _given(actor, period)))


def origins(session: Session, actor: Actor, id_: uuid.UUID, field_: str) -> Rows:
    """Recognised models of the same field, from which one may have been copied."""
    asked = {"province": actor.province_id, "commune": actor.commune_id, "id": id_, "field": field_}
    return list(session.execute(_CHOICES, asked))


def _given(actor: Actor, period: Period) -> dict[str, Any]:
    actor.must(Verb.READ, layer.key, layer.grants)
    return {
        "province": actor.province_id, "commune": actor.commune_id, "half": period.code, "first": period.first,
        "last": period.last,
    }  # fmt: skip
