"""The one query of a figure: by communes of a province or hamlets of a commune, scope stated and under the policies."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, Problem
from geodata.units import COMMUNE, HAMLET
from surveys import figures
from surveys.access import Actor
from surveys.figures import cells, restricted_cells, summing
from surveys.figures.cells import Cell, Measured, Part, Unit
from surveys.figures.declared import Figure
from surveys.periods import Period


class FigureTooFine(Problem):
    """The figure isn't told by so small a unit or in such a period (S6); facts: figure, finest (a level or period)."""

    code: ClassVar[str] = "figure_too_fine"


@dataclass(frozen=True)
class Where:
    """`within` a commune, its hamlets; 0: the communes of the actor's scope, or of `only` those."""

    within: int = 0
    only: Sequence[int] | None = None

    @property
    def level(self) -> int:
        return HAMLET if self.within else COMMUNE


def measure(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, where: Where | None = None
) -> Measured:
    """The figure by unit, by communes from sums where its layer has them. Raises Forbidden, FigureTooFine."""
    where = where or Where()
    check(actor, figure, period, where.level)
    if figure.restricted:
        return restricted_cells.measure(session, actor, figure, period, today, where.only)
    given = parameters(session, actor, figure, period, today, where)
    if figure.sums and where.level == COMMUNE:
        asked = text(BY_COMMUNE.format(counted=summing.COUNTED))
        rows = session.execute(asked, given | summing.parameters(figure.sums, period, given["until"])).all()
    else:
        rows = session.execute(prepared(SQL[where.level], figure), given).all()
    found = tuple(_cell(figure, row) for row in rows if row.id is not None)
    outside = sum((part(row) for row in rows if row.id is None), Part())
    waiting = sum(cell.waiting for cell in found)
    return Measured(figure, period, given["until"], found, outside, waiting, retold=period.last < today)


def with_change(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, where: Where | None = None
) -> Measured:
    """The same, each cell with its value of the period before."""
    now = measure(session, actor, figure, period, today, where)
    return now.since(measure(session, actor, figure, period.before, today, where))


def check(actor: Actor, figure: Figure, period: Period, level: int) -> None:
    """Raises Forbidden where the role may not read the figure, FigureTooFine where nobody is told it so finely."""
    if not figures.may_read(actor, figure):
        raise Forbidden(verb="read", layer=figure.layer, role=str(actor.role))
    if level > figure.finest:
        raise FigureTooFine(figure=figure.title, finest="commune")
    if period.kind not in figure.kinds:
        raise FigureTooFine(figure=figure.title, finest="quarter")


def parameters(
    session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, where: Where
) -> dict[str, Any]:
    """What every figure's query takes."""
    given: dict[str, Any] = {
        "province": actor.province_id, "commune": actor.commune_id, "within": where.within,
        "only": None if where.only is None else list(where.only), "layer": figure.layer,
        "first": period.first, "last": period.last, "until": period.until(today), "round": period.round, "cuts": {},
    }  # fmt: skip
    return given | (figure.more(session, given) if figure.more else {})


def prepared(sql: str, figure: Figure) -> TextClause:
    """The query with the figure's own parts in it: they are literals of this package, never what somebody asked."""
    written = sql.format(
        n=figure.n, of=figure.of or "NULL", small=figure.small or "0", source=figure.source or figure.layer,
        holds=figure.holds, rows=figure.rows,
    )  # fmt: skip
    return with_cuts(written)


def with_cuts(sql: str) -> TextClause:
    """The query; `cuts`, where it asks for them, go as JSON."""
    asked = text(sql)
    return asked.bindparams(bindparam("cuts", type_=JSONB)) if ":cuts" in sql else asked


def part(row: Row[Any]) -> Part:
    """The aggregates of one row of the answer."""
    return Part(row.base or 0, _number(row.n), _number(row.of), row.small or 0)


def _cell(figure: Figure, row: Row[Any]) -> Cell:
    unit = Unit(row.id, row.level, row.kind, row.name, row.approximate)
    return cells.made(figure, unit, part(row), row.waiting or 0)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


# "Thôn 2" before "Thôn 10": first the words, then the number.
ORDER = (
    "ORDER BY regexp_replace(u.name, '[0-9]+', '') COLLATE \"vi-x-icu\","
    " left(substring(u.name, '[0-9]+'), 9)::int, u.id"
)
ROWS = """
    FROM {source} AS f
    WHERE f.province_id = :province AND :commune IN (0, f.commune_id) AND :within IN (0, f.commune_id)
          AND (CAST(:only AS int[]) IS NULL OR f.commune_id = ANY(CAST(:only AS int[])))
          AND ({holds}) AND ({rows})"""
AGGREGATES = "count(*) AS base, {n} AS n, {of} AS of, {small} AS small"
BY_COMMUNE = (
    "WITH counted AS ({counted}),"
    " waits AS (SELECT commune_id AS unit, sum(n)::int AS n FROM waiting_counts() WHERE layer = :layer GROUP BY 1),"
    " here AS (SELECT * FROM units WHERE level = 3 AND province_id = :province AND valid_to IS NULL"
    "   AND :commune IN (0, id) AND :within IN (0, id)"
    "   AND (CAST(:only AS int[]) IS NULL OR id = ANY(CAST(:only AS int[]))))"
    " SELECT u.id, u.level, u.kind, u.name, u.approximate, c.base, c.n, c.of, c.small, w.n AS waiting"
    " FROM here u FULL JOIN counted c ON c.unit = u.id LEFT JOIN waits w ON w.unit = u.id " + ORDER
)
_BY_HAMLET = (
    "WITH counted AS (SELECT f.hamlet_id AS unit, " + AGGREGATES + ROWS + " GROUP BY 1),"
    " here AS (SELECT * FROM units WHERE level = 4 AND parent_id = :within AND province_id = :province"
    "   AND valid_to IS NULL AND :commune IN (0, parent_id))"
    " SELECT u.id, u.level, u.kind, u.name, u.approximate, c.base, c.n, c.of, c.small, NULL::int AS waiting"
    " FROM here u FULL JOIN counted c ON c.unit = u.id " + ORDER
)
SQL = {
    COMMUNE: BY_COMMUNE.format(counted="SELECT f.commune_id AS unit, " + AGGREGATES + ROWS + " GROUP BY 1"),
    HAMLET: _BY_HAMLET,
}
