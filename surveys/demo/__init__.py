"""The demo province: Lâm Đồng with synthetic hamlets, eight layers and two years of work, from one seed."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy import table as sql_table

from geodata import approximate_areas, copying, national_units, placing
from geodata.centroids import Wrong
from surveys import restricted_cube, seeds
from surveys.demo import (
    accounts,
    areas,
    hamlets,
    profiles,
    programmes,
    project_work,
    projects,
    reports,
    sites,
    waiting,
    work,
)
from surveys.demo.scene import Scene

PROVINCE = "68"


@dataclass
class Made:
    """What a load added: rows by table; nothing at all where a demo was loaded before."""

    rows: dict[str, int] = field(default_factory=dict)
    dropped: tuple[Wrong, ...] = ()


def loaded(connection: Connection) -> bool:
    """Whether this database holds the demo already."""
    return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM accounts WHERE demo)")))


def load(connection: Connection, *, password_hash: str, media: Path, today: dt.date, seed: int = 68) -> Made:
    """Loads units, offices, accounts, hamlets and rows in the caller's transaction, as the worker role.

    `media` is the folder of stored files. Repeating changes nothing.
    """
    if loaded(connection):
        return Made()
    seeds.load(connection)
    national = national_units.load(connection)
    province = province_id(connection)
    chance = Random(seed)  # noqa: S311  demo rows, not secrets
    # What is there, not what was added: a start loads the country's units before any demo.
    made = Made({table: _count(connection, table) for table in ("units", "succession")}, national.dropped)
    made.rows["areas"] = _draw_areas(connection, province)
    made.rows["offices"] = seeds.load_offices(connection, province)
    offices = _offices(connection, province)
    people = accounts.add(connection, province, offices, password_hash, today)
    made.rows["accounts"] = len(people)
    places = hamlets.make(connection, province, chance)
    made.rows["hamlets"] = len(places)
    _fill(connection, Scene(chance, today, province, places, people, offices), media, made)
    return made


def province_id(connection: Connection) -> int:
    """The demo province of today."""
    query = text("SELECT id FROM units WHERE level = 1 AND code = :code AND valid_to IS NULL")
    return int(connection.execute(query, {"code": PROVINCE}).scalar_one())


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(select(func.count()).select_from(sql_table(table))).scalar_one())


def _draw_areas(connection: Connection, province: int) -> int:
    drawn = approximate_areas.draw(connection, province)
    ids = connection.scalars(
        text("SELECT id FROM units WHERE level IN (1, 3) AND province_id = :province AND valid_to IS NULL"),
        {"province": province},
    )
    placing.refresh_parts(connection, list(ids))
    return drawn


def _offices(connection: Connection, province: int) -> dict[str, int]:
    """Category → office, and "liaison" → the liaison office."""
    rows = connection.execute(
        text(
            "SELECT o.id, o.name, c.category FROM offices o LEFT JOIN office_categories c ON c.office_id = o.id"
            " WHERE o.unit_id = :province AND o.valid_to IS NULL ORDER BY o.id"
        ),
        {"province": province},
    ).all()
    found = {row.category: row.id for row in rows if row.category}
    return found | {"liaison": next(row.id for row in rows if row.name == seeds.liaison_office())}


def _fill(connection: Connection, scene: Scene, media: Path, made: Made) -> None:
    checked, modelled, joined = programmes.add(connection, scene)
    made.rows["programmes"] = len(programmes.MADE)
    resettled: list[dict[str, Any]] = []
    tables: tuple[tuple[str, Iterable[dict[str, Any]]], ...] = (
        ("hamlet_profiles", profiles.rows(scene)),
        ("situation_reports", reports.service(scene)),
        ("restricted_reports", reports.restricted(scene)),
        ("religious_sites", sites.rows(scene)),
        ("minority_areas", areas.rows(scene, media)),
        ("resettlement_projects", _noted(projects.rows(scene), resettled)),
        ("community_models", programmes.carry_out(work.models(scene), modelled)),
        ("democracy_checks", programmes.carry_out(work.checks(scene), checked)),
        ("joint_activities", programmes.carry_out(work.activities(scene), joined)),
        ("resettlement_steps", project_work.steps(scene, resettled)),
        ("resettlement_progress", project_work.figures(scene, resettled)),
    )
    for table, rows in tables:
        made.rows[table] = _add(connection, table, list(rows))
    quarters = restricted_cube.closed(scene.first_day, scene.today)
    made.rows["restricted_counts"] = sum(restricted_cube.freeze(connection, scene.province_id, q) for q in quarters)
    made.rows["proposals"] = waiting.send(connection, scene)


def _noted(rows: Iterable[dict[str, Any]], kept: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows as they come, kept for what is made of them later: chance is drawn in the order of the tables."""
    for row in rows:
        kept.append(row)
        yield row


def _add(connection: Connection, table: str, rows: list[dict[str, Any]]) -> int:
    columns = list(rows[0])
    return copying.insert(connection, table, columns, ([row[column] for column in columns] for row in rows))
