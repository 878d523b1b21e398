"""Which communes the rows of a file name, by code or name; an old one stands for those it went into."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from geodata import columns

_KIND = re.compile(r"^(?:xã|phường|thị trấn|đặc khu|xa|phuong|thi tran|dac khu|tt\.?|p\.|x\.)\s*(?=\S)", re.IGNORECASE)
_HEADER = re.compile(r"xa|phuong|commune|ward|dvhc|donvi")
_SHARE = 0.3  # of a column's values that must name a unit


@dataclass(frozen=True)
class Named:
    """`communes`: for each sampled row, the communes of today it may mean; `today`: those named by their own name or
    code of today. `column`: which one names them. `exchange`: as in the sample."""

    communes: list[set[int]]
    today: list[set[int]]
    column: str
    exchange: bool


def named_units(connection: Connection, told: dict[str, Any], province: str) -> tuple[Named, int | None]:
    """(what the sampled rows name, the province's id)."""
    province_id = connection.execute(text(_PROVINCE), {"code": province}).scalar()
    known, today = _gazetteer(connection, province_id)
    best: tuple[float, int] = (0.0, -1)
    cells = told["sample"]["columns"]
    for at, values in enumerate(cells):
        filled = [value for value in values if value]
        hits = sum(bool(known.get(_key(value))) for value in filled)
        if filled and hits >= _SHARE * len(filled):
            header = bool(_HEADER.search(columns.plain(told["fields"][at]["name"])))
            best = max(best, (hits * (2 if header else 1), at), key=lambda pair: pair[0])
    count = len(told["sample"]["pairs"])
    if best[1] < 0:
        return Named([set()] * count, [set()] * count, "", told["exchange"]), province_id
    keys = [_key(value) if value else "" for value in cells[best[1]]]
    return (
        Named(
            [set(known.get(key, ())) for key in keys],
            [set(today.get(key, ())) for key in keys],
            told["fields"][best[1]]["name"],
            told["exchange"],
        ),
        province_id,
    )


def _gazetteer(connection: Connection, province_id: int | None) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """(key → communes of today it may mean, key → communes of that name or code today), in one province."""
    known: dict[str, set[int]] = defaultdict(set)
    today: dict[str, set[int]] = defaultdict(set)
    for unit, code, name, former, became in connection.execute(text(_UNITS), {"province": province_id}):
        for key in (_key(name), _key(code)):
            known[key].update(became if former else [unit])
            if not former:
                today[key].add(unit)
    return known, today


def _key(value: str) -> str:
    """A name without kind and marks, a code with its leading noughts."""
    text_ = value.strip()
    if text_.isdigit():
        return text_.zfill(5)
    return columns.plain(_KIND.sub("", text_))


_PROVINCE = "SELECT id FROM units WHERE level = 1 AND code = :code AND valid_to IS NULL"
_UNITS = """
SELECT u.id, u.code, u.name, u.valid_to IS NOT NULL, array(SELECT new_id FROM succession s WHERE s.old_id = u.id)
FROM units u
WHERE u.level = 3 AND (
  (u.valid_to IS NULL AND u.province_id = :province)
  OR u.id IN (SELECT s.old_id FROM succession s JOIN units n ON n.id = s.new_id WHERE n.province_id = :province)
)
"""
