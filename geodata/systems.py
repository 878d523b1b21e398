"""Coordinate systems a file may be written in: the VN-2000 zones, UTM 48N and 49N, and WGS 84."""

from dataclasses import dataclass
from functools import cache

import pyproj

from geodata import crs

WGS84 = crs.STORED_SRID
_UTM = {epsg: number for number, epsg in crs.WGS84_UTM.items()}


@dataclass(frozen=True)
class System:
    """`srid`: what PostGIS is asked for. `prj`: the text of a .prj (WKT 1 of ESRI). `stem`: part of a file's name.

    `central` (degrees) and `scale` are of its Transverse Mercator, 0 for WGS 84 in degrees.
    """

    epsg: int
    name: str
    srid: int
    prj: str
    stem: str
    central: float = 0.0
    scale: float = 0.0

    @property
    def geographic(self) -> bool:
        """Degrees, longitude first; else metres, Easting first."""
        return self.epsg == WGS84

    @property
    def vn2000(self) -> bool:
        """Whether it stands on the VN-2000 datum."""
        return self.epsg not in (WGS84, *_UTM)

    @property
    def meridian(self) -> str:
        """As offices write it, 107°45'; empty for degrees."""
        if self.geographic:
            return ""
        degrees = int(self.central)
        return f"{degrees}°{round((self.central - degrees) * 60):02d}'"

    @property
    def said(self) -> str:
        """As the report and the page name it."""
        return f"{self.name} (EPSG:{self.epsg}){f', {self.meridian}' if self.meridian else ''}"


@cache
def system(epsg: int) -> System:
    """Raises UnknownZone, DeprecatedZone."""
    if epsg == WGS84:
        return System(epsg, "WGS 84", epsg, _prj(epsg), "WGS84")
    if epsg in _UTM:
        number = _UTM[epsg]
        name = f"WGS 84 / UTM zone {number}N"
        return System(epsg, name, epsg, _prj(epsg), f"WGS84_UTM{number}N", number * 6 - 183, 0.9996)
    zone = crs.zone(epsg)
    return System(epsg, zone.name, zone.srid, crs.wkt1_esri(zone), _stem(zone), zone.meridian, zone.scale)


def every() -> tuple[System, ...]:
    """All of them: WGS 84 first, then VN-2000 by meridian."""
    return (*map(system, (WGS84, *_UTM)), *(system(zone.epsg) for zone in crs.zones()))


def offered(code_2025: str) -> tuple[tuple[System, tuple[str, ...]], ...]:
    """Those to offer for a province, its own first, each with the former provinces that used it; then all others."""
    first = [(system(zone.epsg), names) for zone, names in crs.offered_zones(code_2025)]
    named = {each.epsg for each, _ in first}
    return (*first, *((each, ()) for each in every() if each.epsg not in named))


def _stem(zone: crs.Zone) -> str:
    """VN2000_10745: the meridian in degrees and minutes; UTM zones by number."""
    if zone.name.endswith("N"):
        return f"VN2000_UTM{zone.name[-3:]}"
    return f"VN2000_{zone.meridian_text.replace('°', '').replace(chr(39), '')}"


def _prj(epsg: int) -> str:
    return str(pyproj.CRS(epsg).to_wkt("WKT1_ESRI"))
