"""What a second person decides of a whole import: applied in one transaction, rejected, undone in one transaction."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata.problems import Conflict, NotFound
from surveys import audit, import_sql, screening
from surveys.access import Actor, Verb
from surveys.answer_problems import SubmissionClassified
from surveys.import_tables import Import
from surveys.layer import Layer
from surveys.layers import named
from surveys.merging import KEPT, SENT, Undecided
from surveys.review import CommentNeeded, OwnProposal

EVERY = "*"  # among the picks: what holds for every conflict that isn't picked by itself
MOST_NAMED = 100
SEEN = ("proposed", "applying", "approved", "rejected", "undoing", "undone")


def waiting(session: Session, actor: Actor) -> list[Import]:
    """Imports that wait for a second person's decision in the actor's scope, the oldest first."""
    rows = session.scalars(
        text(
            "SELECT id FROM imports WHERE state IN ('proposed', 'applying') AND province_id = :province"
            " AND (:commune = 0 OR commune_id = :commune) ORDER BY proposed_at"
        ),
        {"province": actor.province_id, "commune": actor.commune_id},
    ).all()
    found = [session.get_one(Import, id_) for id_ in rows]
    return [one for one in found if actor.may(Verb.REVIEW, named(one.layer).grants)]


def find(session: Session, actor: Actor, id_: uuid.UUID) -> Import:
    """An import the actor may decide of, or has. Raises NotFound, Forbidden."""
    found = session.get(Import, id_, populate_existing=True)
    if found is None or found.state not in SEEN:
        raise NotFound(what="import", id=str(id_))
    actor.must(Verb.REVIEW, found.layer, named(found.layer).grants)
    return found


def begin(session: Session, actor: Actor, id_: uuid.UUID, state: str, picks: Mapping[str, Any] | None = None) -> None:
    """Notes that a job is to apply ("applying") or undo ("undoing") it. Raises NotFound, OwnProposal, Conflict."""
    found = find(session, actor, id_)
    if found.account_id == actor.account_id:
        raise OwnProposal(id=str(id_))
    before = {"applying": "proposed", "undoing": "approved"}[state]
    moved = session.execute(
        text(
            "UPDATE imports SET state = :state, error = NULL,"
            " choices = choices || jsonb_build_object('picks',"
            " coalesce(cast(:picks AS jsonb), choices -> 'picks', '{}'))"
            " WHERE id = :id AND state = :before"
        ),
        {"state": state, "id": id_, "before": before, "picks": json.dumps(picks) if picks else None},
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        raise Conflict(what="import", id=str(id_), state=found.state)


def reject(session: Session, actor: Actor, id_: uuid.UUID, comment: str) -> None:
    """Ends the import with the reason; nothing of it is applied. Raises CommentNeeded, OwnProposal, Conflict."""
    if not comment.strip():
        raise CommentNeeded()
    if screening.classified(comment):
        raise SubmissionClassified(field="comment")
    found = _locked(session, actor, id_, "proposed")
    session.execute(
        text(
            "UPDATE imports SET state = 'rejected', comment = :said, reviewed_by = :me, reviewed_at = now()"
            " WHERE id = :id"
        ),
        {"said": screening.mask(comment.strip())[0][:2000], "me": actor.account_id, "id": id_},
    )
    _decide(session, actor, id_, "rejected")
    audit.record(session, actor, "reject_import", layer=found.layer, detail={"import": str(id_)})


def approve(session: Session, actor: Actor, id_: uuid.UUID) -> dict[str, int]:
    """Writes every row of the import into its layer, or none; what was created, changed, removed, and left.

    Rows others changed meanwhile are merged by field; where both changed the same one, `choices.picks` says by feature
    id and field which holds ({EVERY: SENT or KEPT} for the rest). Raises Undecided, OwnProposal, Conflict.
    """
    found = _locked(session, actor, id_, "applying")
    layer, picks = named(found.layer), json.dumps(found.choices.get("picks") or {})
    facts = {"id": id_, "by": actor.account_id, "picks": picks, "layer": layer.key, "province": actor.province_id}
    undecided = session.scalars(text(_undecided(layer)), facts).all()
    if undecided:
        raise Undecided(fields=", ".join(map(str, undecided[:20])))
    done = {
        "removed": _count(session, _removal(layer), facts),
        "changed": _count(session, _change(layer), facts),
        "created": _count(session, _creation(layer), facts),
    }
    done["left"] = session.execute(text(_GONE.format(table=layer.key)), facts).rowcount  # type: ignore[attr-defined]
    _decide(session, actor, id_, "approved")
    session.execute(
        text("UPDATE imports SET state = 'approved', reviewed_by = :by, reviewed_at = now() WHERE id = :id"), facts
    )
    audit.record(session, actor, "approve_import", layer=layer.key, detail={"import": str(id_), **done})
    return done


def undo(session: Session, actor: Actor, id_: uuid.UUID) -> dict[str, Any]:
    """Takes back every row nobody touched since: new ones go, changed and removed ones are as they were.

    A version is a number of its own, so that phones see the change; all else is what it was, to the bit. What was
    edited since is left as it is and named. Raises Conflict, OwnProposal.
    """
    found = _locked(session, actor, id_, "undoing")
    layer = named(found.layer)
    facts = {"id": id_, "layer": layer.key}
    done: dict[str, Any] = {
        "removed": _count(session, _take_back_created(layer), facts),
        "changed": _count(session, _take_back_changed(layer), facts),
        "restored": _count(session, _take_back_removed(layer), facts),
    }
    left = session.execute(text(_left(layer)), facts).all()
    done |= {"left": len(left), "names": [row.name or str(row.feature_id) for row in left[:MOST_NAMED]]}
    session.execute(
        text(
            "UPDATE imports SET state = 'undone', undone_by = :by, undone_at = now(),"
            " choices = choices || jsonb_build_object('undone', cast(:done AS jsonb)) WHERE id = :id"
        ),
        {"by": actor.account_id, "id": id_, "done": json.dumps(done)},
    )
    told = {key: value for key, value in done.items() if key != "names"}
    audit.record(session, actor, "undo_import", layer=layer.key, detail={"import": str(id_), **told})
    return done


def _locked(session: Session, actor: Actor, id_: uuid.UUID, state: str) -> Import:
    found = find(session, actor, id_)
    session.execute(text("SELECT FROM imports WHERE id = :id FOR UPDATE"), {"id": id_})
    session.refresh(found)
    if found.account_id == actor.account_id:
        raise OwnProposal(id=str(id_))
    if found.state != state:
        raise Conflict(what="import", id=str(id_), state=found.state)
    return found


def _decide(session: Session, actor: Actor, id_: uuid.UUID, state: str) -> None:
    session.execute(
        text(
            "UPDATE proposals SET state = :state, reviewed_by = :by, reviewed_at = now()"
            " WHERE import_id = :id AND state = 'waiting'"
        ),
        {"state": state, "by": actor.account_id, "id": id_},
    )


def _count(session: Session, statement: str, facts: Mapping[str, Any]) -> int:
    count: int = session.execute(text(statement), facts).rowcount  # type: ignore[attr-defined]
    return count


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


def _undecided(layer: Layer) -> str:
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


def _change(layer: Layer) -> str:
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


def _creation(layer: Layer) -> str:
    columns = [import_sql.quoted(field.key) for field in layer.fields]
    row = 'p."values"'
    values = [import_sql.emptied(layer, field.key, import_sql.typed(field, row), row) for field in layer.fields]
    return f"""
INSERT INTO {layer.key} (id, province_id, commune_id, hamlet_id, observed_on, {", ".join(columns)}, origin, proposal_id,
                         entered_by, confirmed_by, geom)
SELECT p.feature_id, p.province_id, p.commune_id, p.hamlet_id, p.observed_on, {", ".join(values)}, p.origin, p.id,
       p.created_by, :by, {import_sql.emptied(layer, "geom", "p.geom", row)}
FROM proposals p WHERE {_WAITS} AND p.action = 'create'"""


def _removal(layer: Layer) -> str:
    return f"""
DELETE FROM {layer.key} f USING proposals p WHERE {_WAITS} AND p.action = 'delete' AND f.id = p.feature_id
  AND f.province_id = p.province_id AND (f.version = p.base_version OR {_PICK.format(key="'-'")} = '{SENT}')"""


# Updates whose row was removed meanwhile, and removals that a pick kept back: nothing was done, and it is said.
_GONE = (
    "UPDATE proposals p SET state = 'rejected', reviewed_by = :by, reviewed_at = now() WHERE p.import_id = :id"
    " AND p.state = 'waiting' AND (p.action = 'update' AND NOT EXISTS (SELECT FROM {table} f WHERE f.id = p.feature_id)"
    " OR p.action = 'delete' AND EXISTS (SELECT FROM {table} f WHERE f.id = p.feature_id))"
)

_OURS = "p.import_id = :id AND p.state = 'approved'"
# The last to write the row was this import, and that only once.
_UNTOUCHED = (
    "f.id = p.feature_id AND f.proposal_id = p.id AND NOT EXISTS (SELECT FROM versions w WHERE w.layer = :layer"
    " AND w.id = f.id AND w.row ->> 'proposal_id' = p.id::text)"
)


def _columns(layer: Layer, *, but: tuple[str, ...]) -> list[str]:
    return [import_sql.quoted(c.key) for c in layer.table.__table__.columns if c.key not in but]


def _take_back_created(layer: Layer) -> str:
    return f"DELETE FROM {layer.key} f USING proposals p WHERE {_OURS} AND p.action = 'create' AND {_UNTOUCHED}"


def _take_back_changed(layer: Layer) -> str:
    columns = _columns(layer, but=("id", "version", "updated_at", "geom"))
    return f"""
UPDATE {layer.key} f SET {", ".join(f"{c} = (b.was).{c}" for c in columns)}, geom = b.geom
FROM (SELECT p.id AS proposal, jsonb_populate_record(NULL::{layer.key}, v.row - 'geom') AS was, v.geom
      FROM proposals p JOIN {layer.key} f ON {_UNTOUCHED}
      JOIN versions v ON v.layer = :layer AND v.id = f.id AND v.version = f.version - 1
      WHERE {_OURS} AND p.action = 'update' OFFSET 0) b
WHERE f.proposal_id = b.proposal"""


def _take_back_removed(layer: Layer) -> str:
    columns = _columns(layer, but=("version", "updated_at", "geom"))
    return f"""
INSERT INTO {layer.key} (version, {", ".join(columns)}, geom)
SELECT b.version + 1, {", ".join(f"(b.was).{c}" for c in columns)}, b.geom
FROM (SELECT DISTINCT ON (v.id) v.version, jsonb_populate_record(NULL::{layer.key}, v.row - 'geom') AS was, v.geom
      FROM proposals p JOIN versions v ON v.layer = :layer AND v.id = p.feature_id
      WHERE {_OURS} AND p.action = 'delete' AND NOT EXISTS (SELECT FROM {layer.key} f WHERE f.id = p.feature_id)
      ORDER BY v.id, v.version DESC OFFSET 0) b"""


def _left(layer: Layer) -> str:
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
