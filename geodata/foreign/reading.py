"""In the process apart: the layers of a folder, opened, and their rows in the encoding and system that were chosen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geodata.encodings import UndecodableText
from geodata.foreign import contents, kinds, placing, refusals, texts
from geodata.foreign.opened import Batch, Layer

MOST_ROWS = 1_000_000
_REMEMBERED = 50_000  # cells of a column kept decoded
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


def layers(found: kinds.Found, title: str) -> list[Layer]:
    """What a file holds. Raises Refused's kinds."""
    contents.check(found, title)
    match found.kind.key:
        case "csv" | "xlsx":
            from geodata.foreign import tables

            return list(tables.layers(found, title))
        case "parquet":
            from geodata.foreign import parquet

            return list(parquet.layers(found, title))
        case _:
            from geodata.foreign import gdal

            return list(gdal.layers(found, title))


def batches(layer: Layer, title: str) -> Iterator[Batch]:
    """As the layer's own, within the limits. Raises TooManyRows, TooManyVertices."""
    rows = 0
    for batch in layer.batches():
        rows += len(batch.numbers)
        if rows > MOST_ROWS:
            raise refusals.TooManyRows(title, most=MOST_ROWS)
        placing.check_size(batch.shapes, batch.numbers, title)
        yield batch


def rows(found: kinds.Found, title: str, chosen: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
    """Frames of (columns, problems and sizes, geometries one after another) for `incoming.rows`."""
    layer = next((each for each in layers(found, title) if each.layer == chosen["layer"]), None)
    if layer is None:
        raise refusals.Unreadable(title, reason=f"layer {chosen['layer']}"[:80])
    decoders = [Decoder(chosen["encoding"]) for _ in layer.names]
    for batch in batches(layer, title):
        problems = list(batch.problems)
        columns = []
        for cells, kind, decoder in zip(batch.columns, layer.kinds, decoders, strict=True):
            columns.append(cells if kind in ("integer", "decimal", "boolean") else decoder.column(cells, problems))
        geometries: list[bytes | None] = [None] * len(batch.numbers)
        if layer.geometry and chosen["system"]:
            made, found_problems = placing.place(
                batch.shapes, chosen["system"], exchange=chosen["exchange"], has_places=not batch.problems
            )
            problems += found_problems
            geometries = placing.wkb(made)
        sizes = [-1 if each is None else len(each) for each in geometries]
        head = {"numbers": batch.numbers, "columns": columns, "problems": problems, "sizes": sizes}
        yield head, [each for each in geometries if each is not None]


class Decoder:
    """The cells of one column; those of a kind are decoded once."""

    def __init__(self, encoding: str) -> None:
        self._encoding, self._known = encoding, dict[bytes, str]()

    def column(self, cells: list[Any], problems: placing.Problems) -> list[Any]:
        """Text in NFC for bytes; anything else as it is. What can't be decoded is read as Latin-1 and said."""
        made, known = [], self._known
        for row, cell in enumerate(cells):
            if not isinstance(cell, bytes):
                made.append(cell)
                continue
            text = known.get(cell)
            if text is None:
                text = self._text(cell, row, problems)
                if len(known) < _REMEMBERED:
                    known[cell] = text
            made.append(text or None)
        return made

    def _text(self, cell: bytes, row: int, problems: placing.Problems) -> str:
        try:
            # VISCII has letters among the control signs.
            plain = cell.isascii() and self._encoding != "viscii"
            text = cell.decode() if plain else texts.read(cell, self._encoding)
        except UndecodableText:
            text = cell.decode("latin-1")
            problems.append((row, "text_undecodable", {"encoding": self._encoding, "text": text[:40]}))
        return (text if text.isprintable() else text.translate(_CONTROLS)).strip()


def found_in(folder: Path, titles: dict[str, str]) -> list[kinds.Found]:
    """The main files of a job's folder. Raises Empty for none, and what `kinds.main_files` raises."""
    found = kinds.main_files(folder, titles)
    if not found:
        raise refusals.Empty(next(iter(titles.values()), "…"))
    return found
