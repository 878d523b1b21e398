"""The statements that write an import into its layer: what is new, what changed and by whom, what is to go."""

from surveys import import_sql
from surveys.layer import Layer
from surveys.merging import KEPT, SENT

EVERY = "*"  # among the picks: what holds for every conflict that isn't picked by itself

_WAITS = "p.import_id = :id AND p.state = 'waiting'"
_PICK = f"coalesce(cast(:picks AS jsonb) -> (p.feature_id::text) ->> {{key}}, cast(:picks AS jsonb) ->> '{EVERY}')"


def _changes(layer: Layer) -> str:
    """Each update beside its row: `take`, the keys to write; `open`, those two changed and nobody picked."""
    facts = import_sql.facts(layer, "f")
    pick = _PICK.format(key="k")
    place = _PICK.format(key="'geometry'")
    return f"""
SELECT p.id AS proposal, p.feature_id, p."values", p.geom, p.commune_id, p.observed_on, p.created_by, c.stands,
       f.version, coalesce(k.take, '{{}}') AS take, coalesce(k.open, '{{}}') AS open,
       p.geom IS NOT NULL AND (g.still OR {place} = '{SENT}') AS moves,
       p.geom IS NOT NULL AND NOT g.still AND coalesce({place}, '') NOT IN ('{SENT}', '{KEPT}') AS place_open
FROM proposals p
JOIN {layer.key} f ON f.id = p.feature_id AND f.province_id = p.province_id
LEFT JOIN versions v ON v.layer = p.layer AND v.id = p.feature_id AND v.version = p.base_version
    AND f.version <> p.base_version
CROSS JOIN LATERAL (SELECT {facts} AS stands OFFSET 0) c
CROSS JOIN LATERAL (SELECT CASE WHEN f.version = p.base_version THEN c.stands ELSE v.row END AS base OFFSET 0) b
CROSS JOIN LATERAL (SELECT f.version = p.base_version OR f.geom IS NULL
    OR coalesce(coalesce(v.geom, ST_SetSRID(ST_GeomFromGeoJSON(v.row ->> 'geom'), 4326)) ~= f.geom, false)
    OR coalesce(ST_Equals(p.geom, f.geom), false) AS still OFFSET 0) g
LEFT JOIN LATERAL (
    SELECT array_agg(k) FILTER (WHERE b.base -> k IS NOT DISTINCT FROM c.stands -> k OR {pick} = '{SENT}') AS take,
           array_agg(k) FILTER (WHERE b.base -> k IS DISTINCT FROM c.stands -> k
                                AND coalesce({pick}, '') NOT IN ('{SENT}', '{KEPT}')) AS open
    FROM jsonb_object_keys(p."values") k WHERE p."values" -> k IS DISTINCT FROM c.stands -> k) k ON true
WHERE {_WAITS} AND p.action = 'update'"""


def undecided(layer: Layer) -> str:
    """What two sides changed and nobody picked, a line each."""
    label = import_sql.literal(layer.label)
    return f"""
SELECT coalesce(d.stands ->> {label}, d.feature_id::text) || ': '
       || array_to_string(d.open || CASE WHEN d.place_open THEN ARRAY['geometry'] ELSE '{{}}'::text[] END, ', ')
FROM ({_changes(layer)}) d WHERE cardinality(d.open) > 0 OR d.place_open
UNION ALL
SELECT coalesce(f.{import_sql.quoted(layer.label)}::text, f.id::text) || ': –'
FROM proposals p JOIN {layer.key} f ON f.id = p.feature_id
WHERE {_WAITS} AND p.action = 'delete' AND f.version <> p.base_version
  AND coalesce({_PICK.format(key="'-'")}, '') NOT IN ('{SENT}', '{KEPT}')"""


def change(layer: Layer) -> str:
    """Rows that were edited: the keys taken, and the place where it moved."""
    sent, values = 'd."values"', '(d.stands || d."values")'
    sets = []
    for field in layer.fields:
        column = import_sql.quoted(field.key)
        taken = (
            f"CASE WHEN {import_sql.literal(field.key)} = ANY(d.take) THEN {import_sql.typed(field, sent)}"
            f" ELSE f.{column} END"
        )
        sets.append(f"{column} = {import_sql.emptied(layer, field.key, taken, values)}")
    place = import_sql.emptied(layer, "geom", "CASE WHEN d.moves THEN d.geom ELSE f.geom END", values)
    return f"""
UPDATE {layer.key} f SET {", ".join(sets)}, geom = {place},
    commune_id = CASE WHEN d.moves THEN coalesce(d.commune_id, f.commune_id) ELSE f.commune_id END,
    hamlet_id = CASE WHEN 'hamlet_id' = ANY(d.take) THEN (d."values" ->> 'hamlet_id')::int
                     WHEN d.moves AND d.commune_id <> f.commune_id THEN NULL ELSE f.hamlet_id END,
    observed_on = CASE WHEN 'observed_on' = ANY(d.take) THEN d.observed_on ELSE f.observed_on END,
    proposal_id = d.proposal, origin = 'import', entered_by = d.created_by, confirmed_by = :by
FROM ({_changes(layer)}) d
WHERE f.id = d.feature_id AND f.version = d.version AND (cardinality(d.take) > 0 OR d.moves)"""


def creation(layer: Layer) -> str:
    """New rows."""
    columns = [import_sql.quoted(field.key) for field in layer.fields]
    row = 'p."values"'
    values = [import_sql.emptied(layer, field.key, import_sql.typed(field, row), row) for field in layer.fields]
    return f"""
INSERT INTO {layer.key} (id, province_id, commune_id, hamlet_id, observed_on, {", ".join(columns)}, origin, proposal_id,
                         entered_by, confirmed_by, geom)
SELECT p.feature_id, p.province_id, p.commune_id, p.hamlet_id, p.observed_on, {", ".join(values)}, p.origin, p.id,
       p.created_by, :by, {import_sql.emptied(layer, "geom", "p.geom", row)}
FROM proposals p WHERE {_WAITS} AND p.action = 'create'"""


def removal(layer: Layer) -> str:
    """Rows that a whole export held and the file no longer does."""
    return f"""
DELETE FROM {layer.key} f USING proposals p WHERE {_WAITS} AND p.action = 'delete' AND f.id = p.feature_id
  AND f.province_id = p.province_id AND (f.version = p.base_version OR {_PICK.format(key="'-'")} = '{SENT}')"""


# Updates whose row was removed meanwhile, and removals that a pick kept back: nothing was done, and it is said.
GONE = (
    "UPDATE proposals p SET state = 'rejected', reviewed_by = :by, reviewed_at = now() WHERE p.import_id = :id"
    " AND p.state = 'waiting' AND (p.action = 'update' AND NOT EXISTS (SELECT FROM {table} f WHERE f.id = p.feature_id)"
    " OR p.action = 'delete' AND EXISTS (SELECT FROM {table} f WHERE f.id = p.feature_id))"
)
