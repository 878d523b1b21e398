"""A check round at one look: which communes were checked, how pillars or items stand, whose findings are overdue."""

import datetime as dt
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from surveys.access import Actor, Verb
from surveys.layers.democracy_checks import layer

PILLARS = tuple(field.key for field in layer.fields if field.list == "check_results")
RESULTS = ("dat", "mot_phan", "chua")
MOST = 500
Rows = list[Row[Any]]

_HERE = (
    " k.province_id = :province AND :commune IN (0, k.commune_id) AND k.survey_round = :round"
    " AND k.checklist = :checklist"
)
_COVERED = text(
    "SELECT c.id, c.kind, c.name, EXISTS (SELECT FROM democracy_checks k WHERE k.commune_id = c.id AND"  # noqa: S608
    + _HERE + ") AS checked FROM units c WHERE c.level = 3 AND c.province_id = :province AND c.valid_to IS NULL"
    ' AND :commune IN (0, c.id) ORDER BY c.name COLLATE "vi-x-icu", c.id'
)  # fmt: skip
_PILLARS = text(
    "SELECT p.pillar, p.result, count(*) AS n FROM democracy_checks k CROSS JOIN LATERAL (VALUES "  # noqa: S608
    + ", ".join(f"('{pillar}', k.\"{pillar}\")" for pillar in PILLARS)
    + ") AS p(pillar, result) WHERE p.result IS NOT NULL AND" + _HERE + " GROUP BY 1, 2"
)  # fmt: skip
# What each check's list asked on its own day, in the words that came last.
_ITEMS = text(
    "SELECT i.code, (array_agg(i.label_vi ORDER BY i.valid_from DESC))[1] AS label_vi,"  # noqa: S608  its own parts
    " (array_agg(i.label_en ORDER BY i.valid_from DESC))[1] AS label_en, min(i.position) AS position,"
    " count(*) AS asked,"
    + ", ".join(f" count(*) FILTER (WHERE a.result = '{result}') AS {result}" for result in RESULTS)
    + " FROM democracy_checks k JOIN checklist_items i ON i.checklist = k.checklist AND i.valid_from <= k.checked_on"
    " AND (i.valid_to IS NULL OR i.valid_to > k.checked_on)"
    " LEFT JOIN check_answers a ON a.check_id = k.id AND a.item = i.code WHERE"
    + _HERE
    + " GROUP BY i.code ORDER BY 4, 1"
)
_CHECKS = text(
    "SELECT k.id, k.checked_on, c.kind, c.name AS commune, h.name AS hamlet, "  # noqa: S608  its own parts
    + ", ".join(f'k."{pillar}"' for pillar in PILLARS)
    + ", f.still, f.late, f.fixed, "
    + ", ".join(f"a.{result} AS item_{result}" for result in RESULTS)
    + " FROM democracy_checks k JOIN units c ON c.id = k.commune_id"
    " LEFT JOIN units h ON h.id = k.hamlet_id LEFT JOIN LATERAL ("
    " SELECT count(*) FILTER (WHERE f.fixed_on IS NULL) AS still, count(f.fixed_on) AS fixed,"
    " count(*) FILTER (WHERE f.fixed_on IS NULL AND f.fix_by < :today) AS late"
    " FROM check_findings f WHERE f.check_id = k.id) f ON true LEFT JOIN LATERAL (SELECT"
    + ", ".join(f" count(*) FILTER (WHERE a.result = '{result}') AS {result}" for result in RESULTS)
    + " FROM check_answers a WHERE a.check_id = k.id) a ON true WHERE"
    + _HERE
    + ' ORDER BY f.late DESC, f.still DESC, c.name COLLATE "vi-x-icu", k.checked_on, k.id LIMIT :most'
)
_OFFICES = text(
    "SELECT o.name, count(*) FILTER (WHERE f.fixed_on IS NULL) AS still, count(f.fixed_on) AS fixed,"  # noqa: S608
    " count(*) FILTER (WHERE f.fixed_on IS NULL AND f.fix_by < :today) AS late,"
    " min(f.fix_by) FILTER (WHERE f.fixed_on IS NULL) AS nearest"
    " FROM check_findings f JOIN democracy_checks k ON k.id = f.check_id JOIN offices o ON o.id = f.office_id WHERE"
    + _HERE + ' GROUP BY o.id ORDER BY late DESC, still DESC, o.name COLLATE "vi-x-icu"'
)  # fmt: skip
_BLOCKS = text(
    'SELECT c.id, c.kind, c.name, b.id AS row_id, b."on", b.needed, b.in_place, b.with_regulation, b.with_tasks'
    " FROM units c LEFT JOIN LATERAL (SELECT g.* FROM grassroots_blocks g WHERE g.commune_id = c.id"
    ' AND g.province_id = :province ORDER BY g."on" DESC, g.id DESC LIMIT 1) b ON true'
    " WHERE c.level = 3 AND c.province_id = :province AND c.valid_to IS NULL AND :commune IN (0, c.id)"
    ' ORDER BY c.name COLLATE "vi-x-icu", c.id'
)


def covered(session: Session, actor: Actor, round_: str, checklist: str) -> Rows:
    """Every commune of the actor's scope, and whether the round has come to it. Raises Forbidden."""
    return list(session.execute(_COVERED, _given(actor, round_, checklist)))


def pillars(session: Session, actor: Actor, round_: str, checklist: str) -> dict[str, dict[str, int]]:
    """Checks by pillar and result. Raises Forbidden."""
    found = {pillar: dict.fromkeys(RESULTS, 0) for pillar in PILLARS}
    for row in session.execute(_PILLARS, _given(actor, round_, checklist)):
        found[row.pillar][row.result] = row.n
    return found


def items(session: Session, actor: Actor, round_: str, checklist: str) -> Rows:
    """Items of the round's list, with how many checks were asked each and found it so. Raises Forbidden."""
    return list(session.execute(_ITEMS, _given(actor, round_, checklist)))


def checks(session: Session, actor: Actor, round_: str, checklist: str, today: dt.date) -> Rows:
    """The checks of a round, those with overdue findings first. Raises Forbidden."""
    return list(session.execute(_CHECKS, _given(actor, round_, checklist) | {"today": today, "most": MOST}))


def offices(session: Session, actor: Actor, round_: str, checklist: str, today: dt.date) -> Rows:
    """Per office what it still has to mend and what of it is overdue, the latest first. Raises Forbidden."""
    return list(session.execute(_OFFICES, _given(actor, round_, checklist) | {"today": today}))


def blocks(session: Session, actor: Actor) -> Rows:
    """The latest state of the grassroots blocks of every commune; without numbers where none was reported."""
    actor.must(Verb.READ, layer.key, layer.grants)
    return list(session.execute(_BLOCKS, {"province": actor.province_id, "commune": actor.commune_id}))


def _given(actor: Actor, round_: str, checklist: str) -> dict[str, Any]:
    actor.must(Verb.READ, layer.key, layer.grants)
    return {
        "province": actor.province_id, "commune": actor.commune_id, "round": round_, "checklist": checklist,
    }  # fmt: skip
