"""Ethnic-minority areas from an illustrative list: attached, dated, entered by one account and confirmed by another."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from surveys.demo.scene import KM_PER_DEGREE, Commune, Hamlet, Scene

COMMUNES = 72
HAMLETS = 48
LIST = "01/DS-MINH-HOA"
# Larger groups by the first code of each former province; the small ones aren't named below province.
GROUPS = {
    "22915": {"17": 4.0, "21": 3.0, "16": 1.0},
    "24611": {"20": 5.0, "28": 2.0, "02": 2.0, "07": 2.0, "08": 1.0},
    "24766": {"16": 6.0, "28": 4.0, "36": 2.0, "02": 1.0, "07": 1.0},
}
# A hamlet of special difficulty is a small one.
LARGEST_HAMLET = 250
CLASSES = {"kv1": 45.0, "kv2": 20.0, "kv3": 35.0}
STATES = {"co": 60.0, "mot_phan": 30.0, "khong": 10.0}
SERVICES = ("road", "power", "water", "school", "health")


def document(scene: Scene, media: Path) -> tuple[str, dt.date]:
    """Stores the illustrative list among the media and returns its sha256 (hex) and its date."""
    on = scene.first_day
    text = (
        f"DANH SÁCH MINH HOẠ số {LIST}, ngày {on:%d/%m/%Y}\n"
        "Tệp này chỉ để chạy thử: các khu vực, số hộ và tỷ lệ trong đó do máy sinh ra, không phải số liệu công bố.\n"
    ).encode()
    name = hashlib.sha256(text).hexdigest()
    folder = media / name[:2]
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    draft.write_bytes(text)
    draft.replace(folder / name)
    return name, on


def rows(scene: Scene, media: Path) -> Iterator[dict[str, Any]]:
    """Whole communes by class, and hamlets of special difficulty; a group is named for communes only."""
    file, on = document(scene, media)
    source = {"source_document": f"Danh sách minh hoạ số {LIST}", "source_date": on, "source_file": file}
    rural = [commune for commune in scene.communes if commune.kind == "xã"]
    chosen = scene.chance.sample(rural, min(COMMUNES, len(rural)))
    for commune in sorted(chosen, key=lambda one: one.code):
        households = sum(h.households for h in scene.hamlets if h.commune is commune)
        yield (
            _row(scene, commune, None, commune.area, round(households * scene.chance.uniform(0.2, 0.8)))
            | {
                "name": f"{commune.kind.capitalize()} {commune.name}",
                "area_class": scene.one(CLASSES),
                "ethnic_groups": scene.some(_groups(commune), 3),
            }
            | source
        )
    inside = {commune.id for commune in chosen}
    remote = [
        h for h in scene.hamlets if h.commune.id in inside and h.remote > 0.5 and 20 <= h.households <= LARGEST_HAMLET
    ]
    for hamlet in scene.chance.sample(remote, min(HAMLETS, len(remote))):
        yield (
            _row(scene, hamlet.commune, hamlet, _around(hamlet), hamlet.households)
            | {
                "name": f"{hamlet.name}, {hamlet.commune.kind} {hamlet.commune.name}",
                "area_class": "thon_dbkk",
                "ethnic_groups": None,
            }
            | source
        )


def _groups(commune: Commune) -> dict[str, float]:
    return GROUPS[max(first for first in GROUPS if first <= commune.code)]


def _row(scene: Scene, commune: Commune, hamlet: Hamlet | None, area: BaseGeometry, households: int) -> dict[str, Any]:
    services = {name: scene.one(STATES) for name in SERVICES}
    return (
        scene.feature(commune, hamlet, scene.first_day, _multi(area))
        | services
        | {
            "households": households,
            "population": round(households * 4.1),
            "poverty_rate": round(min(70.0, scene.chance.lognormvariate(2.4, 0.6)), 1),
        }
    )


def _around(hamlet: Hamlet) -> BaseGeometry:
    return shapely.intersection(Point(hamlet.place).buffer(0.7 / KM_PER_DEGREE, quad_segs=4), hamlet.commune.area)


def _multi(area: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(area) if part.geom_type == "Polygon"])
