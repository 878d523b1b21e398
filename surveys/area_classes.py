"""The class of a commune, and its hamlets of special difficulty, as the list in force publishes them (S4).

Shown as a fact of the place with its decision, and joined with nothing: no figure of reports is broken down by it, no
map layer or export holds it (S7).
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys.access import Actor, Verb
from surveys.layers import minority_areas

MOST = 5000
_IN_FORCE = (
    " c.province_id = :province AND :commune IN (0, c.commune_id) AND c.confirmed_by IS NOT NULL"
    " AND c.valid_from <= :on AND (c.valid_to IS NULL OR c.valid_to > :on)"
)
_WITHIN = text(
    "SELECT c.unit_id, c.unit_name, c.hamlet_id, c.commune_id, c.area_class, c.decision, c.decided_on, c.valid_from,"  # noqa: S608
    " c.list_id FROM area_classifications c WHERE" + _IN_FORCE + " AND c.commune_id = :within"
    " ORDER BY c.unit_name COLLATE vi_natural, c.unit_id"
)
_COMMUNES = text(
    "SELECT c.commune_id, c.area_class, c.decision, c.decided_on FROM area_classifications c WHERE"  # noqa: S608
    + _IN_FORCE
    + " AND c.hamlet_id IS NULL AND c.unit_id = c.commune_id"
)
# Of the lists, not their rows: a commune's account sees only its own rows.
_LISTED = text(
    "SELECT EXISTS (SELECT FROM area_lists WHERE province_id = :province AND state = 'confirmed' AND communes > 0"
    " AND valid_from <= :on)"
)
_OF_LIST = text(
    "SELECT c.unit_id, c.unit_name, c.hamlet_id, c.area_class, u.name AS commune FROM area_classifications c"
    " JOIN units u ON u.id = c.commune_id WHERE c.list_id = :id AND c.province_id = :province"
    " ORDER BY c.hamlet_id IS NOT NULL, u.name COLLATE vi_natural, c.unit_name COLLATE vi_natural, c.unit_id"
    " LIMIT :most"
)


@dataclass(frozen=True)
class Classes:
    """What is in force in one commune. `own`: of the commune, None where the list doesn't name it; `hamlets`; `former`:
    of communes that have since gone into it, which say nothing of the whole. `listed`: the province has a list."""

    own: Row[Any] | None
    hamlets: list[Row[Any]]
    former: list[Row[Any]]
    listed: bool


def of_commune(session: Session, actor: Actor, commune: int, on: dt.date) -> Classes | None:
    """None for who may not read published areas."""
    if not actor.may(Verb.READ, minority_areas.layer.grants):
        return None
    given = {"province": actor.province_id, "commune": actor.commune_id, "within": commune, "on": on}
    rows = list(session.execute(_WITHIN, given))
    communes = [row for row in rows if row.hamlet_id is None]
    return Classes(
        own=next((row for row in communes if row.unit_id == commune), None),
        hamlets=[row for row in rows if row.hamlet_id is not None],
        former=[row for row in communes if row.unit_id != commune],
        listed=bool(communes) or listed(session, actor, on),
    )


def listed(session: Session, actor: Actor, on: dt.date) -> bool:
    """Whether a list of communes is in force in the province."""
    return bool(session.scalar(_LISTED, {"province": actor.province_id, "on": on}))


def by_commune(session: Session, actor: Actor, on: dt.date) -> dict[int, Row[Any]] | None:
    """Commune → its class in force with the decision; empty without a list, None for who may not read them."""
    if not actor.may(Verb.READ, minority_areas.layer.grants):
        return None
    given = {"province": actor.province_id, "commune": actor.commune_id, "on": on}
    return {row.commune_id: row for row in session.execute(_COMMUNES, given)}


def of_list(session: Session, actor: Actor, list_id: uuid.UUID) -> list[Row[Any]]:
    """The rows of one list, communes first; at most MOST."""
    return list(session.execute(_OF_LIST, {"id": list_id, "province": actor.province_id, "most": MOST}))
