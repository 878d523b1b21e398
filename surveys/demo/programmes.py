"""Programmes of the demo province, and which of its models, checks and activities carry them out."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, insert

from surveys.demo.scene import Scene
from surveys.programmes import Programme

# (kind, number, title, years before today it began, years it runs)
MADE = (
    ("chi_thi", "01-CT/TU (minh hoạ)", "Tăng cường thực hiện dân chủ ở cơ sở", 2, None),
    ("de_an", "02-ĐA/TU (minh hoạ)", "Nhân rộng mô hình Dân vận khéo", 1, 5),
    ("ke_hoach", "03-KH/TU (minh hoạ)", "Phối hợp giúp dân vùng khó khăn", 1, 3),
)


def add(connection: Connection, scene: Scene) -> list[int]:
    """Stores them; their ids, in the order of MADE."""
    rows = [
        {
            "province_id": scene.province_id, "commune_id": 0, "kind": kind, "number": number, "title": title,
            "goals": "Dữ liệu minh hoạ", "starts_on": dt.date(scene.today.year - ago, 1, 1),
            "ends_on": None if runs is None else dt.date(scene.today.year - ago + runs, 12, 31),
            "office_id": scene.offices["liaison"], "created_by": scene.accounts["chuyenvien"],
        }
        for kind, number, title, ago, runs in MADE
    ]  # fmt: skip
    return [connection.execute(insert(Programme).values(row).returning(Programme.id)).scalar_one() for row in rows]


def carry_out(rows: Iterable[dict[str, Any]], programme: int) -> Iterator[dict[str, Any]]:
    """The rows, two of three for the programme."""
    for n, row in enumerate(rows):
        yield row | {"programme_id": programme if n % 3 else None}
