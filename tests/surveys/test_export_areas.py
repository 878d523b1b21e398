"""Exports of a part: units of today and of before, days, states, filters and columns; what isn't exact is said."""

import csv
import datetime as dt
import zipfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from app import exporting
from app.database import acting
from app.roles import Urls
from geodata.problems import InvalidValue, NotFound
from surveys import exchange, export_areas, selections
from surveys.access import Actor, Role
from surveys.feature_filter import FilterInvalid
from surveys.layers import named
from surveys.selections import Selection
from tests.rows import DAY, feature
from tests.world import World

LAYER = named("community_models")
# Huyện Đắk Mil: Đắk Lao went into commune 11 whole, Thuận An half into 11 and half into 12, which has a part of
# Đức Mạnh of another district besides. 13 is made of a district without communes, and was renamed once more.
UNITS = """
INSERT INTO units (id, level, code, name, kind, parent_id, province_id, valid_from, valid_to, geom) VALUES
(901, 1, '67', 'Đắk Nông', 'tỉnh', NULL, 901, '2004-07-08', '2025-07-01', NULL),
(902, 2, '663', 'Đắk Mil', 'huyện', 901, 901, '2004-07-08', '2025-07-01', NULL),
(903, 3, '24664', 'Đắk Lao', 'xã', 902, 901, '2004-07-08', '2025-07-01', NULL),
(904, 3, '24665', 'Thuận An', 'xã', 902, 901, '2004-07-08', '2025-07-01', NULL),
(905, 2, '664', 'Krông Nô', 'huyện', 901, 901, '2004-07-08', '2025-07-01', NULL),
(906, 3, '24670', 'Đức Mạnh', 'xã', 905, 901, '2004-07-08', '2025-07-01', NULL),
(907, 1, '60', 'Bình Thuận', 'tỉnh', NULL, 907, '2004-07-08', '2025-07-01', NULL),
(908, 2, '601', 'Phú Quý', 'huyện', 907, 907, '2004-07-08', '2025-07-01', NULL),
(909, 3, '24799', 'Phú Quí', 'đặc khu', 1, 1, '2025-07-01', '2026-09-20', NULL);
INSERT INTO succession (old_id, new_id, whole, "on") VALUES
(903, 11, true, '2025-07-01'), (904, 11, false, '2025-07-01'), (904, 12, false, '2025-07-01'),
(906, 12, true, '2025-07-01'), (908, 909, true, '2025-07-01'), (909, 13, true, '2026-09-20');
"""
DRAW = "UPDATE units SET geom = ST_Multi(ST_MakeEnvelope(:w, 11.8, :e, 12.1, 4326)) WHERE id = :id"


@pytest.fixture
def former(worker: Engine, world: World) -> Iterator[None]:
    """The former units and their succession, and one model in each commune, two in the second."""
    with worker.begin() as connection:
        connection.execute(text(UNITS.replace(":", "\\:")))
        connection.execute(text(f"DELETE FROM {LAYER.key}"))
        for commune, name, lon in ((11, "A", 108.05), (12, "B1", 108.12), (12, "B2", 108.18), (13, "C", 108.25)):
            place = f"SRID=4326;POINT({lon} 11.95)"
            connection.execute(insert(LAYER.table), feature(LAYER, commune, name=name, geom=place))
    yield
    with worker.begin() as connection:
        connection.execute(text(f"DELETE FROM {LAYER.key}"))
        connection.execute(text("DELETE FROM succession WHERE old_id BETWEEN 901 AND 909"))
        connection.execute(text("DELETE FROM units WHERE id BETWEEN 901 AND 909 AND level = 3"))
        connection.execute(text("DELETE FROM units WHERE id BETWEEN 901 AND 909 AND level = 2"))
        connection.execute(text("DELETE FROM units WHERE id BETWEEN 901 AND 909"))


@pytest.fixture
def export(urls: Urls, world: World, tmp_path: Path) -> Callable[..., tuple[list[dict[str, str]], str]]:
    """(rows of the CSV, bao_cao.txt)."""

    def make(actor: Actor | None = None, key: str = LAYER.key, **more: Any) -> tuple[list[dict[str, str]], str]:
        made = exporting.export(
            urls, actor or world.actor("gis"), Selection((key,), "csv", **more), "Kiểm tra",
            lambda plan: tmp_path / plan.file_name, lambda *_: None,
        )  # fmt: skip
        with zipfile.ZipFile(made.file) as archive:
            (name,) = [name for name in archive.namelist() if name.startswith(key) and name.endswith(".csv")]
            rows = list(csv.DictReader(StringIO(archive.read(name).decode("utf-8-sig"))))
            return rows, archive.read("bao_cao.txt").decode("utf-8-sig")

    return make


def names(rows: list[dict[str, str]]) -> set[str]:
    return {row["TEN"] for row in rows}


@pytest.mark.parametrize(
    ("unit", "found", "said"),
    [
        (None, {"A", "B1", "B2", "C"}, "Phạm vi: tỉnh Lâm Đồng"),
        (1, {"A", "B1", "B2", "C"}, "Phạm vi: tỉnh Lâm Đồng"),
        (12, {"B1", "B2"}, "Phạm vi: phường Xuân Hương - Đà Lạt"),
        (901, {"A", "B1", "B2"}, "Phạm vi: tỉnh Đắk Nông (trước 01/07/2025)"),
        # All of 11 came from this district, but 12 only in part, and nothing says where the line was.
        (902, {"A", "B1", "B2"}, "chưa có ranh giới trong hệ thống: lấy cả phường Xuân Hương"),
        (908, {"C"}, "gồm đặc khu Phú Quý"),
        (909, {"C"}, "đặc khu Phú Quí (trước 20/09/2026)"),
    ],
)
def test_a_unit_of_today_or_of_before(export: Any, former: None, unit: int | None, found: set[str], said: str) -> None:
    rows, report = export(unit=unit)
    assert names(rows) == found
    assert said in report


def test_a_known_boundary_cuts_the_commune_that_is_partly_of_the_old_unit(
    export: Any, former: None, worker: Engine
) -> None:
    with worker.begin() as connection:
        connection.execute(text(DRAW), {"id": 904, "w": 108.08, "e": 108.15})
    rows, report = export(unit=902)
    assert names(rows) == {"A", "B1"}
    assert "phần thuộc phường Xuân Hương - Đà Lạt lấy theo ranh giới cũ" in report
    rows, _ = export(unit=904)
    assert names(rows) == {"B1"}


def test_a_commune_account_gets_no_more_by_naming_an_old_unit(export: Any, former: None, world: World) -> None:
    own = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=11)
    assert names(export(own, unit=901)[0]) == {"A"}
    assert export(own, unit=12)[0] == []


@pytest.mark.parametrize("unit", [21, 2, 111, 99_999])
def test_units_of_elsewhere_and_hamlets_are_not_found(export: Any, former: None, unit: int) -> None:
    with pytest.raises(NotFound):
        export(unit=unit)


def test_the_former_province_and_its_grid_are_named(export: Any, former: None, web: Engine, world: World) -> None:
    with acting(web, world.actor("gis")) as session:
        area = export_areas.find(session, world.actor("gis"), 11)
        assert area.former == ("Đắk Nông",)
        offered = exchange.offered_systems(session, world.actor("gis"), area)
        assert [system.epsg for system, _, here in offered if here] == [9218]
        assert offered[0][0].epsg == 5899
        found = export_areas.choices(session, world.actor("gis"))
        assert [each.title for each in found["provinces"]] == ["tỉnh Bình Thuận", "tỉnh Đắk Nông"]
        assert {(each.title, each.within) for each in found["communes"]} >= {("xã Thuận An", "huyện Đắk Mil")}
        assert {each.id for each in found["districts"]} == {902, 905, 908}
        assert [each.id for each in found["now"]] == [11, 13, 12]
    _, report = export(unit=11)
    assert (
        "Múi chiếu của tỉnh từ 01/7/2025 (trước đó Đắk Nông dùng VN-2000 / TM-3 108-30 (EPSG:9218), 108°30')" in report
    )
    _, report = export(unit=11, epsg=9218)
    assert "Múi chiếu của Bình Thuận, Đắk Nông trước 01/7/2025" in report


def test_days_states_filters_and_columns(export: Any, former: None, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(text(f"UPDATE {LAYER.key} SET observed_on = '2026-01-05' WHERE name = 'A'"))
        connection.execute(text(f"UPDATE {LAYER.key} SET state = 'duoc_cong_nhan' WHERE name = 'B1'"))
    assert names(export(begins=DAY)[0]) == {"B1", "B2", "C"}
    assert names(export(ends=dt.date(2026, 1, 5))[0]) == {"A"}
    rows, report = export(state="duoc_cong_nhan")
    assert names(rows) == {"B1"}
    assert names(export(filter="name LIKE 'B%' AND observed_on >= DATE('2026-02-01')")[0]) == {"B1", "B2"}
    assert names(export(filter="commune_code = '24700' OR name IN ('C', '{x}', ':y', '%s')")[0]) == {"A", "C"}
    rows, report = export(columns={LAYER.key: ("TEN", "MA_XA")})
    assert {*rows[0]} >= {"ID", "TEN", "MA_XA", "PHIEN_BAN"}
    assert not {*rows[0]} & {"TEN_XA", "LINH_VUC", "XUAT_XU"}
    assert "Chỉ gồm các cột đã chọn" in report


@pytest.mark.parametrize(
    "filter_",
    [
        "name = 'x'; DROP TABLE jobs",
        "1 = 1) OR (1 = 1",
        "what_happened = 'x'",
        "name = 'x' --",
        "S_INTERSECTS(geometry",
    ],
)
def test_a_filter_is_a_filter_and_nothing_else(export: Any, former: None, filter_: str) -> None:
    with pytest.raises(FilterInvalid):
        export(filter=filter_)


def test_a_quote_in_a_filter_is_a_letter(export: Any, former: None, worker: Engine) -> None:
    with worker.begin() as connection:
        connection.execute(
            text(f"UPDATE {LAYER.key} SET name = :n WHERE name = 'A'"), {"n": "Đắk R'Lấp \\' %(x)s {y} :z"}
        )
    rows, _ = export(filter="name = 'Đắk R''Lấp \\'' %(x)s {y} :z'")
    assert names(rows) == {"Đắk R'Lấp \\' %(x)s {y} :z"}


def test_a_filter_sees_no_count_that_stays_back(export: Any, worker: Engine, world: World) -> None:
    layer = named("situation_reports")
    with worker.begin() as connection:
        connection.execute(text(f"DELETE FROM {layer.key}"))
        connection.execute(insert(layer.table), feature(layer, 11, households_affected=3))
    for n in range(1, 5):
        assert export(key=layer.key, filter=f"households_affected = {n}")[0] == []
    assert len(export(key=layer.key, filter="households_affected IS NULL")[0]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"layers": ["hamlet_profiles"], "where": "1"}, "where"),
        ({"layers": []}, "layers"),
        ({"layers": "hamlet_profiles"}, "layers"),
        ({"layers": ["hamlet_profiles"] * 9}, "layers"),
        ({"layer": "hamlet_profiles", "epsg": True}, "epsg"),
        ({"layer": "hamlet_profiles", "unit": -1}, "unit"),
        ({"layer": "hamlet_profiles", "unit": 2**40}, "unit"),
        ({"layer": "hamlet_profiles", "from": "2026-13-01"}, "from"),
        ({"layer": "hamlet_profiles", "from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"layer": "hamlet_profiles", "columns": ["TEN"]}, "columns"),
        ({"layer": "hamlet_profiles", "filter": "x\x00"}, "filter"),
    ],
)
def test_a_selection_of_the_wrong_shape_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        selections.read(given)
    assert refused.value.facts["field"] == field


def test_a_selection_is_kept_as_json_and_read_again() -> None:
    columns = {"hamlet_profiles": ("TEN",)}
    layers = ("hamlet_profiles", "community_models")
    asked = Selection(layers, "gpkg", 9218, 902, DAY, DAY, "x", "name = 'a'", columns)
    assert selections.read(asked.parameters) == asked
    assert selections.read(Selection(("hamlet_profiles",)).parameters) == Selection(("hamlet_profiles",))
    assert Selection(layers, "gpkg", 9218, columns=columns).whole
    assert not asked.whole
