"""Coordinate systems a file may be in: what it declares, what to try where it declares none, and the way to WGS 84.

A system has a key: "VN2000:9218" (a zone), "VN2000:4756" (degrees), "WGS84TM:108.5" (what a program makes of a zone
when it knows no VN-2000), or "EPSG:…" of a system on WGS 84.
"""

import contextlib
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata import crs
from geodata.problems import Problem

WGS84 = f"EPSG:{crs.STORED_SRID}"
VN2000_DEGREES = f"VN2000:{crs.VN2000_DEGREES}"
_ZONES = 0.001  # degrees of meridian, parts of scale: what a .prj may be off by


class UnknownKey(Problem):
    """Facts: system."""

    code: ClassVar[str] = "incoming_system_key"


@dataclass(frozen=True)
class Declared:
    """What a file says of itself: `key` where there is a sure way to WGS 84 (else ""), `name` as it says it.
    `relabelled`: it says WGS 84 on the very grid of a VN-2000 zone (`zone`, EPSG)."""

    key: str
    name: str
    relabelled: bool = False
    zone: int | None = None


def declared(wkt: str | None) -> Declared | None:
    """What the system of a file (WKT or PROJJSON) is; None where it has none."""
    if not wkt:
        return None
    try:
        system = pyproj.CRS.from_user_input(wkt)
    except pyproj.exceptions.CRSError:
        return Declared("", "?")
    shift: list[float] = []
    if system.is_bound and system.source_crs is not None:
        shift = list(system.coordinate_operation.towgs84) if system.coordinate_operation else []
        system = system.source_crs
    if system.is_compound:
        system = system.sub_crs_list[0]
    name = " ".join(str(system.name).split())[:80]
    if "engineering" in system.type_name.lower() or "local" in system.type_name.lower():
        return None
    datum = f"{system.datum} {system.geodetic_crs.name if system.geodetic_crs else ''} {name}".lower()
    western = str(system.datum).startswith("World Geodetic System 1984") or "wgs_1984" in datum or "wgs 84" in datum
    grid = _grid(system)
    if _is_vn2000(system, datum, shift):
        if system.is_geographic:
            return Declared(VN2000_DEGREES, name)
        return Declared(f"VN2000:{grid.epsg}" if grid else "", name)
    if shift and max(map(abs, shift)) > _ZONES:
        return Declared("", name)
    if not western:
        return Declared("", name)
    if system.is_geographic:
        return Declared(WGS84, name)
    code = system.to_epsg(min_confidence=70)
    if grid and grid.scale != 0.9996:
        return Declared(f"WGS84TM:{grid.meridian}", name, relabelled=True, zone=grid.epsg)
    return Declared(f"EPSG:{code}" if code else "", name, relabelled=grid is not None, zone=grid.epsg if grid else None)


def name(key: str) -> str:
    """As people call it: VN-2000 108°30', VN-2000 / UTM 49N, WGS 84."""
    sort, _, code = key.partition(":")
    if sort == "WGS84TM":
        return f"WGS 84 / TM {_meridian(float(code))}"
    if key == VN2000_DEGREES:
        return "VN-2000 (độ)"
    if sort == "VN2000":
        zone = crs.zone(int(code))
        return zone.name if zone.scale == 0.9996 else f"VN-2000 {zone.meridian_text}"
    return str(pyproj.CRS.from_epsg(int(code)).name)


def to_wgs84(geometry: Any, key: str) -> Any:
    """One shapely geometry or an array of them, flat; longitude first. Raises UnknownKey."""
    sort, _, code = key.partition(":")
    if key == WGS84:
        return geometry
    if key == VN2000_DEGREES:
        return crs.from_vn2000_degrees(geometry)
    if sort == "VN2000" and code.isdigit():
        return crs.from_vn2000(geometry, crs.zone(int(code)))
    return shapely.transform(geometry, lambda pairs: np.column_stack(_way(key).transform(pairs[:, 0], pairs[:, 1])))


def points(pairs: NDArray[np.float64], key: str) -> NDArray[np.float64]:
    """Pairs of numbers as they stand in the file → longitude, latitude (not finite where there is none)."""
    with np.errstate(all="ignore"):
        moved: NDArray[np.float64] = shapely.get_coordinates(to_wgs84(shapely.points(pairs), key))
    return moved


def to_try(province: str, *, degrees: bool) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Key → (why, former provinces) of what an undeclared file may be in, the likeliest first."""
    if degrees:
        return {WGS84: ("degrees", ()), VN2000_DEGREES: ("degrees", ())}
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    with contextlib.suppress(crs.NoZoneForProvince):
        for zone, users in crs.offered_zones(province):
            if zone.scale != 0.9996:
                now = zone == crs.zone_for_province(province)
                found[f"VN2000:{zone.epsg}"] = ("province_now" if now else "province_before", users)
    for zone in crs.zones():
        found.setdefault(f"VN2000:{zone.epsg}", ("utm" if zone.scale == 0.9996 else "other_province", ()))
    for code in crs.WGS84_UTM.values():
        found[f"EPSG:{code}"] = ("utm", ())
    return dict(sorted(found.items(), key=lambda item: _ORDER.index(item[1][0])))


_ORDER = ("province_now", "province_before", "utm", "other_province")


def twin(key: str) -> str | None:
    """The system whose numbers look the same and lie some 220 m away: VN-2000 for WGS 84 and the reverse."""
    pairs = {WGS84: VN2000_DEGREES}
    for zone in crs.zones():
        if zone.scale == 0.9996:
            pairs[f"EPSG:{crs.WGS84_UTM[round((zone.meridian + 183) / 6)]}"] = f"VN2000:{zone.epsg}"
        else:
            pairs[f"WGS84TM:{zone.meridian}"] = f"VN2000:{zone.epsg}"
    return {**pairs, **{b: a for a, b in pairs.items()}}.get(key)


def _is_vn2000(system: pyproj.CRS, datum: str, shift: list[float]) -> bool:
    if "vn-2000" in datum or "vn_2000" in datum or "vn2000" in datum or "vietnam" in datum or "viet nam" in datum:
        return "72" not in datum
    # MapInfo has no name for it: a datum of its own (9999) on WGS 84's ellipsoid with the shift.
    ours = crs.towgs84()
    return (
        len(shift) == 7
        and all(abs(a - b) < 1.0 for a, b in zip(shift[:3], ours[:3], strict=True))
        and (system.ellipsoid is None or abs(system.ellipsoid.semi_major_metre - 6_378_137) < 1)
    )


def _grid(system: pyproj.CRS) -> crs.Zone | None:
    """The VN-2000 zone with the same meridian, scale and false origin, whatever the datum."""
    if not system.is_projected or system.coordinate_operation is None:
        return None
    facts: dict[str, Any] = {each.name: each.value for each in system.coordinate_operation.params}
    unit = {axis.unit_name for axis in system.axis_info}
    for zone in crs.zones():
        if (
            abs(facts.get("Longitude of natural origin", 999) - zone.meridian) < _ZONES
            and abs(facts.get("Scale factor at natural origin", 0) - zone.scale) < 1e-7
            and facts.get("False easting") == 500_000
            and facts.get("False northing") == 0
            and facts.get("Latitude of natural origin") == 0
            and unit <= {"metre", "meter"}
        ):
            return zone
    return None


def _meridian(degrees: float) -> str:
    return f"{int(degrees)}°{round((degrees % 1) * 60):02d}'"


@cache
def _way(key: str) -> pyproj.Transformer:
    sort, _, code = key.partition(":")
    try:
        if sort == "WGS84TM":
            text = (
                f"+proj=tmerc +lat_0=0 +lon_0={float(code)} +k=0.9999 +x_0=500000 +y_0=0 +datum=WGS84 +units=m +no_defs"
            )
            return pyproj.Transformer.from_crs(text, crs.STORED_SRID, always_xy=True)
        if sort == "EPSG" and code.isdigit():
            system = pyproj.CRS.from_epsg(int(code))
            if not str(system.datum).startswith("World Geodetic System 1984"):
                raise UnknownKey(system=key)
            return pyproj.Transformer.from_crs(system, crs.STORED_SRID, always_xy=True)
    except (pyproj.exceptions.CRSError, ValueError):
        pass
    raise UnknownKey(system=key)
