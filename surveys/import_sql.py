"""A layer's fields as SQL over the JSON of a row: typed, comparable, told apart from what an export made of them."""

from collections.abc import Iterable

from psycopg import sql
from sqlalchemy import CheckConstraint, UniqueConstraint

from geodata.fields import Field
from surveys.layer import Layer
from surveys.showing import SMALLEST_SHOWN

TYPES = {
    "text": "text", "longtext": "text", "choice": "text", "document": "text", "integer": "int", "money": "bigint",
    "decimal": "float8", "date": "date", "boolean": "boolean",
}  # fmt: skip
DBF_BYTES = 254
NEAR_M = 0.05  # a place that went through another coordinate system and a file and back
DEGREE_M = 111_320.0


def quoted(name: str) -> str:
    """A name of ours as it may stand in SQL."""
    return sql.Identifier(name).as_string(None)


def literal(value: str) -> str:
    """A text of ours as it may stand in SQL."""
    return sql.Literal(value).as_string(None)


def typed(field: Field, values: str) -> str:
    """The field's value out of the JSON object `values`, in its column's type."""
    key = literal(field.key)
    if field.kind == "choices":
        return (
            f"CASE WHEN jsonb_typeof({values} -> {key}) = 'array'"
            f" THEN ARRAY(SELECT jsonb_array_elements_text({values} -> {key})) END"
        )
    return f"({values} ->> {key})::{TYPES[field.kind]}"


def facts(layer: Layer, row: str) -> str:
    """The fields, unit and day of a stored row as JSON, in the form `versions` keeps them."""
    keys = [field.key for field in layer.fields] + ["hamlet_id", "observed_on"]
    return f"jsonb_build_object({', '.join(f'{literal(key)}, {row}.{quoted(key)}' for key in keys)})"


def unedited(layer: Layer, field: Field, base: str, sent: str) -> str:
    """Whether `sent` says of the field what a file made of `base` would say: codes, cut texts and gaps allowed for."""
    key = literal(field.key)
    old, new = f"({base} ->> {key})", f"({sent} ->> {key})"
    alike = [f"NOT {sent} ? {key}", f"{old} IS NOT DISTINCT FROM {new}"]
    match field.kind:
        case "text" | "longtext":
            flat = rf"btrim(regexp_replace({old}, '\s+', ' ', 'g'))"
            alike.append(f"coalesce({flat}, '') = coalesce({new}, '')")
            alike.append(
                f"(octet_length({flat}) > {DBF_BYTES} AND octet_length({new}) > {DBF_BYTES - 4}"
                f" AND starts_with({flat}, {new}))"
            )
        case "choices":
            array = f"coalesce(nullif({base} -> {key}, 'null'), '[]')"
            other = f"coalesce(nullif({sent} -> {key}, 'null'), '[]')"
            alike.append(f"({array} @> {other} AND {other} @> {array})")
        case "decimal":
            alike.append(f"abs({old}::float8 - {new}::float8) <= 1e-9 * greatest(1, abs({old}::float8))")
        case "integer" | "money":
            alike.append(f"{old}::numeric = {new}::numeric")
        case _:
            pass
    if field.small_counts:
        alike.append(f"({new} IS NULL AND {old}::int BETWEEN 1 AND {SMALLEST_SHOWN - 1})")
    alike += [
        f"({new} IS NULL AND ({base} ->> {literal(rule.count)})::int < {rule.below})"
        for rule in layer.withheld
        if field.key in rule.fields
    ]
    return f"({' OR '.join(f'coalesce({each}, false)' for each in alike)})"


def moved(layer: Layer, base: str, sent: str) -> str:
    """Metres between two places, NULL where they are the same but for the way through a file, or one is missing."""
    if layer.shape == "POINT":
        metres = f"ST_DistanceSphere({base}, {sent})"
    else:
        metres = f"ST_HausdorffDistance({base}, {sent}) * {DEGREE_M}"
    return (
        f"CASE WHEN {sent} IS NULL THEN NULL WHEN {base} IS NULL THEN 0 WHEN ST_Equals({base}, {sent}) THEN NULL"
        f" WHEN {metres} > {NEAR_M} THEN {metres} END"
    )


def emptied(layer: Layer, column: str, value: str, row: str) -> str:
    """The value a row of very few households may have where its place is withheld: none (S6)."""
    rules = [rule for rule in layer.withheld if rule.place and (column in rule.fields or column == "geom")]
    if not rules:
        return value
    small = " OR ".join(f"coalesce(({row} ->> {literal(rule.count)})::int < {rule.below}, false)" for rule in rules)
    return f"CASE WHEN {small} THEN NULL ELSE {value} END"


def checks(layer: Layer) -> Iterable[tuple[str, str]]:
    """(name, condition over the columns) of the layer's own constraints."""
    for constraint in layer.table.__table__.constraints:  # type: ignore[attr-defined]
        if isinstance(constraint, CheckConstraint):
            yield str(constraint.name).removeprefix(f"{layer.key}_").removesuffix("_check"), str(constraint.sqltext)


def keys(layer: Layer) -> Iterable[tuple[str, ...]]:
    """The columns of each thing a layer holds only once."""
    for constraint in layer.table.__table__.constraints:  # type: ignore[attr-defined]
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.columns.keys())
