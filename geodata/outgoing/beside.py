"""What lies beside the data in every zip: data dictionary, rows without a shape, ISO 19139 metadata."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from geodata import csvfiles, sources
from geodata.outgoing import isometadata
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work
from geodata.sources import Box

DICTIONARY, REPORT = "truong.csv", "bao_cao.txt"
_HEADER = ["cot", "khoa", "nhan_vi", "nhan_en", "kieu", "do_rong", "so_le", "danh_muc", "lop"]


def add_to_dictionary(
    work: Work,
    part: Part,
    kinds: Mapping[str, str] = sources.KIND_NAMES,
    widths: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Lines of the layer in truong.csv: name, labels, kind, width and code list of each column."""
    file = work.folder / DICTIONARY
    begun = file.exists()
    with file.open("a", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        if not begun:
            writer.writerow(_HEADER)
        for column in part.source.columns:
            wide: Sequence[Any] = widths[column.name] if widths else ("", column.decimals or "")
            listed = "; ".join(f"{code} = {label}" for code, label in column.codes)
            words = [column.name, column.key, column.label_vi, column.label_en, kinds[column.kind], *map(str, wide)]
            writer.writerow([csvfiles.defused(word) for word in [*words, listed, part.key]])


def keep_shapeless(work: Work, part: Part, classes: Mapping[str, int], which: Sequence[str], report: Writer) -> None:
    """Rows of these classes told one by one, and kept with what geometry they have in khong_hinh.csv."""
    missing = [name for name in which if classes.get(name)]
    for name in missing:
        for row, *_ in sources.stream(work.database, sources.without_shape(part.source, (name,))):
            report.add(name, str(row))
    if missing:
        taken = (work.folder / "khong_hinh.csv").exists()
        file = work.folder / (f"khong_hinh_{part.key}.csv" if taken else "khong_hinh.csv")
        header = [*(column.name for column in part.source.columns), "WKT_WGS84"]
        rows = sources.stream(work.database, sources.without_shape(part.source, which))
        csvfiles.write(file, header, ([*values, wkt] for _, wkt, *values in rows))


def describe(work: Work, part: Part, name: str, box: Box | None) -> None:
    """ISO 19139 metadata as the file `name`."""
    text = isometadata.describe(part.title, work.system, part.key, box)
    (work.folder / name).write_text(text, encoding="utf-8")
