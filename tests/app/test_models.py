"""“Dân vận khéo” models at work: registered, assessed each half-year, recognised, copied, commended as counts."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import model_tables, periods, wall_clock
from surveys.layers import named
from tests.rows import feature

Machine = Callable[..., FlaskClient]
LAYER = named("community_models")
TODAY = wall_clock.today()
HALF = periods.holding(periods.HALF, TODAY)
TABLES = ("model_registrations", "model_assessments", "model_recognitions", "community_models")


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    def empty() -> None:
        with worker.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))

    empty()
    yield
    empty()


def model(worker: Engine, commune: int = 11, **values: Any) -> str:
    row = feature(LAYER, commune, **{"registered_on": TODAY - dt.timedelta(days=400), **values})
    with worker.begin() as connection:
        connection.execute(insert(LAYER.table), row)
    return str(row["id"])


def write(client: FlaskClient, id_: str, form: str, /, **given: Any) -> int:
    return int(client.post(f"/models/{id_}/{form}", data=given).status_code)


def assess(client: FlaskClient, id_: str, half: str = HALF.code, **given: Any) -> int:
    return write(client, id_, "assessment", **{"half": half, "result": "dat", "kept": "1", **given})


def recognise(client: FlaskClient, id_: str, level: str, on: str = day(-300), **given: Any) -> int:
    return write(client, id_, "recognition", **{"level": level, "decided_on": on, "document": "QĐ 12/QĐ-UBND", **given})


def state(table: Connection, id_: str) -> tuple[str, str | None, str | None]:
    table.rollback()
    asked = text("SELECT state, recognition, recognised_on::text FROM community_models WHERE id = :i")
    return tuple(table.execute(asked, {"i": id_}).one())  # type: ignore[return-value]


def test_the_ten_fields_of_the_form_are_kept_and_shown(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = model(worker, name="Thôn xanh"), machine("officer")
    said = {key: f"Nội dung {n}" for n, key in enumerate((*model_tables.WRITTEN, "goals"))}
    assert write(client, id_, "registration", **said, individuals="3") == 303
    page = machine("leader").get(f"/models/{id_}").text
    for words in said.values():
        assert f"<td>{words}</td>" in page
    assert page.count('<th scope="row">10.') == 1
    assert "&lt;5" in page  # so few people aren't told exactly
    for bad in ({"reason": "Do ông Nguyễn Văn An đề xuất"}, {"outputs": "x" * 1001}, {"individuals": "-2"}):
        assert write(client, id_, "registration", **bad) == 422
    assert write(client, id_, "registration", upkeep="TỐI MẬT") == 422
    table.rollback()
    kept = table.execute(text("SELECT reason, upkeep, individuals FROM model_registrations")).one()
    assert tuple(kept) == (said["reason"], said["upkeep"], 3)
    assert not {c for c in model_tables.ModelRegistration.__table__.columns.keys() if "name" in c}  # noqa: SIM118


def test_a_models_own_row_follows_its_life(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = model(worker), machine("officer")
    assert assess(client, id_, half=HALF.before.code, households="12") == 303
    assert state(table, id_) == ("dang_trien_khai", None, None)
    assert recognise(client, id_, "tinh", day(0)) == 303
    assert state(table, id_) == ("duoc_cong_nhan", "tinh", day(0))
    assert recognise(client, id_, "xa") == 303
    assert state(table, id_) == ("duoc_cong_nhan", "tinh", day(0))
    assert assess(client, id_, households="30") == 303
    assert state(table, id_)[0] == "duy_tri"
    copy = model(worker, 12, registered_on=TODAY - dt.timedelta(days=20))
    assert write(client, copy, "origin", origin=id_) == 303
    assert state(table, id_)[0] == "nhan_rong"
    assert write(client, copy, "origin", origin="") == 303
    assert state(table, id_)[0] == "duy_tri"
    assert assess(client, id_, kept="0") == 303
    assert state(table, id_)[0] == "dung"
    table.rollback()
    assert table.scalar(text("SELECT households_reached FROM community_models WHERE id = :i"), {"i": id_}) == 30
    assert write(client, id_, "recognition", act="withdraw", level="tinh") == 303
    assert state(table, id_)[1:] == ("xa", day(-300))
    assert write(client, id_, "recognition", act="withdraw", level="tinh") == 404


@pytest.mark.parametrize(
    ("act", "given", "field"),
    [
        ("assessment", {"half": "2026-13", "result": "dat"}, "half"),
        ("assessment", {"half": HALF.moved(1).code, "result": "dat"}, "half"),
        ("assessment", {"half": HALF.moved(-4).code, "result": "dat"}, "half"),
        ("assessment", {"half": HALF.code, "result": "dat", "households": "hai"}, "households"),
        ("recognition", {"level": "huyen", "decided_on": day(-1), "document": "x"}, "level"),
        ("recognition", {"level": "xa", "decided_on": day(1), "document": "x"}, "decided_on"),
        ("recognition", {"level": "xa", "decided_on": day(-401), "document": "x"}, "decided_on"),
        ("recognition", {"level": "xa", "decided_on": day(-1), "document": " "}, "document"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    machine: Machine, table: Connection, worker: Engine, act: str, given: dict[str, str], field: str
) -> None:
    id_ = model(worker)
    answer = machine("officer").post(f"/models/{id_}/{act}", data=given)
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    table.rollback()
    for name in ("model_assessments", "model_recognitions"):
        assert table.scalar(text(f"SELECT count(*) FROM {name}")) == 0


def test_a_tree_of_copies_has_no_circle_and_counts_all_its_leaves(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    client = machine("officer")
    root, first, second, leaf = (model(worker, name=f"Mô hình {n}", recognised_on=TODAY) for n in range(4))
    alone = model(worker, name="Một mình")
    for copy, origin in ((first, root), (second, root), (leaf, first)):
        assert write(client, copy, "origin", origin=origin) == 303
    for origin in (leaf, first, root):
        assert write(client, root, "origin", origin=origin) == 422
    assert write(client, root, "origin", origin="x") == 422
    elsewhere = model(worker, 21)
    assert write(client, root, "origin", origin=elsewhere) == 404
    page = machine("leader").get("/models/tree").text
    assert "copied by 3" in page or "3 mô hình làm theo" in page
    assert set(re.findall(r'data-model="([\w-]+)"', page)) == {first, second, leaf}
    assert page.index(first) < page.index(leaf)
    assert alone not in page
    assert leaf not in machine("officer").get(f"/models/{alone}").text.split('id="origin"')[0]


def test_the_register_counts_levels_and_who_owes_an_assessment(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    client = machine("officer")
    done, owes = model(worker, name="Đã đánh giá"), model(worker, 12, name="Chưa đánh giá")
    stopped, recognised = model(worker, state="dung"), model(worker, field="van_hoa_xa_hoi")
    model(worker, 21)
    assert assess(client, done) == recognise(client, recognised, "tinh") == recognise(client, recognised, "xa") == 303
    page = client.get("/models/").text
    totals = dict(re.findall(r'data-total="(\w+)">(\d+)<', page))
    table.rollback()
    asked = """SELECT count(*), count(*) FILTER (WHERE state <> 'dung'), count(*) FILTER (WHERE recognition = 'xa'),
        count(*) FILTER (WHERE recognition = 'tinh'), (SELECT count(*) FROM community_models m WHERE m.commune_id < 20
        AND m.state <> 'dung' AND m.id NOT IN (SELECT model_id FROM model_assessments WHERE half = :half))
        FROM community_models WHERE commune_id < 20"""
    found = tuple(table.execute(text(asked), {"half": HALF.code}).one())
    assert (*(int(totals[key]) for key in ("total", "alive", "xa", "tinh")),) == found[:4] == (4, 3, 0, 1)
    assert re.search(r'data-owing="(\d+)"', page)[1] == str(found[4])  # type: ignore[index]
    shown = re.findall(r'data-model="([\w-]+)"', client.get("/models/?owing=1").text)
    assert set(shown) == {owes, recognised}
    assert stopped not in shown
    assert re.findall(r'data-model="([\w-]+)"', client.get("/models/?field=van_hoa_xa_hoi").text) == [recognised]
    assert "Không có mô hình nào như vậy" in client.get("/models/?state=nhan_rong").text


def test_the_list_for_commendation_holds_units_and_counts_of_its_period_alone(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    client = machine("officer")
    first, second, third = model(worker), model(worker), model(worker, 12)
    year = f"{TODAY.year}-01-01"
    earlier = (dt.date(TODAY.year, 1, 1) - dt.timedelta(days=30)).isoformat()
    with worker.begin() as connection:
        connection.execute(text("UPDATE community_models SET registered_on = '2020-01-01'"))
    for id_, level, on in ((first, "xa", year), (first, "tinh", year), (second, "xa", year), (third, "tinh", earlier)):
        assert recognise(client, id_, level, on) == 303
    page = machine("leader").get(f"/models/commended?period={TODAY.year}").text
    rows = {
        int(unit): tuple(map(int, re.findall(r'class="n">(\d+)<', cells)))
        for unit, cells in re.findall(r'<tr data-commune="(\d+)">(.*?)</tr>', page)
    }
    assert rows == {11: (0, 1, 2, 2)}
    totals = re.search(r"<tr data-totals>(.*?)</tr>", page)
    table.rollback()
    asked = """SELECT count(*) FILTER (WHERE level = 'trung_uong'), count(*) FILTER (WHERE level = 'tinh'),
        count(*) FILTER (WHERE level = 'xa'), count(DISTINCT model_id) FROM model_recognitions
        WHERE extract(year FROM decided_on) = :year"""
    expected = tuple(table.execute(text(asked), {"year": TODAY.year}).one())
    assert totals
    assert tuple(map(int, re.findall(r'class="n">(\d+)<', totals[1]))) == expected
    assert "Mô hình" not in "".join(re.findall(r"<tbody>.*?</tbody>", page, re.S))


def test_each_role_does_only_its_own_and_nobody_reaches_another_place(machine: Machine, worker: Engine) -> None:
    here, elsewhere = model(worker), model(worker, 21)
    for name, status in (("leader", 200), ("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        client = machine(name)
        for address in ("/models/", "/models/tree", "/models/commended", f"/models/{here}"):
            assert client.get(address).status_code == status
        assert assess(client, here) == (303 if name == "officer" else 403)
    assert machine("officer").get(f"/models/{elsewhere}").status_code == 404
    assert assess(machine("officer"), elsewhere) == 404
    assert "Ghi phiếu đăng ký" not in machine("leader").get(f"/models/{here}").text
