"""Figures for units of before the reform: exact where succession allows, else how much can't be divided; never guessed.

A commune of today that came whole from one old unit gives it all its rows. In a mixed one a row goes to the old unit it
was recorded under, else to the one whose loaded old boundary holds it; what is left is "not divisible".
"""

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from geodata.problems import Forbidden, Problem
from geodata.units import COMMUNE, DISTRICT, PROVINCE
from surveys.access import Actor
from surveys.figures import cells, measuring, restricted_cells
from surveys.figures.cells import Cell, Measured, Part, Unit
from surveys.figures.declared import Figure
from surveys.figures.measuring import Where
from surveys.periods import Period

LEVELS = (PROVINCE, DISTRICT, COMMUNE)


class NoOldUnits(Problem):
    """Which old units today's came from isn't loaded for this province."""

    code: ClassVar[str] = "no_old_units"


def measure(session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, level: int) -> Measured:
    """The figure by old provinces, districts or communes. Raises Forbidden, FigureTooFine, NoOldUnits."""
    if actor.commune_id:  # an old unit reaches beyond one commune: its figure would be a part that looks whole
        raise Forbidden(verb="read", layer="old_units", role=str(actor.role))
    measuring.check(actor, figure, period, COMMUNE)
    units = session.execute(text(UNITS), {"province": actor.province_id, "level": level}).all()
    if not units:
        raise NoOldUnits
    if figure.restricted:
        return _restricted(session, actor, figure, period, today, units)
    given = measuring.parameters(session, actor, figure, period, today, Where()) | {"level": level}
    rows = session.execute(measuring.prepared(SQL, figure), given).all()
    exact = {row.old: measuring.part(row) for row in rows if row.old is not None}
    left = {row.mixed: measuring.part(row) for row in rows if row.old is None}
    found = tuple(_cell(figure, unit, exact.get(unit.id, Part()), left) for unit in units)
    whole = sum(left.values(), Part())
    return Measured(figure, period, given["until"], found, whole, retold=period.last < today)


def _cell(figure: Figure, row: Row[Any], exact: Part, left: dict[int, Part]) -> Cell:
    shared = sum((left[commune] for commune in row.mixed or () if commune in left), Part())
    unit = Unit(row.id, row.level, row.kind, row.name)
    value = exact.value(figure) if exact.base else None
    mark = ""
    if value is None:
        mark = cells.MIXED if shared.base else cells.HIDDEN if cells.hides(figure, exact) else cells.NONE
    rest = float(shared.base) if figure.share else float(shared.n or 0)
    return Cell(
        unit, exact, value, mark, not_divisible=rest, whole=tuple(row.whole or ()), shared=tuple(row.mixed or ())
    )


def _restricted(session: Session, actor: Actor, figure: Figure, period: Period, today: dt.date, units: Any) -> Measured:
    """Cells of the cube in old units that are unions of whole communes; of others nothing is told at all (S6)."""
    cube = restricted_cells.measure(session, actor, figure, period, today, None)
    known = {cell.unit.id: cell for cell in cube.cells}
    found = []
    for row in units:
        unit = Unit(row.id, row.level, row.kind, row.name)
        parts = [known[commune] for commune in row.whole or () if commune in known]
        shown = [cell.value for cell in parts if cell.value is not None]
        whole, shared = tuple(row.whole or ()), tuple(row.mixed or ())
        if shared or not parts:
            found.append(Cell(unit, Part(), None, cells.MIXED, whole=whole, shared=shared))
        elif not shown:
            mark = cells.HIDDEN if any(cell.mark == cells.HIDDEN for cell in parts) else cells.NONE
            found.append(Cell(unit, Part(), None, mark, whole=whole))
        else:
            found.append(Cell(unit, Part(base=len(shown), n=sum(shown)), sum(shown), whole=whole))
    return Measured(figure, period, cube.until, tuple(found))


# The old unit of a level that an old commune belonged to; an island district had no communes and was its own.
OLD = "CASE WHEN :level = 1 THEN o.province_id WHEN :level = 3 OR o.level = 2 THEN o.id ELSE o.parent_id END"
HOMES = f"""
homes AS (
    SELECT s.new_id AS commune, array_agg(DISTINCT {OLD}) AS olds
    FROM succession s JOIN units o ON o.id = s.old_id JOIN units n ON n.id = s.new_id
    WHERE n.level = 3 AND n.province_id = :province AND n.valid_to IS NULL
    GROUP BY 1
)"""
UNITS = f"""
WITH {HOMES}
SELECT a.id, a.level, a.kind, a.name,
       array_agg(h.commune ORDER BY h.commune) FILTER (WHERE cardinality(h.olds) = 1) AS whole,
       array_agg(h.commune ORDER BY h.commune) FILTER (WHERE cardinality(h.olds) > 1) AS mixed
FROM homes h CROSS JOIN LATERAL unnest(h.olds) AS old JOIN units a ON a.id = old
GROUP BY a.id ORDER BY a.name COLLATE "vi-x-icu", a.id
"""
# A row's own old unit counts only if the commune it is in now did come from that unit.
SQL = f"""
WITH {HOMES}, placed AS (
    SELECT f.*, CASE WHEN cardinality(h.olds) = 1 THEN h.olds[1] ELSE coalesce(
        (SELECT {OLD} FROM former_communes(:layer) w JOIN units o ON o.id = w.old_id
         JOIN succession s ON s.old_id = o.id AND s.new_id = f.commune_id WHERE w.id = f.id),
        (SELECT {OLD} FROM succession s JOIN units o ON o.id = s.old_id
         WHERE s.new_id = f.commune_id AND o.geom && f.geom
               AND ST_Intersects(o.geom,
                                 CASE ST_Dimension(f.geom) WHEN 0 THEN f.geom ELSE ST_PointOnSurface(f.geom) END)
         ORDER BY o.id LIMIT 1)) END AS old
    FROM {{source}} AS f LEFT JOIN homes h ON h.commune = f.commune_id
    WHERE f.province_id = :province AND ({{holds}}) AND ({{rows}})
)
SELECT f.old, CASE WHEN f.old IS NULL THEN f.commune_id END AS mixed, {measuring.AGGREGATES}
FROM placed AS f GROUP BY 1, 2
"""
