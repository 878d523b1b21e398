"""Parcel maps are refused on import (S6): told by their columns, a drawing's labels, or areas no larger than plots."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from geodata.columns import plain
from geodata.problems import Problem
from surveys.screening.columns import column

FEWEST = 10  # areas, before their size says anything
SMALL_M2 = 2000.0  # the middle one of a parcel map's areas is smaller
LABELS = 20  # texts of a drawing, before they say anything

_SHEET = re.compile(r"^(?:(?:so|sh|sohieu)?(?:tobando|tobd|tbd|bando|to)(?:so|dc|diachinh)?|sototbd|toso|mapsheet)$")
_PARCEL = re.compile(
    r"^(?:(?:so|sh|sohieu|sothutu|stt|ma)?(?:thua|thuadat)(?:so|dat|dc)?|shthua|parcel(?:id|no|number)?)$"
)
_PURPOSE = re.compile(r"^(?:mdsd\w*|mucdich(?:sd|sudung)?(?:dat)?|loaidat|dientichphaply|dtpl|sogcn|gcn)$")
# Classes of land as cadastral maps write them, alone or before and after a number: ONT, 245/CLN, LUC 1203.5.
_LABEL = re.compile(
    r"^(?:\d[\d.,/ ]*)?"
    r"(?:ONT|ODT|CLN|CHN|LUC|LUK|LUN|BHK|HNK|NTS|RSX|RSM|RSN|RPH|SKC|TSC|TMD|DGT|DTL|BCS|DCS|NKH|NTD|SON)"
    r"(?:\+[A-Z]{3})?(?:[ /]*\d[\d.,/ ]*)?$"
)
_NUMBER = re.compile(r"^\d+(?:[.,]\d+)?$")


class ParcelMap(Problem):
    """The file maps parcels of land; nothing of it is kept. Facts: why (columns, labels, or the size of its areas)."""

    code: ClassVar[str] = "import_parcel_map"


def refuse_columns(headers: Sequence[str], samples: Mapping[str, Sequence[str]]) -> None:
    """Raises ParcelMap where sheets and parcels stand together, or one of them beside an owner or a use of land."""
    bare = {header: plain(header) for header in headers}
    sheets = [header for header, name in bare.items() if _SHEET.match(name)]
    numbers = [header for header, name in bare.items() if _PARCEL.match(name)]
    uses = [header for header, name in bare.items() if _PURPOSE.match(name)]
    mapped = [header for header in sheets if "bando" in bare[header] or "bd" in bare[header]]
    verdicts = {header: column(header, samples.get(header, [])) for header in headers}
    people = [header for header, verdict in verdicts.items() if verdict and verdict.reason in ("person", "id")]
    lots = [header for header, verdict in verdicts.items() if verdict and verdict.reason == "parcel"]
    if (sheets and numbers) or (numbers and (uses or people)) or (mapped and people) or len(lots) > 1:
        raise ParcelMap(why=", ".join(dict.fromkeys([*sheets, *numbers, *lots, *uses, *people][:6])))
    for header in headers:
        if bare[header] == "text" and _are_labels(samples.get(header, [])):
            raise ParcelMap(why=header)


def refuse_areas(areas: int, middle_m2: float | None) -> None:
    """Raises ParcelMap where most of many areas are as small as parcels. `middle_m2`: the median, square metres."""
    if areas >= FEWEST and middle_m2 is not None and middle_m2 < SMALL_M2:
        raise ParcelMap(why=f"{areas} vùng, quá nửa dưới {SMALL_M2:.0f} m²")


def _are_labels(values: Sequence[str]) -> bool:
    """Numbers of parcels, their sizes and their classes of land, as a drawing has them all over."""
    texts = [text for value in values if (text := str(value).strip())]
    classes = sum(bool(_LABEL.match(text)) for text in texts)
    numbers = sum(bool(_NUMBER.match(text)) for text in texts)
    return len(texts) >= LABELS and classes >= 0.15 * len(texts) and classes + numbers >= 0.7 * len(texts)
