"""Check rounds at work: coverage, checklists, findings followed until mended, grassroots blocks as counts."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import IntegrityError

from surveys import check_rounds, check_work, seeds, wall_clock, xlsforms
from surveys.layers import named
from tests.app import phone
from tests.rows import feature
from tests.surveys import filled
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
LAYER = named("democracy_checks")
TODAY = wall_clock.today()
TABLES = ("check_answers", "check_findings", "grassroots_blocks", "democracy_checks")
PROGRAMME = """
INSERT INTO programmes (province_id, commune_id, kind, number, title, goals, starts_on, office_id, created_by)
VALUES (1, 0, :kind, :number, 'Chăm lo nước sạch', '', '2026-01-01', 1, 2)
"""
WORDS = "Chưa niêm yết quyết toán quỹ thôn."


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    with worker.begin() as connection:
        for table in (*TABLES, "checklist_items"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(insert(seeds.ChecklistItem), seeds.checklist_item_rows())
    yield
    with worker.begin() as connection:
        for table in (*TABLES, "checklist_items"):
            connection.execute(text(f"DELETE FROM {table}"))


def check(worker: Engine, commune: int = 11, **values: Any) -> str:
    row = feature(LAYER, commune, checked_on=TODAY - dt.timedelta(days=40), **values)
    with worker.begin() as connection:
        connection.execute(insert(LAYER.table), row)
    return str(row["id"])


def find(client: FlaskClient, id_: str, **given: Any) -> Any:
    whole = {"pillar": "know", "words": WORDS, "office_id": KNOWN.answering_office, "fix_by": day(10), **given}
    return client.post(f"/checks/{id_}/findings", data=whole)


def one(table: Connection, query: str, **parameters: Any) -> Any:
    table.rollback()
    return table.execute(text(query), parameters).one()


def test_a_round_says_which_communes_it_came_to_and_how_the_pillars_stand(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    check(worker)
    check(worker, discuss="chua")
    check(worker, 12, know="mot_phan")
    check(worker, 12, survey_round="2026_1")
    check(worker, 21)
    page = machine("leader").get("/checks/?round=2026_2").text
    assert "2/3 xã, phường, đặc khu đã được kiểm tra" in page
    assert "Đặc khu Phú Quý" in page
    shown = dict(re.findall(r'<tr data-pillar="(\w+)"><th scope="row">[^<]+</th>((?:<td class="n">\d+</td>)+)', page))
    for pillar, cells in shown.items():
        asked = f"""SELECT count(*) FILTER (WHERE "{pillar}" = 'dat'), count(*) FILTER (WHERE "{pillar}" = 'mot_phan'),
            count(*) FILTER (WHERE "{pillar}" = 'chua') FROM democracy_checks
            WHERE survey_round = '2026_2' AND commune_id IN (11, 12, 13)"""
        assert tuple(map(int, re.findall(r">(\d+)<", cells))) == tuple(one(table, asked))
    assert len(shown) == 6


def test_a_finding_goes_to_an_office_is_overdue_mended_and_opened_again(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = check(worker), machine("officer")
    assert find(client, id_, fix_by=day(-3)).status_code == 303
    assert find(client, id_, office_id=KNOWN.liaison_office).status_code == 303
    overdue = client.get("/checks/?round=2026_2").text
    assert re.findall(r'data-office="([^"]+)"', overdue) == ["Phòng Kinh tế", "Ban Tuyên giáo và Dân vận"]
    assert '<span class="badge badge-warn">⚠ 1</span>' in overdue
    page = client.get(f"/checks/{id_}").text
    assert "cơ quan quá hạn 3 ngày" in page
    first = one(table, "SELECT id FROM check_findings ORDER BY fix_by LIMIT 1")[0]
    address = f"/checks/{id_}/findings/{first}"
    for bad in ({"evidence": ""}, {"evidence": "x", "fixed_on": day(1)}, {"evidence": "x", "fixed_on": day(-41)}):
        assert client.post(address, data={"fixed_on": day(0), **bad}).status_code == 422
    assert one(table, "SELECT fixed_on FROM check_findings WHERE id = :i", i=first)[0] is None
    assert client.post(address, data={"fixed_on": day(-1), "evidence": "Đã niêm yết, có ảnh."}).status_code == 303
    assert "Đã niêm yết, có ảnh." in client.get(f"/checks/{id_}").text
    assert "⚠ 1" not in client.get("/checks/?round=2026_2").text
    assert client.post(address, data={"act": "reopen"}).status_code == 303
    assert "cơ quan quá hạn 3 ngày" in client.get(f"/checks/{id_}").text
    table.rollback()
    verbs = text("SELECT verb FROM audit WHERE detail ->> 'feature' = :f AND verb LIKE 'finding%' ORDER BY id")
    assert table.scalars(verbs, {"f": id_}).all() == [
        "finding_added", "finding_added", "finding_fixed", "finding_reopened",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"words": " "}, "words", "Cần điền"),
        ({"words": "Gọi 0912 345 678"}, "words", "Chỗ này nói về người"),
        ({"words": "TỐI MẬT: quỹ"}, "words", "dấu mật"),
        ({"fix_by": ""}, "fix_by", "Cần điền"),
        ({"fix_by": day(-41)}, "fix_by", "trước ngày kiểm tra"),
        ({"office_id": 999}, "office_id", "Chọn một mục"),
    ],
)
def test_a_finding_that_cannot_be_is_refused_beside_its_field(
    machine: Machine, table: Connection, worker: Engine, given: dict[str, Any], field: str, words: str
) -> None:
    id_ = check(worker)
    answer = find(machine("officer"), id_, **given)
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-wrong">(.*?)</small>', answer.text, re.S)
    assert beside
    assert words in beside[1]
    assert one(table, "SELECT count(*) FROM check_findings")[0] == 0


def test_a_pillar_takes_the_result_of_its_items_once_all_are_answered(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = check(worker, know="dat", discuss="dat"), machine("officer")
    address, asked = f"/checks/{id_}/answers", "SELECT know, discuss FROM democracy_checks WHERE id = :i"
    three = {f"result-dan_biet_{n}": "dat" for n in (1, 2, 3)}
    assert client.post(address, data=three | {"result-dan_ban_1": "chua", "result-dan_ban_2": ""}).status_code == 303
    assert tuple(one(table, asked, i=id_)) == ("dat", "dat")
    both = {"result-dan_biet_4": "chua", "result-dan_ban_2": "chua", "evidence-dan_ban_2": "Không có biên bản họp"}
    assert client.post(address, data=both).status_code == 303
    assert tuple(one(table, asked, i=id_)) == ("mot_phan", "chua")
    page = client.get(f"/checks/{id_}").text
    assert page.count('data-result="chua"') == 3
    assert "Không có biên bản họp" in page
    assert client.post(address, data={"result-dan_lam_1": "tot"}).status_code == 422
    assert client.post(address, data={"result-khong_co": "dat"}).status_code == 422
    hidden = client.post(address, data={"result-dan_lam_1": "dat", "evidence-dan_lam_1": "ông Nguyễn Văn An ký"})
    assert hidden.status_code == 422
    assert one(table, "SELECT count(*) FROM check_answers")[0] == 6


@pytest.mark.parametrize(
    ("results", "pillar"),
    [(["dat", "dat"], "dat"), (["chua"], "chua"), (["dat", "chua"], "mot_phan"), (["dat", None], None), ([], None)],
)
def test_results_are_rolled_up_plainly(results: list[str | None], pillar: str | None) -> None:
    assert check_work.rolled(results) == pillar


def test_blocks_are_counted_by_commune_and_only_what_was_told_is_summed(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    client = machine("officer")

    def count(commune: int, **given: Any) -> int:
        whole = {"needed": 10, "in_place": 8, "with_regulation": 5, "with_tasks": 4, "on": day(-30), **given}
        return client.post("/checks/blocks", data={"commune": commune, **whole}).status_code

    assert count(11) == count(11, on=day(-1), in_place=9) == count(12, needed=7, in_place=7) == 303
    assert count(11, on=day(-60), in_place=6) == 303  # an older state changes nothing of today's
    assert count(11, in_place=11) == count(11, with_tasks=9) == count(11, on=day(1)) == count(11, needed="") == 422
    assert count(21) == count(0) == 404
    page = client.get("/checks/blocks").text
    assert "2/3 xã, phường, đặc khu đã báo" in page
    totals = tuple(map(int, re.findall(r'data-total="\w+">(\d+)<', page)))
    asked = """SELECT sum(needed), sum(in_place), sum(with_regulation), sum(with_tasks) FROM grassroots_blocks g
        WHERE NOT EXISTS (SELECT FROM grassroots_blocks n WHERE n.commune_id = g.commune_id AND n."on" > g."on")"""
    assert totals == tuple(one(table, asked)) == (17, 16, 10, 8)


def test_each_role_does_only_its_own_and_nobody_reaches_another_place(machine: Machine, worker: Engine) -> None:
    here, elsewhere = check(worker), check(worker, 21)
    for name, status in (("leader", 200), ("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        client = machine(name)
        for address in ("/checks/", "/checks/blocks", f"/checks/{here}"):
            assert client.get(address).status_code == status
        written = 303 if name == "officer" else 403
        assert find(client, here).status_code == written
        assert client.post(f"/checks/{here}/answers", data={"result-dan_lam_1": "dat"}).status_code == written
    officer = machine("officer")
    assert officer.get(f"/checks/{elsewhere}").status_code == 404
    assert find(officer, elsewhere).status_code == 404
    assert "Ghi một tồn tại" not in machine("leader").get(f"/checks/{here}").text


PILLARS = dict.fromkeys(check_rounds.PILLARS) | {f"{pillar}_evidence": None for pillar in check_rounds.PILLARS}
OF_DIRECTIVE = [row["code"] for row in seeds.checklist_item_rows() if row["checklist"] == "chi_thi"]


def test_the_inspection_of_a_directive_goes_by_its_own_items_from_answers_to_what_is_mended(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = check(worker, checklist="chi_thi", **PILLARS), machine("officer")
    check(worker, 12, checklist="chi_thi", **PILLARS)
    page = client.get(f"/checks/{id_}").text
    assert "data-pillar" not in page
    assert re.findall(r'data-item="(\w+)"', page) == OF_DIRECTIVE
    assert "Thêm chỉ thị vào danh sách chương trình trước" in page
    first, last = OF_DIRECTIVE[0], OF_DIRECTIVE[-1]
    answers = {f"result-{first}": "dat", f"result-{last}": "chua", f"evidence-{last}": "Chưa có báo cáo kết quả"}
    assert client.post(f"/checks/{id_}/answers", data=answers).status_code == 303
    assert client.post(f"/checks/{id_}/answers", data={"result-dan_biet_1": "dat"}).status_code == 422
    assert find(client, id_, pillar="know").status_code == 422  # no topic of this list
    assert find(client, id_, pillar=last, fix_by=day(-1)).status_code == 303
    seen = client.get("/checks/?round=2026_2&checklist=chi_thi").text
    assert "2/3 xã, phường, đặc khu đã được kiểm tra" in seen
    counts = dict(re.findall(r'<tr data-item="(\w+)"><th scope="row">[^<]+</th>((?:<td class="n">\d+</td>)+)', seen))
    assert [re.findall(r">(\d+)<", counts[code]) for code in (first, last)] == [list("1001"), list("0011")]
    assert 'data-office="Phòng Kinh tế"' in seen
    assert "⚠" in seen
    finding = one(table, "SELECT id, pillar FROM check_findings")
    assert finding.pillar == last
    settled = client.post(
        f"/checks/{id_}/findings/{finding.id}", data={"fixed_on": day(0), "evidence": "Đã có báo cáo"}
    )
    assert settled.status_code == 303
    assert "Đã có báo cáo" in client.get(f"/checks/{id_}").text
    assert one(table, "SELECT know FROM democracy_checks WHERE id = :i", i=id_).know is None


def test_a_directives_inspection_carries_out_a_directive(machine: Machine, worker: Engine) -> None:
    id_, other, client = check(worker, checklist="chi_thi", **PILLARS), check(worker), machine("officer")
    with worker.begin() as connection:
        for kind, number in (("chi_thi", "01-CT/TU"), ("ke_hoach", "02-KH/TU")):
            connection.execute(text(PROGRAMME), {"kind": kind, "number": number})
    try:
        offered = {one: re.findall(r"0\d-\w+/TU", client.get(f"/checks/{one}").text) for one in (id_, other)}
        assert offered == {id_: ["01-CT/TU"], other: ["01-CT/TU", "02-KH/TU"]}
        with worker.connect() as connection:
            directive = connection.scalar(text("SELECT id FROM programmes WHERE number = '01-CT/TU'"))
        chosen = client.post(f"/programmes/carried-out/democracy_checks/{id_}", data={"programme_id": directive})
        assert chosen.status_code == 303
        assert "Chưa ghi đang kiểm tra việc thực hiện chỉ thị nào" not in client.get(f"/checks/{id_}").text
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE democracy_checks SET programme_id = NULL"))
            connection.execute(text("DELETE FROM programmes"))


def test_a_list_of_the_offices_own_works_like_any_other(machine: Machine, worker: Engine) -> None:
    admin, begins = machine("admin"), day(0)
    listed = {
        "what": "code", "list": "checklists", "code": "nuoc_sach", "label_vi": "Kiểm tra nước sạch",
        "label_en": "Clean water", "day": begins, "source": "QĐ thử",
    }  # fmt: skip
    item = {
        "checklist": "nuoc_sach", "code": "be_chua", "label_vi": "Có bể chứa", "label_en": "A tank", "position": "1",
        "day": begins, "source": "QĐ thử", "status": "sourced",
    }  # fmt: skip
    try:
        assert admin.post("/admin/dated/", data=listed).status_code == 303
        assert admin.post("/admin/rules/item/add", data=item).status_code == 303
        row = feature(LAYER, 11, checked_on=TODAY, checklist="nuoc_sach", **PILLARS)
        with worker.begin() as connection:
            connection.execute(insert(LAYER.table), row)
        client = machine("officer")
        answered = client.post(f"/checks/{row['id']}/answers", data={"result-be_chua": "mot_phan"})
        assert answered.status_code == find(client, str(row["id"]), pillar="be_chua").status_code == 303
        assert 'data-item="be_chua"' in client.get("/checks/?round=2026_2&checklist=nuoc_sach").text
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM code_lists WHERE source = 'QĐ thử'"))


def test_the_phone_asks_the_pillars_of_the_list_that_has_them_only() -> None:
    survey = {row["name"]: row for row in xlsforms.sheets(LAYER, {})["survey"] if row.get("name")}
    for pillar in check_rounds.PILLARS:
        assert (survey[pillar]["required"], survey[pillar]["relevant"]) == ("yes", "${checklist} = 'dan_chu_co_so'")
    assert "relevant" not in survey["findings"]


def test_a_check_by_the_pillars_without_them_is_refused_by_the_table(worker: Engine) -> None:
    with pytest.raises(IntegrityError, match="pillars"):
        check(worker, know=None)


@pytest.mark.usefixtures("published")
def test_the_phone_sends_an_inspection_without_pillars_and_no_check_by_them_without(
    machine: Machine, table: Connection
) -> None:
    definition = phone.form(table, LAYER.key)
    bare = {"checklist": "chi_thi"} | PILLARS
    for given, status in ((bare, 201), (PILLARS | {"checklist": "dan_chu_co_so"}, 422), ({"know": None}, 201)):
        xml = filled.fill(definition, {"checklist": "chi_thi", **given})
        assert phone.send(machine("field"), xml).status_code == status
    assert [field.key for field in LAYER.lacking({"checklist": "dan_chu_co_so", "know": "dat"})] == [
        "discuss", "act", "check", "supervise", "benefit",
    ]  # fmt: skip
