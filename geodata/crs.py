"""Coordinate systems: the stored one, the VN-2000 zones, and the one way between them."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geodata.problems import Problem

STORED_SRID = 4326
"""Every stored geometry is WGS 84, longitude before latitude."""

VN2000_DEGREES = 4756
WGS84_UTM = {48: 32648, 49: 32649}

_PINNED = 900_000
"""Our own SRIDs are this plus the EPSG code: see spatial_ref_sys_rows."""

# VN-2000 → WGS 84 as published in 2007: metres, arc-seconds, ppm; position vector convention.
# PROJ's own choice in the south is the older set, which lands 0.80 m away, so nothing here leaves the choice to it.
_SHIFT = (-191.90441429, -39.30318279, -111.45032835, 0.00928836, -0.01975479, 0.00427372, 0.252906278)

_DATA = Path(__file__).parent / "data"


class UnknownZone(Problem):
    """Facts: epsg."""

    code: ClassVar[str] = "zone_unknown"


class DeprecatedZone(Problem):
    """A code whose false easting and northing were registered swapped. Facts: epsg, instead."""

    code: ClassVar[str] = "zone_deprecated"


class NoZoneForProvince(Problem):
    """Facts: province (its code since July 2025)."""

    code: ClassVar[str] = "province_without_zone"


@dataclass(frozen=True)
class Zone:
    """One VN-2000 grid: metres, x = Easting, y = Northing."""

    epsg: int
    name: str
    esri_name: str
    meridian: float
    scale: float

    @property
    def srid(self) -> int:
        """The pinned SRID to use in PostGIS."""
        return _PINNED + self.epsg

    @property
    def meridian_text(self) -> str:
        """As offices write it: 107°45'."""
        degrees = int(self.meridian)
        return f"{degrees}°{round((self.meridian - degrees) * 60):02d}'"


def zone(epsg: int) -> Zone:
    """The zone of an EPSG code. Raises UnknownZone, DeprecatedZone."""
    zones, deprecated = _zones()
    if epsg in deprecated:
        raise DeprecatedZone(epsg=epsg, instead=deprecated[epsg])
    if epsg not in zones:
        raise UnknownZone(epsg=epsg)
    return zones[epsg]


def zones() -> tuple[Zone, ...]:
    """Every zone that may be used, the two UTM zones first, then west to east."""
    return tuple(sorted(_zones()[0].values(), key=lambda each: (each.scale, each.meridian)))


def zone_for_province(code_2025: str) -> Zone:
    """The zone a province uses since July 2025. Raises NoZoneForProvince."""
    return zone(_provinces(code_2025)[0][0])


def legacy_zones(code_2025: str) -> tuple[tuple[str, Zone], ...]:
    """(old province, the zone it used) for each province that went into this one. Raises NoZoneForProvince."""
    return tuple((old_name, zone(old_epsg)) for _, old_name, old_epsg in _provinces(code_2025))


def offered_zones(code_2025: str) -> tuple[tuple[Zone, tuple[str, ...]], ...]:
    """Zones to offer for a province: its own first, then those of its former provinces by name, then both UTM zones.

    Each with the names of the former provinces that used it, empty when none did.
    """
    users: dict[int, list[str]] = {zone_for_province(code_2025).epsg: []}
    for name, old in legacy_zones(code_2025):
        users.setdefault(old.epsg, []).append(name)
    users.setdefault(3405, [])
    users.setdefault(3406, [])
    return tuple((zone(epsg), tuple(names)) for epsg, names in users.items())


def spatial_ref_sys_rows() -> list[dict[str, Any]]:
    """Rows for PostGIS's spatial_ref_sys: srid, auth_name, auth_srid, srtext, proj4text.

    auth_name stays NULL: with one, PostGIS asks PROJ by code and gets PROJ's choice of shift. srtext carries
    the shift too, as PostGIS reads it before proj4text.
    """
    return [
        {
            "srid": each.srid,
            "auth_name": None,
            "auth_srid": None,
            "srtext": _wkt1_with_shift(each),
            "proj4text": proj4(each),
        }
        for each in zones()
    ]


def proj4(of: Zone) -> str:
    """PROJ string with the pinned shift."""
    shift = ",".join(str(value) for value in _SHIFT)
    return (
        f"+proj=tmerc +lat_0=0 +lon_0={of.meridian} +k={of.scale} +x_0=500000 +y_0=0 "
        f"+ellps=WGS84 +towgs84={shift} +units=m +no_defs"
    )


def wkt1_esri(of: Zone) -> str:
    """Text of a .prj: ArcMap and QGIS recognise it as the EPSG code of the zone."""
    return (
        f'PROJCS["{of.esri_name}",GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",'
        'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
        f'PARAMETER["Central_Meridian",{of.meridian}],PARAMETER["Scale_Factor",{of.scale}],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


def pipeline(to: Zone) -> str:
    """The official way from WGS 84 (degrees, longitude first) as PROJ writes a pipeline."""
    x, y, z, rx, ry, rz, ppm = _SHIFT
    return (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
        f"+step +inv +proj=helmert +x={x} +y={y} +z={z} +rx={rx} +ry={ry} +rz={rz} +s={ppm} "
        "+convention=position_vector "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
        f"+step +proj=tmerc +lat_0=0 +lon_0={to.meridian} +k={to.scale} +x_0=500000 +y_0=0 +ellps=WGS84"
    )


def towgs84() -> tuple[float, ...]:
    """The pinned shift as other programs write it: metres, arc-seconds, ppm; position vector convention."""
    return _SHIFT


def from_vn2000_degrees(geometry: Any) -> Any:
    """VN-2000 longitude/latitude → WGS 84 longitude/latitude."""
    return shapely.transform(geometry, lambda pairs: np.column_stack(_geographic().transform(pairs[:, 0], pairs[:, 1])))


def to_vn2000(geometry: Any, to: Zone) -> Any:
    """Longitude/latitude (WGS 84) → Easting/Northing; one shapely geometry or an array of them, as given."""
    return shapely.transform(geometry, lambda pairs: _forward(pairs, to))


def from_vn2000(geometry: Any, of: Zone) -> Any:
    """Easting/Northing → longitude/latitude (WGS 84); one shapely geometry or an array of them, as given.

    The exact inverse of to_vn2000. PostGIS and PROJ alone come back up to 1.2 mm off, because the height that the
    shift gives a point (about 35 m) is dropped between the two ways: a file sent out and in again would creep.
    """

    def back(grid: NDArray[np.float64]) -> NDArray[np.float64]:
        first = _inverse(grid, of)
        return _inverse(grid + (grid - _forward(first, of)), of)

    return shapely.transform(geometry, back)


def _forward(degrees: NDArray[np.float64], to: Zone) -> NDArray[np.float64]:
    return np.column_stack(_pipeline(to).transform(degrees[:, 0], degrees[:, 1]))


def _inverse(grid: NDArray[np.float64], of: Zone) -> NDArray[np.float64]:
    return np.column_stack(_pipeline(of).transform(grid[:, 0], grid[:, 1], direction="INVERSE"))


@cache
def _geographic() -> pyproj.Transformer:
    x, y, z, rx, ry, rz, ppm = _SHIFT
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 "
        f"+step +proj=helmert +x={x} +y={y} +z={z} +rx={rx} +ry={ry} +rz={rz} +s={ppm} +convention=position_vector "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


@cache
def _pipeline(to: Zone) -> pyproj.Transformer:
    return pyproj.Transformer.from_pipeline(pipeline(to))


def _wkt1_with_shift(of: Zone) -> str:
    shift = ",".join(str(value) for value in _SHIFT)
    return (
        f'PROJCS["{of.name}",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563],'
        f'TOWGS84[{shift}]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
        f'PARAMETER["central_meridian",{of.meridian}],PARAMETER["scale_factor",{of.scale}],'
        'PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],'
        'AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
    )


@cache
def _zones() -> tuple[dict[int, Zone], dict[int, int]]:
    """(usable zones by EPSG code, deprecated code → the code to use)."""
    usable, deprecated = {}, {}
    for row in _rows("vn2000_zones.csv"):
        epsg = int(row["epsg"])
        if row["replaced_by"]:
            deprecated[epsg] = int(row["replaced_by"])
        else:
            usable[epsg] = Zone(
                epsg, row["name"], row["esri_name"], float(row["central_meridian"]), float(row["scale"])
            )
    return usable, deprecated


def _provinces(code_2025: str) -> list[tuple[int, str, int]]:
    """(EPSG now, old province, EPSG then) of a province."""
    try:
        return _province_zones()[code_2025]
    except KeyError:
        raise NoZoneForProvince(province=code_2025) from None


@cache
def _province_zones() -> dict[str, list[tuple[int, str, int]]]:
    found: dict[str, list[tuple[int, str, int]]] = {}
    for row in _rows("province_zones.csv"):
        found.setdefault(row["code_2025"], []).append(
            (int(row["epsg_2025"]), row["old_province"], int(row["old_epsg"]))
        )
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
