"""What one page shows, read once with the asker's rights: the place, its shapes, layers, figure, and the table."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians

from sqlalchemy.orm import Session

from geodata.problems import InvalidValue
from geodata.units import COMMUNE, HAMLET
from surveys import places, seen, showing
from surveys.access import Actor
from surveys.figures import classing
from surveys.figures.cells import Measured
from surveys.layer import Layer
from surveys.layers import KEYS, REPORT_COUNTS, named
from surveys.map_pages import shapes
from surveys.map_pages.shapes import Box, Patch, Plane, Spot, UnitShape
from surveys.map_state import MapState
from surveys.places import Place
from surveys.showing import Labels

SCREEN = (1100, 800)  # pixels of the map that an address's zoom was chosen on
_PIXEL_M = 156_543.034  # at zoom 0 on the equator


@dataclass(frozen=True)
class Shown:
    """A layer with its features on the page: spots of a point layer, patches of one of areas."""

    layer: Layer
    spots: tuple[Spot, ...] = ()
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True)
class Content:
    """`bounds` in degrees; `reports`: numbers by commune in the place of the report layer, None where it isn't on."""

    state: MapState
    place: Place
    bounds: Box
    plane: Plane
    units: tuple[UnitShape, ...]
    shown: tuple[Shown, ...]
    reports: dict[int, int] | None
    measured: Measured | None
    ends: tuple[float, ...]
    labels: Labels
    today: dt.date
    language: str

    @property
    def name(self) -> str:
        """The place with its kind."""
        unit = self.place.unit
        return str(unit.name) if unit.level == HAMLET else f"{str(unit.kind).capitalize()} {unit.name}"


def read(
    session: Session, actor: Actor, state: MapState, today: dt.date, plane: Callable[[Box], Plane], language: str = "vi"
) -> Content:
    """Raises IncompatibleLayers before anything is read (S7), NotFound, Forbidden, FigureTooFine, InvalidValue."""
    state.check()
    place = places.find(session, actor, state.unit, frozenset(state.layers))
    bounds = extent(state, place)
    measured = seen.figures(session, actor, state, today) if state.figure else None
    on = plane(bounds)
    shown = [named(key) for key in reversed(state.layers) if key in KEYS]
    return Content(
        state=state, place=place, bounds=bounds, plane=on,
        units=tuple(shapes.units(session, actor, on, _hamlets_of(measured, place))),
        shown=tuple(_shown(session, actor, layer, on) for layer in shown),
        reports=shapes.reports_by_commune(session) if REPORT_COUNTS in state.layers else None,
        measured=measured,
        ends=tuple(classing.bounds(measured.values, state.method)) if measured else (),
        labels=showing.labels(session, language), today=today, language=language,
    )  # fmt: skip


def extent(state: MapState, place: Place) -> Box:
    """What the page must show, in degrees: what the address fixes, else the whole place. Raises InvalidValue."""
    if state.extent is not None:
        at = state.extent
        pixel = _PIXEL_M * cos(radians(at.lat)) / 2**at.zoom / 111_320  # degrees of latitude
        across, up = SCREEN[0] / 2 * pixel / cos(radians(at.lat)), SCREEN[1] / 2 * pixel
        return (at.lon - across, at.lat - up, at.lon + across, at.lat + up)
    if place.bounds is None:
        raise InvalidValue(field="unit", value=state.unit, reason="no area")
    west, south, east, north = place.bounds
    more = 0.01 if east - west < 1e-6 else (east - west) * 0.01  # a hamlet is a point
    return (west - more, south - more, east + more, north + more)


def _hamlets_of(measured: Measured | None, place: Place) -> int:
    """The commune whose hamlets the figure is told by; 0 for none."""
    if measured is None or not any(cell.unit.level == HAMLET for cell in measured.cells):
        return 0
    return next(int(str(unit.id)) for unit in place.path if unit.level == COMMUNE)


def _shown(session: Session, actor: Actor, layer: Layer, plane: Plane) -> Shown:
    if layer.shape == "POINT":
        return Shown(layer, spots=tuple(shapes.spots(session, actor, layer, plane)))
    return Shown(layer, patches=tuple(shapes.patches(session, actor, layer, plane)))
