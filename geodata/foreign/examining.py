"""In the process apart: one pass over a layer for what must be known before its rows are used."""

import random
from collections import Counter
from typing import Any

import numpy as np
import shapely

from geodata import coordinates
from geodata.foreign import kinds, placing, reading, refusals, systems, texts
from geodata.foreign.opened import Batch, Layer

_SAMPLED = 400  # rows that prove the system
_OUTLINES = 60  # areas whose outlines do
_CELLS = 60_000  # cells looked at for the encoding
_SHOWN = 8
_CORNERS = 3000  # areas whose corners are compared for a parcel map


class Examination:
    """What one pass gathers."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.rows = self.with_place = self.wild = self.areas = self.seen = 0
        self.sorts: Counter[str] = Counter()
        self.cells: dict[bytes, None] = {}
        self.sizes: list[float] = []
        self.corners: dict[bytes, int] = {}
        self.neighbours: set[int] = set()
        self.sample: list[tuple[Any, list[Any]]] = []
        self.outlines: list[tuple[Any, list[Any]]] = []
        self.first: list[list[Any]] = [[] for _ in layer.names]
        self._random = random.Random(1)  # noqa: S311  a sample, not a secret

    def take(self, batch: Batch) -> None:
        """One batch."""
        shapes, problems = placing.usable(batch.shapes)
        self.wild += sum(code == "not_finite" for _, code, _ in problems)
        there = np.flatnonzero(~shapely.is_missing(shapes))
        self.with_place += len(there)
        for sort, count in zip(*np.unique(shapely.get_type_id(shapes[there]), return_counts=True), strict=True):
            self.sorts[_SORTS.get(int(sort), "MIXED")] += int(count)
        for cells, kind, seen in zip(batch.columns, self.layer.kinds, self.first, strict=True):
            if len(seen) < _SHOWN:
                seen += [cell for cell in dict.fromkeys(cells[:200]) if cell is not None][: _SHOWN - len(seen)]
            if kind == "text" and len(self.cells) < _CELLS:
                self.cells.update((cell, None) for cell in cells if isinstance(cell, bytes) and not cell.isascii())
        self._keep(batch, shapes, there)
        self._corners(shapes[there])
        self.rows += len(batch.numbers)

    def _keep(self, batch: Batch, shapes: Any, there: Any) -> None:
        """Every row has the same chance to be among the sampled ones."""
        for row in map(int, there):
            at = len(self.sample) if len(self.sample) < _SAMPLED else int(self._random.random() * (self.seen + 1))
            self.seen += 1
            if at < _SAMPLED:
                self.sample[at : at + 1] = [(shapes[row], [cells[row] for cells in batch.columns])]

    def _corners(self, shapes: Any) -> None:
        areas = shapes[shapely.get_dimensions(shapes) == 2]
        if self.areas < _CORNERS and len(areas):
            self.sizes += list(shapely.area(areas))
            for area in areas[: _CORNERS - self.areas]:
                self.areas += 1
                for corner in {pair.tobytes() for pair in np.round(shapely.get_coordinates(area), 7)}:
                    other = self.corners.setdefault(corner, self.areas)
                    if other != self.areas:
                        self.neighbours.update((other, self.areas))


_SORTS = {0: "POINT", 4: "POINT", 1: "LINESTRING", 2: "LINESTRING", 5: "LINESTRING", 3: "POLYGON", 6: "POLYGON"}


def examine(found: kinds.Found, title: str, layer: Layer) -> dict[str, Any]:
    """Facts of a layer as JSON for `incoming.inspect`. Raises Refused's kinds."""
    seen = Examination(layer)
    for batch in reading.batches(layer, title):
        seen.take(batch)
    if not seen.rows and layer.kinds:
        raise refusals.Empty(title)
    if seen.wild and not seen.with_place:
        raise refusals.NothingUsable(title)
    encodings, questions = texts.propose(seen.cells, layer.said, unicode=layer.unicode)
    encoding = encodings[0].encoding
    declared = systems.declared(layer.system)
    decoder = reading.Decoder(encoding)
    names = _unique([decoder.column([name], [])[0] or f"cot_{at}" for at, name in enumerate(layer.names, start=1)])
    fields = [
        {"name": name, "kind": kind, "samples": [_shown(cell) for cell in decoder.column(cells, [])]}
        for name, kind, cells in zip(names, layer.kinds, seen.first, strict=True)
    ]
    pairs = [_representative(shape) for shape, _ in seen.sample]
    exchange = bool(layer.geometry) and coordinates.northing_first(pairs) is True
    return {
        "file": found.file.name,
        "title": title,
        "layer": layer.layer,
        "kind": found.kind.key,
        "geometry": _geometry(layer, seen),
        "rows": seen.rows,
        "fields": fields,
        "encodings": [vars(each) for each in encodings],
        "questions": [vars(each) for each in questions],
        "warnings": _warnings(layer, seen, exchange),
        "declared": vars(declared) if declared else None,
        "standard": layer.standard,
        "exchange": exchange,
        "places": [names[at] for at in sorted(layer.places)],
        "sample": {
            "pairs": pairs,
            "columns": [
                [_shown(cell) for cell in decoder.column([cells[at] for _, cells in seen.sample], [])]
                for at in range(len(names))
            ],
            "outlines": [_outline(shape) for shape, _ in seen.sample[:_OUTLINES]],
        },
        "parcels": _parcels(seen, pairs),
    }


def _geometry(layer: Layer, seen: Examination) -> str:
    if not layer.geometry or not seen.sorts:
        return layer.geometry if layer.geometry in ("POINT", "LINESTRING", "POLYGON") and seen.rows == 0 else ""
    return next(iter(seen.sorts)) if len(seen.sorts) == 1 else "MIXED"


def _warnings(layer: Layer, seen: Examination, exchange: bool) -> list[dict[str, Any]]:
    made = []
    if layer.left:
        made.append({"code": "columns_not_read", "facts": {"columns": ", ".join(layer.left)[:200]}})
    if not seen.sorts:
        made.append({"code": "no_places", "facts": {"rows": seen.rows}})
    elif seen.with_place < seen.rows:
        made.append({"code": "rows_without_place", "facts": {"count": seen.rows - seen.with_place}})
    if exchange:
        made.append({"code": "northing_first", "facts": {}})
    return made


def _parcels(seen: Examination, pairs: list[tuple[float, float]]) -> dict[str, Any]:
    """What its areas are like: how many, their median size in m², the share that touch another at a corner."""
    if not seen.sizes:
        return {}
    degrees = bool(pairs) and all(abs(a) <= 360 and abs(b) <= 360 for a, b in pairs[:50])
    scale = 111_320.0**2 * 0.97 if degrees else 1.0
    return {
        "areas": seen.areas,
        "median_m2": round(float(np.median(seen.sizes)) * scale, 1),
        "touching": round(len(seen.neighbours) / seen.areas, 2),
    }


def _representative(shape: Any) -> tuple[float, float]:
    point = shape if shape.geom_type == "Point" else shape.representative_point() if shape.is_valid else shape.centroid
    if point.is_empty:
        pair = shapely.get_coordinates(shape)[0]
        return float(pair[0]), float(pair[1])
    return float(point.x), float(point.y)


def _outline(shape: Any) -> list[list[float]]:
    """Some corners of an area, evenly along its outline; none of other shapes."""
    if shapely.get_dimensions(shape) != 2:
        return []
    pairs = shapely.get_coordinates(shape)
    step = max(1, len(pairs) // 40)
    return [[float(a), float(b)] for a, b in pairs[::step][:40]]


def _shown(cell: Any) -> str:
    return "" if cell is None else str(cell)[:80]


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out
