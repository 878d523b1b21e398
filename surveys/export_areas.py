"""The part of a province an export is of: a commune of today, or a commune, district or province of before a reform."""

from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from geodata import crs
from geodata.problems import NotFound
from geodata.units import COMMUNE, DISTRICT, PROVINCE
from surveys.access import Actor


@dataclass(frozen=True)
class Area:
    """`condition` over a layer's table `f`; `notes` are said in the report; `former` the old provinces it lay in."""

    name: str
    condition: sql.Composed | None = None
    notes: tuple[str, ...] = ()
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A unit to choose; `within` names the old district or province of an old one."""

    id: int
    title: str
    within: str = ""


def find(session: Session, actor: Actor, unit_id: int | None) -> Area:
    """The area of a unit within the actor's province; None: all of it. Raises NotFound."""
    if unit_id is None:
        return Area(_title(session, actor.commune_id or actor.province_id))
    unit = session.execute(
        text("SELECT id, level, kind || ' ' || name AS title, province_id, valid_to FROM units WHERE id = :id"),
        {"id": unit_id},
    ).one_or_none()
    if unit is None or unit.level not in (PROVINCE, DISTRICT, COMMUNE):
        raise NotFound(what="unit", id=str(unit_id))
    if unit.id == actor.province_id:
        return Area(unit.title)
    if unit.valid_to is None:
        if unit.province_id != actor.province_id or unit.level != COMMUNE:
            raise NotFound(what="unit", id=str(unit_id))
        now = sql.SQL("f.commune_id = {}").format(sql.Literal(unit.id))
        return Area(unit.title, sql.Composed([now]), former=_former(session, unit_id))
    return _former_area(session, actor, unit_id, f"{unit.title} (trước {unit.valid_to:%d/%m/%Y})")


def choices(session: Session, actor: Actor) -> dict[str, list[Choice]]:
    """What there is to choose: `now`, `provinces`, `districts` and `communes` of before, in Vietnamese order."""
    if actor.commune_id:
        return {}
    found: dict[str, list[Choice]] = {"now": [], "provinces": [], "districts": [], "communes": []}
    for row in session.execute(text(_CHOICES), {"province": actor.province_id}):
        found[row.part].append(Choice(row.id, row.title, row.within or ""))
    return {part: listed for part, listed in found.items() if listed}


def systems_of(province_code: str, former: tuple[str, ...]) -> dict[int, list[str]]:
    """EPSG code → those of the former provinces that used it."""
    used: dict[int, list[str]] = {}
    for name, zone in crs.legacy_zones(province_code):
        if name in former:
            used.setdefault(zone.epsg, []).append(name)
    return used


def _former_area(session: Session, actor: Actor, unit_id: int, title: str) -> Area:
    """Communes wholly made of the old unit's are taken whole; others by its boundary, or whole where none is known."""
    heirs = session.execute(text(_HEIRS), {"unit": unit_id, "province": actor.province_id}).all()
    if not heirs:
        raise NotFound(what="unit", id=str(unit_id))
    whole = [row.id for row in heirs if row.whole]
    partly = [row for row in heirs if not row.whole]
    drawn = bool(partly) and all(row.drawn for row in partly)
    if partly and not drawn:
        whole += [row.id for row in partly]
        names = ", ".join(row.title for row in partly)
        notes = (f"{title} chưa có ranh giới trong hệ thống: lấy cả {names}, kể cả phần từ đơn vị khác nhập vào",)
    elif partly:
        notes = (f"{title}: phần thuộc {', '.join(row.title for row in partly)} lấy theo ranh giới cũ",)
    else:
        notes = (f"{title}: gồm {', '.join(row.title for row in heirs)}",)
    condition = sql.SQL("f.commune_id = ANY({}::int[])").format(sql.Literal(whole))
    if drawn:
        condition = sql.SQL("({whole} OR f.commune_id = ANY({partly}::int[]) AND EXISTS (SELECT FROM units old"
            " WHERE old.id = ANY({olds}::int[]) AND f.geom && old.geom"
            " AND ST_Intersects(ST_PointOnSurface(f.geom), old.geom)))").format(
            whole=condition, partly=sql.Literal([row.id for row in partly]),
            olds=sql.Literal(sorted({old for row in partly for old in row.olds})),
        )  # fmt: skip
    return Area(title, sql.Composed([condition]), notes, _former(session, unit_id))


def _former(session: Session, unit_id: int) -> tuple[str, ...]:
    """The old provinces a unit lay in."""
    return tuple(session.scalars(text(_FORMER), {"unit": unit_id}))


def _title(session: Session, unit_id: int) -> str:
    return str(session.scalar(text("SELECT kind || ' ' || name FROM units WHERE id = :id"), {"id": unit_id}))


_CHOICES = """
WITH RECURSIVE heir AS (
    SELECT id FROM units WHERE level = 3 AND valid_to IS NULL AND province_id = :province
), made_of AS (
    SELECT id FROM heir
    UNION
    SELECT s.old_id FROM made_of m JOIN succession s ON s.new_id = m.id
), old AS (
    SELECT o.* FROM made_of JOIN units o USING (id) WHERE o.valid_to IS NOT NULL AND o.level IN (2, 3)
), part AS (
    SELECT 'now' AS part, u.id, u.kind || ' ' || u.name AS title, NULL AS within, u.name
    FROM units u JOIN heir USING (id)
    UNION ALL
    SELECT 'communes', o.id, o.kind || ' ' || o.name, d.kind || ' ' || d.name, o.name
    FROM old o LEFT JOIN units d ON d.id = o.parent_id WHERE o.level = 3
    UNION
    SELECT 'districts', d.id, d.kind || ' ' || d.name, p.name, d.name
    FROM old o JOIN units d ON d.id = CASE o.level WHEN 2 THEN o.id ELSE o.parent_id END AND d.level = 2
    LEFT JOIN units p ON p.id = d.province_id
    UNION
    SELECT 'provinces', p.id, p.kind || ' ' || p.name, NULL, p.name
    FROM old o JOIN units p ON p.id = o.province_id AND p.valid_to IS NOT NULL
)
SELECT part, id, title, within FROM part
ORDER BY part, within COLLATE "vi-x-icu" NULLS FIRST, name COLLATE "vi-x-icu", id
"""
# The old unit with those below it, what became of them (through any later change), and of which units of the same day
# each of those was made.
_HEIRS = """
WITH RECURSIVE chosen AS (
    SELECT id, valid_to - 1 AS day FROM units WHERE id = :unit
), below AS (
    SELECT id FROM chosen
    UNION
    SELECT u.id FROM units u JOIN below ON u.parent_id = below.id WHERE u.valid_to IS NOT NULL AND u.level <= 3
), heir AS (
    SELECT id AS old_id, id FROM below
    UNION
    SELECT heir.old_id, s.new_id FROM heir JOIN succession s ON s.old_id = heir.id
), became AS (
    SELECT DISTINCT u.id, u.kind || ' ' || u.name AS title FROM heir JOIN units u ON u.id = heir.id
    WHERE u.level = 3 AND u.valid_to IS NULL AND u.province_id = :province
), made_of AS (
    SELECT id AS new_id, id AS old_id FROM became
    UNION
    SELECT m.new_id, s.old_id FROM made_of m JOIN succession s ON s.new_id = m.old_id
), piece AS (
    SELECT m.new_id, o.id AS old_id, o.geom IS NOT NULL AS drawn, o.id IN (SELECT id FROM below) AS ours
    FROM made_of m JOIN units o ON o.id = m.old_id CROSS JOIN chosen
    WHERE o.valid_from <= chosen.day AND o.valid_to > chosen.day
)
SELECT b.id, b.title, bool_and(t.ours) AS whole, bool_and(t.drawn) FILTER (WHERE t.ours) AS drawn,
       array_agg(t.old_id) FILTER (WHERE t.ours) AS olds
FROM became b JOIN piece t ON t.new_id = b.id GROUP BY b.id, b.title ORDER BY b.title COLLATE "vi-x-icu"
"""
_FORMER = """
WITH RECURSIVE was AS (
    SELECT id FROM units WHERE id = :unit
    UNION
    SELECT s.old_id FROM was JOIN succession s ON s.new_id = was.id
)
SELECT DISTINCT p.name FROM was JOIN units u ON u.id = was.id JOIN units p ON p.id = u.province_id
WHERE p.valid_to IS NOT NULL ORDER BY 1
"""
