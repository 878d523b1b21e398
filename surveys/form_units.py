"""Where an uploaded form is published: units with dates, of all its versions together."""

from collections.abc import Collection
from typing import ClassVar

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata.problems import Problem
from surveys.access import Actor


class UnitNotForForm(Problem):
    """A form is published to the province or to its communes as they are today, and to at least one; facts: unit."""

    code: ClassVar[str] = "form_unit_unknown"


_OF = text(
    "SELECT unit_id FROM form_units WHERE form_id = :form"
    " AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date) ORDER BY unit_id"
)
# Forms an actor of a commune finds, or of a whole province: there any of its communes is enough.
_REACHING = text(
    "SELECT p.form_id FROM form_units p JOIN units u ON u.id = p.unit_id"
    " WHERE p.valid_from <= current_date AND (p.valid_to IS NULL OR p.valid_to > current_date)"
    " AND u.province_id = :province AND (:commune = 0 OR u.level = 1 OR u.id = :commune)"
)
_LAWFUL = text(
    "SELECT id FROM units WHERE id = ANY(:units) AND province_id = :province AND level IN (1, 3)"
    " AND :commune IN (0, id) AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)"
)
_END = text(
    "UPDATE form_units SET valid_to = current_date WHERE form_id = :form AND unit_id = ANY(:gone)"
    " AND (valid_to IS NULL OR valid_to > current_date)"
)
_BEGIN = text(
    "INSERT INTO form_units (form_id, unit_id, published_by)"
    " SELECT :form, unnest(cast(:new AS int[])), :account"
    # A unit taken off and put back on the same day has no gap.
    " ON CONFLICT (form_id, unit_id, valid_from) DO UPDATE SET valid_to = NULL"
)


def of(session: Session | Connection, form_id: str) -> list[int]:
    """Ids of the units where the form is published today."""
    return list(session.execute(_OF, {"form": form_id}).scalars())


def reaching(session: Session | Connection, actor: Actor) -> frozenset[str]:
    """Ids of the forms published where the actor works."""
    scope = {"province": actor.province_id, "commune": actor.commune_id}
    return frozenset(session.execute(_REACHING, scope).scalars())


def publish(session: Session | Connection, actor: Actor, form_id: str, units: Collection[int]) -> None:
    """From today these units and no others. Raises UnitNotForForm."""
    wanted = set(units)
    scope = {"units": sorted(wanted), "province": actor.province_id, "commune": actor.commune_id}
    lawful = set(session.execute(_LAWFUL, scope).scalars())
    if not wanted or lawful != wanted:
        raise UnitNotForForm(unit=", ".join(str(unit) for unit in sorted(wanted - lawful)) or "–")
    now = set(of(session, form_id))
    session.execute(_END, {"form": form_id, "gone": sorted(now - wanted)})
    session.execute(_BEGIN, {"form": form_id, "new": sorted(wanted - now), "account": actor.account_id})
