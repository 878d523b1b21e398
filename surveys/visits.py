"""Features for follow-up visits: an account's own ones, each with its answers as the layer's form would hold them."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata.fields import Field
from surveys import form_versions, unit_lists
from surveys.access import Actor, Verb
from surveys.layer import Layer
from surveys.layers import CATALOGUE, named
from surveys.showing import SMALLEST_SHOWN
from surveys.xlsforms import listed_as

MOST = 12_000  # features of one answer; the answer says how many older ones it leaves out
MOST_LISTED = 400  # rows of an entity list: ODK Collect reads it whole, on a cheap phone
MOST_CORNERS = 500  # of an outline that can be an answer; what has more, parts or holes stays as it is on a visit
FORMAT = 1  # of the answer; part of its ETag

# Degrees to a millimetre, without the noise of binary fractions.
_LAT, _LON = (f"round(ST_{axis}({{0}}.geom)::numeric, 8)::float8" for axis in "YX")
_SCOPE = "province_id = :province AND :commune IN (0, commune_id)"
_CORNERS = (  # noqa: S608  the names are ours
    "(SELECT string_agg({lat} || ' ' || {lon} || ' 0 0', '; ' ORDER BY d.path)"
    " FROM ST_DumpPoints(ST_ExteriorRing(ST_GeometryN(f.geom, 1))) d)"
).format(lat=_LAT.format("d"), lon=_LON.format("d"))


@dataclass(frozen=True)
class Known:
    """The state of a layer in an account's scope: how many features, and a mark that changes with any of them."""

    total: int
    mark: str


def told(layer: Layer, field: Field, row: Mapping[str, Any]) -> bool:
    """Whether the answer of a row (values by field key) goes to a phone.

    Free text of reports doesn't (S2), nor do very small counts of people and what small places withhold (S6). Where
    the phone wasn't told, leaving a question empty says nothing.
    """
    value = row.get(field.key)
    if field.small_counts and value is not None and 0 < int(value) < SMALLEST_SHOWN:
        return False
    return _may_be_told(layer, field) and not any(
        field.key in rule.fields and rule.holds(row) for rule in layer.withheld
    )


def visited(actor: Actor) -> list[Layer]:
    """The layers whose features the actor may both read and send answers about; reports are answered, not visited."""
    return [layer for layer in CATALOGUE if layer.visited and _may(actor, layer)]


def layer_of(actor: Actor, key: str) -> Layer:
    """The layer of that key if its features may be read for visits. Raises NotFound, Forbidden."""
    layer = named(key)
    actor.must(Verb.READ, key, layer.grants)
    actor.must(Verb.SUBMIT, key, layer.grants)
    return layer


def known(session: Session | Connection, actor: Actor, layer: Layer) -> Known:
    """What the actor's features of a layer are now, in one quick question."""
    row = session.execute(
        text(f"SELECT count(*), max(updated_at), sum(version) FROM {layer.key} WHERE {_SCOPE}"),  # noqa: S608  own names
        _scope(actor),
    ).one()
    lists = unit_lists.of(session, actor).md5
    live = form_versions.live_version(session, layer.key)
    facts = [FORMAT, layer.key, actor.province_id, actor.commune_id, *map(str, row), sorted(lists.items()), live]
    return Known(row[0], hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32])


def body(session: Session | Connection, actor: Actor, layer: Layer, total: int) -> str:
    """The features as JSON, one to a line, so that a slow phone can read it in steps; by name, at most MOST."""
    given = {**_scope(actor), "most": MOST, "list": _list_of_label(layer)}
    rows = session.execute(text(_rows(layer)), given).scalars().all()
    head = {
        "layer": layer.key, "title": layer.title, "title_en": layer.title_en, "form": layer.key,
        "visit": layer.visited, "total": total, "more": max(total - len(rows), 0),
        "units": unit_lists.labels(session, actor),
    }  # fmt: skip
    return json.dumps(head, ensure_ascii=False)[:-1] + ',"rows":[\n' + ",\n".join(rows) + "\n]}\n"


def entity_list(session: Session | Connection, actor: Actor, layer_key: str) -> bytes:
    """The features last seen as the CSV ODK Collect reads: name (the id), label, __version, and the answers.

    Raises NotFound, Forbidden.
    """
    layer = layer_of(actor, layer_key)
    given = {**_scope(actor), "most": MOST_LISTED, "list": _list_of_label(layer)}
    rows = [json.loads(row) for row in session.execute(text(_rows(layer)), given).scalars()]
    questions = ["commune", "hamlet", *(field.key for field in layer.fields if _may_be_told(layer, field)), "geometry"]
    places = unit_lists.labels(session, actor)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["name", "label", "__version", *map(listed_as, questions)])
    for row in rows:
        where = [places.get(row["hamlet"] or 0, ""), places.get(row["commune"], ""), _day(row["observed"])]
        label = f"{row['label']} ({', '.join(filter(None, where))})"
        writer.writerow([row["id"], label, row["version"], *(row["answers"].get(name, "") for name in questions)])
    return out.getvalue().encode()


def file(session: Session | Connection, actor: Actor, layer_key: str, md5: str) -> bytes:
    """An entity list by its hash. Raises StaleList unless it is today's."""
    data = entity_list(session, actor, layer_key)
    if unit_lists.md5_of(data) != md5:
        raise unit_lists.StaleList(name=f"{layer_key}.csv")
    return data


def _may(actor: Actor, layer: Layer) -> bool:
    return actor.may(Verb.READ, layer.grants) and actor.may(Verb.SUBMIT, layer.grants)


def _may_be_told(layer: Layer, field: Field) -> bool:
    if not layer.visited:  # of a report: its category, state and dates (S2)
        return field.leaves and field.kind in ("choice", "date") and field.key != "urgency"
    return field.asked and field.leaves and field.kind != "document"


def _scope(actor: Actor) -> dict[str, int]:
    return {"province": actor.province_id, "commune": actor.commune_id}


def _list_of_label(layer: Layer) -> str | None:
    return layer.field(layer.label).list


def _rows(layer: Layer) -> str:
    """SQL: one JSON object a row, by name; the names in it are the layer's own."""
    label = layer.field(layer.label)
    shown = f"f.{label.key}"
    if label.list:
        shown = (
            f"coalesce((SELECT c.label_vi FROM code_lists c WHERE c.list = :list AND c.code = f.{label.key}"  # noqa: S608
            f" ORDER BY c.valid_from DESC LIMIT 1), f.{label.key})"
        )
    answers = ", ".join(_answers(layer))
    geometry = "NULL::json"
    if layer.visited:
        simple = f"CASE WHEN ST_NPoints(f.geom) > {MOST_CORNERS} THEN ST_Simplify(f.geom, 0.0005, true) ELSE f.geom END"
        geometry = f"ST_AsGeoJSON({simple}, 6)::json"
    return (
        "SELECT row_to_json(r)::text FROM ("  # noqa: S608
        f"SELECT f.id, f.version, {shown} AS label, f.commune_id AS commune, {_hamlet(layer)} AS hamlet,"
        f" {geometry} AS geometry, json_strip_nulls(row_to_json((SELECT a FROM (SELECT {answers}) a))) AS answers,"
        " f.observed_on AS observed, f.updated_at AS updated"
        f" FROM (SELECT * FROM {layer.key} WHERE {_SCOPE} ORDER BY observed_on DESC, id LIMIT :most) f"
        ") r ORDER BY r.label COLLATE vi_natural, r.id"
    )


def _answers(layer: Layer) -> Iterator[str]:
    yield "f.commune_id::text AS commune"
    yield f"{_hamlet(layer)}::text AS hamlet"
    for field in layer.fields:
        if _may_be_told(layer, field):
            yield f'{_answer(layer, field)} AS "{field.key}"'
    if layer.visited:
        yield f"{_place(layer)} AS geometry"


def _answer(layer: Layer, field: Field) -> str:
    column = f'f."{field.key}"'
    value = f"array_to_string({column}, ' ')" if field.kind == "choices" else f"{column}::text"
    hidden = [f"f.{rule.when}" for rule in layer.withheld if field.key in rule.fields]
    if field.small_counts:
        hidden.append(f"{column} BETWEEN 1 AND {SMALLEST_SHOWN - 1}")
    return f"CASE WHEN {' OR '.join(hidden)} THEN NULL ELSE {value} END" if hidden else value


def _hamlet(layer: Layer) -> str:
    hidden = [f"f.{rule.when}" for rule in layer.withheld if rule.place]
    return f"CASE WHEN {' OR '.join(hidden)} THEN NULL ELSE f.hamlet_id END" if hidden else "f.hamlet_id"


def _place(layer: Layer) -> str:
    """Without an accuracy: nobody measured it today. An outline of several parts or with holes is no answer."""
    if layer.shape == "POINT":
        return f"{_LAT.format('f')} || ' ' || {_LON.format('f')}"
    plain = (
        f"ST_NPoints(f.geom) <= {MOST_CORNERS} AND ST_NumGeometries(f.geom) = 1"
        " AND ST_NumInteriorRings(ST_GeometryN(f.geom, 1)) = 0"
    )
    return f"CASE WHEN {plain} THEN {_CORNERS} END"


def _day(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))
