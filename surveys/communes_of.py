"""Which communes hold a published minority area of a class: the only filter of figures by another layer."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys.access import Actor

COMMUNES = text(
    "SELECT DISTINCT f.commune_id FROM minority_areas f"
    " WHERE f.province_id = :province AND :commune IN (0, f.commune_id) AND f.area_class = :area ORDER BY 1"
)
KNOWN = text("SELECT EXISTS (SELECT FROM code_lists WHERE list = 'area_classes' AND code = :area)")


def area(session: Session, actor: Actor, code: str) -> list[int]:
    """Ids of the communes, in the actor's scope. Raises InvalidValue for a class that isn't one."""
    if not session.scalar(KNOWN, {"area": code}):
        raise InvalidValue(field="area", value=code, reason="kv1, kv2, kv3, thon_dbkk")
    given = {"province": actor.province_id, "commune": actor.commune_id, "area": code}
    return list(session.scalars(COMMUNES, given))
