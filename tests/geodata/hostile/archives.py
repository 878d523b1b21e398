"""Archives that reach out of their folder, unpack without end, hide what they are, or lie about it."""

import os
import stat
import struct
import zipfile
from pathlib import Path

from tests.geodata.hostile import GOOD, HOSTILE, Build, hostile, told, zipped


def slip(name: str) -> Build:
    return lambda at: zipped(at / "a.zip", ("a.geojson", GOOD), (name, GOOD))


for what, member in {
    "climbs": "../../etc/a.geojson", "climbs_within": "a/../../b.geojson", "is_absolute": "/etc/cron.d/a.geojson",
    "climbs_as_on_windows": "..\\..\\a.geojson", "names_a_drive": "C:\\a.geojson", "is_virtual": "/vsicurl/http://10.0.0.1/a.geojson",
    "is_a_stream": "a.geojson:b",
}.items():  # fmt: skip
    HOSTILE[f"a_name_that_{what}"] = (slip(member), "incoming_archive_path")


@hostile("incoming_archive_link")
def a_link(at: Path) -> Path:
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(at / "a.zip", (link, b"/etc/passwd"))


@hostile("incoming_archive_link")
def a_device(at: Path) -> Path:
    device = zipfile.ZipInfo("a.geojson")
    device.external_attr = (stat.S_IFCHR | 0o666) << 16
    return zipped(at / "a.zip", (device, b""))


@hostile("incoming_archive_bomb")
def a_bomb(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.dbf", bytes(64 << 20)))


@hostile("incoming_archive_bomb")
def a_bomb_beside_what_does_not_shrink(at: Path) -> Path:
    """Taken together its entries look harmless."""
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.dbf", bytes(64 << 20)), ("c.dbf", os.urandom(4 << 20)))


@hostile("incoming_archive_bomb")
def a_bomb_of_many_parts(at: Path) -> Path:
    return zipped(at / "a.zip", *((f"{n}.dbf", bytes(12 << 20)) for n in range(20)), ("a.geojson", GOOD))


@hostile("incoming_archive_broken")
def sizes_that_lie(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", b" " * (8 << 20)))
    raw = bytearray(path.read_bytes())
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    return told(path, bytes(raw))


@hostile("incoming_archive_broken")
def entries_that_overlap(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", GOOD), ("b.geojson", GOOD))
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 0)
    return told(path, bytes(raw))


@hostile("incoming_archive_nested")
def an_archive_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.zip", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()))


@hostile("incoming_archive_nested")
def a_tar_in_an_archive(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("b.tar.gz", b"\x1f\x8b"))


@hostile("incoming_other_content")
def an_archive_in_an_archive_under_another_name(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.xlsx", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()))


@hostile("incoming_archive_crowd")
def a_hundred_thousand_entries(at: Path) -> Path:
    return zipped(at / "a.zip", *((f"{n}.txt", b"") for n in range(100_000)))


@hostile("incoming_archive_crowd")
def some_thousand_entries(at: Path) -> Path:
    """Its table of contents is small enough to be read."""
    return zipped(at / "a.zip", ("a.geojson", GOOD), *((f"{n}.txt", b"") for n in range(6000)))


@hostile("incoming_archive_locked")
def a_locked_archive(at: Path) -> Path:
    path = zipped(at / "a.zip", ("a.geojson", GOOD))
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    return told(path, bytes(raw))


@hostile("incoming_archive_twice")
def two_entries_of_one_name(at: Path) -> Path:
    return zipped(at / "a.zip", ("a.geojson", GOOD), ("A.GeoJSON", GOOD))


@hostile("incoming_archive_broken")
def a_cut_archive(at: Path) -> Path:
    return told(at / "a.zip", zipped(at / "a.zip", ("a.geojson", GOOD * 20)).read_bytes()[:150])


@hostile("incoming_other_content")
def a_pdf_that_is_an_archive_too(at: Path) -> Path:
    return told(at / "a.zip", b"%PDF-1.4\n" + zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes())


@hostile("incoming_other_content")
def an_archive_with_a_page_before_it(at: Path) -> Path:
    packed = zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes()
    return told(at / "a.zip", packed[:4] + b"<script>" + packed)


@hostile("incoming_other_content")
def an_archive_with_a_program_after_it(at: Path) -> Path:
    return told(at / "a.zip", zipped(at / "b.zip", ("a.geojson", GOOD)).read_bytes() + b"\x7fELF" + bytes(5000))
