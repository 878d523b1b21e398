"""A file's rows read and judged for a layer, as the rights of this moment allow; nothing is stored but by others."""

import hashlib
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

from openpyxl.utils import get_column_letter
from sqlalchemy import Connection, text

from geodata import incoming
from geodata.foreign.sources import Row, Source
from geodata.problems import Problem
from surveys import (
    export_columns,
    import_addresses,
    import_columns,
    import_judging,
    import_rows,
    import_staging,
    import_twins,
)
from surveys.access import Actor, Verb
from surveys.import_columns import Columns
from surveys.import_rows import Reader
from surveys.layer import Layer
from surveys.screening import parcels

SHAPES = {"POINT": {"POINT", "MIXED", ""}, "MULTIPOLYGON": {"POLYGON", "MIXED", ""}}
SURE = 2  # so many rows of a unit in it, and all of them: then a proposal stands on its own


class WrongShape(Problem):
    """The file holds another kind of geometry than the layer. Facts: layer, found."""

    code: ClassVar[str] = "import_wrong_shape"


class NameMissing(Problem):
    """No column holds the name of a row. Facts: columns."""

    code: ClassVar[str] = "import_name_missing"


class NothingToRead(Problem):
    """No layer or table in the file has the layer's kind of geometry, or none has rows. Facts: found."""

    code: ClassVar[str] = "import_nothing_to_read"


@dataclass(frozen=True)
class Reading:
    """How a file is to be read: which of its layers, in what text and coordinates. `asks`: what isn't sure yet."""

    source: Source
    number: int
    encoding: str
    system: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """Rows in the temporary tables of this transaction, and what is known of their columns.

    `address_unknown`: how many rows with a place name no unit that is known; None for a file without addresses.
    """

    rows: int
    columns: Columns
    reader: Reader
    remembered: bool
    address_unknown: int | None
    letters: Mapping[str, str]  # key of a field → its column in a workbook, as a spreadsheet calls it


def choose(layer: Layer, found: list[Source], choices: dict[str, Any]) -> Reading:
    """The person's choices, else what is proposed. Raises WrongShape, NothingToRead."""
    fit = [i for i, one in enumerate(found) if one.rows and one.geometry in SHAPES[layer.shape]]
    if not fit:
        shapes = ", ".join(sorted({one.geometry or "–" for one in found if one.rows}))
        raise WrongShape(layer=layer.title, found=shapes) if shapes else NothingToRead(found=len(found))
    number = choices.get("source")
    asks = []
    if number not in fit:
        asks += ["source"] if len(fit) > 1 else []
        number = fit[0]
    source = found[number]
    encodings = [one.encoding for one in source.encodings] or [""]
    systems = [one.system for one in source.systems] or [""]
    encoding, system = choices.get("encoding"), choices.get("system")
    if encoding not in encodings:
        encoding = encodings[0]
        asks += ["encoding"] if any(one.code.startswith("encoding_") for one in source.questions) else []
    if system not in systems:
        system = systems[0]
        asks += ["system"] if any(one.code.startswith("system_") for one in source.questions) else []
    return Reading(source, number, encoding, system, tuple(asks))


def check(
    connection: Connection,
    actor: Actor,
    layer: Layer,
    folder: Path,
    reading: Reading,
    choices: dict[str, Any],
    told: Callable[[int], None] = lambda _n: None,
) -> Checked:
    """Fills the tables `incoming` (import_staging) and `judged` (import_judging) within the caller's transaction.

    Raises Forbidden, ParcelMap, NameMissing, SubmissionClassified, and what reading the file raises.
    """
    actor.must(Verb.IMPORT, layer.key, layer.grants)
    source = reading.source
    headers = [field.name for field in source.fields]
    samples = {field.name: list(field.samples) for field in source.fields}
    parcels.refuse_columns(headers, samples)
    known = None if choices.get("columns") else recalled(connection, actor, layer, headers)
    if known is not None:
        choices = {**choices, **known}
    columns = import_columns.match(layer, headers, samples, _places(source), choices.get("columns"))
    codes = export_columns.codes(connection)
    reader = Reader(layer, columns, codes, import_rows.words(choices))
    if layer.label == "name" and not reader.returns and "name" not in {one.key for one in columns.fields.values()}:
        raise NameMissing(columns=", ".join(headers))
    batches = cast(Generator[list[Row]], incoming.rows(folder, source, reading.encoding, reading.system))
    with closing(batches):
        count = import_staging.fill(connection, layer, reader.rows(batches), told)
    import_judging.judge(connection, actor, layer, returns=reader.returns)
    unknown = import_addresses.doubt_far(connection, actor)
    # Last: a row that is doubtful by itself pushes out no good one.
    import_twins.doubt_twins(connection, actor, layer)
    if layer.shape != "POINT":
        areas = connection.execute(
            text(
                "SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY ST_Area(geom::geography)) AS middle"
                " FROM judged WHERE action = 'create' AND ST_Dimension(geom) = 2"
            )
        ).one()
        parcels.refuse_areas(areas.n, areas.middle)
    return Checked(count, columns, reader, known is not None, unknown, _letters(source, columns))


def _letters(source: Source, columns: Columns) -> dict[str, str]:
    """Only a workbook's cells have names that its owner sees."""
    if source.kind != "xlsx":
        return {}
    at = {field.name: get_column_letter(number) for number, field in enumerate(source.fields, start=1)}
    found = {of.key: at[header] for header, of in columns.fields.items() if header in at}
    return found | {role: at[header] for header, role in columns.roles.items() if header in at}


def recalled(connection: Connection, actor: Actor, layer: Layer, headers: list[str]) -> dict[str, Any] | None:
    """The choices of columns and codes somebody confirmed for a table with these columns."""
    found: dict[str, Any] | None = connection.scalar(
        text(
            "SELECT choices FROM import_mappings WHERE province_id = :province AND layer = :layer"
            " AND columns = :columns"
        ),
        {"province": actor.province_id, "layer": layer.key, "columns": _mark(headers)},
    )
    return found


def recall_next_time(
    connection: Connection, actor: Actor, layer: Layer, headers: list[str], choices: dict[str, Any]
) -> None:
    """Remembers how the columns were read, in place of what was known of them."""
    kept = {key: choices[key] for key in ("columns", "codes") if choices.get(key)}
    if not kept:
        return
    connection.execute(
        text(
            "INSERT INTO import_mappings (province_id, layer, columns, choices) VALUES (:province, :layer, :columns,"
            " cast(:choices AS jsonb)) ON CONFLICT (province_id, layer, columns)"
            " DO UPDATE SET choices = excluded.choices, used_at = now()"
        ),
        {
            "province": actor.province_id, "layer": layer.key, "columns": _mark(headers), "choices": json.dumps(kept),
        },
    )  # fmt: skip


def _mark(headers: list[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(headers)).encode()).hexdigest()


def _places(source: Source) -> frozenset[str]:
    """The columns that the places were read from."""
    return frozenset(map(str, source.options.get("places", ())))
