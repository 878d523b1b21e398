"""Figures by commune over the large layer: what one takes, and what ten times the rows cost."""

import datetime as dt
import time

from sqlalchemy import Engine

from app.database import acting
from surveys import figures, periods
from surveys.access import Actor
from surveys.figures import measuring
from tests.bench.table import Row

KEYS = ("activities", "activities_put_off", "activity_households")
PERIODS = ("2026-Q1", "2026")
TODAY = dt.date(2026, 11, 1)


def timed(web: Engine, actor: Actor) -> float:
    """Milliseconds of one figure by commune, the mean of several after a first that fills the caches."""
    took = []
    for turn in range(3):
        for key in KEYS:
            for code in PERIODS:
                with acting(web, actor) as session:
                    begun = time.perf_counter()
                    measuring.measure(session, actor, figures.named(key), periods.named(code), TODAY)
                    if turn:
                        took.append(1000 * (time.perf_counter() - begun))
    return sum(took) / len(took)


def row(rows: int, tenth: float, whole: float) -> Row:
    """The larger beside a tenth of it."""
    grown = whole / tenth
    return Row(
        f"figure by commune, {rows:,} rows", f"{whole:.0f} ms", f"a tenth of the rows: {tenth:.0f} ms", grown, "≤ 1.5×",
        grown <= 1.5,
    )  # fmt: skip
