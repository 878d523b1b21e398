"""Addresses of base map tiles: XYZ and WMTS templates, and which of them a server may ask."""

import hashlib
import ipaddress
import math
import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from geodata.problems import Problem

# As XYZ writes the parts of an address, and as WMTS does.
_PARTS = {"z": ("{z}", "{TileMatrix}"), "x": ("{x}", "{TileCol}"), "y": ("{y}", "{TileRow}")}
_LONGEST = 500
_LATITUDE = 85.05
USUAL_ZOOMS = (0, 18)


class AddressNotSafe(Problem):
    """An address of tiles that can't be used. Facts: reason (of WHY)."""

    code: ClassVar[str] = "basemap_address"


@dataclass(frozen=True)
class Ground:
    """Where tiles of a base map come from, to which zooms, and whom to name for it."""

    address: str
    min_zoom: int = USUAL_ZOOMS[0]
    max_zoom: int = USUAL_ZOOMS[1]
    attribution: str = ""

    @property
    def version(self) -> str:
        """Another address is another version: nothing kept of the former is shown."""
        return hashlib.blake2b(self.address.encode(), digest_size=8).hexdigest()

    def tile(self, z: int, x: int, y: int) -> str:
        """The address of one tile."""
        found = self.address
        for part, value in (("z", z), ("x", x), ("y", y)):
            for spelling in _PARTS[part]:
                found = found.replace(spelling, str(value))
        return found


def check(address: str) -> None:
    """Raises AddressNotSafe unless it is https (http on this machine), names one host and has z, x and y behind it."""
    if len(address) > _LONGEST or re.search(r"\s|[\x00-\x1f\x7f\\]", address):
        raise AddressNotSafe(reason="letters")
    try:
        parts = urlsplit(address)
        name = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise AddressNotSafe(reason="letters") from None
    if not name or "{" in parts.netloc or "@" in parts.netloc or parts.fragment:
        raise AddressNotSafe(reason="host")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(name)):
        raise AddressNotSafe(reason="https")
    behind = f"{parts.path}?{parts.query}"
    if not all(any(spelling in behind for spelling in spellings) for spellings in _PARTS.values()):
        raise AddressNotSafe(reason="xyz")
    if re.search(r"[{}]", Ground(behind).tile(0, 0, 0)):
        raise AddressNotSafe(reason="unknown_part")


def at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place (degrees)."""
    n = 1 << z
    lat = max(-_LATITUDE, min(_LATITUDE, lat))
    x = (lon + 180) / 360 * n
    y = (0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * n
    return min(max(int(x), 0), n - 1), min(max(int(y), 0), n - 1)


def host(address: str) -> str:
    """The host an address names."""
    return urlsplit(address).hostname or ""


def _is_this_machine(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
