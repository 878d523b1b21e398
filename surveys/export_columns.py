"""A layer as the SELECT and the columns of a file: labels for codes, small counts of people left out (S6)."""

import json
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from typing import LiteralString

from psycopg import sql
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from geodata.fields import Field
from geodata.sources import Column, Source
from surveys.access import Actor
from surveys.code_lists import Code
from surveys.layer import Layer
from surveys.showing import SMALLEST_SHOWN

Codes = dict[str, tuple[tuple[str, str], ...]]  # list → (code, label) in its order
KINDS = {
    "text": "text", "longtext": "text", "choice": "text", "choices": "text", "document": "text", "integer": "integer",
    "money": "bigint", "decimal": "decimal", "date": "date", "boolean": "boolean",
}  # fmt: skip
ORIGINS = (
    ("survey", "khảo sát"), ("import", "nhập từ tệp"), ("curation", "hiệu chỉnh"), ("demo", "dữ liệu minh hoạ"),
)  # fmt: skip
# What every layer's file holds beside its own fields. MA_THON is empty where only the commune is known.
SHARED = (
    (Column("commune", "MA_XA", "Mã xã, phường", "Commune code", "text"), "c.code"),
    (Column("commune_name", "TEN_XA", "Xã, phường", "Commune", "text"), "c.kind || ' ' || c.name"),
    (Column("hamlet", "MA_THON", "Mã thôn", "Hamlet code", "text"), "h.code"),
    (Column("hamlet_name", "TEN_THON", "Thôn, tổ dân phố", "Hamlet", "text"), "h.name"),
    (Column("observed_on", "NGAY_GN", "Ngày ghi nhận", "Observed on", "date"), "f.observed_on"),
    (Column("version", "PHIEN_BAN", "Phiên bản", "Version", "integer"), "f.version"),
)
ALWAYS = frozenset({"ID", "PHIEN_BAN"})  # a row is known by these when it comes back
OFFICE = Column("office", "CQ_TRALOI", "Cơ quan phải trả lời", "Answering office", "text")


def codes(session: Session | Connection) -> Codes:
    """Every code ever used, as an old row keeps its words after its code has ended; the newest label wins."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    rows = session.execute(select(Code.list, Code.code, Code.label_vi).order_by(Code.position, Code.valid_from))
    for list_, code, label in rows:
        found[list_][code] = label
    return {list_: tuple(labels.items()) for list_, labels in found.items()}


def source(
    layer: Layer,
    actor: Actor,
    codes: Codes,
    *,
    conditions: Sequence[sql.Composable] = (),
    kept: Container[str] | None = None,
    more: Sequence[tuple[Column, sql.Composable]] = (),
) -> Source:
    """Rows of the actor's scope, which the query states and the row policies, told by the prelude, cut once more.

    `conditions` over the layer's table `f` cut further; `kept`: names of the columns wanted, None: all; those of
    ALWAYS and `more` are there in any case.
    """
    pairs = [pair for pair in columns(layer, codes) if kept is None or pair[0].name in kept or pair[0].name in ALWAYS]
    pairs += more
    named = [sql.SQL("{} AS {}").format(value, sql.Identifier(column.name)) for column, value in pairs]
    query = sql.SQL(
        "SELECT {columns}, {place} AS geometry FROM {table} f LEFT JOIN units c ON c.id = f.commune_id"
        " LEFT JOIN units h ON h.id = f.hamlet_id {office} WHERE {scope}"
    ).format(
        columns=sql.SQL(", ").join(named),
        place=_place(layer),
        table=sql.Identifier(layer.key),
        office=sql.SQL("LEFT JOIN offices o ON o.id = f.office_id" if answers(layer) else ""),
        scope=sql.SQL(" AND ").join([scope(actor), *conditions]),
    )
    return Source(query.as_string(None), tuple(column for column, _ in pairs), prelude=prelude(actor))


def columns(layer: Layer, codes: Codes) -> list[tuple[Column, sql.Composable]]:
    """What a file of the layer may hold, each column with its value over `f`, `c`, `h` and `o`."""
    found: list[tuple[Column, sql.Composable]] = [
        (Column("id", "ID", "Mã đối tượng (UUID)", "Feature id", "text", fixed=36), sql.SQL("f.id::text"))
    ]
    found += [(_column(field, codes), _kept_back(layer, field, _value(field, codes))) for field in layer.leaving]
    found += [(column, _unit(layer, value)) for column, value in SHARED]
    if answers(layer):
        found.append((OFFICE, sql.SQL("o.name")))
    origin = Column("origin", "XUAT_XU", "Xuất xứ của dòng", "Origin of the row", "text", codes=ORIGINS)
    return [*found, (origin, _case(sql.SQL("f.origin"), ORIGINS))]


def answers(layer: Layer) -> bool:
    """Whether rows of the layer have an office that must answer them."""
    return "office_id" in layer.table.__table__.columns


def scope(actor: Actor) -> sql.Composed:
    """The actor's rows of a layer's table `f`."""
    within = sql.SQL("f.province_id = {}").format(sql.Literal(actor.province_id))
    if actor.commune_id:
        within += sql.SQL(" AND f.commune_id = {}").format(sql.Literal(actor.commune_id))
    return within


def prelude(actor: Actor) -> tuple[str, ...]:
    """Statements that tell a connection of the web role whose rows it may see."""
    return tuple(
        sql.SQL("SELECT set_config({}, {}, false)").format(sql.Literal(key), sql.Literal(value)).as_string(None)
        for key, value in actor.settings().items()
    )


def left_out(layer: Layer) -> Iterator[tuple[str, sql.Composable]]:
    """(what is said of it, condition over `f`) for each thing of a row that may be kept back."""
    for field in layer.leaving:
        if field.small_counts:
            yield f"{field.dbf} ({field.label}): ô nhỏ hơn {SMALLEST_SHOWN}, để trống", _small(field)
    for rule in layer.withheld:
        columns = ", ".join(layer.field(key).dbf for key in rule.fields)
        yield f"{columns} – {rule.why}", sql.SQL("({})").format(sql.SQL(rule.when))


def _column(field: Field, codes: Codes) -> Column:
    listed = codes.get(field.list or "", ())
    return Column(field.key, field.dbf, _label(field), field.label_en, KINDS[field.kind], field.decimals, listed)


def _label(field: Field) -> str:
    return f"{field.label} ({field.unit})" if field.unit else field.label


def _value(field: Field, codes: Codes) -> sql.Composable:
    column = sql.SQL("f.{}").format(sql.Identifier(field.key))
    listed = codes.get(field.list or "", ())
    match field.kind:
        case "choice":
            return _case(column, listed)
        case "choices":
            labels = sql.Literal(json.dumps(dict(listed), ensure_ascii=False))
            return sql.SQL(
                "(SELECT string_agg(coalesce({labels}::jsonb ->> t.code, t.code), ', ' ORDER BY t.n)"
                " FROM unnest({column}) WITH ORDINALITY AS t (code, n))"
            ).format(labels=labels, column=column)
        case "longtext":
            return sql.SQL(r"regexp_replace({}, '\s*[\r\n]+\s*', ' ', 'g')").format(column)
        case _:
            return column


def _case(column: sql.Composable, labels: tuple[tuple[str, str], ...]) -> sql.Composable:
    if not labels:
        return column
    whens = [sql.SQL("WHEN {} THEN {}").format(sql.Literal(code), sql.Literal(label)) for code, label in labels]
    return sql.SQL("CASE {column} {whens} ELSE {column} END").format(column=column, whens=sql.SQL(" ").join(whens))


def _kept_back(layer: Layer, field: Field, value: sql.Composable) -> sql.Composable:
    conditions = [sql.SQL("({})").format(sql.SQL(rule.when)) for rule in layer.withheld if field.key in rule.fields]
    if field.small_counts:
        conditions.append(_small(field))
    if not conditions:
        return value
    return sql.SQL("CASE WHEN {} THEN NULL ELSE {} END").format(sql.SQL(" OR ").join(conditions), value)


def _small(field: Field) -> sql.Composed:
    return sql.SQL("(f.{} BETWEEN 1 AND {})").format(sql.Identifier(field.key), sql.Literal(SMALLEST_SHOWN - 1))


def _place(layer: Layer) -> sql.Composable:
    return _unit(layer, "f.geom", finer=True)


def _unit(layer: Layer, value: LiteralString, *, finer: bool = False) -> sql.Composable:
    """A value of `f`, `c` or `h`; NULL where a place is withheld of what is `finer` than the commune, as `h` is."""
    if not layer.unplaced or not (finer or value.startswith("h.")):
        return sql.SQL(value)
    return sql.SQL("CASE WHEN {} THEN NULL ELSE {} END").format(sql.SQL(layer.unplaced), sql.SQL(value))
