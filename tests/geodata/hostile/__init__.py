"""Uploads made to do harm: what each is, and what it is refused as.

A builder writes into the folder it is given and returns the upload.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

Build = Callable[[Path], Path]
KML = '<?xml version="1.0"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
POINT = "<Placemark><Point><coordinates>108,11.9</coordinates></Point></Placemark>"


def geojson(*geometries: str, head: str = "") -> str:
    features = ",".join(f'{{"type":"Feature","properties":{{"a":1}},"geometry":{each}}}' for each in geometries)
    return f'{{"type":"FeatureCollection",{head}"features":[{features}]}}'


GOOD = geojson('{"type":"Point","coordinates":[108,11.9]}').encode()


HOSTILE: dict[str, tuple[Build, str]] = {}


def hostile(code: str) -> Callable[[Build], Build]:
    def listed(build: Build) -> Build:
        HOSTILE[build.__name__] = (build, code)
        return build

    return listed


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return path


def told(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
