"""The pages beside the cases: figures with their files, complaints as counts, offices kept by the administrator."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import case_counting, seeds, wall_clock
from surveys.layers import named
from tests.rows import feature

Machine = Callable[..., FlaskClient]
COUNTS = {"kind": "khieu_nai", "month": "2026-03", "received": "9", "settled": "5", "in_time": "4", "overdue": "2"}
OFFICE = {"name": "Phòng Văn hóa", "unit": "1", "valid_from": "2026-01-01", "category": ["truong_hoc", "y_te"]}


@pytest.fixture(autouse=True)
def nothing_left(worker: Engine) -> Iterator[None]:
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM complaint_deadlines"))
        connection.execute(insert(seeds.ComplaintDeadline), seeds.complaint_deadline_rows())
    yield
    with worker.begin() as connection:
        for query in (
            "DELETE FROM situation_reports", "DELETE FROM complaint_counts", "DELETE FROM offices WHERE id > 2",
            "DELETE FROM complaint_deadlines",
            "UPDATE offices SET name = 'Phòng Kinh tế', valid_to = NULL WHERE id = 2",
        ):  # fmt: skip
            connection.execute(text(query))
    case_counting.refresh_all(worker)


def some_cases(worker: Engine, table: str = "situation_reports") -> None:
    layer, today = named(table), wall_clock.today()
    days = {"observed_on": today, "received_on": today, "happened_on": today, "due_on": today + dt.timedelta(days=9)}
    done = {**days, "state": "dong", "answered_on": today + dt.timedelta(days=2)}
    with worker.begin() as connection:
        connection.execute(insert(layer.table), [feature(layer, 11, **days)])
        connection.execute(insert(layer.table), [feature(layer, 11, **done) for _ in range(5)])
    case_counting.refresh_all(worker)


def test_the_table_of_figures_is_a_page_and_a_file_that_say_the_same(machine: Machine, worker: Engine) -> None:
    empty = machine("leader").get("/cases/figures/")
    assert "Chưa nhận vụ việc nào" in empty.text
    some_cases(worker)
    page = machine("leader").get("/cases/figures/?by=office").text
    assert "Phòng Kinh tế" in page
    rows = list(csv.reader(io.StringIO(machine("leader").get("/cases/figures/table.csv").data.decode("utf-8-sig"))))
    assert rows[1] == ["Phòng Kinh tế", "6", "0", "5", "5", "100.0", "2", "2", "1", "0", "0", "0", "0"]
    assert rows[2][1:] == rows[1][1:]
    book = openpyxl.load_workbook(io.BytesIO(machine("officer").get("/cases/figures/table.xlsx?by=month").data))
    assert [cell.value for cell in book.active[4]][1:5] == [6, 0, 5, 5]  # type: ignore[index]
    with worker.begin() as connection:
        connection.execute(text("UPDATE offices SET name = '=cmd|x' WHERE id = 2"))
    assert "'=cmd|x" in machine("leader").get("/cases/figures/table.csv").text
    for name in ("field", "gis", "admin"):
        assert machine(name).get("/cases/figures/").status_code == 403
        assert machine(name).get("/cases/figures/table.csv").status_code == 403


def test_shares_and_days_of_a_few_answers_are_in_no_file(machine: Machine, worker: Engine) -> None:
    some_cases(worker)
    with worker.begin() as connection:
        connection.execute(
            text(
                "UPDATE situation_reports SET state = 'mo', answered_on = NULL"
                " WHERE id = (SELECT id FROM situation_reports WHERE state = 'dong' LIMIT 1)"
            )
        )
    case_counting.refresh_all(worker)
    rows = list(csv.reader(io.StringIO(machine("leader").get("/cases/figures/table.csv").data.decode("utf-8-sig"))))
    for row in rows[1:3]:
        assert row[1:8] == ["6", "0", "4", "4", "dưới 5 vụ", "dưới 5 vụ", "dưới 5 vụ"]
    book = openpyxl.load_workbook(io.BytesIO(machine("officer").get("/cases/figures/table.xlsx").data))
    assert [cell.value for cell in book.active[4]][5:8] == ["dưới 5 vụ"] * 3  # type: ignore[index]


@pytest.mark.parametrize("path", ["/cases/figures/", "/cases/figures/table.csv", "/cases/figures/table.xlsx"])
def test_reading_the_figures_is_in_the_audit(machine: Machine, table: Connection, owner: Engine, path: str) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM read_marks"))  # read for the first time
    read = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = 'situation_reports'")
    before = table.scalar(read) or 0
    assert machine("leader").get(path).status_code == 200
    table.rollback()
    assert table.scalar(read) == before + 1


@pytest.mark.parametrize("query", ["by=faith", "first=2026", "first=2026-13", "first=2026-05&last=2026-04", "last=x"])
def test_figures_asked_for_wrongly_are_refused(machine: Machine, query: str) -> None:
    assert machine("leader").get(f"/cases/figures/?{query}").status_code == 422


def test_the_home_page_reminds_of_what_is_due(machine: Machine, worker: Engine) -> None:
    some_cases(worker)
    for name in ("leader", "officer", "answering"):
        page = machine(name).get("/").text
        assert "Nhắc việc trả lời" in page
        assert "Phòng Kinh tế" in page


def test_an_office_enters_its_counts_and_corrects_them(machine: Machine, table: Connection) -> None:
    page = machine("answering").get("/cases/complaints/")
    assert "Chưa có số liệu" in page.text
    assert "Giải quyết lần đầu" in page.text
    assert page.text.count("Luật Khiếu nại 2011") == 5
    assert machine("answering").post("/cases/complaints/", data=COUNTS).status_code == 303
    assert machine("answering").post("/cases/complaints/", data=COUNTS | {"received": "11"}).status_code == 303
    assert machine("officer").post("/cases/complaints/", data=COUNTS | {"month": "2026-02"}).status_code == 303
    table.rollback()
    rows = table.execute(text("SELECT office_id, received, referred FROM complaint_counts ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [(1, 9, 0), (2, 11, 0)]
    page = machine("leader").get("/cases/complaints/?first=2026-01&last=2026-12")
    assert "Phòng Kinh tế" in page.text
    assert "cơ quan trả lời muộn" in page.text
    columns = table.scalars(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'complaint_counts'")
    ).all()
    assert not [column for column in columns if "name" in column or "word" in column or "text" in column]


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "x"},
        {"month": "2026"},
        {"month": "2999-01"},
        {"received": "-1"},
        {"received": "chín"},
        {"in_time": "6"},
    ],
)
def test_counts_that_cannot_be_are_refused(machine: Machine, table: Connection, bad: dict[str, str]) -> None:
    assert machine("answering").post("/cases/complaints/", data=COUNTS | bad).status_code == 422
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM complaint_counts")) == 0


def test_counts_are_entered_by_officers_and_read_by_leaders(machine: Machine) -> None:
    for name in ("leader", "field", "gis", "admin"):
        assert machine(name).post("/cases/complaints/", data=COUNTS).status_code == 403
    for name, status in (("leader", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        assert machine(name).get("/cases/complaints/").status_code == status


def test_an_administrator_adds_changes_and_ends_an_office(machine: Machine, table: Connection) -> None:
    client = machine("admin")
    assert "Phòng Kinh tế" in client.get("/admin/offices/").text
    assert client.post("/admin/offices/", data=OFFICE).status_code == 303
    table.rollback()
    id_ = table.scalar(text("SELECT max(id) FROM offices"))
    answers = text("SELECT category FROM office_categories WHERE office_id = :o ORDER BY 1")
    assert list(table.scalars(answers, {"o": id_})) == ["truong_hoc", "y_te"]
    changed = {"name": "Phòng Văn hóa - Xã hội", "category": ["y_te"], "act": "save"}
    assert client.post(f"/admin/offices/{id_}", data=changed).status_code == 303
    table.rollback()
    assert list(table.scalars(answers, {"o": id_})) == ["y_te"]
    assert client.post(f"/admin/offices/{id_}", data={"act": "end"}).status_code == 303
    page = client.get("/admin/offices/").text
    assert page.index("Đã kết thúc") < page.index("Phòng Văn hóa - Xã hội")


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"unit": "2"}, {"unit": "111"}, {"category": ["x"]}, {"valid_from": "x"}]
)
def test_an_office_that_cannot_be_is_refused(machine: Machine, table: Connection, bad: dict[str, object]) -> None:
    assert machine("admin").post("/admin/offices/", data=OFFICE | bad).status_code == 422
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM offices")) == 2


def test_only_administrators_keep_offices_and_only_of_their_province(machine: Machine, worker: Engine) -> None:
    for name in ("officer", "answering", "leader", "gis", "field"):
        assert machine(name).get("/admin/offices/").status_code == 403
        assert machine(name).post("/admin/offices/", data=OFFICE).status_code == 403
        assert machine(name).post("/admin/offices/2", data={"act": "end"}).status_code == 403
    with worker.begin() as connection:
        made = connection.execute(
            text("INSERT INTO offices (name, unit_id, valid_from) VALUES ('Sở bạn', 2, '2025-07-01') RETURNING id")
        ).scalar_one()
    assert machine("admin").post(f"/admin/offices/{made}", data={"act": "end"}).status_code == 404
    assert "Sở bạn" not in machine("admin").get("/admin/offices/").text
