"""A later reform of the small world: what its files say, rows that name its units, and every bit of them."""

import datetime as dt
import uuid
from collections.abc import Callable
from pathlib import Path

import geopandas
from shapely.geometry import box
from sqlalchemy import Connection, insert, text

from geodata import placing
from surveys.layers import CATALOGUE, named
from surveys.reforms import Report
from tests.rows import DAY, feature

ON = dt.date(2026, 9, 20)
ACT = "388/NQ-UBTVQH16"
HEAD = "ma_xa_cu,ma_xa_moi,ten_moi,loai_moi,ma_tinh_moi,ghi_chu"
# The first commune goes half into each of two new ones; the second goes whole into the second of them.
SPLIT = (
    "24700,24800,Đắk Mil Đông,xã,68,Nhập một phần",
    "24700,24801,Đắk Mil Tây,xã,68,Nhập một phần",
    "24701,24801,Đắk Mil Tây,xã,68,Nhập toàn bộ",
)
AREAS = [
    ("24800", "Đắk Mil Đông", box(108.0, 11.9, 108.05, 12.0)),
    ("24801", "Đắk Mil Tây", box(108.05, 11.9, 108.2, 12.0)),
]
Write = Callable[..., list[Path]]


def cleared(connection: Connection) -> Connection:
    """Without rows of layers, and with every unit's area where points are looked up."""
    for key in ("proposals", *(layer.key for layer in CATALOGUE)):
        connection.execute(text(f"DELETE FROM {key}"))
    placing.refresh_parts(connection, list(connection.scalars(text("SELECT id FROM units"))))
    return connection


def writer(folder: Path) -> Write:
    """Writes a table of successions and, where given, the areas of the new units."""

    def written(rows: tuple[str, ...], areas: list | None = None, head: str = HEAD) -> list[Path]:  # type: ignore[type-arg]
        table = folder / "cai_cach.csv"
        table.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")
        if not areas:
            return [table]
        frame = geopandas.GeoDataFrame(
            {"ma_xa": [a[0] for a in areas], "ten_xa": [a[1] for a in areas]}, geometry=[a[2] for a in areas], crs=4326
        )
        frame.to_file(folder / "ranh_gioi.gpkg")
        return [table, folder / "ranh_gioi.gpkg"]

    return written


def add(
    connection: Connection, commune: int, lon: float | None, key: str = "community_models", **more: object
) -> uuid.UUID:
    layer = named(key)
    row = feature(layer, commune, **more) | {"id": uuid.uuid4()}
    row["geom"] = None if lon is None else f"SRID=4326;POINT({lon} 11.95)"
    connection.execute(insert(layer.table), row)
    return row["id"]


def unit(connection: Connection, code: str) -> int:
    found = connection.scalar(
        text("SELECT id FROM units WHERE code = :c AND level = 3 AND valid_to IS NULL"), {"c": code}
    )
    assert isinstance(found, int)
    return found


def home(connection: Connection, id_: uuid.UUID, key: str = "community_models") -> int:
    found = connection.scalar(text(f"SELECT commune_id FROM {key} WHERE id = :id"), {"id": id_})
    assert isinstance(found, int)
    return found


def state(connection: Connection) -> dict[str, str]:
    """Units, successions and what every row says of its units, byte for byte."""
    wanted = {
        "units": "SELECT u::text AS t FROM units u",
        "succession": "SELECT s::text AS t FROM succession s",
        "unit_parts": "SELECT unit_id || ' ' || level || ' ' || geom::text AS t FROM unit_parts",
        "accounts": "SELECT a::text AS t FROM accounts a",
        "offices": "SELECT a::text AS t FROM offices a",
        "form_units": "SELECT a::text AS t FROM form_units a",
        "proposals": "SELECT a::text AS t FROM proposals a",
        "restricted_reports": "SELECT a::text AS t FROM restricted_reports a",
    }
    for layer in CATALOGUE:
        wanted[layer.key] = f"SELECT (to_jsonb(f) - 'version' - 'updated_at')::text AS t FROM {layer.key} f"
    return {
        name: connection.scalar(text(f"SELECT md5(coalesce(string_agg(t, '|' ORDER BY t), '')) FROM ({query}) q"))
        for name, query in wanted.items()
    }


def of(report: Report, relation: str = "community_models") -> dict[str, int]:
    return next(one for one in report.rehomed if one["layer"] == relation)


def restricted(commune: int, hamlet: int | None) -> dict[str, object]:
    return {
        "province_id": 1, "commune_id": commune, "hamlet_id": hamlet, "office_id": 2, "observed_on": DAY,
        "category": "dat_dai_boi_thuong", "what_happened": "x", "urgency": "gap", "happened_on": DAY, "state": "mo",
        "due_on": DAY + dt.timedelta(days=30),
    }  # fmt: skip


def proposal(commune: int, place: str | None) -> dict[str, object]:
    return {
        "layer": "community_models", "feature_id": uuid.uuid4(), "values": {}, "commune_id": commune, "province_id": 1,
        "observed_on": DAY, "geom": place,
    }  # fmt: skip
