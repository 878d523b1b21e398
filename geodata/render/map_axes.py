"""Draws areas, dots and labels into axes whose units are metres."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path

from geodata.render.drawings import MARKS, Area, Dot, Drawing

MARKERS = {"circle": "o", "triangle": "^", "square": "s", "diamond": "D", "cross": "P", "pentagon": "p", "star": "*"}
HATCHES = {"hatch-light": "/", "hatch-medium": "//", "hatch-dense": "////", "hatch-cross": "xx"}
INK = "#17211f"


def draw(axes: Axes, drawing: Drawing, *, text_size: float) -> None:
    """Everything of the drawing, in its order; sizes of text in points."""
    for order, area in enumerate(drawing.areas):
        axes.add_collection(patch(area, order / max(len(drawing.areas), 1)), autolim=False)
    singles: dict[tuple[str, str, str], list[Dot]] = defaultdict(list)
    for dot in drawing.dots:
        if dot.n == 1:
            singles[dot.color, dot.symbol, dot.mark].append(dot)
    for dots in singles.values():
        scatter(axes, dots, 26)
    crowds = [dot for dot in drawing.dots if dot.n > 1]
    if crowds:
        together(axes, crowds, text_size)
    for label in drawing.labels:
        axes.text(
            label.x, label.y, label.text, fontsize=text_size + 1.5 * label.strong, ha="center", va="center",
            fontweight=600 if label.strong else 400, color=INK, zorder=6, clip_on=True, parse_math=False,
            bbox={"facecolor": "white", "alpha": 0.72, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def patch(area: Area, order: float = 0.0) -> PathCollection:
    """An area as Matplotlib draws it; `order` below 1 keeps the areas' own order under lines and dots."""
    pattern, ground, line = MARKS.get(area.mark, ("", "", ""))
    hatch = pattern or HATCHES.get(area.hatch, "")
    return PathCollection(
        [outline(area.shape)],
        facecolor=[ground or area.fill or "none"],
        edgecolor=[area.edge],
        hatch=hatch or None,
        hatchcolor=[line or area.edge],
        linewidth=[area.width],
        linestyle=[(0, (4, 2)) if area.dashed else "solid"],
        alpha=area.alpha,
        zorder=1 + order,
    )


def scatter(axes: Axes, dots: list[Dot], size: float, **more: Any) -> None:
    """Features that stand alone, all of one look."""
    first = dots[0]
    pattern, ground, line = MARKS.get(first.mark, ("", "", ""))
    axes.scatter(
        [dot.x for dot in dots], [dot.y for dot in dots], s=size, marker=MARKERS.get(first.symbol, "o"),
        c=ground or first.color, edgecolors=line or INK, linewidths=0.5, zorder=4, hatch=pattern or None, **more,
    )  # fmt: skip


def together(axes: Axes, dots: list[Dot], text_size: float) -> None:
    """Features that stand together: discs with their numbers."""
    told = [f"{dot.n:,}".replace(",", ".") for dot in dots]
    axes.scatter(
        [dot.x for dot in dots], [dot.y for dot in dots], c=[dot.color for dot in dots], edgecolors="white",
        s=[(text_size * (1.4 + 0.45 * len(said))) ** 2 for said in told], linewidths=0.8, zorder=5,
    )  # fmt: skip
    for dot, said in zip(dots, told, strict=True):
        axes.text(
            dot.x, dot.y, said, color="white", fontsize=text_size, fontweight=600, ha="center", va="center_baseline",
            zorder=5.5, clip_on=True, parse_math=False,
        )  # fmt: skip


def outline(shape: Any) -> Path:
    """A polygon or multipolygon as one path, its holes with it; lines and points of a cut are left out."""
    paths = [_ring(ring) for polygon in polygons(shape) for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*paths) if paths else Path(np.zeros((0, 2)))


def polygons(shape: Any) -> Iterable[Any]:
    """The polygons of a geometry."""
    return (
        part
        for part in shapely.get_parts(shape, return_index=False)
        if part.geom_type == "Polygon" and not part.is_empty
    )


def _ring(ring: Any) -> Path:
    points = np.asarray(ring.coords)[:, :2]
    codes = np.full(len(points), Path.LINETO)
    codes[0], codes[-1] = Path.MOVETO, Path.CLOSEPOLY
    return Path(points, codes)
