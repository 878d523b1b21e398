"""Archives and loose files into a job's folder, under names of ours; counted while they come out, since headers lie."""

import hashlib
import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from geodata.columns import plain
from geodata.foreign import contents, kinds, refusals

MOST_UNPACKED = 1 << 30
MOST_ENTRIES = 1000
MOST_RATIO = 200
"""Text of coordinates packs to a tenth, an empty raster-like DBF to a fiftieth."""

_MOST_DIRECTORY = 1 << 20  # bytes of an archive's table of contents
_END = b"PK\x05\x06"
_SKIPPED = re.compile(r"(^|/)(__MACOSX|\.[^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE)
_ARCHIVE_SUFFIXES = {
    ".zip",
    ".kmz",
    ".rar",
    ".7z",
    ".gz",
    ".tgz",
    ".bz2",
    ".xz",
    ".tar",
    ".zst",
    ".cab",
    ".jar",
    ".iso",
}


@dataclass
class Unpacked:
    """`titles`: our name of each file → its owner's. `ignored`: entries of no use here."""

    titles: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def unpack(path: Path, name: str, into: Path) -> Unpacked:
    """Puts what is readable of an uploaded file (`name`: its owner's) into a folder. Raises Refused's kinds."""
    if path.stat().st_size > kinds.MOST_BYTES:
        raise refusals.TooLarge(name, megabytes=kinds.MOST_BYTES >> 20)
    made = Unpacked()
    suffix = kinds.of_suffix(name)
    if suffix in kinds.ARCHIVES:
        _open(path, name, suffix, into, made)
    else:
        kinds.check(path, name)
        if suffix == ".xlsx":
            check_workbook(path, name)
        target = into / _our_name(name)
        if target.exists():
            raise refusals.ArchiveTwice(name)
        shutil.copyfile(path, target)
        made.titles[target.name] = name
    for ours in made.titles:
        if kinds.of_suffix(ours) in (".tab", ".mif"):
            contents.neutral(into / ours)
    return made


def check_workbook(path: Path, name: str) -> None:
    """An .xlsx is an archive too: what it would unpack to, before anything unpacks it."""
    entries = _entries(path, name)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise refusals.OtherContent(name, kind="Excel (.xlsx)")
    if any(each.lower().endswith(("vbaproject.bin", ".exe", ".dll")) for each in names):
        raise refusals.Active(name, what="VBA")
    left = MOST_UNPACKED // 4
    with zipfile.ZipFile(path) as archive:
        for entry in entries:
            left -= _count(archive, entry, left, name)


def _open(path: Path, name: str, suffix: str, into: Path, made: Unpacked) -> None:
    entries = [entry for entry in _entries(path, name) if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names:
        raise refusals.OtherContent(name, kind="ZIP")
    wanted = [entry for entry in entries if _is_wanted(entry.filename, suffix, made)]
    if any(kinds.of_suffix(entry.filename) in kinds.BY_SUFFIX and not _is_text(entry) for entry in wanted):
        # Beside something better a text file is a read-me, and our own exports hold their data dictionary.
        made.ignored += [entry.filename for entry in wanted if _is_text(entry)]
        wanted = [entry for entry in wanted if not _is_text(entry)]
    if not any(kinds.of_suffix(entry.filename) in kinds.BY_SUFFIX for entry in wanted):
        raise refusals.Empty(name)
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in wanted:
                target = into / _our_name(entry.filename)
                if target.exists():
                    raise refusals.ArchiveTwice(entry.filename)
                left -= _pour(archive, entry, target, left)
                made.titles[target.name] = entry.filename
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise refusals.ArchiveBroken(name, reason=str(error)[:200]) from None
    for ours, theirs in made.titles.items():
        if kinds.of_suffix(theirs) in kinds.BY_SUFFIX:
            kinds.check(into / ours, theirs)
        if kinds.of_suffix(theirs) == ".xlsx":
            check_workbook(into / ours, theirs)


def _is_wanted(filename: str, suffix: str, made: Unpacked) -> bool:
    known = kinds.of_suffix(filename)
    if _SKIPPED.search(filename):
        return False
    if suffix == ".kmz":
        if known == ".kml":
            return True
    elif known in kinds.BY_SUFFIX or known in kinds.PARTS:
        return True
    made.ignored.append(filename)
    return False


def _is_text(entry: zipfile.ZipInfo) -> bool:
    return kinds.of_suffix(entry.filename) == ".txt" or Path(entry.filename).name.lower() == "truong.csv"


def _entries(path: Path, name: str) -> list[zipfile.ZipInfo]:
    """What an archive says it holds, judged before anything is unpacked."""
    _check_ends(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise refusals.ArchiveBroken(name, reason=str(error)[:200]) from None
    if len(entries) > MOST_ENTRIES:
        raise refusals.ArchiveCrowd(name, most=MOST_ENTRIES)
    for entry in entries:
        _check_entry(entry)
    packed, whole = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    if whole > MOST_UNPACKED or whole > MOST_RATIO * max(packed, 64 << 10):
        raise refusals.ArchiveBomb(name)
    seen: set[str] = set()
    for entry in entries:
        key = entry.filename.casefold()
        if key in seen:
            raise refusals.ArchiveTwice(entry.filename)
        seen.add(key)
    return entries


def _check_ends(path: Path, name: str) -> None:
    """Begins and ends as an archive and nothing else; its table of contents is small enough to be read."""
    size = path.stat().st_size
    with path.open("rb") as raw:
        first = raw.read(4)
        raw.seek(max(0, size - (1 << 16) - 22))
        tail = raw.read()
    at = tail.rfind(_END)
    if first == _END[:4] or (first == b"PK\x03\x04" and at < 0):
        raise refusals.Empty(name) if at >= 0 else refusals.ArchiveBroken(name, reason="…")
    if first != b"PK\x03\x04" or at < 0:
        if first == b"PK\x07\x08":
            raise refusals.ArchiveBroken(name, reason="spanned")
        raise refusals.OtherContent(name, kind="ZIP")
    end = tail[at : at + 22]
    if len(end) < 22:
        raise refusals.ArchiveBroken(name, reason="end")
    directory, begins, comment = (
        int.from_bytes(end[12:16], "little"),
        int.from_bytes(end[16:20], "little"),
        int.from_bytes(end[20:22], "little"),
    )
    if directory > _MOST_DIRECTORY:
        raise refusals.ArchiveCrowd(name, most=MOST_ENTRIES)
    ends = size - len(tail) + at
    if begins != 0xFFFFFFFF and (begins + directory != ends or ends + 22 + comment != size):
        # Something stands before, between or after: another file in the same bytes.
        raise refusals.OtherContent(name, kind="ZIP")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    theirs = entry.orig_filename.replace("\\", "/")
    if theirs.startswith("/") or ":" in theirs or ".." in theirs.split("/") or "\0" in theirs or len(theirs) > 400:
        raise refusals.ArchivePath(entry.orig_filename.replace("\0", "␀"))
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refusals.ArchiveLink(entry.filename)
    if entry.flag_bits & 1:
        raise refusals.ArchiveLocked(entry.filename)
    if kinds.of_suffix(theirs) in _ARCHIVE_SUFFIXES:
        raise refusals.ArchiveNested(entry.filename)
    if kinds.of_suffix(theirs) == ".vrt":
        raise refusals.Pointing(entry.filename, what="VRT")
    if entry.file_size > MOST_UNPACKED or entry.file_size > MOST_RATIO * max(entry.compress_size, 64 << 10):
        raise refusals.ArchiveBomb(entry.filename)


def _pour(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Bytes written. Stops at `most`."""
    written = 0
    with archive.open(entry) as packed, target.open("xb") as out:
        while block := packed.read(1 << 18):
            written += len(block)
            if written > most:
                raise refusals.ArchiveBomb(entry.filename)
            out.write(block)
    return written


def _count(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int, name: str) -> int:
    """Bytes that come out of an entry of a workbook; XML that declares entities is refused on the way."""
    counted = 0
    try:
        with archive.open(entry) as packed:
            while block := packed.read(1 << 18):
                if (counted == 0 and b"<!DOCTYPE" in block) or b"<!ENTITY" in block:
                    raise refusals.Doctype(name)
                counted += len(block)
                if counted > most:
                    raise refusals.ArchiveBomb(name)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError) as error:
        raise refusals.ArchiveBroken(name, reason=str(error)[:200]) from None
    return counted


def _our_name(theirs: str) -> str:
    """Letters and digits only; parts of one file keep one name, files of one name in two folders don't."""
    whole = theirs.replace("\\", "/")
    stem = whole[: len(whole) - len(kinds.of_suffix(whole))].casefold()
    short = plain(stem.rsplit("/", 1)[-1])[:40] or "tep"
    return f"{short}_{hashlib.sha256(stem.encode()).hexdigest()[:8]}{kinds.of_suffix(whole)}"
