"""Proposals that wait for review, sent by the demo's field officer in the last days."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.geometry import Point
from sqlalchemy import Connection, text

from geodata.crs import STORED_SRID
from surveys import proposing
from surveys.demo import profiles, wording
from surveys.demo.accounts import FIELD_COMMUNE
from surveys.demo.scene import Hamlet, Scene
from surveys.proposing import Wanted

REPORTS, SITES, PROFILES, RESTRICTED = 8, 3, 9, 2


def send(connection: Connection, scene: Scene) -> int:
    """Stores the proposals as if phones had sent them, flags included; returns how many."""
    here = [hamlet for hamlet in scene.hamlets if hamlet.commune.code == FIELD_COMMUNE]
    unvisited = [hamlet for hamlet in here if hamlet.id not in _visited(connection, scene)]
    wanted = [*_reports(scene, here), *_sites(scene, here), *_profiles(scene, unvisited[:PROFILES])]
    proposing.propose(connection, wanted)
    return len(wanted)


def _visited(connection: Connection, scene: Scene) -> set[int]:
    latest = profiles.rounds(scene.today)[-1][0]
    found = connection.scalars(
        text("SELECT hamlet_id FROM hamlet_profiles WHERE survey_round = :round"), {"round": latest}
    )
    return set(found)


def _reports(scene: Scene, here: list[Hamlet]) -> Iterator[Wanted]:
    words = wording.SERVICE | wording.RESTRICTED
    categories = scene.chance.sample(list(wording.SERVICE), REPORTS)
    categories += scene.chance.sample(list(wording.RESTRICTED), RESTRICTED)
    for number, category in enumerate(categories):
        hamlet = scene.chance.choice(here)
        wanted = _wanted(scene, "situation_reports", hamlet)
        wanted.values = {
            "category": category,
            "what_happened": words[category][0],
            "urgency": "gap" if number % 3 == 0 else "thuong",
            "households_affected": 4 + number,
            "happened_on": wanted.observed_on.isoformat(),
        }
        yield wanted


def _sites(scene: Scene, here: list[Hamlet]) -> Iterator[Wanted]:
    for number in range(1, SITES + 1):
        wanted = _wanted(scene, "religious_sites", scene.chance.choice(here))
        wanted.values = {
            "name": f"Đình minh hoạ chờ duyệt {number}",
            "tradition": "tin_nguong",
            "facility_type": "dinh",
            "heritage_rank": "kiem_ke",
            "condition": "xuong_cap",
            "request": "sua_chua",
            "received_on": wanted.observed_on.isoformat(),
        }
        yield wanted


def _profiles(scene: Scene, hamlets: list[Hamlet]) -> Iterator[Wanted]:
    code = profiles.rounds(scene.today)[-1][0]
    for hamlet in hamlets:
        wanted = _wanted(scene, "hamlet_profiles", hamlet)
        services: dict[str, Any] = {}
        for name in profiles.SERVICES:
            services |= {name: scene.one({"co": 6.0, "mot_phan": 4.0}), f"{name}_cl": "tam", f"{name}_tn": "xa"}
        counted = {"households": hamlet.households} if hamlet.households >= profiles.COUNTED_FROM else {}
        wanted.values = {"name": hamlet.name, "survey_round": code, "mobile_signal": "yeu", **services, **counted}
        yield wanted


def _wanted(scene: Scene, layer: str, hamlet: Hamlet) -> Wanted:
    on = scene.today - dt.timedelta(days=scene.chance.randint(0, 4))
    place = shapely.set_srid(Point(scene.near(hamlet, 200)), STORED_SRID)
    return Wanted(
        layer=layer,
        feature_id=scene.identity(),
        values={},
        province_id=scene.province_id,
        observed_on=on,
        place=shapely.to_wkb(place, include_srid=True),
        accuracy_m=round(scene.chance.uniform(3, 18), 1),
        commune_id=hamlet.commune.id,
        hamlet_id=hamlet.id,
        created_by=scene.accounts["canbo"],
        received_at=dt.datetime.combine(on, dt.time(3, scene.chance.randint(0, 59)), dt.UTC),
        origin="demo",
    )
