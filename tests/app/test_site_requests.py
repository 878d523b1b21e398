"""Requests of religious sites: the office that answers is overdue by a rule that has a source, and by no other."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import wall_clock, working_days
from surveys.layers import named
from surveys.site_requests import SiteRequest
from tests.rows import feature
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
LAYER = named("religious_sites")
TODAY = wall_clock.today()
RULE = "Nghị định thử nghiệm"


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    """One kind of request has a time limit, the others none."""

    def empty() -> None:
        with worker.begin() as connection:
            for table in ("site_requests", "religious_sites"):
                connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text("DELETE FROM service_standards WHERE source = :s"), {"s": RULE})

    empty()
    with worker.begin() as connection:
        connection.execute(
            text("INSERT INTO service_standards VALUES ('gcn_dat', '2000-01-01', 20, :s, 'sourced')"), {"s": RULE}
        )
    yield
    empty()


def site(worker: Engine, commune: int = 11, **values: Any) -> str:
    row = feature(LAYER, commune, **values)
    with worker.begin() as connection:
        connection.execute(insert(LAYER.table), row)
    return str(row["id"])


def ask(client: FlaskClient, id_: str, kind: str = "gcn_dat", on: str = day(-60), **given: Any) -> int:
    whole = {"kind": kind, "received_on": on, "office_id": KNOWN.answering_office, **given}
    return int(client.post(f"/site-requests/{id_}", data=whole).status_code)


def rows(table: Connection, query: str) -> list[Any]:
    table.rollback()
    return [tuple(row) for row in table.execute(text(query))]


def test_a_request_is_due_by_the_rule_of_its_day_and_without_one_never_late(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    id_, client = site(worker), machine("officer")
    assert ask(client, id_) == ask(client, id_, "sua_chua", day(-90)) == 303
    due = working_days.PLAIN.after(TODAY - dt.timedelta(days=60), 20)
    found = rows(table, "SELECT kind, due_on, due_source FROM site_requests ORDER BY kind")
    assert found == [("gcn_dat", due, RULE), ("sua_chua", None, "")]
    shown = rows(table, "SELECT request, received_on::text, answered_on FROM religious_sites")
    assert shown == [("sua_chua", day(-90), None)]  # the one that waits longest
    page = client.get("/site-requests/").text
    assert re.findall(r'data-office="([^"]+)"', page) == ["Phòng Kinh tế"]
    assert page.count("cơ quan trả lời muộn") == 1
    assert page.count("chưa có thời hạn") == 1
    one = client.get(f"/site-requests/{id_}").text
    assert f"cơ quan quá hạn {(TODAY - due).days} ngày" in one
    assert RULE in one


def test_a_request_is_answered_opened_again_and_handed_on(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = site(worker), machine("officer")
    assert ask(client, id_) == 303
    ((number, due),) = rows(table, "SELECT id, due_on FROM site_requests")
    address = f"/site-requests/{id_}/{number}"
    handed = {"act": "hand_on", "office_id": KNOWN.liaison_office}
    assert client.post(address, data=handed).status_code == 303
    assert client.post(address, data=handed).status_code == 422  # it is there already
    assert rows(table, "SELECT office_id, due_on FROM site_requests") == [(KNOWN.liaison_office, due)]
    said = {"answered_on": day(-2), "outcome": "mot_phan", "document": "CV 15/UBND"}
    for bad in ({"answered_on": day(1)}, {"answered_on": day(-61)}, {"answered_on": ""}, {"outcome": "tot"},
                {"document": "Gọi 0912 345 678"}):  # fmt: skip
        assert client.post(address, data=said | bad).status_code == 422
    assert client.post(address, data=said).status_code == 303
    assert rows(table, "SELECT request, answered_on::text FROM religious_sites") == [("gcn_dat", day(-2))]
    assert "CV 15/UBND" in machine("leader").get(f"/site-requests/{id_}").text
    assert client.post(address, data=handed | {"office_id": 2}).status_code == 422  # answered: nothing to hand on
    assert client.post(address, data={"act": "reopen"}).status_code == 303
    assert rows(table, "SELECT answered_on, outcome, document, due_on FROM site_requests") == [(None, None, "", due)]
    assert rows(table, "SELECT answered_on FROM religious_sites") == [(None,)]


def test_a_request_that_cannot_be_is_refused(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = site(worker), machine("officer")
    for bad in ({"kind": "khong"}, {"kind": "khac"}, {"on": ""}, {"on": day(1)}, {"on": "1899-01-01"},
                {"office_id": 999}, {"office_id": ""}):  # fmt: skip
        assert ask(client, id_, **bad) == 422
    assert ask(client, id_) == 303
    assert ask(client, id_) == 422  # the same one is waiting
    assert len(rows(table, "SELECT id FROM site_requests")) == 1


def test_what_surveys_tell_of_waits_for_an_office(machine: Machine, table: Connection, worker: Engine) -> None:
    client = machine("officer")
    waits = site(worker, request="gcn_dat", received_on=TODAY - dt.timedelta(days=9))
    site(worker, request="sua_chua", received_on=TODAY - dt.timedelta(days=9), answered_on=TODAY)
    site(worker, request="khong")
    site(worker, 21, request="gcn_dat")
    page = client.get("/site-requests/").text
    assert re.findall(r'data-loose="([\w-]+)"', page) == [waits]
    assert "1 cơ sở có đề nghị" in page
    assert day(-9) in client.get(f"/site-requests/{waits}").text  # filled in from the survey
    assert ask(client, waits, on=day(-9)) == 303
    assert "data-loose" not in client.get("/site-requests/").text


def test_every_number_of_the_offices_is_that_of_the_rows(machine: Machine, table: Connection, worker: Engine) -> None:
    client = machine("officer")
    first, second = site(worker), site(worker, 12)
    for id_, kind, on in (
        (first, "gcn_dat", day(-60)), (first, "sua_chua", day(-3)), (second, "gcn_dat", day(-1)),
        (second, "xep_hang", day(-200)),
    ):  # fmt: skip
        assert ask(client, id_, kind, on, office_id=KNOWN.liaison_office if kind == "sua_chua" else 2) == 303
    ((number,),) = rows(table, "SELECT id FROM site_requests WHERE kind = 'xep_hang'")
    said = {"answered_on": day(-1), "outcome": "khong"}
    assert client.post(f"/site-requests/{second}/{number}", data=said).status_code == 303
    page = client.get("/site-requests/").text
    asked = """SELECT o.name, count(*) FILTER (WHERE answered_on IS NULL),
        count(*) FILTER (WHERE answered_on IS NULL AND due_on < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date),
        count(*) FILTER (WHERE answered_on IS NULL AND due_on IS NULL), count(answered_on)
        FROM site_requests JOIN offices o ON o.id = office_id GROUP BY 1"""
    for name, *counts in rows(table, asked):
        cells = re.search(rf'data-office="{name}">(.*?)</tr>', page)
        assert cells
        numbers = re.findall(r'class="n">(?:<span class="badge badge-warn">⚠ )?(\d+)<', cells[1])
        assert list(map(int, numbers)) == counts


def test_buildings_in_need_and_in_danger_are_listed_worst_first(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    worn = site(worker, condition="xuong_cap", hazards=["ngap"])
    site(worker, condition="tot", hazards=["sat_lo"])
    site(worker, condition="hu_hong", hazards=["khong"])
    worst = site(worker, condition="nguy_hiem", hazards=["lu_quet", "chay"])
    site(worker, 12)
    site(worker, 21, condition="nguy_hiem", hazards=["ngap"])
    page = machine("leader").get("/site-requests/condition").text
    assert re.findall(r'data-site="([\w-]+)"', page) == [worst, worn]
    totals = tuple(map(int, re.findall(r'data-total="\w+">(\d+)<', page)))
    asked = """SELECT count(*), count(*) FILTER (WHERE condition IN ('xuong_cap', 'hu_hong', 'nguy_hiem')),
        count(*) FILTER (WHERE 'ngap' = ANY(hazards) OR 'sat_lo' = ANY(hazards) OR 'lu_quet' = ANY(hazards)),
        count(*) FILTER (WHERE condition IN ('xuong_cap', 'hu_hong', 'nguy_hiem')
            AND ('ngap' = ANY(hazards) OR 'sat_lo' = ANY(hazards) OR 'lu_quet' = ANY(hazards))),
        count(*) FILTER (WHERE condition IS NULL) FROM religious_sites WHERE commune_id < 20"""
    assert [totals] == rows(table, asked)
    assert len(re.findall("data-site=", machine("leader").get("/site-requests/condition?only=damaged").text)) == 3


def test_there_is_no_field_for_who_asked_or_for_words_about_a_site() -> None:
    assert set(SiteRequest.__table__.columns.keys()) == {
        "id", "site_id", "province_id", "commune_id", "kind", "received_on", "office_id", "due_on", "due_source",
        "answered_on", "outcome", "document", "account_id", "changed_at",
    }  # fmt: skip


def test_each_role_does_only_its_own_and_nobody_reaches_another_place(machine: Machine, worker: Engine) -> None:
    here, elsewhere = site(worker), site(worker, 21)
    for name, status in (("leader", 200), ("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        client = machine(name)
        for address in ("/site-requests/", "/site-requests/condition", f"/site-requests/{here}"):
            assert client.get(address).status_code == status
        assert ask(client, here) == (303 if name == "officer" else 403)
    assert machine("officer").get(f"/site-requests/{elsewhere}").status_code == 404
    assert ask(machine("officer"), elsewhere) == 404
