"""Column kinds that know their label, DBF name, code list and how they are asked, read and shown."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import MappedColumn, mapped_column


@dataclass(frozen=True)
class Field:
    """What every derived thing (form, map, table, shapefile, dictionary) knows about one column."""

    kind: str  # text, longtext, choice, choices, integer, money, decimal, date, boolean, document
    label: str
    label_en: str
    dbf: str  # ≤ 10 ASCII characters, unique within its layer
    key: str = ""
    required: bool = False
    list: str | None = None  # code list of choice and choices
    hint: str = ""
    asked: bool = True  # stands in the generated form
    leaves: bool = True  # may leave by popup, table, export, API, tile or search (free text of reports may not)
    relevant: str = ""  # XLSForm expression: when it is asked
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""  # km, ha, %, đồng
    decimals: int = 0
    future: bool = False  # a date that may lie ahead of today
    small_counts: bool = False  # counts people: below 5 it is shown as "<5"


def _column(sql_type: Any, field: Field) -> MappedColumn[Any]:
    # A question that isn't always asked can't be NOT NULL: the form requires it where it is relevant.
    nullable = not field.required or bool(field.relevant)
    return mapped_column(sql_type, nullable=nullable, info={"field": field})


def text(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """One line of Unicode text (NFC), screened on the way in."""
    return _column(Text(), Field("text", label, label_en, dbf, **facts))


def longtext(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """Several lines of Unicode text (NFC), screened on the way in."""
    return _column(Text(), Field("longtext", label, label_en, dbf, **facts))


def choice(label: str, list_: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """One code of the dated code list `list_`."""
    return _column(Text(), Field("choice", label, label_en, dbf, list=list_, **facts))


def choices(label: str, list_: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """Any number of codes of the dated code list `list_`; text[]."""
    return _column(ARRAY(Text()), Field("choices", label, label_en, dbf, list=list_, **facts))


def integer(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """A whole number, 0 or more unless `minimum` says otherwise."""
    return _column(Integer(), Field("integer", label, label_en, dbf, **{"minimum": 0, **facts}))


def money(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """Whole đồng, bigint."""
    return _column(BigInteger(), Field("money", label, label_en, dbf, **{"minimum": 0, "unit": "đồng", **facts}))


def decimal(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """A measured number (double precision) with its unit and the decimals worth showing."""
    return _column(Double(), Field("decimal", label, label_en, dbf, **{"minimum": 0, "decimals": 1, **facts}))


def date(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """A calendar day, without zone."""
    return _column(Date(), Field("date", label, label_en, dbf, **facts))


def boolean(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """Yes or no."""
    return _column(Boolean(), Field("boolean", label, label_en, dbf, **facts))


def document(label: str, label_en: str, dbf: str, **facts: Any) -> MappedColumn[Any]:
    """The sha256 (hex) of an attached document."""
    return _column(Text(), Field("document", label, label_en, dbf, **facts))


def of(table: Any) -> tuple[Field, ...]:
    """The fields of a mapped class in the order of their declaration, each with its key."""
    return tuple(_keyed(column) for column in table.__table__.columns if "field" in column.info)


def _keyed(column: Column[Any]) -> Field:
    field: Field = column.info["field"]
    return replace(field, key=column.key)
