"""What waits for the signed-in person: few counts, each by an index, none of restricted reports (S6)."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import languages
from surveys import case_history, layers, reminders, wall_clock
from surveys.access import Actor, Role, Verb
from surveys.reports import calls

OFFICES_SHOWN = 8
_PLACE = text("SELECT kind, name FROM units WHERE id = :id")
_OWN = text(
    "SELECT state, count(*) AS n FROM proposals"
    " WHERE created_by = :me AND NOT restricted AND origin = 'survey' AND state <> 'superseded' GROUP BY state"
)
_ON_THE_WAY = text(
    "SELECT state, count(*) AS n FROM submissions WHERE account_id = :me AND state <> 'applied' GROUP BY state"
)
_RETURNED = text(
    "SELECT layer, comment, reviewed_at FROM proposals"
    " WHERE created_by = :me AND NOT restricted AND state = 'returned' ORDER BY reviewed_at DESC LIMIT 5"
)
_WAITING = text("SELECT layer, CAST(sum(n) AS int) AS n FROM waiting_counts() GROUP BY layer ORDER BY n DESC, layer")
_ACCOUNTS = text(
    "SELECT count(*) FILTER (WHERE active) AS active,"
    " count(*) FILTER (WHERE active AND tf_primary_method IS NULL) AS one_step"
    " FROM accounts a JOIN units u ON u.id = a.unit_id WHERE u.province_id = :province"
)


def of(session: Session, actor: Actor) -> dict[str, Any]:
    """The figures the actor's home shows, by name; only those the role has a use for."""
    place = session.execute(_PLACE, {"id": actor.commune_id or actor.province_id}).one_or_none()
    figures: dict[str, Any] = {"place": f"{place.kind.capitalize()} {place.name}" if place else ""}
    me = {"me": actor.account_id}
    if actor.role in (Role.FIELD, Role.OFFICER):
        figures["own"] = _counts(session, _OWN, me)
        figures["on_the_way"] = _counts(session, _ON_THE_WAY, me)
        figures["returned"] = [
            {"layer": _title(row.layer), "comment": row.comment, "at": row.reviewed_at}
            for row in session.execute(_RETURNED, me)
        ]
    if actor.role in (Role.OFFICER, Role.LEADER):
        figures["reports_due"] = calls.due(session, actor, wall_clock.today())
        figures["waiting"] = [{"layer": _title(row.layer), "n": row.n} for row in session.execute(_WAITING)]
        rows = reminders.by_office(session, actor, wall_clock.today())
        figures["reminders"] = rows[:OFFICES_SHOWN]
        figures["due"] = {key: sum(getattr(row, key) for row in rows) for key in ("waiting", "soon", "late")}
    if actor.role is Role.LEADER:
        figures["escalated"] = len(case_history.escalated(session, actor))
    if actor.role is Role.GIS:
        figures["layers"] = [_title(layer.key) for layer in layers.CATALOGUE if actor.may(Verb.EXPORT, layer.grants)]
    if actor.role is Role.ADMIN:
        figures["accounts"] = session.execute(_ACCOUNTS, {"province": actor.province_id}).one()
    return figures


def _counts(session: Session, query: Any, parameters: dict[str, int]) -> dict[str, int]:
    return {row.state: row.n for row in session.execute(query, parameters)}


def _title(key: str) -> str:
    if key not in layers.KEYS:
        return key
    layer = layers.named(key)
    return layer.title_en if languages.current() == "en" else layer.title
