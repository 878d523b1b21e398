"""A page's content as a sheet of paper: shapes with their looks, the legend of what is visible, sources."""

from typing import TYPE_CHECKING

import shapely

from geodata import crs
from geodata.units import COMMUNE, HAMLET, PROVINCE
from surveys.figures.cells import HIDDEN, MIXED, NONE, WAITING
from surveys.layer import Layer
from surveys.map_pages import telling, words
from surveys.map_pages.content import Content, Shown
from surveys.map_pages.shapes import Box, Plane, UnitShape

if TYPE_CHECKING:
    from geodata.render.drawings import Area, Dot, Drawing, Entry, Label, Page
    from geodata.render.sheets import Sheet

CELL_MM, TOLERANCE_MM = 8.0, 0.1
LETTER_MM, LINE_MM = 1.35, 3.2  # room of a name on the page
# One hue family, evenly darker, as on the screen: no class looks like a warning.
RAMP = ("#eef3c9", "#b5dbb3", "#6dbcb4", "#3487a8", "#213f77")
SYMBOLS = {"bell": "circle", "temple": "pentagon", "house": "square", "star": "star", "check": "cross",
           "hands": "diamond"}  # fmt: skip


def plane(sheet: "Sheet", zone: crs.Zone, bounds: Box) -> Plane:
    """The page's extent in the zone, at the scale that shows `bounds` (degrees)."""
    box = in_zone(zone, bounds)
    scale = sheet.scale(box)
    return Plane(zone.srid, sheet.extent(box), CELL_MM / 1000 * scale, TOLERANCE_MM / 1000 * scale)


def in_zone(zone: crs.Zone, bounds: Box) -> Box:
    """A box of degrees as the box around it in the zone, in metres."""
    west, south, east, north = crs.to_vn2000(shapely.segmentize(shapely.box(*bounds), 0.1), zone).bounds
    return (west, south, east, north)


def page(content: Content, zone: crs.Zone, *, name: str = "", sources: tuple[str, ...] = ()) -> "Page":
    """The sheet; `name` is its title where somebody gave one."""
    from geodata.render.drawings import Page, Words

    said = words.of(content.language)
    english = Words(
        "Scale", "Legend", "Page", "Made on", "Sources", "VN-2000, central meridian {meridian}, EPSG:{epsg}",
        "grid {step} km", "N", "… and {n} more lines",
    )  # fmt: skip
    return Page(
        drawing=drawing(content, zone),
        zone=zone,
        title=name or telling.title(content),
        subtitle=telling.subtitle(content),
        notes=telling.notes(content),
        legend=tuple(legend(content)),
        sources=(*sources, said["scope"].format(place=content.name)),
        made_on=content.today,
        words=english if content.language == "en" else Words(),
    )


def drawing(content: Content, zone: crs.Zone) -> "Drawing":
    """Everything on the map itself."""
    from geodata.render.drawings import Drawing

    return Drawing(
        box=in_zone(zone, content.bounds),
        areas=tuple(_areas(content)),
        dots=tuple(_dots(content)),
        labels=tuple(_labels(content)),
    )


def legend(content: Content) -> "list[Entry]":
    """What is visible on this page, and nothing else."""
    from geodata.render.drawings import Area, Dot, Entry

    said = words.of(content.language)
    found: list[Entry] = []
    if content.measured is not None:
        title, unit = content.measured.figure.words(content.language)
        found.append(Entry(f"{title} ({unit})", heading=True))
        texts = telling.classes(content)
        found += [Entry(text, Area(None, fill=ramp(number, len(texts)))) for number, text in enumerate(texts)]
        used = {fill.mark for fill in telling.fills(content).values()}
        found += [
            Entry(said[words.MARKS[mark]], Area(None, mark=mark))
            for mark in (NONE, WAITING, HIDDEN, MIXED)
            if mark in used
        ]
    for shown in reversed(content.shown):
        found += _entries(content, shown)
    if content.reports is not None:
        found.append(Entry(said["counts"], Dot(0, 0, "#2166ac", "circle")))
    if any(spot.n > 1 for shown in content.shown for spot in shown.spots):
        found.append(Entry(said["together"]))
    found.append(Entry(said["boundaries"], heading=True))
    if any(not unit.approximate for unit in content.units if unit.wkb):
        found.append(Entry(said["boundary"], Area(None, edge="#3d4a47", width=0.8)))
    if any(unit.approximate for unit in content.units if unit.wkb):
        found.append(Entry(said["approximate"], Area(None, edge="#3d4a47", width=0.8, dashed=True)))
    return found


def ramp(number: int, count: int) -> str:
    """The colour of a class, of so many."""
    return RAMP[2 if count < 2 else round(number * (len(RAMP) - 1) / (count - 1))]


def _entries(content: Content, shown: Shown) -> "list[Entry]":
    from geodata.render.drawings import Area, Dot, Entry

    layer = shown.layer
    title = telling.layer_title(layer, content.language)
    classes = telling.class_labels(content, layer)
    if not classes:
        sign = Area(None, fill=layer.style.color, alpha=0.5) if shown.patches or layer.shape != "POINT" else Dot(
            0, 0, layer.style.color, _symbol(layer))  # fmt: skip
        return [Entry(title, sign)]
    found = [Entry(title, heading=True)]
    for _code, label, color, symbol in classes:
        point = layer.shape == "POINT"
        found.append(Entry(label, Dot(0, 0, color, symbol) if point else Area(None, hatch=symbol, edge=color)))
    return found


def _symbol(layer: Layer) -> str:
    return SYMBOLS.get(layer.style.icon, "circle")


def _areas(content: Content) -> "list[Area]":
    from geodata.render.drawings import Area

    painted = telling.fills(content)
    fills: list[Area] = []
    edges: list[Area] = []
    chosen = {int(str(unit.id)) for unit in content.place.path if unit.level == COMMUNE}
    for unit in content.units:
        if unit.wkb is None:
            continue
        shape = shapely.from_wkb(unit.wkb)
        fill = painted.get(unit.id)
        if fill is not None and unit.level == COMMUNE:
            color = "" if fill.mark else ramp(fill.number, len(content.ends))
            fills.append(Area(shape, fill=color, mark=fill.mark, edge="none"))
        width = 1.4 if unit.level == PROVINCE or unit.id in chosen else 0.5
        edges.append(Area(shape, edge="#3d4a47", width=width, dashed=unit.approximate))
    return [*fills, *_patches(content), *edges]


def _patches(content: Content) -> "list[Area]":
    from geodata.render.drawings import Area

    found = []
    for shown in content.shown:
        classes = shown.layer.style.classes
        for patch in shown.patches:
            color, symbol = classes.get(patch.code or "", (shown.layer.style.color, ""))
            shape = shapely.from_wkb(patch.wkb)
            fill = "" if symbol else color
            found.append(Area(shape, fill=fill, hatch=symbol, edge=color, width=0.9, alpha=1.0 if symbol else 0.6))
    return found


def _dots(content: Content) -> "list[Dot]":
    from geodata.render.drawings import Dot

    painted = telling.fills(content)
    found = []
    for unit in content.units:
        if unit.level == HAMLET and unit.id in painted:
            fill = painted[unit.id]
            found.append(Dot(unit.x, unit.y, ramp(fill.number, len(content.ends)), mark=fill.mark))
    for shown in content.shown:
        style = shown.layer.style
        for spot in shown.spots:
            color, symbol = style.classes.get(spot.code or "", (style.color, _symbol(shown.layer)))
            together = spot.n > 1
            found.append(Dot(spot.x, spot.y, style.color if together else color, symbol, spot.n))
    reports = content.reports or {}
    told = [unit for unit in _communes_on(content) if reports.get(unit.id)]
    return [*found, *(Dot(unit.x, unit.y, "#2166ac", n=reports[unit.id]) for unit in told)]


def _labels(content: Content) -> "list[Label]":
    """Names under their places, the chosen commune's first; one that would cover another is left out."""
    from geodata.render.drawings import Label

    west, south, east, north = content.plane.box
    mm = content.plane.tolerance / TOLERANCE_MM
    chosen = {int(str(unit.id)) for unit in content.place.path if unit.level == COMMUNE}
    wanted = sorted(
        [*_communes_on(content), *(unit for unit in content.units if unit.level == HAMLET)],
        key=lambda unit: (unit.id not in chosen, unit.level),
    )
    found: list[Label] = []
    taken: list[Box] = []
    for unit in wanted:
        x, y, half = unit.x, unit.y - 3.6 * mm, len(unit.name) * LETTER_MM * mm / 2
        room = (x - half, y - LINE_MM * mm / 2, x + half, y + LINE_MM * mm / 2)
        inside = west < room[0] and room[2] < east and south < room[1] and room[3] < north
        if inside and not any(_overlap(room, other) for other in taken):
            taken.append(room)
            found.append(Label(x, y, unit.name, strong=unit.id in chosen))
    return found


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _communes_on(content: Content) -> list[UnitShape]:
    west, south, east, north = content.plane.box
    return [u for u in content.units if u.level == COMMUNE and west < u.x < east and south < u.y < north]
