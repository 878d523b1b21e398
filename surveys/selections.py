"""What of which layers an export is asked for: layers, area, days, state, filter, columns, system, format."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from psycopg import sql
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from geodata.fields import Field
from geodata.problems import InvalidValue
from surveys import collections, export_columns, feature_filter
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named

MOST_LETTERS = feature_filter.LONGEST
_STATES = ("state", "stage")  # the field that says how far a thing has come, where a layer has one
_KEYS = ("layers", "format", "epsg", "unit", "from", "to", "state", "filter", "columns")


@dataclass(frozen=True)
class Selection:
    """As asked, checked for its shape alone; `columns`: layer key → names of columns, all where a layer isn't named."""

    layers: tuple[str, ...]
    format: str = "shapefile"
    epsg: int | None = None  # None: the province's own
    unit: int | None = None  # id of a unit of today or of before; None: all of the scope
    begins: dt.date | None = None
    ends: dt.date | None = None
    state: str = ""
    filter: str = ""  # CQL2 text
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """As JSON, which `read` takes."""
        told = asdict(self)
        begins, ends = told.pop("begins"), told.pop("ends")
        days = {"from": begins.isoformat() if begins else None, "to": ends.isoformat() if ends else None}
        return {key: value for key, value in {**told, **days}.items() if value not in (None, "", {})}

    @property
    def whole(self) -> bool:
        """Whether every row of the scope goes out."""
        return not (self.unit or self.begins or self.ends or self.state or self.filter)


def read(given: Mapping[str, Any]) -> Selection:
    """Raises InvalidValue for a key or a value of the wrong shape. `layer` may name a single layer."""
    for key in given.keys() - {*_KEYS, "layer"}:
        raise InvalidValue(field=str(key)[:40], reason="unknown")
    layers = given["layers"] if given.get("layers") is not None else [given.get("layer")]
    if not isinstance(layers, list | tuple) or not layers or not all(isinstance(each, str) for each in layers):
        raise InvalidValue(field="layers", reason="a list of layer keys")
    if len(layers) > len(CATALOGUE):
        raise InvalidValue(field="layers", reason=f"at most {len(CATALOGUE)}")
    begins, ends = _day(given, "from"), _day(given, "to")
    if begins and ends and ends < begins:
        raise InvalidValue(field="to", reason="earlier than from")
    return Selection(
        tuple(dict.fromkeys(layers)),
        _text(given, "format") or "shapefile",
        _number(given, "epsg"),
        _number(given, "unit"),
        begins,
        ends,
        _text(given, "state"),
        _text(given, "filter"),
        _columns(given.get("columns")),
    )


def state_field(layer: Layer) -> Field | None:
    """The field that says how far a thing of the layer has come."""
    return next((each for each in layer.leaving if each.key in _STATES), None)


def states(session: Session, layers: Sequence[Layer]) -> list[tuple[str, str]]:
    """(code, label) of the states all of these layers know."""
    fields = [state_field(layer) for layer in layers]
    codes = export_columns.codes(session)
    listed = [codes.get(each.list or "", ()) if each else () for each in fields]
    return [pair for pair in (listed[0] if listed else ()) if all(pair[0] in dict(other) for other in listed)]


def conditions(session: Session, selection: Selection, layer: Layer) -> list[sql.Composable]:
    """What of the layer's table `f` is meant, but for the area. Raises InvalidValue, FilterInvalid."""
    found: list[sql.Composable] = []
    if selection.begins:
        found.append(sql.SQL("f.observed_on >= {}").format(sql.Literal(selection.begins)))
    if selection.ends:
        found.append(sql.SQL("f.observed_on <= {}").format(sql.Literal(selection.ends)))
    if selection.state:
        by = state_field(layer)
        if by is None or selection.state not in dict(states(session, [layer])):
            raise InvalidValue(field="state", reason=f"{selection.state[:40]} – {layer.title}")
        found.append(sql.SQL("f.{} = {}").format(sql.Identifier(by.key), sql.Literal(selection.state)))
    if selection.filter:
        found.append(_filtered(selection.filter, layer))
    return found


def kept_columns(selection: Selection, layer: Layer, names: Sequence[str]) -> frozenset[str]:
    """Which of the layer's columns go out. Raises InvalidValue for one it hasn't."""
    wanted = selection.columns.get(layer.key)
    if wanted is None:
        return frozenset(names)
    for name in wanted:
        if name not in names:
            raise InvalidValue(field="columns", reason=f"{layer.key}.{name[:20]}")
    return frozenset(wanted)


def _filtered(given: str, layer: Layer) -> sql.Composable:
    """The ids a CQL2 filter finds; it sees what may leave and no more."""
    properties = {each.name: each for each in collections.properties(layer)}
    table = cast(Table, layer.table.__table__)
    condition = feature_filter.condition(given, "cql2-text", properties, table.c.geom)
    query = select(table.c.id).select_from(collections.joined(table)).where(condition)
    dialect = postgresql.dialect(paramstyle="named")
    compiled = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return sql.SQL("f.id IN ({})").format(sql.SQL(str(compiled).replace("{", "{{").replace("}", "}}")).format())


def _columns(given: Any) -> dict[str, tuple[str, ...]]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(
        isinstance(names, list | tuple) and all(isinstance(name, str) for name in names) for names in given.values()
    ):
        raise InvalidValue(field="columns", reason="layer → list of column names")
    for key in given:
        named(key)
    return {key: tuple(names) for key, names in given.items()}


def _day(given: Mapping[str, Any], key: str) -> dt.date | None:
    value = _text(given, key)
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise InvalidValue(field=key, reason="yyyy-mm-dd") from None


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value or len(value) > MOST_LETTERS:
        raise InvalidValue(field=key, reason="text")
    return value.strip()


def _number(given: Mapping[str, Any], key: str) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise InvalidValue(field=key, reason="number")
    return value
