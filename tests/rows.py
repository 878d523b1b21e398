"""Valid rows of every layer for the small world, and an actor's count of any relation."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Connection, insert, text

from surveys.layer import Layer
from surveys.layers import CATALOGUE
from surveys.restricted import RestrictedReport
from tests.world import KNOWN

DAY = dt.date(2026, 10, 1)

VALUES: dict[str, dict[str, Any]] = {
    "situation_reports": {
        "category": "nuoc", "what_happened": "Giếng cạn từ đầu tháng", "urgency": "gap", "happened_on": DAY,
        "state": "mo", "due_on": DAY + dt.timedelta(days=15), "office_id": KNOWN.answering_office,
    },
    "religious_sites": {"name": "Chùa Linh Sơn", "tradition": "phat_giao", "facility_type": "chua"},
    "minority_areas": {
        "name": "Xã Đắk Mil", "area_class": "kv1", "source_document": "QĐ 60/QĐ-BDTTG", "source_date": DAY,
        "source_file": "0" * 64, "entered_by": KNOWN.officer, "confirmed_by": KNOWN.answering,
    },
    "hamlet_profiles": {
        "name": "Thôn 1", "survey_round": "2026_2", "duong": "co", "dien": "co", "nuoc": "khong", "truong": "mot_phan",
        "y_te": "co",
    },
    "resettlement_projects": {
        "name": "Cao tốc đoạn 1", "kind": "cao_toc", "responsible_office": "Ban Quản lý dự án", "stage": "kiem_dem",
        "households_affected": 40,
    },
    "community_models": {
        "name": "Tuyến đường hoa", "field": "kinh_te", "kind": "mo_hinh", "state": "dang_ky", "registered_on": DAY,
    },
    "democracy_checks": {
        "survey_round": "2026_2", "checklist": "dan_chu_co_so", "checked_on": DAY,
        "know": "dat", "discuss": "dat", "act": "dat", "check": "mot_phan", "supervise": "chua", "benefit": "dat",
    },
    "joint_activities": {"name": "Ngày Chủ nhật xanh", "kind": "tinh_nguyen", "planned_on": DAY},
}  # fmt: skip


def place(layer: Layer, west: float, south: float = 11.9) -> str:
    """EWKT in the middle of the 0.1° square whose corner is given."""
    x, y = west + 0.05, south + 0.05
    if layer.shape == "POINT":
        return f"SRID=4326;POINT({x} {y})"
    return f"SRID=4326;MULTIPOLYGON((({x} {y},{x + 0.01} {y},{x + 0.01} {y + 0.01},{x} {y + 0.01},{x} {y})))"


def feature(layer: Layer, commune: int, *, hamlet: int | None = None, **values: Any) -> dict[str, Any]:
    """A whole valid row of a layer in a commune of the small world."""
    province, west, south = (
        (2, 109.1, 12.1) if commune == KNOWN.other_commune else (1, 108.0 + (commune - 11) / 10, 11.9)
    )
    return {
        "id": uuid.uuid4(), "province_id": province, "commune_id": commune, "hamlet_id": hamlet, "observed_on": DAY,
        "origin": "demo", "geom": place(layer, west, south), **VALUES[layer.key], **values,
    }  # fmt: skip


def one_of_each(connection: Connection, communes: tuple[int, ...]) -> None:
    """One row of every layer, and one restricted report, in each commune."""
    for layer in CATALOGUE:
        connection.execute(insert(layer.table), [feature(layer, commune) for commune in communes])
    connection.execute(
        insert(RestrictedReport),
        [
            {
                "province_id": 2 if commune == KNOWN.other_commune else 1, "commune_id": commune,
                "office_id": KNOWN.answering_office, "observed_on": DAY, "category": "dat_dai_boi_thuong",
                "what_happened": "Chậm chi trả", "urgency": "gap", "happened_on": DAY, "state": "mo",
                "due_on": DAY + dt.timedelta(days=30),
            }
            for commune in communes
        ],
    )  # fmt: skip


def count(connection: Connection, relation: str) -> int | None:
    """Rows seen, or None where the role may not read the relation at all."""
    with connection.begin_nested() as savepoint:
        try:
            return int(connection.scalar(text(f"SELECT count(*) FROM {relation}")) or 0)
        except Exception as error:
            savepoint.rollback()
            if "permission denied" in str(error):
                return None
            raise
