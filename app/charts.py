"""Time as pictures: where days and shares lie in a drawing that the server makes and the browser only shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT = 960, 8, 16
TICK_TEXT = 56  # a month's words are as wide
ROW, TOP = 26, 34  # of a timeline: each row's height, and the space for months above them
CURVE_HEIGHT, CURVE_LEFT, CURVE_BOTTOM, CURVE_TOP = 320, 56, 36, 16
MOST_TICKS = 12


@dataclass(frozen=True)
class Tick:
    """A month on the axis."""

    x: float
    text: str


@dataclass(frozen=True)
class Scale:
    """Days on the picture from left to right, in pixels."""

    first: dt.date
    last: dt.date
    left: float = LEFT
    right: float = WIDTH - RIGHT

    def x(self, day: dt.date) -> float:
        """Where a day lies; one beyond the ends lies at the end."""
        share = (day - self.first).days / max(1, (self.last - self.first).days)
        return round(self.left + (self.right - self.left) * min(1.0, max(0.0, share)), 1)

    @property
    def ticks(self) -> list[Tick]:
        """The first days of months, at most a dozen of them."""
        months = []
        day = self.first.replace(day=1)
        while day <= self.last:
            if day >= self.first:
                months.append(day)
            day = (day + dt.timedelta(days=32)).replace(day=1)
        step = -(-len(months) // MOST_TICKS) or 1
        ticks = [Tick(self.x(day), f"{day:%m/%Y}") for day in months[::step]]
        return [tick for tick in ticks if tick.x <= WIDTH - TICK_TEXT]


def over(days: Sequence[dt.date], *, left: float = LEFT) -> Scale:
    """A scale that holds all these days with a little room at both ends."""
    first, last = min(days), max(days)
    room = dt.timedelta(days=max(7, (last - first).days // 30))
    return Scale(first - room, last + room, left)


@dataclass(frozen=True)
class Bar:
    """One row of a timeline: from begin to end (or today), and the day planned; `state` is done, running or late."""

    text: str
    state: str
    y: float
    x: float | None
    width: float
    planned_x: float | None


@dataclass(frozen=True)
class Timeline:
    """Rows under months; `today_x` is None where today lies elsewhere."""

    height: int
    ticks: list[Tick]
    bars: list[Bar]
    today_x: float | None


Span = tuple[str, dt.date | None, dt.date | None, dt.date | None, bool]  # words, planned, began, ended, late


def timeline(spans: Sequence[Span], today: dt.date) -> Timeline | None:
    """The picture of these rows; None where no day is known."""
    days = [day for _, planned, began, ended, _ in spans for day in (planned, began, ended) if day is not None]
    if not days:
        return None
    scale = over([*days, today] if any(began and not ended for _, _, began, ended, _ in spans) else days)
    bars = []
    for number, (words, planned, began, ended, late) in enumerate(spans):
        x = None if began is None else scale.x(began)
        width = 0.0 if began is None or x is None else max(3.0, round(scale.x(ended or max(began, today)) - x, 1))
        state = "late" if late else "done" if ended else "running"
        planned_x = None if planned is None else scale.x(planned)
        bars.append(Bar(words, state, TOP + number * ROW, x, width, planned_x))
    inside = scale.first <= today <= scale.last
    return Timeline(TOP + len(spans) * ROW + 8, scale.ticks, bars, scale.x(today) if inside else None)


@dataclass(frozen=True)
class Curve:
    """Two lines of a share (0–100 %) over time, as points of a polyline, and their last values."""

    ticks: list[Tick]
    levels: list[tuple[float, int]]  # y, per cent
    planned: str
    actual: str
    dots: list[tuple[float, float]]
    today_x: float | None


Shares = Sequence[tuple[dt.date, float]]


def curve(planned: Shares, actual: Shares, today: dt.date) -> Curve | None:
    """What was to be by each day and what was; None with fewer than two points to draw."""
    if len(planned) + len(actual) < 2:
        return None
    scale = over([day for day, _ in (*planned, *actual)], left=CURVE_LEFT)

    def points(shares: Shares) -> list[tuple[float, float]]:
        return [(scale.x(day), _height(share)) for day, share in shares]

    inside = scale.first <= today <= scale.last
    return Curve(
        scale.ticks, [(_height(level), level) for level in (0, 25, 50, 75, 100)], _line(points(planned)),
        _line(points(actual)), points(actual), scale.x(today) if inside else None,
    )  # fmt: skip


def _height(share: float) -> float:
    room = CURVE_HEIGHT - CURVE_TOP - CURVE_BOTTOM
    return round(CURVE_TOP + room * (1 - min(100.0, max(0.0, share)) / 100), 1)


def _line(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
