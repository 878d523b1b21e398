"""What hamlets lack by round, what changed, and who is doing something there: each number is that of the rows."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from surveys import needs, wall_clock
from surveys.layers import named
from tests.rows import feature

Machine = Callable[..., FlaskClient]
TODAY = wall_clock.today()
TABLES = ("hamlet_profiles", "joint_activities", "minority_areas")


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    def empty() -> None:
        with worker.begin() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table}"))

    empty()
    yield
    empty()


def add(worker: Engine, key: str, commune: int, **values: Any) -> str:
    row = feature(named(key), commune, **values)
    with worker.begin() as connection:
        connection.execute(insert(named(key).table), row)
    return str(row["id"])


def test_every_number_is_that_of_the_rows(machine: Machine, table: Connection, worker: Engine) -> None:
    for commune, hamlet, was, now in (
        (11, 111, "khong", "mot_phan"), (12, 121, "co", "khong"), (13, 131, "mot_phan", "mot_phan"),
    ):  # fmt: skip
        add(worker, "hamlet_profiles", commune, hamlet=hamlet, survey_round="2026_1", nuoc=was)
        add(worker, "hamlet_profiles", commune, hamlet=hamlet, survey_round="2026_2", nuoc=now)
    add(worker, "hamlet_profiles", 12, nuoc="khong")  # its hamlet isn't known: nothing to compare with
    add(worker, "hamlet_profiles", 21, nuoc="khong")
    page = machine("leader").get("/needs/?service=nuoc&round=2026_2").text
    shown = {
        int(unit): tuple(map(int, re.findall(r'class="n">(\d+)<', cells)))
        for unit, cells in re.findall(r'<tr data-commune="(\d+)">(.*?)</tr>', page)
    }
    table.rollback()
    asked = """
        WITH ranked AS (SELECT *, CASE nuoc WHEN 'khong' THEN 0 WHEN 'mot_phan' THEN 1 ELSE 2 END AS rank
                        FROM hamlet_profiles WHERE province_id = 1)
        SELECT commune_id, count(*), sum((nuoc = 'khong')::int), sum((nuoc = 'mot_phan')::int),
            sum((SELECT count(*) FROM ranked q WHERE q.survey_round = '2026_1' AND q.hamlet_id = p.hamlet_id)),
            sum((SELECT count(*) FROM ranked q WHERE q.survey_round = '2026_1' AND q.hamlet_id = p.hamlet_id
                AND q.rank < p.rank)),
            sum((SELECT count(*) FROM ranked q WHERE q.survey_round = '2026_1' AND q.hamlet_id = p.hamlet_id
                AND q.rank > p.rank))
        FROM ranked p WHERE survey_round = '2026_2' GROUP BY 1"""
    expected = {unit: tuple(map(int, counts)) for unit, *counts in table.execute(text(asked))}
    assert shown == expected
    assert shown[12] == (2, 2, 0, 1, 0, 1)
    totals = re.search(r"<tr data-totals>(.*?)</tr>", page)
    assert totals
    sums = tuple(map(sum, zip(*expected.values(), strict=True)))
    assert tuple(map(int, re.findall(r'class="n">(\d+)<', totals[1]))) == sums
    assert next(iter(shown)) == 12  # most hamlets without it first


def test_a_commune_shows_its_hamlets_in_need_and_who_is_there(machine: Machine, worker: Engine) -> None:
    need = add(worker, "hamlet_profiles", 11, hamlet=111, nuoc="khong", nuoc_km=3.5, nuoc_tn="xa", households=12)
    add(worker, "hamlet_profiles", 11, nuoc="co", name="Thôn đủ nước")
    there = {"hamlet": 111, "agencies": ["mttq", "quan_doi"]}
    soon = add(worker, "joint_activities", 11, **there, planned_on=TODAY + dt.timedelta(days=3))
    late = add(worker, "joint_activities", 11, **there, planned_on=TODAY - dt.timedelta(days=3))
    add(worker, "joint_activities", 11, **there, planned_on=TODAY - dt.timedelta(days=700))
    add(worker, "joint_activities", 12, hamlet=121, planned_on=TODAY)
    page = machine("officer").get("/needs/?service=nuoc&round=2026_2&commune=11").text
    assert re.findall(r'data-hamlet="([\w-]+)"', page) == [need]
    assert re.findall(r'data-activity="([\w-]+)"', page) == [soon, late]
    assert "Mặt trận Tổ quốc, Quân đội – sắp tới" in page
    assert "⚠ chưa thực hiện" in page
    assert "Thôn đủ nước" not in page
    assert "households" not in needs._hamlets("nuoc")  # services of a small hamlet, never its number (S6)
    assert "data-hamlet" not in machine("officer").get("/needs/?service=nuoc&round=2026_2&commune=21").text


def test_only_communes_of_a_published_class_are_told_of_when_asked(machine: Machine, worker: Engine) -> None:
    for commune in (11, 12):
        add(worker, "hamlet_profiles", commune, nuoc="khong")
    add(worker, "minority_areas", 12, area_class="kv3")
    page = machine("leader").get("/needs/?round=2026_2&area=kv3").text
    assert re.findall(r'data-commune="(\d+)"', page) == ["12"]
    assert 'class="empty"' in machine("leader").get("/needs/?round=2026_2&area=kv1").text
    for odd in ("?service=luong&round=x&area=y&commune=0", "?commune=99999999"):
        assert machine("leader").get(f"/needs/{odd}").status_code == 200


def test_each_role_sees_its_own_place(machine: Machine, worker: Engine) -> None:
    add(worker, "hamlet_profiles", 11, nuoc="khong")
    for name, status in (("leader", 200), ("officer", 200), ("field", 403), ("gis", 403), ("admin", 403)):
        assert machine(name).get("/needs/").status_code == status
