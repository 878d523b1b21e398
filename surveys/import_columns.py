"""Which columns of a table feed which fields of a layer; columns about persons are dropped and listed (S1)."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geodata import coordinates
from geodata.fields import Field
from geodata.problems import InvalidValue
from surveys import screening
from surveys.addresses import bare
from surveys.export_columns import Codes
from surveys.layer import Layer

NAMES = {"name", "ten", "tencoso", "placename", "tendiadiem", "sitename", "title"}
ADDRESSES = {"address", "addresstext", "diachi", "diachicoso", "noio", "location"}
YES, NO = {"co", "c", "yes", "true", "1", "x"}, {"khong", "k", "no", "false", "0"}


@dataclass(frozen=True)
class Columns:
    """Header → field; the address is only compared with the place; `dropped` with the reason, `unused` without."""

    fields: Mapping[str, Field]
    address: str | None
    dropped: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]


def match(layer: Layer, headers: Sequence[str], samples: Mapping[str, list[str]], places: frozenset[str]) -> Columns:
    """`samples`: some values of each column; `places`: the columns of coordinates."""
    known = {bare(said): field for field in layer.fields for said in (field.label, field.dbf, field.key)}
    names = NAMES if layer.label == "name" else set()
    fields: dict[str, Field] = {}
    address, dropped, unused = None, [], []
    for header in headers:
        key = bare(header)
        field = layer.field(layer.label) if key in names else known.get(key)
        if header in places:
            continue
        if field is not None and field not in fields.values() and field.kind != "document":
            fields[header] = field
        elif key in ADDRESSES and address is None:
            address = header
        elif verdict := screening.column(header, samples.get(header, [])):
            dropped.append((header, verdict.sentence))
        else:
            unused.append(header)
    return Columns(fields, address, tuple(dropped), tuple(unused))


def read(field: Field, cell: str, codes: Codes) -> Any:
    """A cell as the JSON value of a proposal; None for an empty one. Raises InvalidValue."""
    cell = " ".join(cell.split())
    if not cell:
        return None
    match field.kind:
        case "choice":
            return _code(field, cell, codes)
        case "choices":
            return [_code(field, part, codes) for part in re.split(r"[;,]", cell) if part.strip()]
        case "integer" | "money" | "decimal":
            return _number(field, cell)
        case "date":
            return _day(field, cell)
        case "boolean":
            if bare(cell) in YES | NO:
                return bare(cell) in YES
            raise InvalidValue(field=field.label, value=cell[:40], reason="có / không")
        case _:
            return cell


def _code(field: Field, cell: str, codes: Codes) -> str:
    for code, label in codes.get(field.list or "", ()):
        if cell.strip() == code or bare(cell) == bare(label):
            return code
    raise InvalidValue(field=field.label, value=cell[:40], reason="không có trong danh mục")


def _number(field: Field, cell: str) -> float | int:
    try:
        number = coordinates.number(cell)
    except coordinates.UnreadableCoordinate:
        raise InvalidValue(field=field.label, value=cell[:40], reason="không phải số") from None
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise InvalidValue(field=field.label, value=cell[:40], reason="ngoài khoảng cho phép")
    if field.kind == "decimal":
        return number
    if number != int(number):
        raise InvalidValue(field=field.label, value=cell[:40], reason="không phải số nguyên")
    return int(number)


def _day(field: Field, cell: str) -> str:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise InvalidValue(field=field.label, value=cell[:40], reason="không phải ngày")
