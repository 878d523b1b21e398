"""Whether a file carries a classified marking: in its name, or in words that can be read without its program."""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from surveys import screening

MOST_TEXT, MOST_PART = 1_000_000, 8 << 20  # bytes of a plain file; of one part of an office file, unpacked
# Where DOCX, XLSX, PPTX and OpenDocument keep their words; headers and footers are where a stamp stands.
_WORDS = re.compile(
    r"word/(document|header\d*|footer\d*|footnotes)\.xml|xl/(sharedStrings|worksheets/sheet\d+)\.xml"
    r"|ppt/slides/slide\d+\.xml|(content|styles)\.xml|docProps/(core|custom)\.xml|meta\.xml"
)
_PARAGRAPH = re.compile(r"</(?:w:p|a:p|text:p|text:h|si|c|dc:title|dc:subject|cp:keywords|[a-z]+:lpwstr)>")
_TAG = re.compile(r"<[^>]*>")


def marked(name: str, data: bytes) -> bool:
    """Words of PDF and of pictures aren't read: whoever looks at them must see."""
    return bool(screening.classified(name)) or any(screening.classified(line) for line in _lines(data))


def _lines(data: bytes) -> Iterator[str]:
    if data.startswith(b"PK\x03\x04"):
        yield from _of_office(data)
    elif b"\x00" not in data[:1000] and len(data) <= MOST_TEXT:
        try:
            yield data.decode()
        except UnicodeDecodeError:
            return


def _of_office(data: bytes) -> Iterator[str]:
    """Its paragraphs and cells; of what is no archive, or too large to be one of these, nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.infolist():
                if _WORDS.fullmatch(part.filename):
                    with archive.open(part) as opened:
                        words = opened.read(MOST_PART).decode("utf-8", "replace")
                    for paragraph in _PARAGRAPH.split(words):
                        line = html.unescape(_TAG.sub("", paragraph)).strip()
                        if line:
                            yield line
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
        return
