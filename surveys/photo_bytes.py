"""Cuts what a photo tells besides its picture (EXIF, XMP, thumbnails, trailers) from its bytes, without re-encoding."""

import re
import struct
from dataclasses import dataclass

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
# What hidden data looks like in a file that can't be taken apart: then it can't be taken out either.
_MARKERS = (b"Exif\x00", b"eXIf", b"http://ns.adobe.com/x", b"<x:xmpmeta", b"<?xpacket", b"XMP DataXMP")
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM"}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}


@dataclass(frozen=True)
class Photo:
    """A picture without hidden data; `orientation` is EXIF's number (1 upright), read before EXIF was cut."""

    data: bytes
    orientation: int = 1


class UndecodableError(ValueError):
    """The bytes don't follow their format; `hides` where what could be read held more than a picture."""

    def __init__(self, reason: str, *, hides: bool = True) -> None:
        super().__init__(reason)
        self.hides = hides


def kind(data: bytes) -> str | None:
    """The media type its first bytes claim; None if it is none of the three kinds of photo taken here."""
    if data[:3] == b"\xff\xd8\xff":
        return JPEG
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return None


def hides_something(data: bytes) -> bool:
    """Whether markers of EXIF or XMP stand anywhere in the bytes."""
    return any(marker in data for marker in _MARKERS)


def bare(data: bytes) -> Photo:
    """The photo without EXIF, XMP, comments, thumbnails, colour profiles and trailers. Raises UndecodableError."""
    found = kind(data)
    try:
        if found == JPEG:
            return _bare_jpeg(data)
        if found == PNG:
            return Photo(_bare_png(data))
        if found == WEBP:
            return Photo(_bare_webp(data))
    except (struct.error, IndexError) as error:
        raise UndecodableError(str(error)) from error
    raise UndecodableError("no known kind of photo")


def _bare_jpeg(data: bytes) -> Photo:
    kept = [b"\xff\xd8"]
    orientation, at, dropped = 1, 2, False
    try:
        while True:
            while data[at] == 0xFF and data[at + 1] == 0xFF:
                at += 1
            if data[at] != 0xFF:
                raise IndexError("a marker was expected")
            marker = data[at + 1]
            if marker == 0xD9:  # end of the picture: what a phone appends after it (films, depth maps) is left off
                kept.append(b"\xff\xd9")
                return Photo(b"".join(kept), orientation)
            end = _segment_end(data, at, marker)
            segment = _bare_segment(marker, data[at:end])
            kept.append(segment)
            dropped = dropped or len(segment) != end - at
            if marker == 0xE1:
                orientation = _orientation(data[at + 4 : end]) or orientation
            at = end
            if marker == 0xDA:
                found = _SCAN_END.search(data, at)
                if found is None:
                    raise IndexError("the picture has no end")
                kept.append(data[at : found.start()])
                at = found.start()
    except (struct.error, IndexError) as error:
        raise UndecodableError(str(error), hides=dropped) from error


def _segment_end(data: bytes, at: int, marker: int) -> int:
    (length,) = struct.unpack_from(">H", data, at + 2)
    end: int = at + 2 + length
    if marker == 0x01 or 0xD0 <= marker <= 0xD8 or length < 2 or end > len(data):
        raise IndexError("a segment is broken")
    return end


def _bare_segment(marker: int, segment: bytes) -> bytes:
    """The segment if the picture needs it, else nothing."""
    if marker == 0xE0:
        # Bare JFIF: the one a camera writes may hold a thumbnail of the picture before it was cropped.
        is_jfif = segment[4:9] == b"JFIF\x00" and len(segment) >= 18
        return b"\xff\xe0\x00\x10" + segment[4:16] + b"\x00\x00" if is_jfif else b""
    if marker == 0xEE and segment[4:9] == b"Adobe":
        return segment  # says how colours are coded: without it CMYK photos turn negative
    return b"" if 0xE1 <= marker <= 0xEF or marker == 0xFE else segment


def _orientation(segment: bytes) -> int | None:
    """EXIF's tag 0x0112 of an APP1 segment's content."""
    if segment[:6] != b"Exif\x00\x00":
        return None
    tiff = segment[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, first)
        for i in range(entries):
            tag, _type, _count, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * i)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else None
    except struct.error:
        return None
    return None


def _bare_png(data: bytes) -> bytes:
    kept, at = [data[:8]], 8
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise UndecodableError("a chunk is broken")
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end


def _bare_webp(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 4)
    last = 8 + size
    if last > len(data) + 1:
        raise UndecodableError("shorter than it says")
    kept, at = [], 12
    while at + 8 <= last:
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + (length & 1)
        if at + 8 + length > len(data):
            raise UndecodableError("a chunk is broken")
        chunk = data[at:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~0x2C]) + chunk[9:]  # no profile, EXIF or XMP any more
        if name in _WEBP_KEPT:
            kept.append(chunk)
        at = end
    if not kept:
        raise UndecodableError("no picture")
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body
