"""Reads of a layer in the audit: one row per session, layer, area and ten minutes (S9)."""

from sqlalchemy import text

from app import sessions
from surveys import audit
from surveys.access import Actor


def note(actor: Actor, layer: str, area: int | None = None) -> None:
    """Adds the row to the transaction of what was read; `area` is a unit, the actor's own if none is given."""
    session, given = sessions.session(), sessions.credential()
    area = area or actor.commune_id or actor.province_id
    mark = {"digest": given.digest if given else b"", "layer": layer, "area": area}
    if session.scalar(text("SELECT first_read(:digest, :layer, :area)"), mark):
        audit.record(session, actor, "read", layer=layer, area=area)
