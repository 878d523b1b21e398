"""What of a layer leaves in a file, and what doesn't: scope, free text, small counts, few households (S2, S6)."""

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import shapefile as pyshp
from sqlalchemy import Engine, insert, text

from app import exporting
from app.database import acting
from app.roles import Urls
from geodata import crs
from geodata.problems import Forbidden, NotFound
from geodata.systems import System
from surveys import exchange, export_columns
from surveys.access import Actor, Role
from surveys.answer_problems import SubmissionClassified
from surveys.layers import CATALOGUE, named
from surveys.selections import Selection
from tests.rows import feature, one_of_each
from tests.world import World

Made = tuple[Any, dict[str, dict[str, Any]], str, dict[str, str]]


@pytest.fixture
def clear(worker: Engine) -> Iterator[Callable[..., None]]:
    """Puts rows into emptied layers."""

    def put(key: str, *rows: dict[str, Any]) -> None:
        with worker.begin() as connection:
            connection.execute(text(f"DELETE FROM {key}"))
            for row in rows:  # one by one: all rows of one statement would share the first one's columns
                connection.execute(insert(named(key).table), row)

    yield put
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(text(f"DELETE FROM {layer.key}"))


@pytest.fixture
def export(urls: Urls, tmp_path: Path) -> Callable[..., Made]:
    """(loss report, rows by id, bao_cao.txt, every file as text) of a layer exported by an actor."""

    def make(actor: Actor, key: str) -> Made:
        made = exporting.export(
            urls, actor, Selection((key,)), "Kiểm tra", lambda plan: tmp_path / plan.file_name, lambda *_: None
        )
        (report,), out = made.reports, made.file
        with zipfile.ZipFile(out) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        dbf = next(data for name, data in files.items() if name.endswith(".dbf"))
        with pyshp.Reader(dbf=BytesIO(dbf), encoding="utf-8") as reader:
            rows = {record["ID"]: record.as_dict() for record in reader.records()}
        texts = {name: data.decode("utf-8-sig", errors="replace") for name, data in files.items()}
        return report, rows, texts["bao_cao.txt"], texts

    return make


def test_a_commune_account_gets_its_own_rows_only(
    worker: Engine, world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(text(f"DELETE FROM {layer.key}"))
        one_of_each(connection, (*world.communes, world.other_commune))
    for role, name in ((Role.GIS, "gis"), (Role.OFFICER, "officer")):
        whole = world.actor(name)
        own = Actor(whole.account_id, name, role, world.province, commune_id=12, office_id=whole.office_id)
        for layer in exchange.offered(whole):
            _, rows, _, _ = export(whole, layer.key)
            assert sorted(row["MA_XA"] for row in rows.values()) == ["24700", "24701", "24702"], layer.key
            _, rows, said, _ = export(own, layer.key)
            assert [row["MA_XA"] for row in rows.values()] == ["24701"], layer.key
            assert "Phạm vi: phường Xuân Hương - Đà Lạt" in said


def test_the_query_and_the_policies_each_cut_alone(
    urls: Urls, world: World, worker: Engine, clear: Callable[..., None], tmp_path: Path
) -> None:
    layer = named("hamlet_profiles")
    clear(layer.key, *(feature(layer, commune) for commune in (*world.communes, world.other_commune)))
    actor = Actor(world.gis, "gis", Role.GIS, world.province, commune_id=11)
    engine = worker
    with engine.connect() as connection:
        source = export_columns.source(layer, actor, export_columns.codes(connection))
        assert len(connection.execute(text(source.select)).all()) == 1  # the background role: the query alone cuts
    with worker.connect() as connection:
        wide = export_columns.source(
            layer, Actor(world.gis, "gis", Role.GIS, world.province), export_columns.codes(connection)
        )
        assert len(connection.execute(text(wide.select)).all()) == 3  # the province, and no row of its neighbour's
    import psycopg

    with psycopg.connect(**exporting.libpq(urls.web)) as web:
        assert web.execute(wide.select.encode()).fetchall() == []  # nobody's: the policy alone cuts
        for statement in source.prelude:
            web.execute(statement.encode())
        assert len(web.execute(wide.select.encode()).fetchall()) == 1


def test_free_text_of_reports_and_evidence_never_leaves(
    world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    clear("situation_reports", feature(named("situation_reports"), 11, what_happened="MATKHAUBIMAT giếng cạn"))
    evidence = {f"{pillar}_evidence": "MATKHAUBIMAT" for pillar in ("know", "discuss", "act", "check", "supervise")}
    clear("democracy_checks", feature(named("democracy_checks"), 11, findings="MATKHAUBIMAT", **evidence))
    for key, column in (("situation_reports", "NOI_DUNG"), ("democracy_checks", "KET_LUAN")):
        _, rows, said, files = export(world.actor("gis"), key)
        assert len(rows) == 1
        assert not [name for name, content in files.items() if "MATKHAUBIMAT" in content]
        assert column not in next(iter(rows.values()))
        assert f"{column} (" in said


def test_a_report_says_its_office_and_due_date(
    world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    clear("situation_reports", feature(named("situation_reports"), 11))
    _, rows, _, _ = export(world.actor("gis"), "situation_reports")
    row = next(iter(rows.values()))
    assert (row["CQ_TRALOI"], row["HAN"].isoformat()) == ("Phòng Kinh tế", "2026-10-16")


@pytest.mark.parametrize(("people", "shown"), [(None, None), (0, 0), (1, None), (4, None), (5, 5), (120, 120)])
def test_small_counts_of_people_are_left_out_and_counted(
    world: World, clear: Callable[..., None], export: Callable[..., Made], people: int | None, shown: int | None
) -> None:
    clear("situation_reports", feature(named("situation_reports"), 11, households_affected=people))
    _, rows, said, _ = export(world.actor("gis"), "situation_reports")
    assert next(iter(rows.values()))["SO_HO_AH"] == shown
    assert ("ô nhỏ hơn 5, để trống: 1 dòng" in said) == (people in (1, 4))


def test_hamlets_of_few_households_have_services_but_no_count(
    world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    layer = named("hamlet_profiles")
    few, many = feature(layer, 11, households=19), feature(layer, 12, households=20)
    clear(layer.key, few, many)
    _, rows, said, _ = export(world.actor("gis"), layer.key)
    assert (rows[str(few["id"])]["SO_HO"], rows[str(few["id"])]["DUONG"]) == (None, "Có")
    assert rows[str(many["id"])]["SO_HO"] == 20
    assert "thôn dưới 20 hộ: có dịch vụ, không nêu số hộ: 1 dòng" in said


def test_small_resettlement_parts_have_no_place_and_no_money(
    world: World, worker: Engine, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    layer = named("resettlement_projects")
    small = feature(layer, 11, households_affected=9, geom=None)
    large = feature(layer, 12, households_affected=40, money_approved=5_000_000_000)
    clear(layer.key, small, large)
    report, rows, said, files = export(world.actor("gis"), layer.key)
    assert (report.rows, report.written) == (2, 1)
    assert rows[str(large["id"])]["TIEN_PD"] == 5_000_000_000
    assert str(small["id"]) not in rows
    (kept,) = [line for line in files["khong_hinh.csv"].splitlines() if str(small["id"]) in line]
    assert "24700" in kept  # its commune
    assert "POLYGON" not in kept
    assert "dự án dưới 10 hộ" in said


def test_codes_are_labels_and_numbers_keep_their_kind(
    world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    layer = named("hamlet_profiles")
    values = {"duong_km": 2.5, "nuoc": "khong", "meeting_house": False, "hazards": ["ngap", "sat_lo"]}
    clear(layer.key, feature(layer, 11, **values))
    _, rows, _, files = export(world.actor("gis"), layer.key)
    row = next(iter(rows.values()))
    assert (row["DUONG_KM"], row["NUOC"], row["NHA_VH"]) == (2.5, "Không", "K")
    assert row["THIEN_TAI"] == "Ngập lụt, Sạt lở đất"
    assert "khong = Không" in files["truong.csv"]
    assert "dữ liệu minh hoạ" in row["XUAT_XU"]


def test_each_layer_and_role_as_granted(urls: Urls, world: World, web: Engine) -> None:
    for name in ("field", "leader", "admin", "officer", "gis"):
        actor = world.actor(name)
        may = {layer.key for layer in exchange.offered(actor)}
        for layer in CATALOGUE:
            with acting(web, actor) as session:
                if layer.key in may:
                    assert exchange.plan(session, actor, Selection((layer.key,)), "x").layers == (layer,)
                else:
                    with pytest.raises(Forbidden):
                        exchange.plan(session, actor, Selection((layer.key,)), "x")
        assert (name in ("gis", "officer")) == bool(may)
    assert "minority_areas" not in {layer.key for layer in exchange.offered(world.actor("officer"))}


@pytest.mark.parametrize(
    "key", ["restricted_reports", "restricted_counts", "proposals", "accounts", "situation_reports;"]
)
def test_only_layers_of_the_catalogue_can_be_named(web: Engine, world: World, key: str) -> None:
    with acting(web, world.actor("gis")) as session, pytest.raises(NotFound):
        exchange.check(session, world.actor("gis"), Selection((key,)))


def test_every_system_may_be_asked_for_and_the_provinces_own_is_the_default(web: Engine, world: World) -> None:
    def system(epsg: int | None) -> System:
        return exchange.check(session, world.actor("gis"), Selection(("hamlet_profiles",), epsg=epsg))[1]

    with acting(web, world.actor("gis")) as session:
        assert system(None).epsg == 5899
        for epsg in (5899, 9218, 9205, 3405, 3406, 32648, 32649, 4326):
            assert system(epsg).epsg == epsg
        for epsg in (3857, 4756, 1):
            with pytest.raises(crs.UnknownZone):
                system(epsg)
        with pytest.raises(crs.DeprecatedZone):
            system(6956)


def test_a_purpose_is_needed_and_carries_no_person_and_no_marking() -> None:
    for nothing in (None, "", "  ", "abc"):
        with pytest.raises(exchange.PurposeNeeded):
            exchange.purpose_of(nothing)
    with pytest.raises(SubmissionClassified):
        exchange.purpose_of("Theo công văn đóng dấu TỐI MẬT")
    assert exchange.purpose_of("Lập  bản đồ\nquý III") == "Lập bản đồ quý III"
    assert "0912345678" not in exchange.purpose_of("Gọi số 0912345678")


def test_names_with_quotes_colons_and_percent_come_out_as_they_are(
    world: World, clear: Callable[..., None], export: Callable[..., Made]
) -> None:
    layer = named("religious_sites")
    name = """<img src=x onerror=alert(1)> 'a' :b %s {c} \\ "d" """.strip()
    clear(layer.key, feature(layer, 11, name=name))
    _, rows, _, _ = export(world.actor("gis"), layer.key)
    assert next(iter(rows.values()))["TEN"] == name
