"""What is proposed of a file's text, coordinates and columns, as a page shows it, without persons."""

from typing import Any

from geodata.foreign.sources import Source
from surveys import screening
from surveys.import_checking import SHAPES, Reading
from surveys.layer import Layer


def found(sources: list[Source], reading: Reading, layer: Layer) -> dict[str, Any]:
    """What is proposed of the file, as a page shows it; texts with a person in them aren't shown as samples."""
    source = reading.source
    private = _private(source)
    return {
        "sources": [
            {"title": one.title, "kind": one.kind, "geometry": one.geometry, "rows": one.rows,
             "fits": bool(one.rows) and one.geometry in SHAPES[layer.shape]}
            for one in sources
        ],
        "number": reading.number,
        "asks": list(reading.asks),
        "encoding": reading.encoding,
        "system": reading.system,
        "encodings": [
            {
                "encoding": one.encoding, "confidence": one.confidence, "why": one.why,
                "samples": [list(pair) for pair in one.samples if pair[0] not in private][:5],
            }
            for one in source.encodings
        ],
        "systems": [
            {
                "system": one.system, "name": one.name, "why": one.why, "facts": one.facts, "named": one.named,
                "inside": one.inside, "placed": one.placed, "in_province": one.in_province, "metres": one.metres,
            }
            for one in source.systems
        ],
        "questions": [{"code": one.code, "facts": one.facts} for one in source.questions],
        "warnings": [{"code": one.code, "facts": one.facts} for one in source.warnings],
        "columns": [field.name for field in source.fields],
    }  # fmt: skip


def _private(source: Source) -> set[str]:
    """Texts as found that a person stands in, or that come from a column about persons: no sample shows them."""
    dropped = {
        sample
        for field in source.fields
        if screening.column(field.name, field.samples) is not None
        for sample in field.samples
    }
    return {
        before
        for one in source.encodings
        for before, after in one.samples
        if before in dropped or after in dropped or screening.find(before) or screening.find(after)
    }
