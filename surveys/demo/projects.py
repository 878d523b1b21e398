"""Resettlement projects at every stage; small ones stay at commune level and without money (S6)."""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

from shapely import affinity
from shapely.geometry import MultiPolygon, box

from surveys.demo.scene import KM_PER_DEGREE, Commune, Scene
from surveys.seeds import code_rows

ABOUT = 25
SMALL = 10  # households
KINDS = {"cao_toc": 9.0, "thuy_dien": 4.0, "khu_cong_nghiep": 3.0, "thien_tai": 4.0, "do_thi": 4.0, "khac": 1.0}
WORDS = {
    "cao_toc": "Khu tái định cư đường cao tốc", "thuy_dien": "Khu tái định cư hồ chứa",
    "khu_cong_nghiep": "Khu tái định cư khu công nghiệp", "thien_tai": "Khu di dời vùng thiên tai",
    "do_thi": "Khu tái định cư chỉnh trang đô thị", "khac": "Khu tái định cư",
}  # fmt: skip
OFFICE = "Trung tâm Phát triển quỹ đất tỉnh"
STATES = {"co": 50.0, "mot_phan": 35.0, "khong": 15.0}
SERVICES = ("road", "power", "water", "school", "health")
APPROVED_AT, PAYING_AT, MOVING_AT, LAST = 11, 13, 14, 20  # positions among the stages


def rows(scene: Scene) -> Iterator[dict[str, Any]]:
    """About 25 projects; households, money and plots follow the stage, and some milestones have passed."""
    stages = [row["code"] for row in code_rows() if row["list"] == "resettlement_stages"]
    rural = [commune for commune in scene.communes if commune.kind != "đặc khu"]
    for number, commune in enumerate(scene.chance.sample(rural, ABOUT), start=1):
        at = scene.chance.randint(1, len(stages))
        small = number % 8 == 0
        affected = scene.chance.randint(4, SMALL - 1) if small else round(scene.chance.lognormvariate(4.6, 0.6)) + SMALL
        kind = scene.one(KINDS)
        hectares = round(affected * 0.03 + scene.chance.uniform(0.3, 2.0), 2)
        area = None if small else _area(scene, commune, hectares)
        yield scene.feature(commune, None, scene.today - dt.timedelta(days=scene.chance.randint(1, 90)), area) | {
            "name": f"{WORDS[kind]} minh hoạ {number}",
            "kind": kind,
            "responsible_office": OFFICE,
            "stage": stages[at - 1],
            "households_affected": affected,
            "area_ha": hectares,
            **_progress(scene, at, affected, small=small),
            **_dates(scene, at, stages),
            **{name: scene.one(STATES) for name in SERVICES},
        }


def _progress(scene: Scene, at: int, affected: int, *, small: bool) -> dict[str, Any]:
    approved = (
        affected if at > APPROVED_AT else round(affected * scene.chance.uniform(0.5, 0.9)) if at == APPROVED_AT else 0
    )
    paid = _share(scene, approved, at, PAYING_AT)
    plots = round(affected * 1.1)
    each = scene.chance.randint(600, 1500) * 1_000_000
    return {
        "households_approved": approved,
        "households_paid": paid,
        "households_moved": min(paid, _share(scene, affected, at, MOVING_AT)),
        "plots_total": plots,
        "plots_ready": _share(scene, plots, at, 9),
        "money_approved": None if small else each * approved,
        "money_paid": None if small else each * paid,
    }


def _share(scene: Scene, whole: int, at: int, begins: int) -> int:
    """How many of the whole are done when a work that begins at one stage is done by the last."""
    if at < begins:
        return 0
    return min(whole, round(whole * (at - begins + scene.chance.uniform(0.4, 1.0)) / (LAST - begins)))


def _dates(scene: Scene, at: int, stages: list[str]) -> dict[str, Any]:
    posted = scene.first_day + dt.timedelta(days=scene.chance.randint(0, 400))
    approved = posted + dt.timedelta(days=scene.chance.randint(25, 120))
    late = scene.chance.random() < 0.3
    days = scene.chance.randint(5, 120)
    return {
        "plan_posted_on": posted if at >= 8 else None,
        "plan_approved_on": approved if at >= APPROVED_AT else None,
        "next_milestone": stages[at] if at < len(stages) else None,
        "next_on": None if at >= len(stages) else scene.today + dt.timedelta(days=-days if late else days),
    }


def _area(scene: Scene, commune: Commune, hectares: float) -> MultiPolygon:
    """A turned rectangle of about that size near the commune's middle."""
    lon, lat = commune.middle
    side = math.sqrt(hectares / 100) / KM_PER_DEGREE
    shape = affinity.rotate(box(-0.7 * side, -0.71 * side, 0.7 * side, 0.71 * side), scene.chance.uniform(0, 180))
    shape = affinity.scale(shape, 1 / math.cos(math.radians(lat)) / math.sqrt(2), 1 / math.sqrt(2), origin=(0, 0))
    for _ in range(20):
        east, north = scene.chance.gauss(0, 0.012), scene.chance.gauss(0, 0.012)
        moved = affinity.translate(shape, lon + east, lat + north)
        if commune.area.contains(moved):
            return MultiPolygon([moved])
    return MultiPolygon([affinity.translate(shape, lon, lat)])
