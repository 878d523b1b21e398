"""What each row adds to the sums that figures by commune are read from, and on which day; the tables of those sums.

A figure over rows costs what its layer has grown to; over sums by commune, month and day it costs the same in every
year. Triggers note what a statement adds and takes away; nobody waits for another, as notes are only added. What isn't
counted yet is read beside the sums, in the same snapshot: a figure is never behind its rows.
"""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Connection, Engine, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from geodata.tables import Base
from surveys.figures.declared import SMALLEST, Sums
from surveys.figures.of_work import PILLARS
from surveys.periods import HALF, MONTH, QUARTER, ROUND, YEAR, Period

EVER = dt.date(1, 1, 1)


class FigureSum(Base):
    """A measure of a commune, added up over one day, or over the month that begins on it."""

    __tablename__ = "figure_sums"
    __table_args__ = (CheckConstraint("span IN ('day', 'month')", name="span"),)

    province_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(primary_key=True)
    span: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    commune_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class FigureDelta(Base):
    """What a statement added to a measure, or took away: only ever added, then taken by `refresh`."""

    __tablename__ = "figure_deltas"
    __table_args__ = (Index("figure_deltas_province_id_measure_ix", "province_id", "measure"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    province_id: Mapped[int]
    commune_id: Mapped[int]
    measure: Mapped[str]
    day: Mapped[dt.date]
    n: Mapped[int] = mapped_column(BigInteger)


TABLES = (FigureSum, FigureDelta)
Event = tuple[str, str, str]  # a measure, and as SQL over the row `f`: the day, what it adds; NULL of either: nothing


def _people(day: str, column: str, whole: str) -> tuple[Event, ...]:
    """A number of people or households below SMALLEST enters no sum (S6); how many such rows there are is known."""
    name = whole.split("_")[0]
    told = f"(f.{column} = 0 OR f.{column} >= {SMALLEST})"
    return (
        (whole, day, f"CASE WHEN {told} THEN f.{column} END"),
        (f"{name}_known", day, f"CASE WHEN {told} THEN 1 END"),
        (f"{name}_few", day, f"CASE WHEN f.{column} BETWEEN 1 AND {SMALLEST - 1} THEN 1 END"),
    )


def _kept(kind: str, begins: str, lasts: str) -> Event:
    """An activity held within the period it was planned for."""
    held = "greatest(f.done_on, f.planned_on)"
    after = f"date_trunc('{begins}', f.planned_on::timestamp) + {lasts}"
    return (f"activities_kept_{kind}", f"CASE WHEN f.done_on IS NOT NULL AND {held} < {after} THEN {held} END", "1")


# A report that isn't open: the day it was answered or closed.
_ENDED = (
    "CASE WHEN f.state NOT IN ('mo', 'dang_xu_ly', 'mo_lai')"
    " THEN coalesce(f.answered_on, (f.updated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) END"
)
_LATE = "greatest(f.due_on + 1, f.observed_on)"
_ASKED = "f.request <> 'khong' AND f.received_on IS NOT NULL"
_ANSWERED = f"{_ASKED} AND f.answered_on IS NOT NULL"
_RECEIVED = "greatest(f.received_on, f.observed_on)"
_TO_HALF = "CASE WHEN extract(month FROM f.planned_on) < 7 THEN interval '6 months' ELSE interval '1 year' END"
_ITEMS_DONE = " + ".join(f"CASE WHEN f.{pillar} = 'dat' THEN 1 ELSE 0 END" for pillar in PILLARS)
EVENTS: dict[str, tuple[Event, ...]] = {
    "situation_reports": (
        ("reports", "f.observed_on", "1"),
        ("reports_open", "f.observed_on", "1"),
        ("reports_open", f"CASE WHEN ({_ENDED}) IS NOT NULL THEN greatest({_ENDED}, f.observed_on) END", "-1"),
        ("reports_overdue", _LATE, "1"),
        ("reports_overdue", f"CASE WHEN ({_ENDED}) IS NOT NULL THEN greatest({_ENDED}, {_LATE}) END", "-1"),
        ("reports_answered", "f.answered_on", "1"),
        ("reports_in_time", "CASE WHEN f.answered_on <= f.due_on THEN f.answered_on END", "1"),
        *_people("f.observed_on", "households_affected", "report_households"),
    ),
    "religious_sites": (
        ("sites", "f.observed_on", "1"),
        ("sites_unsafe", "f.observed_on", "CASE WHEN f.condition IN ('hu_hong', 'nguy_hiem') THEN 1 END"),
        ("sites_with_paper", "f.observed_on", "CASE WHEN f.land_paper = 'gcn_da_cap' THEN 1 END"),
        ("sites_paper_known", "f.observed_on", "CASE WHEN f.land_paper IS NOT NULL THEN 1 END"),
        ("site_requests", f"CASE WHEN {_ASKED} THEN {_RECEIVED} END", "1"),
        ("site_requests", f"CASE WHEN {_ANSWERED} THEN greatest(f.answered_on, {_RECEIVED}) END", "-1"),
    ),
    "community_models": (
        ("models", "f.registered_on", "1"),
        ("models_kept", "f.registered_on", "CASE WHEN f.state <> 'dung' THEN 1 END"),
        (
            "models_recognised",
            "CASE WHEN f.recognised_on IS NOT NULL THEN greatest(f.recognised_on, f.registered_on) END",
            "1",
        ),
        *_people("f.registered_on", "households_reached", "model_households"),
    ),
    "democracy_checks": (
        ("checks", "f.checked_on", "1"),
        ("check_items", "f.checked_on", f"num_nonnulls({', '.join(f'f.{pillar}' for pillar in PILLARS)})"),
        ("check_items_done", "f.checked_on", _ITEMS_DONE),
    ),
    "joint_activities": (
        ("activities", "f.done_on", "1"),
        ("activities_planned", "f.planned_on", "1"),
        _kept(MONTH, "month", "interval '1 month'"),
        _kept(QUARTER, "quarter", "interval '3 months'"),
        _kept(HALF, "year", _TO_HALF),
        _kept(YEAR, "year", "interval '1 year'"),
        *_people("f.done_on", "households_reached", "activity_households"),
    ),
}  # fmt: skip


def told(layer: str) -> str:
    """The events of a layer's row `f` as the SQL its triggers are given."""
    return "VALUES\n    " + ",\n    ".join(f"('{measure}', {day}, {n})" for measure, day, n in EVENTS[layer])


def parameters(sums: Sums, period: Period, until: dt.date) -> dict[str, Any]:
    """What COUNTED takes beside the scope: measures, and which months and days."""
    # A round is told by the half-year it is walked in.
    names = sums.measures(HALF if period.kind == ROUND else period.kind)
    ends_month = (until + dt.timedelta(days=1)).day == 1
    return names | {
        "measures": sorted({name for name in names.values() if name}),
        "since": EVER if sums.ever else period.first,
        # Whole months before this day; from it on days.
        "days_from": until + dt.timedelta(days=1) if ends_month else until.replace(day=1),
    }


def _sum(measure: str) -> str:
    return f"coalesce(sum(s.n) FILTER (WHERE s.measure = :{measure}), 0)::bigint"


_SCOPE = "province_id = :province AND measure = ANY(CAST(:measures AS text[]))"
COUNTED = (
    f"SELECT s.commune_id AS unit, {_sum('base')} AS base,"
    f" CASE WHEN :known = '' OR {_sum('known')} > 0 THEN {_sum('n')} - {_sum('less')} END AS n,"
    f" CASE WHEN :of <> '' THEN {_sum('of')} END AS of, {_sum('small')} AS small FROM ("
    f" SELECT commune_id, measure, n FROM figure_sums WHERE {_SCOPE} AND span = 'month'"
    "  AND day >= :since AND day < :days_from"
    f" UNION ALL SELECT commune_id, measure, n FROM figure_sums WHERE {_SCOPE} AND span = 'day'"
    "  AND day BETWEEN greatest(:since, :days_from) AND :until"
    f" UNION ALL SELECT commune_id, measure, n FROM figure_deltas WHERE {_SCOPE}"
    "  AND day BETWEEN :since AND :until) AS s"
    " WHERE :commune IN (0, s.commune_id) AND :within IN (0, s.commune_id)"
    " AND (CAST(:only AS int[]) IS NULL OR s.commune_id = ANY(CAST(:only AS int[])))"
    f" GROUP BY 1 HAVING {_sum('base')} > 0"
)
_TAKE = text(
    "WITH gone AS (DELETE FROM figure_deltas WHERE id IN (SELECT id FROM figure_deltas ORDER BY id LIMIT :n)"
    "  RETURNING province_id, commune_id, measure, day, n),"
    " days AS (SELECT province_id, measure, 'day' AS span, day, commune_id, sum(n)::bigint AS n FROM gone"
    "  GROUP BY province_id, measure, day, commune_id),"
    " months AS (SELECT province_id, measure, 'month', date_trunc('month', day::timestamp)::date, commune_id,"
    "  sum(n)::bigint FROM days GROUP BY 1, 2, 4, 5)"
    " MERGE INTO figure_sums AS t USING (SELECT * FROM days UNION ALL SELECT * FROM months) AS s"
    " ON t.province_id = s.province_id AND t.measure = s.measure AND t.span = s.span AND t.day = s.day"
    "  AND t.commune_id = s.commune_id"
    " WHEN MATCHED AND t.n + s.n = 0 THEN DELETE"
    " WHEN MATCHED THEN UPDATE SET n = t.n + s.n"
    " WHEN NOT MATCHED AND s.n <> 0 THEN INSERT (province_id, measure, span, day, commune_id, n)"
    "  VALUES (s.province_id, s.measure, s.span, s.day, s.commune_id, s.n)"
)
_WAITING = text("SELECT count(*) FROM (SELECT FROM figure_deltas LIMIT :n) AS d")


def take(connection: Connection, limit: int) -> int:
    """Adds up to `limit` notes to the sums, as the worker; returns how many it took. Figures are right without it."""
    # One at a time, so the sums have a single writer.
    if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('figure_sums'))")):
        return 0
    waiting = int(connection.scalar(_WAITING, {"n": limit}) or 0)
    if waiting:
        connection.execute(_TAKE, {"n": waiting})
    return waiting


def refresh(engine: Engine, limit: int = 50_000) -> int:
    """`take` in a transaction of its own."""
    with engine.begin() as connection:
        return take(connection, limit)


def refresh_all(engine: Engine) -> None:
    """Until no note is left."""
    while refresh(engine):
        pass
