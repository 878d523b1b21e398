"""Figures over the large layer: what one takes by commune and by hamlet, and what ten times the rows cost."""

import datetime as dt
import time
from dataclasses import dataclass

from sqlalchemy import Engine, text

from app.database import acting
from surveys import figures, periods
from surveys.access import Actor
from surveys.figures import measuring
from surveys.figures.measuring import Where
from tests.bench.table import Row

KEYS = ("activities", "activities_put_off", "activity_households")
PERIODS = ("2026-10", "2026-Q1", "2026")
TODAY = dt.date(2026, 11, 1)
LARGEST = text("SELECT commune_id FROM joint_activities GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")


@dataclass(frozen=True)
class Times:
    """Milliseconds of one figure: by commune, and by the hamlets of the commune with most rows."""

    by_commune: float
    by_hamlet: float


def timed(web: Engine, actor: Actor) -> Times:
    """The means of several after a first that fills the caches."""
    with acting(web, actor) as session:
        largest = session.scalar(LARGEST) or 0
    told_by_hamlet = tuple(key for key in KEYS if figures.named(key).finest > 3)
    return Times(_mean(web, actor, KEYS, Where()), _mean(web, actor, told_by_hamlet, Where(within=largest)))


def _mean(web: Engine, actor: Actor, keys: tuple[str, ...], where: Where) -> float:
    took = []
    for turn in range(4):
        for key in keys:
            for code in PERIODS:
                with acting(web, actor) as session:
                    begun = time.perf_counter()
                    measuring.measure(session, actor, figures.named(key), periods.named(code), TODAY, where)
                    if turn:
                        took.append(1000 * (time.perf_counter() - begun))
    return sum(took) / len(took)


def rows(count: int, tenth: Times, whole: Times) -> list[Row]:
    """The larger beside a tenth of it."""
    grown = whole.by_commune / tenth.by_commune
    return [
        Row(
            f"figure by commune, {count:,} rows", f"{whole.by_commune:.1f} ms",
            f"a tenth of the rows: {tenth.by_commune:.1f} ms", grown, "≤ 1.5×", grown <= 1.5,
        ),
        # Over the rows of one commune, however large the province grows.
        Row(
            "figure by hamlet, largest commune", f"{whole.by_hamlet:.1f} ms",
            f"a tenth of the rows: {tenth.by_hamlet:.1f} ms", whole.by_hamlet / tenth.by_hamlet,
        ),
    ]  # fmt: skip
