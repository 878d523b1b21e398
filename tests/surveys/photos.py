"""Photos as cameras write them: with a place, a thumbnail and comments."""

import io
import struct

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRET = b"SECRET-PLACE"


def picture(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Left half red, right half blue: turning it shows."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    return image


def jpeg(orientation: int = 6, size: tuple[int, int] = (60, 40), *, progressive: bool = False) -> bytes:
    """A JPEG with GPS in EXIF, XMP, a comment, an ICC profile, and a film appended after its end."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (11.0, 57.0, 0.5), "E", (108.0, 3.0, 0.5)
    out = io.BytesIO()
    picture(size).save(
        out,
        "JPEG",
        exif=exif.tobytes(),
        comment=SECRET,
        icc_profile=b"\x00" * 36 + b"acsp" + SECRET,
        progressive=progressive,
        quality=90,
    )
    data = out.getvalue()
    packet = b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    xmp = b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet
    return data[:2] + xmp + data[2:] + b"ftypmp42" + SECRET


def png() -> bytes:
    """A PNG with text and EXIF."""
    info = PngInfo()
    info.add_text("Location", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>" + SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    out = io.BytesIO()
    picture().save(out, "PNG", pnginfo=info, exif=exif.tobytes())
    return out.getvalue() + SECRET


def webp() -> bytes:
    """A WebP with EXIF and XMP."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=exif.tobytes(), xmp=b"<x:xmpmeta>" + SECRET, icc_profile=b"\x00" * 40 + SECRET)
    return out.getvalue()
