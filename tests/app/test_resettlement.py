"""Resettlement projects at work: stages, clocks and figures recorded by officers, refused in words by field."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from app.routes import resettlement
from surveys import seeds, wall_clock
from surveys.layers import named
from surveys.resettlement_tables import ProjectProgress
from tests.rows import feature
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
LAYER = named("resettlement_projects")
TODAY = wall_clock.today()
TABLES = ("resettlement_progress", "resettlement_steps", "resettlement_projects")


def ago(days: int) -> str:
    return (TODAY - dt.timedelta(days=days)).isoformat()


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    with worker.begin() as connection:
        for table in (*TABLES, "resettlement_rules"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(insert(seeds.StageRule), seeds.stage_rule_rows())
    yield
    with worker.begin() as connection:
        for table in (*TABLES, "resettlement_rules"):
            connection.execute(text(f"DELETE FROM {table}"))


def project(worker: Engine, commune: int = 11, **values: Any) -> str:
    row = feature(LAYER, commune, **values)
    with worker.begin() as connection:
        connection.execute(insert(LAYER.table), row)
    return str(row["id"])


def step(client: FlaskClient, id_: str, stage: str, **given: str) -> Any:
    return client.post(f"/resettlement/{id_}/steps", data={"stage": stage, **given})


def figures(client: FlaskClient, id_: str, on: str, **given: int | str) -> Any:
    return client.post(f"/resettlement/{id_}/figures", data={"on": on, "households_affected": 40, **given})


def whole(client: FlaskClient, id_: str, posted: int = 60) -> None:
    """A project up to the posting of its plan."""
    for number, stage in enumerate(("ke_hoach", "thong_bao_thu_hoi", "kiem_dem", "lap_phuong_an")):
        day = ago(posted + 100 - 10 * number)
        assert step(client, id_, stage, began_on=day, ended_on=day).status_code == 303
    assert step(client, id_, "niem_yet_phuong_an", began_on=ago(posted)).status_code == 303


def one(table: Connection, query: str, **parameters: Any) -> Any:
    table.rollback()
    return table.execute(text(query), parameters).one()


def test_a_stage_recorded_brings_the_project_up_and_starts_its_clocks(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = project(worker), machine("officer")
    whole(client, id_)
    asked = "SELECT stage, plan_posted_on::text, next_milestone, next_on::text FROM resettlement_projects WHERE id = :i"
    assert tuple(one(table, asked, i=id_)) == ("niem_yet_phuong_an", ago(60), None, None)
    assert step(client, id_, "tham_dinh", planned_on=ago(5)).status_code == 303
    assert tuple(one(table, asked, i=id_))[2:] == ("tham_dinh", ago(5))
    posted = step(client, id_, "niem_yet_phuong_an", began_on=ago(60), ended_on=ago(30), document="TB 12/TB-UBND")
    assert posted.status_code == 303
    heard = {"began_on": ago(29), "meetings": "2", "opinions": "14", "opinions_answered": "3"}
    assert step(client, id_, "lay_y_kien_doi_thoai", **heard).status_code == 303
    page = client.get(f"/resettlement/{id_}").text
    clocks = re.findall(r'data-clock="([\w-]+)" data-day="([\d-]+)" data-broken="(\d+)"', page)
    assert ("lay_y_kien_doi_thoai-within", (TODAY + dt.timedelta(days=30)).isoformat(), "0") in clocks
    assert "TB 12/TB-UBND" in page
    assert "14 ý kiến" in page
    assert "đã trả lời &lt;5" in page
    assert page.count('<rect class="done"') == 5
    table.rollback()
    audited = text("SELECT count(*) FROM audit WHERE verb = 'stage_recorded' AND detail ->> 'feature' = :f")
    assert table.scalar(audited, {"f": id_}) == 8


@pytest.mark.parametrize(
    ("stage", "given", "field", "words"),
    [
        ("phe_duyet", {"began_on": ago(3)}, "stage", "Bỏ qua bước: “Quyết định phê duyệt phương án” cần có “Thẩm định"),
        ("lay_y_kien_doi_thoai", {"began_on": ago(61)}, "began_on", "không thể trước “Niêm yết công khai"),
        ("niem_yet_phuong_an", {"began_on": ago(60), "ended_on": ago(61)}, "ended_on", "Kết thúc trước khi bắt đầu"),
        ("niem_yet_phuong_an", {"began_on": ago(-2)}, "began_on", "Ngày này ở tương lai"),
        ("niem_yet_phuong_an", {"began_on": "2026-02-30"}, "began_on", "Cần một ngày có thật"),
        ("niem_yet_phuong_an", {"began_on": ago(60), "opinions": "-1"}, "opinions", "Cần một số nguyên"),
        ("niem_yet_phuong_an", {}, "began_on", "Chưa điền ngày nào"),
    ],
)
def test_what_cannot_be_is_refused_in_words_beside_its_field_and_not_stored(
    machine: Machine, table: Connection, worker: Engine, stage: str, given: dict[str, str], field: str, words: str
) -> None:
    id_, client = project(worker), machine("officer")
    whole(client, id_)
    before = one(table, "SELECT count(*), max(changed_at) FROM resettlement_steps")
    answer = step(client, id_, stage, **given)
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-wrong">(.*?)</small>', answer.text, re.S)
    assert beside, answer.text
    assert words in beside[1]
    for key, value in given.items():
        assert f'value="{value}"' in answer.text or key == "stage"  # what was typed is kept
    assert one(table, "SELECT count(*), max(changed_at) FROM resettlement_steps") == before


def test_texts_about_persons_and_classified_ones_are_not_stored(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = project(worker), machine("officer")
    for words in ("Gọi 0912 345 678", "Công văn TỐI MẬT 12"):
        assert step(client, id_, "ke_hoach", began_on=ago(9), document=words).status_code == 422
    assert one(table, "SELECT count(*) FROM resettlement_steps")[0] == 0


def test_a_stage_others_stand_on_is_not_taken_back(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = project(worker), machine("officer")
    whole(client, id_)
    assert step(client, id_, "kiem_dem", act="clear").status_code == 422
    assert step(client, id_, "niem_yet_phuong_an", act="clear").status_code == 303
    assert step(client, id_, "niem_yet_phuong_an", act="clear").status_code == 404
    asked = "SELECT stage, plan_posted_on FROM resettlement_projects WHERE id = :i"
    assert tuple(one(table, asked, i=id_)) == ("lap_phuong_an", None)


def test_the_latest_figures_become_the_projects_own_and_can_be_taken_back(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = project(worker, households_approved=30), machine("officer")
    assert figures(client, id_, ago(40), households_approved=30, households_paid=5).status_code == 303
    assert figures(client, id_, ago(10), households_paid=18, money_approved="9.000.000.000").status_code == 303
    assert figures(client, id_, ago(30), households_paid=20).status_code == 303  # a late one changes nothing of today
    asked = "SELECT households_paid, money_approved, households_approved FROM resettlement_projects WHERE id = :i"
    assert tuple(one(table, asked, i=id_)) == (18, 9_000_000_000, 30)
    page = client.get(f"/resettlement/{id_}").text
    assert "là 18, ít hơn 20 của ngày" in page
    assert re.search(r'<polyline class="actual" points="(\S+ ){2}\S+"/>', page)
    last = one(table, "SELECT id FROM resettlement_progress WHERE households_paid = 18")[0]
    gone = client.post(f"/resettlement/{id_}/figures", data={"act": "clear", "row": last})
    assert gone.status_code == 303
    assert one(table, asked, i=id_)[0] == 20


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"households_approved": 41}, "households_approved", "không được lớn hơn “Số hộ bị ảnh hưởng”"),
        ({"households_approved": 9, "households_paid": 10}, "households_paid", "hơn “Số hộ được phê duyệt”"),
        ({"plots_total": 3, "plots_ready": 4}, "plots_ready", "không được lớn hơn “Tổng số lô”"),
        ({"households_affected": 9, "money_paid": 1}, "money_paid", "Dự án dưới 10 hộ không ghi số tiền"),
        ({"households_paid": "năm"}, "households_paid", "Cần một số nguyên"),
        ({"on": ago(-1)}, "on", "tương lai"),
        ({"on": ""}, "on", "Cần điền"),
    ],
)
def test_figures_that_do_not_fit_are_refused_beside_their_field(
    machine: Machine, table: Connection, worker: Engine, given: dict[str, Any], field: str, words: str
) -> None:
    id_ = project(worker)
    answer = machine("officer").post(
        f"/resettlement/{id_}/figures", data={"on": ago(3), "households_affected": 40, **given}
    )
    assert answer.status_code == 422
    beside = re.search(rf'id="figures-{field}-wrong">(.*?)</small>', answer.text, re.S)
    assert beside
    assert words in beside[1]
    assert one(table, "SELECT count(*) FROM resettlement_progress")[0] == 0
    assert one(table, "SELECT households_affected FROM resettlement_projects")[0] == 40


def test_a_small_project_shows_neither_money_nor_place_nor_curve(machine: Machine, worker: Engine) -> None:
    id_ = project(worker, households_affected=4, geom=None)
    client = machine("officer")
    for days, paid in ((20, 1), (10, 3)):
        assert figures(client, id_, ago(days), households_affected=4, households_paid=paid).status_code == 303
    page = client.get(f"/resettlement/{id_}").text
    assert "polyline" not in page
    assert "Kinh phí đã chi" not in page
    assert "small-map" not in page
    assert "&lt;5" in page
    assert '<td class="n">3</td>' not in page


def test_the_list_has_the_latest_office_first_and_its_sums_are_those_of_the_rows(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    client = machine("officer")
    rows = (
        {"name": "A đúng hạn", "next_milestone": "kiem_dem", "next_on": TODAY + dt.timedelta(days=3)},
        {"name": "B chậm mốc", "next_milestone": "kiem_dem", "next_on": TODAY - dt.timedelta(days=7)},
        {"name": "C ít hộ", "households_affected": 3, "geom": None},
        {"name": "D có tiền", "households_approved": 30, "households_paid": 12, "money_approved": 70, "money_paid": 20},
    )
    for values in rows:
        project(worker, **values)
    late = project(worker, 12, name="E quá hạn luật")
    project(worker, 21, name="Tỉnh khác")
    whole(client, late, posted=120)
    assert step(client, late, "niem_yet_phuong_an", began_on=ago(120), ended_on=ago(80)).status_code == 303
    page = client.get("/resettlement/").text
    shown = re.findall(r'data-project="([\w-]+)" data-days="(\d+)"', page)
    assert shown[0] == (late, "20")  # 60 days of dialogue from the end of posting, 80 days ago
    assert shown[1][1] == "7"
    assert [days for _, days in shown[2:]] == ["0", "0", "0"]
    assert "Tỉnh khác" not in page
    totals = dict(re.findall(r'data-total="(\w+)"[^>]*>([^<]*)<', page))
    asked = """
        WITH mine AS (SELECT p.* FROM resettlement_projects p JOIN units u ON u.id = p.commune_id
                      WHERE u.province_id = 1)
        SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM mine WHERE next_on < :today),
               (SELECT sum(h) FROM (SELECT households_affected AS h FROM mine) q WHERE h NOT BETWEEN 1 AND 4),
               (SELECT sum(households_approved) FROM mine), (SELECT sum(households_paid) FROM mine),
               (SELECT sum(money_approved) FROM mine), (SELECT sum(money_paid) FROM mine)"""
    keys = ("projects", "behind", "households_affected", "households_approved", "households_paid", "money_approved",
            "money_paid")  # fmt: skip
    expected = dict(zip(keys, map(str, one(table, asked, today=TODAY)), strict=True))
    assert {key: totals[key] for key in keys} == expected
    assert "Số hộ không tính 1 dự án dưới 5 hộ." in page


def test_each_role_does_only_its_own_and_nobody_reaches_another_place(machine: Machine, worker: Engine) -> None:
    here, elsewhere = project(worker), project(worker, 21)
    for name, status in (("leader", 200), ("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        client = machine(name)
        assert client.get("/resettlement/").status_code == status
        assert client.get(f"/resettlement/{here}").status_code == status
        written = 303 if name == "officer" else 403
        assert step(client, here, "ke_hoach", began_on=ago(3)).status_code == written
        assert figures(client, here, ago(3)).status_code == written
    officer = machine("officer")
    assert officer.get(f"/resettlement/{elsewhere}").status_code == 404
    assert step(officer, elsewhere, "ke_hoach", began_on=ago(3)).status_code == 404
    assert figures(officer, elsewhere, ago(3)).status_code == 404
    assert "Ghi giai đoạn" not in machine("leader").get(f"/resettlement/{here}").text
    assert KNOWN.province == 1


def test_the_curve_has_no_point_that_gives_so_few_away() -> None:
    """Of 61 households: none paid and five paid are told, three and four aren't (S6)."""
    paid = (0, 3, 4, 5, None)
    rows = [
        ProjectProgress(on=dt.date(2026, 1, day), households_affected=61, households_paid=n)
        for day, n in enumerate(paid, start=1)
    ]
    assert [(on.day, round(share)) for on, share in resettlement._shares(rows)] == [(1, 0), (4, 8)]
