"""A published list on its page: handed in, looked at, confirmed by a second officer, shown where it says something."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from app import embedded
from app.cli import diaban
from app.config import Config
from app.roles import Urls
from surveys import media_sweep
from surveys.layers import CATALOGUE, named
from tests.rows import feature

Machine = Callable[..., FlaskClient]
LIST = "Mã xã,Tên xã,Khu vực,Số điện thoại\n24700,Đắk Mil,Khu vực III,0912345678\n22001,Cam Lâm,II,0912345679\n"
PAPER = b"%PDF-1.4 quyet dinh"
DECISION = "60/QĐ-BDTTG"


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    def empty() -> None:
        with worker.begin() as connection:
            for table in ("area_classifications", "area_lists", "hamlet_profiles"):
                connection.execute(text(f"DELETE FROM {table}"))

    empty()
    yield
    empty()


def hand_in(client: FlaskClient, listed: str = LIST, **given: object) -> TestResponse:
    whole = {
        "decision": DECISION, "decided_on": "2026-01-29", "file": (io.BytesIO(listed.encode()), "ds.csv"),
        "document": (io.BytesIO(PAPER), "QD60.pdf"), **given,
    }  # fmt: skip
    return client.post("/area-lists/", data=whole, content_type="multipart/form-data")


def in_force(machine: Machine, listed: str = LIST, **given: object) -> str:
    """The address of a list that went all the way."""
    answer = hand_in(machine("officer"), listed, **given)
    assert answer.status_code == 303, answer.text
    where = answer.headers["Location"]
    assert machine("officer").post(where, data={"act": "send"}).status_code == 303
    assert machine("answering").post(where, data={"act": "confirm"}).status_code == 303
    return where


def state(table: Connection) -> list[str]:
    table.rollback()
    return list(table.scalars(text("SELECT state FROM area_lists ORDER BY entered_at")))


def test_a_list_is_previewed_sent_confirmed_by_another_and_undone(machine: Machine, table: Connection) -> None:
    officer, second = machine("officer"), machine("answering")
    where = hand_in(officer).headers["Location"]
    page = officer.get(where).text
    assert 'data-read="2"' in page
    assert "lấy 1 đơn vị của tỉnh; 1 dòng của tỉnh khác" in page
    assert re.search(r"<li data-dropped>Số điện thoại:", page)
    assert "0912345678" not in page
    assert 'value="confirm"' not in page
    assert where not in second.get("/area-lists/").text  # somebody's draft is nobody's business yet
    officer.post(where, data={"act": "send"})
    assert officer.post(where, data={"act": "confirm"}).status_code == 403
    assert state(table) == ["waiting"]
    assert where.rsplit("/", 1)[1] in second.get("/area-lists/").text
    assert '"/area-lists/">Danh sách phân định chờ xác nhận (1)' in second.get("/review/").text
    assert "chờ xác nhận (" not in officer.get("/review/").text
    assert 'value="confirm"' in second.get(where).text
    paper = second.get(f"{where}/document", buffered=True)
    assert (paper.data, paper.mimetype) == (PAPER, "application/octet-stream")
    assert "attachment" in paper.headers["Content-Disposition"]
    assert second.post(where, data={"act": "reject", "reason": " "}).status_code == 422
    second.post(where, data={"act": "confirm"})
    assert state(table) == ["confirmed"]
    assert 'value="undo"' not in officer.get(where).text  # of another office than the one that confirmed
    assert officer.post(where, data={"act": "undo", "reason": "Nhầm"}).status_code == 403
    assert 'value="undo"' in second.get(where).text
    second.post(where, data={"act": "undo", "reason": "Nhầm tệp"})
    assert state(table) == ["undone"]


def test_a_list_with_rows_that_cannot_be_used_leaves_nothing_and_names_them(
    machine: Machine, table: Connection
) -> None:
    answer = hand_in(machine("officer"), "Mã xã,Khu vực\n24700,III\n99999,III\n24701,khá khó\n")
    assert answer.status_code == 422
    assert re.findall(r'data-row="(\d+)" data-reason="(\w+)"', answer.text) == [
        ("3", "unknown_code"), ("4", "class_unreadable"),
    ]  # fmt: skip
    assert f'value="{DECISION}"' in answer.text  # what was typed is kept
    assert state(table) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decision": ""}, "quyết định"),
        ({"decision": "60 của ông Nguyễn Văn An, 0912345678"}, "người cụ thể"),
        ({"decided_on": ""}, "Ngày quyết định"),
        ({"decided_on": "2999-01-01"}, "Ngày quyết định"),
        ({"document": (io.BytesIO(b""), "")}, "Tệp quyết định"),
        ({"document": (io.BytesIO(b"MZ\x00\x01"), "a.exe")}, "Tệp quyết định"),
        ({"file": (io.BytesIO(b"\x89PNG"), "anh.png")}, "anh.png"),
        ({"file": (io.BytesIO(LIST.encode()), "TUYET MAT.csv")}, ""),
    ],
)
def test_a_list_without_its_decision_or_of_another_kind_is_refused_by_name(
    machine: Machine, table: Connection, given: dict[str, object], said: str
) -> None:
    answer = hand_in(machine("officer"), **given)
    assert answer.status_code == 422
    assert answer.json is not None
    assert said in answer.json["detail"]
    assert state(table) == []


def test_only_officers_hand_in_and_only_those_who_lead_and_review_look(machine: Machine, table: Connection) -> None:
    where = in_force(machine)
    for name in ("leader", "field", "gis", "admin"):
        assert hand_in(machine(name)).status_code == 403
        for path in ("/area-lists/", where, f"{where}/document"):
            assert machine(name).get(path, buffered=True).status_code == (200 if name == "leader" else 403), (
                name,
                path,
            )
    assert state(table) == ["confirmed"]


def test_a_commune_shows_its_class_with_the_decision_and_says_where_no_list_is(
    machine: Machine, worker: Engine
) -> None:
    with worker.begin() as connection:
        for commune in (11, 12):
            row = feature(named("hamlet_profiles"), commune, survey_round="2026_2", nuoc="khong")
            connection.execute(insert(named("hamlet_profiles").table), row)
    leader = machine("leader")
    needs = "/needs/?service=nuoc&round=2026_2"
    assert "chưa có danh sách" in leader.get("/map/place/11/profile").text
    assert re.findall(r'<td data-class="\d+">(.*?)</td>', leader.get(needs).text) == ["chưa có danh sách"] * 2
    in_force(machine)
    in_force(machine, "Mã thôn,Khu vực\n24701-1,Thôn đặc biệt khó khăn\n", decision="61/QĐ-UBND")
    page = leader.get("/map/place/11/profile").text
    assert 'data-area-class="kv3"' in page
    assert f"theo {DECISION} ngày 29/01/2026" in page
    other = leader.get("/map/place/12/profile").text
    assert "Không có trong danh sách đang có hiệu lực." in other
    assert 'data-hamlet-class="121"' in other
    shown = dict(re.findall(r'<td data-class="(\d+)">(.*?)</td>', leader.get(needs).text))
    assert shown == {"11": "Khu vực III", "12": "không có trong danh sách"}
    assert DECISION in leader.get(f"{needs}&commune=11").text
    # Beside a hamlet's reports nothing of the kind stands, and of the province there is nothing to say.
    for unit in (111, 121, 1):
        assert "data-area-class" not in leader.get(f"/map/place/{unit}/profile").text


def test_nothing_of_it_is_on_the_map_in_files_or_in_figures(machine: Machine) -> None:
    """The decision's number, which stands nowhere else, leads to whatever shows a class."""
    in_force(machine, decision="987/QĐ-RIENG")
    gis, leader = machine("gis"), machine("leader")
    every = ",".join(layer.key for layer in CATALOGUE)
    shown = [
        gis.get("/ogc/collections").text, gis.get("/ogc/collections/minority_areas/items").text,
        leader.get(f"/map/?layers={every}").text, leader.get(f"/map/table?layers={every}&figure=reports").text,
        leader.get("/map/file/csv?figure=reports&layers=").text, leader.get("/cases/figures?by=unit").text,
    ]  # fmt: skip
    assert all("987/QĐ-RIENG" not in text and "area_classifications" not in text for text in shown)
    assert "987/QĐ-RIENG" in leader.get("/map/place/11/profile").text


def test_the_decision_is_kept_while_a_list_stands_on_it(
    machine: Machine, worker: Engine, cluster: Config, table: Connection
) -> None:
    where = hand_in(machine("officer"), document=(io.BytesIO(PAPER + b" khac"), "QD.pdf")).headers["Location"]
    digest = table.scalar(text("SELECT document FROM area_lists"))
    table.rollback()
    media_sweep.remove(worker, cluster.home, [bytes.fromhex(digest)])
    assert machine("officer").get(f"{where}/document", buffered=True).status_code == 200
    machine("officer").post(where, data={"act": "withdraw"})
    media_sweep.remove(worker, cluster.home, [bytes.fromhex(digest)])
    assert machine("officer").get(f"{where}/document").status_code == 404


def test_the_command_enters_a_list_for_another_to_confirm(
    cluster: Config, urls: Urls, table: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = embedded.address(cluster)
    assert admin is not None
    address = make_url(admin.url).set(database=make_url(urls.owner).database)
    monkeypatch.setenv("DATABASE_URL", address.render_as_string(hide_password=False))
    monkeypatch.setenv("DIABAN_HOME", str(cluster.home))
    listed, paper = tmp_path / "ds.csv", tmp_path / "QD60.pdf"
    listed.write_text(LIST, encoding="utf-8")
    paper.write_bytes(PAPER)
    words = ["classification", "import", str(listed), "--decision", DECISION, "--date", "29/01/2026", "--document",
             str(paper), "--as"]  # fmt: skip
    refused = CliRunner().invoke(diaban, [*words, "gis"])
    assert refused.exit_code != 0
    assert state(table) == []
    done = CliRunner().invoke(diaban, [*words, "officer"])
    assert done.exit_code == 0, done.output
    assert "2 dòng" in done.output
    assert "Số điện thoại" in done.output
    assert state(table) == ["waiting"]
