"""Several states of a map side by side: checked together against S7, in classes they share."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys import map_state, periods, seen
from surveys.access import Actor
from surveys.figures import classing
from surveys.figures.cells import Measured
from surveys.map_state import MapState

RIGHT = "r."  # what the right side has of its own stands in the address with this before it
MOST = 12


@dataclass(frozen=True)
class Pair:
    """Two states that may be seen beside each other."""

    left: MapState
    right: MapState

    def query(self) -> str:
        """As an address's query; places too, since the path has none."""
        left = f"unit={self.left.unit}&{self.left.query()}"
        right = "&".join(f"{RIGHT}{part}" for part in self.right.query().split("&"))
        return f"{left}&{RIGHT}unit={self.right.unit}&{right}"


def read(given: Mapping[str, str], actor: Actor, home: int, today: dt.date) -> Pair:
    """The pair of an address: the right side is as the left one but for what it has of its own.

    By default the same place in the period before. Raises InvalidValue, NotFound, IncompatibleLayers (S7).
    """
    plain = {key: value for key, value in given.items() if not key.startswith(RIGHT)}
    own = {key.removeprefix(RIGHT): value for key, value in given.items() if key.startswith(RIGHT)}
    left = map_state.read(plain, actor, _unit(plain, home), today)
    if "period" not in own and "unit" not in own:
        own["period"] = left.period.before.code
    # The figure's own period, where the address names none.
    right = map_state.read(
        {"period": left.period.code} | plain | own, actor, _unit(own, left.unit), today
    )  # fmt: skip
    left.check(right)
    return Pair(left, right)


def figures(
    session: Session, actor: Actor, states: Sequence[MapState], today: dt.date
) -> tuple[list[Measured], list[float]]:
    """The figure of each state, and the classes they share where they are of one figure; [] where they aren't."""
    for state in states:
        state.check(*states)
    measured = [seen.figures(session, actor, state, today) for state in states]
    if len({found.figure.key for found in measured}) > 1:
        return measured, []
    return measured, classing.bounds([value for found in measured for value in found.values], states[0].method)


def series(state: MapState, count: int) -> list[MapState]:
    """The state in its period and those before it, the earliest first. Raises InvalidValue for more than MOST."""
    if not 2 <= count <= MOST:
        raise InvalidValue(field="n", value=count, reason=f"2–{MOST}")
    if state.period.kind not in (kinds := _kinds(state)):
        raise InvalidValue(field="period", value=state.period.code, reason=", ".join(kinds))
    return [replace(state, period=state.period.moved(-step), extent=None) for step in reversed(range(count))]


def _kinds(state: MapState) -> tuple[str, ...]:
    return state.measured.kinds if state.measured else periods.KINDS


def _unit(given: Mapping[str, str], otherwise: int) -> int:
    value = given.get("unit", str(otherwise))
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise InvalidValue(field="unit", value=value[:20], reason="0, 1, 2 …")
    return int(value)
