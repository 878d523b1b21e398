"""The units of the country before and after July 2025, read from the package `vietnamadminunits`."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from geodata.units import COMMUNE, DISTRICT, PROVINCE


@dataclass(frozen=True)
class Source:
    """One unit as the package gives it; `key` names it within the package, since a code is reused after the reform.

    `bounds` and the parents' bounds show where the geocoder answered with a larger place instead.
    """

    key: str
    level: int
    code: str
    name: str
    kind: str
    parent: str | None  # key
    province: str  # key; the unit itself for a province
    old: bool
    place: tuple[float, float] | None  # its middle: lon, lat
    area_km2: float | None = None
    bounds: str = ""

    @property
    def island(self) -> bool:
        """A special zone: an island far from the rest of its province."""
        return self.kind == "đặc khu"


@dataclass(frozen=True)
class Country:
    """Every unit, provinces before districts before communes, and which old key went into which new keys."""

    units: tuple[Source, ...]
    successors: dict[str, tuple[str, ...]]

    def by_key(self) -> dict[str, Source]:
        return {unit.key: unit for unit in self.units}


def read() -> Country:
    """Everything in the installed package; some points in it are wrong, see `geodata.centroids`."""
    folder = _folder()
    with sqlite3.connect(f"file:{folder / 'dataset.db'}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        new = [dict(row) for row in database.execute("SELECT * FROM admin_units")]
        old = [dict(row) for row in database.execute("SELECT * FROM admin_units_legacy")]
    found: dict[str, Source] = {}
    for source in (*_new_units(new), *_old_units(old)):
        found.setdefault(source.key, source)
    units = tuple(sorted(found.values(), key=lambda unit: (unit.level, unit.old, unit.code)))
    return Country(units, _successors(json.loads((folder / "converter_2025.json").read_text(encoding="utf-8"))))


def _folder() -> Path:
    # Found, not imported: importing the package parses all its tables.
    spec = find_spec("vietnamadminunits")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("vietnamadminunits")
    return Path(spec.origin).parent / "data"


def _new_units(rows: list[dict[str, Any]]) -> Iterator[Source]:
    for row in rows:
        province = f"new/{row['provinceKey']}"
        yield _source(row, "province", PROVINCE, province, None, province, old=False)
        yield _source(row, "ward", COMMUNE, f"{province}/{row['wardKey']}", province, province, old=False)


def _old_units(rows: list[dict[str, Any]]) -> Iterator[Source]:
    for row in rows:
        province = f"old/{row['provinceKey']}"
        district = f"{province}_{row['districtKey']}"
        yield _source(row, "province", PROVINCE, province, None, province, old=True)
        yield _source(row, "district", DISTRICT, district, province, province, old=True)
        # Five island districts had no communes.
        if row["wardKey"]:
            yield _source(row, "ward", COMMUNE, f"{district}_{row['wardKey']}", district, province, old=True)


def _source(
    row: dict[str, Any], what: str, level: int, key: str, parent: str | None, province: str, *, old: bool
) -> Source:
    full, short = str(row[what]), str(row[f"{what}Short"])
    lon, lat = _number(row.get(f"{what}Lon")), _number(row.get(f"{what}Lat"))
    return Source(
        key=key,
        level=level,
        code=str(row[f"{what}Code"]),
        name=short,
        kind=_kind(full),
        parent=parent,
        province=province,
        old=old,
        place=None if lon is None or lat is None else (lon, lat),
        area_km2=_number(row.get(f"{what}AreaKm2")),
        bounds=str(row.get(f"{what}Bounds") or ""),
    )


def _kind(full: str) -> str:
    words = full.split()
    two = " ".join(words[:2]).lower()
    return two if two in {"thành phố", "thị xã", "thị trấn", "đặc khu"} else words[0].lower()


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _successors(converter: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for new, olds in converter["DICT_PROVINCE"].items():
        for old in olds:
            found[f"old/{old}"].add(f"new/{new}")
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                found[_old_key(old)].add(f"new/{province}/{ward}")
    for province, wards in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in wards.items():
            for part in parts:
                found[_old_key(old)].add(f"new/{province}/{part['newWardKey']}")
    return {old: tuple(sorted(new)) for old, new in found.items()}


def _old_key(joined: str) -> str:
    # Without a commune the package still ends the key with the separator.
    return "old/" + joined.rstrip("_")
