"""What a request asks of the map: its state, read from the address with the asker's rights, on today's day here."""

import datetime as dt

from flask import request

from app import sessions
from geodata.problems import InvalidValue
from surveys import map_state, wall_clock
from surveys.map_state import MapState


def today() -> dt.date:
    """The day in Vietnam."""
    return wall_clock.today()


def state(unit: int | None = None, **otherwise: str) -> MapState:
    """The state the address tells, at a unit or at the one its `unit` names, else at the actor's own place.

    `otherwise` is what it is taken to say where it says nothing.
    """
    actor = sessions.actor()
    home = actor.commune_id or actor.province_id
    given = otherwise | {key: value for key, value in request.args.items() if value or key == "layers"}
    return map_state.read(given, actor, unit or number("unit", home), today())


def number(name: str, otherwise: int) -> int:
    """A whole number of the address. Raises InvalidValue."""
    given = request.args.get(name, str(otherwise))
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise InvalidValue(field=name, value=given[:20], reason="0, 1, 2 …")
    return int(given)
