"""Checks of the layers' geometry: run over a scope, looked at, accepted into proposals, set aside, taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geodata import geometry_checks
from geodata.geometry_checks import Checked
from geodata.problems import Conflict, Forbidden
from surveys import audit
from surveys.access import Actor, Verb
from surveys.layer import Layer as Layer
from surveys.layers import CATALOGUE, named, situation_reports

# What makes two rows with one name two things: each is about an occasion of its own.
OCCASIONS = ("survey_round", "happened_on", "planned_on")
NEAR_M = 30.0
PAGE = 20


@dataclass(frozen=True)
class Counts:
    """Findings of a layer by kind and state."""

    layer: str
    kind: str
    state: str
    n: int


def curated(actor: Actor) -> list[Layer]:
    """The layers an actor may check and mend: those they review or bring data into."""
    return [
        layer for layer in CATALOGUE if actor.may(Verb.REVIEW, layer.grants) or actor.may(Verb.IMPORT, layer.grants)
    ]


def must(actor: Actor, key: str) -> Layer:
    """The layer if the actor may mend it. Raises NotFound, Forbidden."""
    layer = named(key)
    if layer not in curated(actor):
        raise Forbidden(verb="review", layer=key, role=str(actor.role))
    return layer


def checked(layer: Layer, near_m: float = NEAR_M) -> Checked:
    """How a layer is checked. A report told twice is closed as a case, not taken out."""
    keys = {field.key for field in layer.fields}
    same = (layer.label, *(key for key in OCCASIONS if key in keys))
    return Checked(layer.key, layer.shape, same, near_m, archive=layer is not situation_reports.layer)


def check(
    connection: Connection,
    actor: Actor,
    keys: Sequence[str],
    near_m: float = NEAR_M,
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, int]:
    """Looks at the actor's rows of these layers as the worker role; returns findings by layer.

    Findings no longer there are forgotten; what was set aside stays so until its feature changes. Raises Forbidden.
    """
    layers = [must(actor, key) for key in keys]
    steps = sum(len(geometry_checks.queries(layer.shape)) for layer in layers)
    done = 0

    def step() -> None:
        nonlocal done
        if progress:
            progress(done, steps)
        done += 1

    found = {}
    scope = {"province": actor.province_id, "commune": actor.commune_id}
    for layer in layers:
        geometry_checks.find(connection, checked(layer, near_m), actor.province_id, actor.commune_id, step)
        given = {**scope, "layer": layer.key}
        connection.execute(text(FORGET), given)
        connection.execute(text(KEEP), given)
        found[layer.key] = connection.scalar(text("SELECT count(*) FROM findings")) or 0
    audit.record(connection, actor, "check_geometry", area=actor.commune_id or actor.province_id, detail=found)
    return found


def counts(session: Session, actor: Actor) -> list[Counts]:
    """Findings by layer, kind and what became of them."""
    rows = session.execute(text(COUNTS), {"province": actor.province_id, "commune": actor.commune_id})
    allowed = {layer.key for layer in curated(actor)}
    return [Counts(*row) for row in rows if row.layer in allowed]


def listed(session: Session, actor: Actor, key: str, kind: str, state: str, after: int = 0) -> list[dict[str, Any]]:
    """A page of findings with small pictures: as it is, the other one, and as it would be (paths of SVG)."""
    layer = must(actor, key)
    given = {
        "province": actor.province_id, "commune": actor.commune_id, "layer": key, "kind": kind, "state": state,
        "after": after, "page": PAGE,
    }  # fmt: skip
    rows = session.execute(text(LISTED.format(table=key, label=layer.label)), given).mappings()
    return [dict(row) for row in rows]


def propose(session: Session, actor: Actor, key: str, ids: Sequence[int] | None, kind: str = "") -> int:
    """Makes proposals of the repairs of these findings, or of all open ones of a kind; returns how many features.

    All repairs of one feature are one proposal, so that a second person decides them together. Raises Forbidden.
    """
    layer = must(actor, key)
    given = {
        "ids": list(ids) if ids is not None else None, "kind": kind, "layer": key, "province": actor.province_id,
        "commune": actor.commune_id, "me": actor.account_id, "thin": geometry_checks._degrees(geometry_checks.THIN_M),
    }  # fmt: skip
    made = session.execute(text(PROPOSE.format(table=key, label=layer.label)), given).all()
    if not made:
        return 0
    marked = {"features": [row.feature_id for row in made], "proposals": [row.id for row in made], **given}
    session.execute(text(MARK.format(table=key)), marked)
    audit.record(session, actor, "curate", layer=key, detail={"proposals": len(made), "kind": kind})
    return len(made)


def set_aside(session: Session, actor: Actor, key: str, ids: Sequence[int]) -> int:
    """These findings are as they should be; they come back when their feature changes."""
    must(actor, key)
    query = text(
        "UPDATE geometry_findings SET state = 'set_aside' WHERE id = ANY(:ids) AND layer = :layer AND state = 'open'"
        " AND province_id = :province AND :commune IN (0, commune_id)"
    )
    given = {"ids": list(ids), "layer": key, "province": actor.province_id, "commune": actor.commune_id}
    return int(session.execute(query, given).rowcount)  # type: ignore[attr-defined]


def undo(session: Session, actor: Actor, key: str, id_: int) -> None:
    """Takes a repair back: a waiting proposal is withdrawn, an approved one undone, exactly as the feature was.

    Raises Forbidden (only reviewers), Conflict where the feature was edited since.
    """
    layer = must(actor, key)
    actor.must(Verb.REVIEW, key, layer.grants)
    given = {"id": id_, "layer": key, "province": actor.province_id, "commune": actor.commune_id}
    row = session.execute(text(FOUND), given).first()
    if row is None or row.state != "proposed" or row.decision not in ("waiting", "approved"):
        raise Conflict(what="finding", id=str(id_))
    if row.decision == "waiting":
        session.execute(
            text("UPDATE proposals SET state = 'superseded' WHERE id = :p AND state = 'waiting'"),
            {"p": row.proposal_id},
        )
        state = "open"
    else:
        _put_back(session, layer, row)
        state = "undone"
    session.execute(
        text("UPDATE geometry_findings SET state = :state, proposal_id = NULL WHERE proposal_id = :p"),
        {"state": state, "p": row.proposal_id},
    )
    audit.record(session, actor, "undo_curation", layer=key, detail={"finding": id_, "proposal": str(row.proposal_id)})


def _put_back(session: Session, layer: Layer, row: Any) -> None:
    given = {"layer": layer.key, "feature": row.feature_id, "finding": row.id, "base": row.base_version}
    columns = [column.name for column in layer.table.__table__.columns]
    if row.action == "delete":
        own = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(
            {"geom": "g.geom_before", "version": "v.version + 1"}.get(name, f'r."{name}"') for name in columns
        )
        statement = BRING_BACK.format(table=layer.key, columns=own, values=values)
    else:
        kept = ("commune_id", "hamlet_id", "observed_on", "origin", "proposal_id", "entered_by", "confirmed_by")
        values = ", ".join(f"{name} = r.{name}" for name in kept)
        statement = AS_BEFORE.format(table=layer.key, values=values)
    if session.execute(text(statement), given).rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict(what="feature", id=str(row.feature_id))


SCOPE = "province_id = :province AND :commune IN (0, commune_id)"
FORGET = f"""
DELETE FROM geometry_findings g WHERE g.layer = :layer AND {SCOPE} AND g.state IN ('open', 'set_aside', 'undone')
AND NOT EXISTS (SELECT FROM findings f WHERE f.kind = g.kind AND f.feature_id = g.feature_id
    AND f.other_id = g.other_id)
"""  # noqa: S608  the text above
KEEP = """
INSERT INTO geometry_findings AS g (layer, kind, feature_id, version, other_id, province_id, commune_id,
    commune_to, measure,
                                    fix, at)
SELECT :layer, kind, feature_id, version, other_id, province_id, commune_id, commune_to, measure, fix, ST_Centroid(at)
FROM findings
ON CONFLICT (layer, kind, feature_id, other_id) DO UPDATE
SET version = excluded.version, commune_id = excluded.commune_id, commune_to = excluded.commune_to, measure =
    excluded.measure,
    fix = excluded.fix, at = excluded.at, found_at = now(), proposal_id = NULL,
    state = CASE WHEN g.state = 'set_aside' AND g.version = excluded.version THEN 'set_aside' ELSE 'open' END
WHERE g.state <> 'proposed' OR g.version < excluded.version
"""
DECIDED = "CASE WHEN g.state = 'proposed' THEN coalesce(p.state, 'waiting') ELSE g.state END"
COUNTS = f"""
SELECT g.layer, g.kind, {DECIDED} AS state, count(*) AS n
FROM geometry_findings g LEFT JOIN proposals p ON p.id = g.proposal_id
WHERE g.province_id = :province AND :commune IN (0, g.commune_id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608  the same
# What a repair makes of a feature's geometry; several repairs of one feature one after another.
REPAIRED = """
CASE WHEN bool_or(c.fix = 'flip') THEN ST_FlipCoordinates(f.geom)
     WHEN bool_or(c.fix = 'valid') THEN ST_Multi(ST_CollectionExtract(
         ST_MakeValid(f.geom, 'method=structure keepcollapsed=false'), 3))
     WHEN bool_or(c.fix IN ('cut', 'snap')) THEN ST_Multi(ST_CollectionExtract(ST_Difference(
         coalesce(ST_Snap(f.geom, ST_Collect(o.geom) FILTER (WHERE c.fix = 'snap'), :thin), f.geom),
         coalesce(ST_Union(o.geom) FILTER (WHERE c.fix = 'cut'), 'SRID=4326;POLYGON EMPTY'::geometry)), 3))
     ELSE f.geom END
"""
PROPOSE = f"""
WITH chosen AS (
    SELECT * FROM geometry_findings g WHERE g.layer = :layer AND {SCOPE} AND state = 'open' AND fix <> ''
      AND (cast(:ids AS bigint[]) IS NULL OR id = ANY(cast(:ids AS bigint[]))) AND :kind IN ('', kind)
), mended AS (
    SELECT f.id, {REPAIRED} AS geom, max(c.commune_to) FILTER (WHERE c.fix = 'rehome') AS commune_to,
           bool_or(c.fix = 'archive') AS archive, jsonb_agg(DISTINCT 'fix_' || c.fix) AS flags
    FROM chosen c JOIN {{table}} f ON f.id = c.feature_id AND f.version = c.version
    LEFT JOIN {{table}} o ON o.id = c.other_id AND o.id <> f.id GROUP BY f.id
)
INSERT INTO proposals (layer, action, feature_id, base_version, values, geom, province_id, commune_id, hamlet_id,
    observed_on,
                       origin, flags, created_by)
SELECT :layer, CASE WHEN m.archive THEN 'delete' ELSE 'update' END, f.id, f.version,
       CASE WHEN m.archive THEN jsonb_build_object('{{label}}', f.{{label}}) ELSE '{{{{}}}}' END, m.geom, f.province_id,
       coalesce(m.commune_to, f.commune_id), f.hamlet_id, f.observed_on, 'curation', m.flags, :me
FROM mended m JOIN {{table}} f ON f.id = m.id
RETURNING id, feature_id
"""  # noqa: S608  names of ours
MARK = f"""
UPDATE geometry_findings g SET state = 'proposed', proposal_id = d.proposal, geom_before = f.geom
FROM unnest(cast(:features AS uuid[]), cast(:proposals AS uuid[])) AS d(feature, proposal)
JOIN {{table}} f ON f.id = d.feature
WHERE g.feature_id = d.feature AND g.layer = :layer AND g.{SCOPE} AND g.state = 'open' AND g.fix <> ''
  AND (cast(:ids AS bigint[]) IS NULL OR g.id = ANY(cast(:ids AS bigint[]))) AND :kind IN ('', g.kind)
""".replace("IN (0, commune_id)", "IN (0, g.commune_id)")  # noqa: S608  the same
LISTED = f"""
WITH page AS (
    SELECT g.*, {DECIDED} AS decision FROM geometry_findings g LEFT JOIN proposals p ON p.id = g.proposal_id
    WHERE g.layer = :layer AND g.province_id = :province AND :commune IN (0, g.commune_id) AND :kind IN ('', g.kind)
      AND {DECIDED} = :state AND g.id > :after
    ORDER BY g.id LIMIT :page
), drawn AS (
    SELECT g.id, g.kind, g.fix, g.measure, g.decision, g.commune_id, g.commune_to, g.feature_id, g.other_id, g.at,
           f.{{label}} AS name, o.{{label}} AS other_name, f.geom AS geom, o.geom AS other,
           CASE g.fix WHEN 'flip' THEN ST_FlipCoordinates(f.geom)
                WHEN 'valid' THEN ST_CollectionExtract(ST_MakeValid(f.geom, 'method=structure keepcollapsed=false'), 3)
                WHEN 'cut' THEN ST_Difference(f.geom, o.geom) WHEN 'snap' THEN ST_Snap(f.geom, o.geom, 0.00005)
                    END AS after
    FROM page g LEFT JOIN {{table}} f ON f.id = g.feature_id
    LEFT JOIN {{table}} o ON o.id = g.other_id AND o.id <> g.feature_id
), framed AS (
    SELECT *, ST_Expand(ST_Collect(ARRAY[geom, other]), greatest(0.00005, 0.05 * greatest(
        ST_XMax(ST_Collect(ARRAY[geom, other])) - ST_XMin(ST_Collect(ARRAY[geom, other])),
        ST_YMax(ST_Collect(ARRAY[geom, other])) - ST_YMin(ST_Collect(ARRAY[geom, other]))))) AS frame FROM drawn
)
SELECT d.id, d.kind, d.fix, d.measure, d.decision, d.feature_id, d.name, d.other_name, c.name AS commune, t.name
    AS commune_to,
       ST_X(d.at) AS lon, ST_Y(d.at) AS lat, ST_AsSVG(ST_Simplify(d.geom, side / 400, true), 1, 7) AS path,
       ST_AsSVG(ST_Simplify(d.other, side / 400, true), 1, 7) AS other_path,
       ST_AsSVG(ST_Simplify(d.after, side / 400, true), 1, 7) AS after_path, ST_GeometryType(d.geom) = 'ST_Point'
           AS point,
       ST_X(d.geom_point) AS px, ST_Y(d.geom_point) AS py, ST_X(d.other_point) AS ox, ST_Y(d.other_point) AS oy,
       ST_XMin(frame) AS x, -ST_YMax(frame) AS y, side
FROM (SELECT *, greatest(ST_XMax(frame) - ST_XMin(frame), ST_YMax(frame) - ST_YMin(frame)) AS side,
             CASE WHEN ST_GeometryType(geom) = 'ST_Point' THEN geom END AS geom_point,
             CASE WHEN ST_GeometryType(other) = 'ST_Point' THEN other END AS other_point FROM framed) d
JOIN units c ON c.id = d.commune_id LEFT JOIN units t ON t.id = d.commune_to ORDER BY d.id
"""  # noqa: S608  names of ours
FOUND = """
SELECT g.id, g.state, g.feature_id, g.proposal_id, p.state AS decision, p.base_version, p.action
FROM geometry_findings g LEFT JOIN proposals p ON p.id = g.proposal_id
WHERE g.id = :id AND g.layer = :layer AND g.province_id = :province AND :commune IN (0, g.commune_id) FOR UPDATE OF g
"""
FORMER = """
FROM versions v JOIN geometry_findings g ON g.id = :finding
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, v.row - 'geom') r
WHERE v.layer = :layer AND v.id = :feature AND v.version = :base
"""
AS_BEFORE = (
    f"UPDATE {{table}} f SET {{values}}, geom = g.geom_before {FORMER} AND f.id = v.id AND f.version = :base + 1"  # noqa: S608
)
BRING_BACK = f"INSERT INTO {{table}} ({{columns}}) SELECT {{values}} {FORMER} ON CONFLICT (id) DO NOTHING"
