"""A layer as a collection of features for other systems: its properties, one page at a time, one feature."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, Select, Table, case, func, null, or_, select, text
from sqlalchemy.orm import Session

from geodata.fields import Field
from geodata.units import Unit
from surveys.access import Actor, Verb
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.showing import SMALLEST_SHOWN

MOST_COUNTED = 10_000  # how many of a selection are counted; beyond that the number is left out
# Field kind → JSON Schema of its values.
SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "longtext": {"type": "string"},
    "document": {"type": "string"},
    "choice": {"type": "string"},
    "choices": {"type": "array", "items": {"type": "string"}},
    "integer": {"type": "integer"},
    "money": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
}
_UNITS = cast(Table, Unit.__table__)
_COMMUNE, _HAMLET = _UNITS.alias("c"), _UNITS.alias("h")
_ROWS = text("SELECT layer_rows(:layer)")
_WITHIN = text("SELECT features_in(:layer, :west, :south, :east, :north, :after, :most)")


@dataclass(frozen=True)
class Property:
    """A property by its name outside; `value` is what of the row may leave, so that a filter sees nothing more (S6)."""

    name: str
    title: str
    kind: str
    value: ColumnElement[Any]
    unit: str = ""
    codes: str | None = None  # the code list of choice and choices

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema."""
        return {"title": f"{self.title} ({self.unit})" if self.unit else self.title, **SCHEMAS[self.kind]}


@dataclass(frozen=True)
class Asked:
    """One page: `box` is west, south, east, north in WGS 84; `srid` what the geometry is given in."""

    limit: int
    after: uuid.UUID | None = None
    box: tuple[float, float, float, float] | None = None
    begins: dt.date | None = None
    ends: dt.date | None = None
    condition: ColumnElement[bool] | None = None
    srid: int = 4326

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is asked for."""
        return self.box is not None or self.filtered

    @property
    def filtered(self) -> bool:
        """Whether something beside the place is asked for."""
        return self.begins is not None or self.ends is not None or self.condition is not None


@dataclass(frozen=True)
class Page:
    """GeoJSON features in the order of their ids; `next` where more follow; `matched` None where it isn't counted."""

    features: list[dict[str, Any]]
    next: uuid.UUID | None
    matched: int | None


def readable(actor: Actor) -> list[Layer]:
    """The layers this account may read. Restricted reports are no layer of the catalogue: they never leave (S5)."""
    return [layer for layer in CATALOGUE if actor.may(Verb.READ, layer.grants)]


def one(actor: Actor, key: str) -> Layer:
    """The layer by its key. Raises NotFound, Forbidden."""
    layer = named(key)
    actor.must(Verb.READ, key, layer.grants)
    return layer


def properties(layer: Layer) -> tuple[Property, ...]:
    """What a feature of the layer tells: its fields that may leave, its units, its day and version."""
    row = layer.table.__table__.c
    own = [
        Property(field.key, field.label, field.kind, _may_leave(layer, field), field.unit, field.list)
        for field in layer.leaving
    ]
    shared = [
        Property("commune_code", "Mã xã, phường", "text", _COMMUNE.c.code),
        Property("commune_name", "Xã, phường", "text", _COMMUNE.c.kind + " " + _COMMUNE.c.name),
        Property("hamlet_code", "Mã thôn", "text", _of_hamlet(layer, _HAMLET.c.code)),
        Property("hamlet_name", "Thôn, tổ dân phố", "text", _of_hamlet(layer, _HAMLET.c.name)),
        Property("observed_on", "Ngày ghi nhận", "date", row.observed_on),
        Property("version", "Phiên bản", "integer", row.version),
    ]
    return (*own, *(each for each in shared if each.name not in {field.name for field in own}))


def page(session: Session, actor: Actor, layer: Layer, asked: Asked) -> Page:
    """One page within the actor's scope, and how many there are: exact, or None beyond MOST_COUNTED of a selection."""
    row = layer.table.__table__.c
    query = _selected(actor, layer, asked)
    if asked.box is not None and not asked.filtered:
        # The index finds them: under the policy no index of places is used, since its operator isn't leakproof.
        query = query.where(row.id.in_(_found(session, layer, asked, asked.after, asked.limit + 1)))
    else:
        if asked.box is not None:
            query = query.where(row.id.in_(_found(session, layer, asked, None, None)))
        if asked.after is not None:
            query = query.where(row.id > asked.after)
    rows = session.execute(query.order_by(row.id).limit(asked.limit + 1)).all()
    features = [_feature(layer, each._mapping) for each in rows[: asked.limit]]
    follows = rows[asked.limit - 1].id if len(rows) > asked.limit else None
    # Counted for the first page: whoever turns the pages has read it there.
    return Page(features, follows, None if asked.after else _matched(session, actor, layer, asked))


def feature(session: Session, actor: Actor, layer: Layer, id_: uuid.UUID, srid: int) -> dict[str, Any] | None:
    """One feature within the actor's scope."""
    query = _selected(actor, layer, Asked(1, srid=srid)).where(layer.table.__table__.c.id == id_)
    found = session.execute(query).one_or_none()
    return None if found is None else _feature(layer, found._mapping)


def extent(session: Session) -> list[float] | None:
    """West, south, east, north of the scope's province: the extent of any layer of it."""
    box = session.execute(
        text(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(geom) AS b FROM units"
            " WHERE id = nullif(current_setting('app.province', true), '')::int) e WHERE b IS NOT NULL"
        )
    ).one_or_none()
    return None if box is None else [float(each) for each in box]


def _selected(actor: Actor, layer: Layer, asked: Asked) -> Select[Any]:
    table = cast(Table, layer.table.__table__)
    place = table.c.geom if asked.srid == 4326 else func.ST_Transform(table.c.geom, asked.srid)
    shape = func.ST_AsGeoJSON(place, 7 if asked.srid == 4326 else 4, 0)
    columns = [each.value.label(f"p{n}") for n, each in enumerate(properties(layer))]
    query = select(table.c.id, shape.label("shape"), *columns).select_from(joined(table))
    return query.where(*_conditions(actor, table, asked))


def _conditions(actor: Actor, table: Table, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [table.c.province_id == actor.province_id]
    if actor.commune_id:
        found.append(table.c.commune_id == actor.commune_id)
    if asked.begins is not None:
        found.append(table.c.observed_on >= asked.begins)
    if asked.ends is not None:
        found.append(table.c.observed_on <= asked.ends)
    if asked.condition is not None:
        found.append(asked.condition)
    return found


def joined(table: Table) -> FromClause:
    return table.outerjoin(_COMMUNE, _COMMUNE.c.id == table.c.commune_id).outerjoin(
        _HAMLET, _HAMLET.c.id == table.c.hamlet_id
    )


def _found(session: Session, layer: Layer, asked: Asked, after: uuid.UUID | None, most: int | None) -> list[uuid.UUID]:
    assert asked.box is not None  # noqa: S101  said to the type checker
    west, south, east, north = asked.box
    given = {"layer": layer.key, "west": west, "south": south, "east": east, "north": north}
    return list(session.execute(_WITHIN, {**given, "after": after, "most": most}).scalars())


def _matched(session: Session, actor: Actor, layer: Layer, asked: Asked) -> int | None:
    table = cast(Table, layer.table.__table__)
    if not asked.narrowed:
        return session.scalar(_ROWS, {"layer": layer.key})
    if not asked.filtered:
        n = len(_found(session, layer, asked, None, MOST_COUNTED + 1))
    else:
        chosen = select(table.c.id).select_from(joined(table)).where(*_conditions(actor, table, asked))
        if asked.box is not None:
            chosen = chosen.where(table.c.id.in_(_found(session, layer, asked, None, None)))
        few = chosen.limit(MOST_COUNTED + 1).subquery()
        n = session.scalar(select(func.count()).select_from(few)) or 0
    return n if n <= MOST_COUNTED else None


def _may_leave(layer: Layer, field: Field) -> ColumnElement[Any]:
    """The field's value, NULL where a small count or a rule of the layer keeps it back (S6)."""
    row = layer.table.__table__.c
    kept = [row[rule.count] < rule.below for rule in layer.withheld if field.key in rule.fields]
    if field.small_counts:
        kept.append(row[field.key].between(1, SMALLEST_SHOWN - 1))
    return case((or_(*kept), null()), else_=row[field.key]) if kept else row[field.key]


def _of_hamlet(layer: Layer, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A hamlet's code or name, NULL where the row is told by its commune alone (S6)."""
    row = layer.table.__table__.c
    kept = [row[rule.count] < rule.below for rule in layer.withheld if rule.place]
    return case((or_(*kept), null()), else_=value) if kept else value


def _feature(layer: Layer, row: Any) -> dict[str, Any]:
    told = {each.name: _plain(row[f"p{n}"]) for n, each in enumerate(properties(layer))}
    shape = None if row["shape"] is None else json.loads(row["shape"])
    return {"type": "Feature", "id": str(row["id"]), "geometry": shape, "properties": told}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
