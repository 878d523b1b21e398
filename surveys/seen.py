"""The figures of a map state: measured as it says, checked against S7 before anything is asked."""

import datetime as dt

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from geodata.units import COMMUNE, HAMLET
from surveys import communes_of, map_state
from surveys.access import Actor
from surveys.figures import measuring, old_units
from surveys.figures.cells import Measured
from surveys.figures.measuring import FigureTooFine, Where
from surveys.map_state import MapState

UNIT = text(
    "SELECT level, parent_id FROM units WHERE id = :id AND province_id = :province AND valid_to IS NULL"
    " AND level IN (1, 3, 4) AND (:commune = 0 OR level = 1 OR :commune IN (id, parent_id))"
)


def figures(session: Session, actor: Actor, state: MapState, today: dt.date) -> Measured:
    """The state's figure by units, with the change since the period before.

    Of the province its communes, of a commune or hamlet its hamlets; a figure that isn't told by hamlets stays with the
    commune. Raises IncompatibleLayers (S7), NotFound, Forbidden, FigureTooFine, NoOldUnits, InvalidValue.
    """
    state.check()
    figure = state.measured
    if figure is None:
        raise NotFound(what="figure", id="")
    if state.old:
        level = map_state.OLD[state.old]
        now = old_units.measure(session, actor, figure, state.period, today, level)
        return now.since(old_units.measure(session, actor, figure, state.period.before, today, level))
    if figure.restricted and state.area:
        raise FigureTooFine(figure=figure.title, finest="commune")
    where = place(session, actor, state.unit, figure.finest)
    if state.area:
        communes = communes_of.area(session, actor, state.area)
        where = Where(where.within, communes if where.only is None else [one for one in communes if one in where.only])
    if figure.restricted:
        where = Where()
    return measuring.with_change(session, actor, figure, state.period, today, where)


def place(session: Session, actor: Actor, unit_id: int, finest: int) -> Where:
    """Where a figure is measured when that unit is looked at. Raises NotFound."""
    given = {"id": unit_id, "province": actor.province_id, "commune": actor.commune_id}
    unit = session.execute(UNIT, given).one_or_none()
    if unit is None:
        raise NotFound(what="unit", id=unit_id)
    if unit.level < COMMUNE:
        return Where()
    commune = unit_id if unit.level == COMMUNE else int(unit.parent_id)
    return Where(within=commune) if finest == HAMLET else Where(only=[commune])
