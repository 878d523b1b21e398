"""Parcel maps are refused on import (S6): told by their columns, or by areas no larger than a family's land."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from geodata.problems import Problem
from surveys.screening.columns import column

FEWEST = 10  # areas, before their size says anything
SMALL_M2 = 2000.0  # the middle one of a parcel map's areas is smaller


class ParcelMap(Problem):
    """The file maps parcels of land; nothing of it is kept. Facts: why (columns, or the size of its areas)."""

    code: ClassVar[str] = "import_parcel_map"


def refuse_columns(headers: Sequence[str], samples: Mapping[str, Sequence[str]]) -> None:
    """Raises ParcelMap where sheet and parcel numbers stand together, or one of them beside an owner."""
    found = {header: verdict for header in headers if (verdict := column(header, samples.get(header, [])))}
    parcels = [header for header, verdict in found.items() if verdict.reason == "parcel"]
    people = [header for header, verdict in found.items() if verdict.reason in ("person", "id")]
    if len(parcels) > 1 or (parcels and people):
        raise ParcelMap(why=", ".join([*parcels, *people][:6]))


def refuse_areas(areas: int, middle_m2: float | None) -> None:
    """Raises ParcelMap where most of many areas are as small as parcels. `middle_m2`: the median, square metres."""
    if areas >= FEWEST and middle_m2 is not None and middle_m2 < SMALL_M2:
        raise ParcelMap(why=f"{areas} vùng, quá nửa dưới {SMALL_M2:.0f} m²")
