"""What stands on a map sheet: shapes in metres of the zone with their looks, entries of the legend, words around it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from geodata.crs import Zone
from geodata.render.sheets import Box

# Hatchings of units without a value: pattern, ground, colour of the lines. Each reason has its own, and none is a 0.
MARKS = {
    "none": ("///", "#f4f5f4", "#8a9693"),
    "waiting": ("..", "#fdf1d8", "#7a4b00"),
    "hidden": ("xxx", "#dfe3e2", "#404c49"),
    "mixed": ("|||", "#ffffff", "#5e3c99"),
}


@dataclass(frozen=True)
class Area:
    """A polygon or multipolygon (shapely): filled plainly, with a mark's hatching, or with a hatching of its own."""

    shape: Any
    fill: str = ""
    mark: str = ""
    hatch: str = ""
    edge: str = "#7c8784"
    width: float = 0.4  # points
    dashed: bool = False
    alpha: float = 1.0


@dataclass(frozen=True)
class Dot:
    """One feature, or `n` that stand together."""

    x: float
    y: float
    color: str
    symbol: str = "circle"
    n: int = 1
    mark: str = ""


@dataclass(frozen=True)
class Label:
    """Words at a place."""

    x: float
    y: float
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Entry:
    """A line of the legend: a heading without a sign, or a sign and what it means."""

    text: str
    sign: Area | Dot | None = None
    heading: bool = False


@dataclass(frozen=True)
class Drawing:
    """The map of one page; `box` is what must be on it."""

    box: Box
    areas: tuple[Area, ...] = ()
    dots: tuple[Dot, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Words:
    """The fixed words of a sheet, in the reader's language."""

    scale: str = "Tỷ lệ"
    legend: str = "Chú giải"
    page: str = "Trang"
    made: str = "Ngày lập"
    sources: str = "Nguồn"
    system: str = "Hệ tọa độ VN-2000, kinh tuyến trục {meridian}, EPSG:{epsg}"
    grid: str = "lưới {step} km"
    north: str = "B"
    more: str = "… và {n} dòng nữa"


@dataclass(frozen=True)
class Page:
    """A drawing and what stands around it."""

    drawing: Drawing
    zone: Zone
    title: str
    subtitle: str = ""
    notes: tuple[str, ...] = ()
    legend: tuple[Entry, ...] = ()
    sources: tuple[str, ...] = ()
    made_on: dt.date = field(default_factory=dt.date.today)
    words: Words = Words()
