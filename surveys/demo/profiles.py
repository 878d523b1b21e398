"""Hamlet profiles of several survey rounds: what works in each hamlet, slowly getting better."""

import datetime as dt
import math
import re
from collections.abc import Iterator
from typing import Any

from shapely.geometry import Point

from surveys.demo.scene import Hamlet, Scene
from surveys.seeds import code_rows

ROUNDS = 4
# Months in which a half-year's round is walked.
SEASONS = {1: (3, 6), 2: (9, 11)}
# Hamlets with fewer households show their services, not their number (S6).
COUNTED_FROM = 20
# How hard each service is to have, and how far the nearest usually is (km).
SERVICES = {"duong": (-0.9, 1.0), "dien": (-1.6, 0.5), "nuoc": (-0.1, 1.2), "truong": (-0.6, 3.0), "y_te": (-0.3, 4.0)}
OBSTACLES = {"xa": 4.0, "duong_xau": 3.0, "thieu_nguoi": 1.0, "thieu_thiet_bi": 2.0, "chi_phi": 2.0, "hu_hong": 2.0}
HAZARDS = {"ngap": 3.0, "sat_lo": 2.0, "lu_quet": 1.0, "chay": 1.0, "han": 3.0}


def rounds(today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """The latest survey rounds that have begun: (code, first day, last day or today)."""
    found = []
    for row in code_rows():
        if row["list"] == "survey_rounds" and (match := re.fullmatch(r"(\d{4})_([12])", row["code"])):
            year, half = int(match[1]), int(match[2])
            begin = dt.date(year, SEASONS[half][0], 1)
            end = dt.date(year, SEASONS[half][1], 28)
            if begin < today:
                found.append((row["code"], begin, min(end, today)))
    return found[-ROUNDS:]


def rows(scene: Scene) -> Iterator[dict[str, Any]]:
    """One row for each hamlet and round it was visited in; the last round is still under way."""
    walked = rounds(scene.today)
    for hamlet in scene.hamlets:
        lacks = {name: hard + scene.chance.gauss(0, 0.7) + 1.9 * hamlet.remote for name, (hard, _) in SERVICES.items()}
        for number, (code, begin, end) in enumerate(walked):
            under_way = number == len(walked) - 1
            if scene.chance.random() < (0.62 if under_way else 0.95):
                on = begin + dt.timedelta(days=scene.chance.randint(0, (end - begin).days))
                yield _row(scene, hamlet, code, on, {name: lack - 0.18 * number for name, lack in lacks.items()})


def _row(scene: Scene, hamlet: Hamlet, code: str, on: dt.date, lacks: dict[str, float]) -> dict[str, Any]:
    households = round(hamlet.households * scene.chance.uniform(0.98, 1.03))
    row = scene.feature(hamlet.commune, hamlet, on, Point(hamlet.place)) | {
        "name": hamlet.name,
        "survey_round": code,
        "households": households if households >= COUNTED_FROM else None,
        "hazards": scene.some(HAZARDS) if scene.chance.random() < 0.3 + 0.3 * hamlet.remote else ["khong"],
        "mobile_signal": "manh" if hamlet.remote < 0.5 else scene.one({"manh": 3.0, "yeu": 4.0, "khong": 1.0}),
        "meeting_house": scene.chance.random() < 0.8 - 0.3 * hamlet.remote,
    }
    for name, lack in lacks.items():
        row |= _service(scene, hamlet, name, lack)
    return row


def _service(scene: Scene, hamlet: Hamlet, name: str, lack: float) -> dict[str, Any]:
    state = "khong" if lack > 1.1 else "mot_phan" if lack > 0.1 else "co"
    usual = SERVICES[name][1] * (0.4 + 2 * hamlet.remote)
    return {
        name: state,
        f"{name}_km": round(min(60.0, scene.chance.lognormvariate(math.log(usual), 0.4)), 1),
        f"{name}_cl": None if state == "khong" else "tot" if lack < -0.6 else "tam" if lack < 0.5 else "kem",
        f"{name}_tn": "khong" if lack < -0.4 else scene.one(OBSTACLES),
    }
