"""Workbooks and tables that are bombs, point to others, or lie about their size."""

import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.geodata.hostile import hostile, told, zipped


@hostile("incoming_archive_bomb")
def a_workbook_that_is_a_bomb(at: Path) -> Path:
    book = workbook(at)
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(64 << 20))
    return book


@hostile("incoming_doctype")
def a_workbook_with_entities(at: Path) -> Path:
    return changed(
        workbook(at),
        "xl/worksheets/sheet1.xml",
        lambda raw: raw.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY x "y">]><worksheet', 1),
    )


@hostile("incoming_active")
def a_workbook_with_macros(at: Path) -> Path:
    book = workbook(at)
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf")
    return book


@hostile("incoming_save_otherwise")
def an_old_workbook(at: Path) -> Path:
    return told(at / "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


def workbook(at: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["ten", "lat", "lon"])
    book.active.append(["A", 11.9, 108.4])
    book.save(at / "a.xlsx")
    return at / "a.xlsx"


def changed(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped(path, *((name, change(raw) if name == member else raw) for name, raw in members))


@hostile("incoming_memory")
def a_parquet_that_unpacks_to_gigabytes(at: Path) -> Path:
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"a": text}), at / "a.parquet", compression="zstd")
    return at / "a.parquet"


@hostile("incoming_unreadable")
def a_parquet_of_rubbish(at: Path) -> Path:
    return told(at / "a.parquet", b"PAR1" + os.urandom(500) + b"PAR1")


@hostile("incoming_nothing")
def a_flatgeobuf_that_lies_about_its_size(at: Path) -> Path:
    return told(at / "a.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 0x7FFFFFF0) + os.urandom(400))


@hostile("incoming_pointing")
def a_tab_that_opens_others(at: Path) -> Path:
    return tab(at, b'!table\n!version 300\nOpen Table "/etc/passwd" Hide\nCreate View a As Select * From b\n')


@hostile("incoming_pointing")
def a_tab_that_is_a_database_link(at: Path) -> Path:
    return tab(at, b'!table\n!version 300\nDefinition Table\n  Type ODBC Charset "Neutral"\n')


def tab(at: Path, head: bytes) -> Path:
    return zipped(at / "a.zip", ("a.tab", head), *((f"a.{part}", b"x") for part in ("dat", "map", "id")))


@hostile("incoming_save_otherwise")
def a_dgn_v8(at: Path) -> Path:
    return told(at / "a.dgn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


@hostile("incoming_save_otherwise")
def a_rar(at: Path) -> Path:
    return told(at / "a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(200))


@hostile("incoming_empty")
def an_empty_file(at: Path) -> Path:
    return told(at / "a.geojson", b" \n")


@hostile("incoming_empty")
def an_empty_archive(at: Path) -> Path:
    return zipped(at / "a.zip")


@hostile("incoming_kind")
def a_link_for_an_upload(at: Path) -> Path:
    (at / "a.geojson").symlink_to("/etc/passwd")
    return at / "a.geojson"


@hostile("incoming_part_missing")
def a_shapefile_without_its_index(at: Path) -> Path:
    return told(at / "a.shp", b"\x00\x00\x27\x0a" + bytes(96))


@hostile("incoming_unreadable")
def a_shapefile_whose_records_lie(at: Path) -> Path:
    shp = b"\x00\x00\x27\x0a" + bytes(20) + struct.pack(">I", 0x7FFFFFFF) + struct.pack("<II", 1000, 5) + bytes(64)
    shx = shp + struct.pack(">II", 50, 0x7FFFFFF0) * 10
    dbf = (
        b"\x03"
        + bytes(3)
        + struct.pack("<IHH", 0x7FFFFFFF, 65, 11)
        + bytes(20)
        + b"A".ljust(11, b"\0")
        + b"C"
        + bytes(4)
        + b"\x0a"
        + bytes(15)
        + b"\x0d"
    )
    return zipped(at / "a.zip", ("a.shp", shp + os.urandom(200)), ("a.shx", shx), ("a.dbf", dbf))
