"""Old encodings: every letter, the files in the cupboard, and telling them apart."""

import csv
import struct
import unicodedata
from pathlib import Path

import pytest

from geodata import encodings
from tests.geodata.inputs import shared

VOWELS = "aăâeêioôơuưy"
SMALL = {unicodedata.normalize("NFC", v + t) for v in VOWELS for t in "\u0300\u0301\u0303\u0309\u0323"} | set("ăâđêôơư")
NAMES = ["Xã Mỹ Đức", "thôn Tân Lập", "Phường Bảo Lộc", "Đặc khu Phú Quý", "Xã Hàm Thuận Nam", "Trường tiểu học"]


def encoded(text: str, name: str) -> bytes:
    """The reverse table, written here so that the tests don't lean on the decoder."""
    with (Path(encodings.__file__).parent / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        table = {row["letter"]: bytes.fromhex(row["bytes"]) for row in csv.DictReader(file)}
    return b"".join(table.get(letter, letter.encode("latin-1", "replace")) for letter in text)


def dbf_rows(path: Path) -> list[list[bytes]]:
    raw = path.read_bytes()
    count, header, length = struct.unpack("<IHH", raw[4:12])
    widths = [raw[at + 16] for at in range(32, header - 1, 32)]
    rows = []
    for row in range(count):
        at, cells = header + row * length + 1, []
        for width in widths:
            cells.append(raw[at : at + width].strip())
            at += width
        rows.append(cells)
    return rows


@pytest.mark.parametrize("letter", sorted(SMALL))
def test_every_letter_of_tcvn3_and_vni(letter):
    assert encodings.decode(encoded(letter, "tcvn3"), "tcvn3") == letter
    assert encodings.decode(encoded(letter, "vni"), "vni") == letter
    assert encodings.decode(encoded(letter, "viscii"), "viscii") == letter
    assert encodings.decode(encoded(letter.upper(), "viscii"), "viscii") == letter.upper()
    assert encodings.decode(encoded(letter.upper(), "vni"), "vni") == letter.upper()


def test_the_soft_hyphen_byte_is_a_letter():
    assert encodings.decode(b"Tr\xadng V\xad\xacng", "tcvn3") == "Trưng Vương"


def test_capitals_drawn_by_a_font_become_capitals():
    assert encodings.decode(encoded("PHư", "tcvn3") + b"\xeaNG", "tcvn3") == "PHƯỜNG"
    assert encodings.decode(b"X\xb7 S\xacn M\xfc", "tcvn3") == "Xã Sơn Mỹ"


def test_cp1258_comes_out_composed():
    raw = unicodedata.normalize("NFD", "Lắk").replace("a\u0306", "ă").encode("cp1258")
    assert encodings.decode(raw, "cp1258") == "Lắk"
    assert unicodedata.is_normalized("NFC", encodings.decode(raw, "cp1258"))


@pytest.mark.parametrize("name", ["tcvn3", "vni", "viscii", "cp1258", "utf-8"])
def test_tells_encodings_apart(name):
    if name in ("tcvn3", "vni", "viscii"):
        samples = [encoded(text, name) for text in NAMES]
    elif name == "cp1258":
        samples = [cp1258(text) for text in NAMES]
    else:
        samples = [text.encode() for text in NAMES]
    guess = encodings.detect(samples)
    assert guess.encoding == name
    assert guess.confidence >= 0.8
    if name != "tcvn3":
        assert [encodings.decode(sample, name) for sample in samples] == NAMES


def cp1258(text: str) -> bytes:
    out = b""
    for letter in text:
        apart = unicodedata.normalize("NFD", letter)
        tone = "".join(mark for mark in apart if mark in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in tone))
        out += (base + tone).encode("cp1258")
    return out


def test_western_text_gives_no_confidence():
    assert encodings.detect(["Café Zürich, Åse Ørsted".encode("latin-1")]).confidence < 0.8


def test_unknown_and_undecodable_are_named():
    with pytest.raises(encodings.UnknownEncoding):
        encodings.decode(b"", "latin-7")
    with pytest.raises(encodings.UndecodableText) as bad:
        encodings.decode(b"X\xb7", "utf-8")
    assert bad.value.facts["position"] == 1


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("bt_utm49n_tcvn3_noprj", "tcvn3"),
        ("bt_vn2000_10830_tcvn3", "tcvn3"),
        ("bt_vn2000_10830_vni_noprj", "vni"),
        ("bt_vn2000_10745_utf8", "utf-8"),
    ],
)
def test_files_from_the_cupboard(file, expected):
    rows = dbf_rows(shared("data", "legacy_samples", f"{file}.dbf"))
    with shared("data", "legacy_samples", "expected_truth_wgs84.csv").open(encoding="utf-8") as truth:
        names = {row["MAXA"]: (row["TENXA"], row["LOAI"]) for row in csv.DictReader(truth)}
    guess = encodings.detect(cell for row in rows for cell in row)
    assert guess.encoding == expected
    assert guess.confidence >= 0.8
    read = {cells[0].decode(): tuple(encodings.decode(cell, expected) for cell in cells[1:3]) for cells in rows}
    assert read == names
