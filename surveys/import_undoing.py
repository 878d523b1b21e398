"""The statements that take an import back: rows nobody touched since are as they were."""

from surveys import import_sql
from surveys.layer import Layer

_OURS = "p.import_id = :id AND p.state = 'approved'"
# The last to write the row was this import, and that only once.
_UNTOUCHED = (
    "f.id = p.feature_id AND f.proposal_id = p.id AND NOT EXISTS (SELECT FROM versions w WHERE w.layer = :layer"
    " AND w.id = f.id AND w.row ->> 'proposal_id' = p.id::text)"
)


def _columns(layer: Layer, *, but: tuple[str, ...]) -> list[str]:
    return [import_sql.quoted(c.key) for c in layer.table.__table__.columns if c.key not in but]


def take_back_created(layer: Layer) -> str:
    """New rows go."""
    return f"DELETE FROM {layer.key} f USING proposals p WHERE {_OURS} AND p.action = 'create' AND {_UNTOUCHED}"


def take_back_changed(layer: Layer) -> str:
    """Changed rows are what their last version was. Found once, and each joined by its id: by the proposal it would be
    a look at every row of the layer.
    """
    columns = _columns(layer, but=("id", "version", "updated_at", "geom"))
    return f"""
WITH b AS MATERIALIZED (
    SELECT f.id, p.id AS proposal, jsonb_populate_record(NULL::{layer.key}, v.row - 'geom') AS was, v.geom
    FROM proposals p JOIN {layer.key} f ON {_UNTOUCHED}
    JOIN versions v ON v.layer = :layer AND v.id = f.id AND v.version = f.version - 1
    WHERE {_OURS} AND p.action = 'update')
UPDATE {layer.key} f SET {", ".join(f"{c} = (b.was).{c}" for c in columns)}, geom = b.geom
FROM b WHERE f.id = b.id AND f.proposal_id = b.proposal"""


def take_back_removed(layer: Layer) -> str:
    """Removed rows stand again."""
    columns = _columns(layer, but=("version", "updated_at", "geom"))
    return f"""
INSERT INTO {layer.key} (version, {", ".join(columns)}, geom)
SELECT b.version + 1, {", ".join(f"(b.was).{c}" for c in columns)}, b.geom
FROM (SELECT DISTINCT ON (v.id) v.version, jsonb_populate_record(NULL::{layer.key}, v.row - 'geom') AS was, v.geom
      FROM proposals p JOIN versions v ON v.layer = :layer AND v.id = p.feature_id
      WHERE {_OURS} AND p.action = 'delete' AND NOT EXISTS (SELECT FROM {layer.key} f WHERE f.id = p.feature_id)
      ORDER BY v.id, v.version DESC OFFSET 0) b"""


def left(layer: Layer) -> str:
    """Rows of the import that stand otherwise than before it, as somebody edited them since."""
    return f"""
SELECT p.feature_id, f.{import_sql.quoted(layer.label)}::text AS name
FROM proposals p LEFT JOIN {layer.key} f ON f.id = p.feature_id
WHERE {_OURS} AND (p.action = 'create' AND f.id IS NOT NULL
    OR p.action = 'update' AND (f.id IS NULL OR f.proposal_id = p.id
        OR EXISTS (SELECT FROM versions w WHERE w.layer = :layer AND w.id = p.feature_id
                   AND w.row ->> 'proposal_id' = p.id::text AND w.version < f.version - 1))
    OR p.action = 'delete' AND f.id IS NULL)
ORDER BY 2, 1"""
