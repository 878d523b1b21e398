"""Layers as KML for Google Earth: a folder each, coloured as on the map, values with their Vietnamese names."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from psycopg import sql

from geodata import sources
from geodata.outgoing import beside
from geodata.outgoing.lossreport import Writer
from geodata.outgoing.parts import Part, Work

_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no way to write
_TYPES = {"integer": "int", "bigint": "double", "decimal": "double"}  # an int of KML has 32 bits
_BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document id="root_doc">\n'
)
_END = "</Document>\n</kml>\n"


def write(work: Work, part: Part, report: Writer) -> None:
    """A folder of the one .kml of all layers."""
    with work.database.cursor() as cursor:
        shapes = sources.count(cursor, part.source)
    rows = report.report.rows = shapes.rows
    out: TextIO | None = work.open.get("kml")
    if out is None:
        out = work.open["kml"] = (work.folder / f"{work.stem}.kml").open("w", encoding="utf-8")
        work.kept.callback(out.close)
        work.kept.callback(out.write, _END)
        out.write(_BEGIN)
    drawn = _Drawn(part)
    out.write(drawn.schema() + drawn.styles() + f"<Folder><name>{_text(part.title.title)}</name>\n")
    done = 0
    shape = sql.SQL("ST_AsKML({}, 8)").format(sources.place(part.source, work.system))
    for batch in sources.rows(work.database, part.source, shape):
        out.writelines(map(drawn.placemark, batch))
        done += len(batch)
        work.stop_if_cancelled()
        work.tick(done)
    out.write("</Folder>\n")
    if drawn.cleaned:
        report.add("control", f"{part.title.title}: {drawn.cleaned}", drawn.cleaned)
    beside.describe(work, part, f"{part.title.name}.xml", shapes.box)
    beside.add_to_dictionary(work, part)
    report.report.written = rows


class _Drawn:
    """A layer's rows as placemarks."""

    def __init__(self, part: Part) -> None:
        self.part, self.columns, self.cleaned = part, part.source.columns, 0
        names = [column.name for column in self.columns]
        self.named = names.index(part.label) if part.label in names else None
        self.styled = names.index(part.look.column) if part.look.column in names else None
        self.numbers = {value: at for at, (value, _, _) in enumerate(part.look.categories)}

    def schema(self) -> str:
        """Which columns there are: GDAL and QGIS read types from here."""
        fields = "".join(
            f'<SimpleField name={quoteattr(column.name)} type="{_TYPES.get(column.kind, "string")}">'
            f"<displayName>{_text(column.label_vi)}</displayName></SimpleField>\n"
            for column in self.columns
        )
        return f'<Schema name="{self.part.key}" id="{self.part.key}">\n{fields}</Schema>\n'

    def styles(self) -> str:
        """One for each category, and one for the rest."""
        colors = [(f"{at}", color) for at, (_, _, color) in enumerate(self.part.look.categories)]
        return "".join(
            f'<Style id="{self.part.key}_{name}"><IconStyle><color>{_abgr(color, "ff")}</color></IconStyle>'
            f"<LineStyle><color>{_abgr(color, 'ff')}</color><width>1.5</width></LineStyle>"
            f"<PolyStyle><color>{_abgr(color, '99')}</color></PolyStyle></Style>\n"
            for name, color in (*colors, ("other", self.part.look.color))
        )

    def placemark(self, row: Sequence[Any]) -> str:
        """One row; a value that is null has no element, an empty text an empty one."""
        *values, shape = row
        name = f"<name>{self._clean(str(values[self.named]))}</name>" if self.named is not None else ""
        style = self.numbers.get(values[self.styled], "other") if self.styled is not None else "other"
        data = "".join(
            f'<SimpleData name="{column.name}">{self._clean(_written(value))}</SimpleData>'
            for column, value in zip(self.columns, values, strict=True)
            if value is not None
        )
        return (
            f"<Placemark>{name}<styleUrl>#{self.part.key}_{style}</styleUrl>"
            f'<ExtendedData><SchemaData schemaUrl="#{self.part.key}">{data}</SchemaData></ExtendedData>'
            f"{shape or ''}</Placemark>\n"
        )

    def _clean(self, text: str) -> str:
        clean = _CONTROL.sub("", text)
        self.cleaned += clean != text
        return escape(clean)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _text(words: str) -> str:
    return escape(_CONTROL.sub("", words))


def _abgr(color: str, alpha: str) -> str:
    """#rrggbb as KML has it, the other way round."""
    return f"{alpha}{color[5:7]}{color[3:5]}{color[1:3]}"
