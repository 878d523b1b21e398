"""The rows of a boundary file: code, name and a repaired area each, or the reason why a row can't be used."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geodata import columns, geometry, uploads
from geodata.problems import Problem

COLUMNS = {
    "code": tuple("wardcode maxa maphuongxa maxaphuong mapx madvhc madonvihanhchinh communecode code ma".split()),
    "name": tuple("wardname tenxa tenphuongxa tenxaphuong tendvhc tendonvihanhchinh communename name ten".split()),
    "province": tuple("provincecode matinh matinhthanh matp".split()),
    "kind": tuple("wardtype loai loaidvhc capdvhc kind".split()),
}
# Below this a repair only untied a knot; above it, something was lost and the row says so.
AREA_KEPT = 0.99


@dataclass(frozen=True)
class Boundary:
    """A usable row; `row` counts from 1 as a table shows it, `repaired` says what was wrong with the area."""

    row: int
    code: str
    name: str
    province: str  # code, or "" where the file has no such column
    area: MultiPolygon
    repaired: str | None = None
    kind: str = ""


@dataclass(frozen=True)
class BadRow:
    """A row that can't be used; reasons: no_code, null_geometry, empty_geometry, not_an_area, unrepairable, swapped,
    outside_country, and those of `geodata.unit_import`."""

    row: int
    code: str
    name: str
    reason: str
    detail: str = ""


class BoundariesRefused(Problem):
    """Rows that can't be used: nothing was changed. Facts: count, rows (list of BadRow), first (one in words)."""

    code: ClassVar[str] = "boundaries_refused"

    def __init__(self, rows: list[BadRow]) -> None:
        one = rows[0]
        first = f"{one.row}: {one.code} {one.name}: {one.reason} {one.detail}".strip()
        super().__init__(count=len(rows), first=first, rows=rows)


def read(path: Path, layer: str | None = None) -> tuple[list[Boundary], list[BadRow]]:
    """Every row of the file, usable or not, in WGS 84. Raises ColumnMissing and what `uploads.read_boundaries` does."""
    frame = uploads.read_boundaries(path, layer)
    named = columns.find(frame.columns, COLUMNS, needed=("code",))
    good: list[Boundary] = []
    bad: list[BadRow] = []
    geometries = frame.geometry.to_numpy()
    for row, values in enumerate(frame.drop(columns=frame.geometry.name).to_dict("records"), start=1):
        read_row = _row(row, {what: values[column] for what, column in named.items()}, geometries[row - 1])
        if isinstance(read_row, BadRow):
            bad.append(read_row)
        else:
            good.append(read_row)
    return good, bad


def _row(row: int, values: dict[str, Any], shape: BaseGeometry | None) -> Boundary | BadRow:
    code = columns.code(values.get("code"), 5)
    name = str(values.get("name") or "").strip()
    if not code:
        return BadRow(row, code, name, "no_code")
    reason = _unusable(shape)
    if reason is not None or shape is None:
        return BadRow(row, code, name, reason or "null_geometry")
    try:
        area, wrong = geometry.repair(shape)
    except geometry.NoArea:
        return BadRow(row, code, name, "unrepairable", shapely.is_valid_reason(shape))
    if wrong is not None and area.area < AREA_KEPT * abs(shape.area):
        wrong = f"{wrong}; {100 - 100 * area.area / abs(shape.area):.1f} % less area"
    kind = str(values.get("kind") or "").strip()
    return Boundary(row, code, name, columns.code(values.get("province"), 2), area, wrong, kind)


def _unusable(shape: BaseGeometry | None) -> str | None:
    if shape is None:
        return "null_geometry"
    if shape.is_empty:
        return "empty_geometry"
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return "not_an_area"
    west, south, east, north = shape.bounds
    if not all(map(math.isfinite, (west, south, east, north))):
        return "unrepairable"
    odd = geometry.flags(west, south) | geometry.flags(east, north)
    return "swapped" if "swapped" in odd else "outside_country" if odd else None
