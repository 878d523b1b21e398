"""What is seen on a map, whole: extent, layers, figure, period, unit, filter; to an address and back.

Everything that shows a map (a page, a comparison, a table, a saved briefing page, a print) holds one of these and asks
`check` before it shows anything: the only place that puts S7's question for maps.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from geodata.problems import InvalidValue
from geodata.units import COMMUNE, DISTRICT, PROVINCE
from surveys import figures, periods
from surveys.access import Actor, Verb
from surveys.figures import classing
from surveys.figures.declared import Figure
from surveys.layers import CATALOGUE, REPORT_COUNTS, Clash, clash, refuse_clash
from surveys.periods import Period

AT_FIRST = ("situation_reports", "hamlet_profiles")
OLD = {"": 0, "province": PROVINCE, "district": DISTRICT, "commune": COMMUNE}
AREA_LAYER = "minority_areas"
ZOOMS = (5, 19)


@dataclass(frozen=True)
class Extent:
    """The middle of the map in degrees and its zoom."""

    zoom: int
    lat: float
    lon: float

    def __str__(self) -> str:
        return f"{self.zoom}/{self.lat:.4f}/{self.lon:.4f}"


@dataclass(frozen=True)
class MapState:
    """`layers` from the topmost down; `faded`: opacity in percent of those not fully drawn; `area`: only communes with
    a published minority area of that class; `old`: by old provinces, districts or communes.
    """

    unit: int
    period: Period
    layers: tuple[str, ...] = AT_FIRST
    faded: tuple[tuple[str, int], ...] = ()
    figure: str = ""
    method: str = classing.QUANTILES
    area: str = ""
    old: str = ""
    extent: Extent | None = None

    @property
    def keys(self) -> set[str]:
        """Everything seen together, as S7's question is put: layers, the figure's layer, the filter's."""
        shown = set(self.layers)
        if self.figure:
            shown.add(figures.named(self.figure).layer)
        if self.area:
            shown.add(AREA_LAYER)
        return shown

    @property
    def measured(self) -> Figure | None:
        return figures.named(self.figure) if self.figure else None

    def check(self, *beside: "MapState") -> None:
        """Raises IncompatibleLayers where this, or this together with what stands beside it, may not be seen (S7)."""
        refuse_clash(self.keys.union(*(other.keys for other in beside)))

    def allowed(self) -> tuple["MapState", Clash | None]:
        """The nearest state that may be seen, and what was in the way.

        Reports become numbers by commune beside faith or ethnicity; a figure that still clashes goes, and its filter.
        """
        found = clash(set(self.layers))
        state = self
        if found is not None:
            kept = [found.instead if key == found.first else key for key in self.layers]
            state = replace(self, layers=tuple(key for key in kept if key))
        other = clash(state.keys)
        if other is not None:
            state = replace(state, figure="", area="")
        return state, found or other

    def query(self) -> str:
        """As an address's query; what is as usual is left out. The unit is part of the path."""
        told = {
            "layers": ",".join(self.layers),
            "faded": ",".join(f"{key}:{percent}" for key, percent in self.faded),
            "figure": self.figure,
            "period": self.period.code,
            "method": "" if self.method == classing.QUANTILES else self.method,
            "area": self.area,
            "old": self.old,
            "at": str(self.extent) if self.extent else "",
        }
        return urlencode({name: value for name, value in told.items() if value or name == "layers"}, safe=",:/")


def read(given: Mapping[str, str], actor: Actor, unit: int, today: dt.date) -> MapState:
    """The state of an address. Layers and figures the role may not read are left out. Raises InvalidValue, NotFound."""
    wanted = given.get("layers")
    # Units in colours are enough to look at; layers come beside them where they are asked for.
    usual = () if given.get("figure") else AT_FIRST
    keys = usual if wanted is None else tuple(dict.fromkeys(wanted.split(",")))
    mine = {layer.key for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)}
    if "situation_reports" in mine:
        mine.add(REPORT_COUNTS)
    figure = given.get("figure", "")
    if figure and not figures.may_read(actor, figures.named(figure)):
        figure = ""
    code = given.get("period", "")
    return MapState(
        unit=unit,
        period=_period(code) if code else _usual(figure, today),
        layers=tuple(key for key in keys if key in mine),
        faded=_faded(given.get("faded", ""), mine),
        figure=figure,
        method=_one_of("method", given.get("method", "") or classing.QUANTILES, classing.METHODS),
        area=given.get("area", "")[:40],
        old=_one_of("old", given.get("old", ""), tuple(OLD)),
        extent=_extent(given.get("at", "")),
    )


def _period(code: str) -> Period:
    """Of the kinds a map's menu offers. Raises InvalidValue."""
    found = periods.named(code)
    if found.kind not in periods.KINDS:
        raise InvalidValue(field="period", value=code[:20], reason="2026-10, 2026-Q4, 2026-H2, 2026, 2026-R2")
    return found


def _usual(figure: str, today: dt.date) -> Period:
    """This quarter; of the frozen cube the last one that is closed."""
    here = periods.holding(periods.QUARTER, today)
    return here.before if figure and figures.named(figure).restricted else here


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InvalidValue(field=name, value=value[:20], reason=", ".join(known))
    return value


def _faded(given: str, mine: set[str]) -> tuple[tuple[str, int], ...]:
    found = []
    for pair in filter(None, given.split(",")):
        key, _, percent = pair.partition(":")
        if not percent.isdigit() or not 10 <= int(percent) <= 100:
            raise InvalidValue(field="faded", value=pair[:40], reason="10–100")
        if key in mine:
            found.append((key, int(percent)))
    return tuple(found)


def _extent(given: str) -> Extent | None:
    if not given:
        return None
    parts = given.split("/")
    try:
        zoom, lat, lon = int(parts[0]), float(parts[1]), float(parts[2])
    except (ValueError, IndexError):
        raise InvalidValue(field="at", value=given[:40], reason="zoom/lat/lon") from None
    if not (ZOOMS[0] <= zoom <= ZOOMS[1] and -85 <= lat <= 85 and -180 <= lon <= 180):
        raise InvalidValue(field="at", value=given[:40], reason="zoom/lat/lon")
    return Extent(zoom, lat, lon)
