"""A question put together from menus: “hamlets without clean water over 0, quarter III/2026, in area KV III”.

What S6 and S7 forbid can't be asked: the same checks stand before it as before a map.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from surveys import seen
from surveys.access import Actor
from surveys.figures.cells import Cell, Measured
from surveys.map_state import MapState

MORE, AT_LEAST, LESS, AT_MOST = "more", "least", "less", "most"
HOW = (MORE, AT_LEAST, LESS, AT_MOST)


@dataclass(frozen=True)
class Question:
    """Units of the state's place whose figure is `how` compared with `value`."""

    state: MapState
    how: str
    value: float

    def holds(self, value: float) -> bool:
        return {
            MORE: value > self.value, AT_LEAST: value >= self.value, LESS: value < self.value,
            AT_MOST: value <= self.value,
        }[self.how]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """`unknown`: units without a value, which neither meet the condition nor fail it."""

    measured: Measured
    meeting: list[Cell]
    unknown: list[Cell]


def read(state: MapState, how: str, value: str) -> Question:
    """A question of an address; `value` as people write numbers here (1.234,5) or with a point. Raises InvalidValue."""
    if how not in HOW:
        raise InvalidValue(field="how", value=how[:20], reason=", ".join(HOW))
    plain = value.strip().replace(" ", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    try:
        number = float(plain or "0")
    except ValueError:
        raise InvalidValue(field="value", value=value[:20], reason="0 … 1.000.000.000") from None
    if not 0 <= number <= 1e9:
        raise InvalidValue(field="value", value=value[:20], reason="0 … 1.000.000.000")
    return Question(state, how, number)


def answer(session: Session, actor: Actor, question: Question, today: dt.date) -> Answer:
    """The units that meet it, those with the most first. Raises what `seen.figures` raises."""
    measured = seen.figures(session, actor, question.state, today)
    meeting = [cell for cell in measured.cells if cell.value is not None and question.holds(cell.value)]
    meeting.sort(key=lambda cell: -(cell.value or 0))
    return Answer(measured, meeting, [cell for cell in measured.cells if cell.value is None])
