"""Joint activities at work: the plan by month, results, another day, and the feed calendars subscribe to."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.orm import Session

from geodata.problems import NotFound
from surveys import activity_work, wall_clock
from surveys.layers import named
from tests.rows import feature
from tests.world import KNOWN

Machine = Callable[..., FlaskClient]
LAYER = named("joint_activities")
TODAY = wall_clock.today()
FIRST = TODAY.replace(day=1)


def day(ahead: int) -> str:
    return (TODAY + dt.timedelta(days=ahead)).isoformat()


@pytest.fixture(autouse=True)
def clean(worker: Engine) -> Iterator[None]:
    def empty() -> None:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM joint_activities"))

    empty()
    yield
    empty()


def activity(worker: Engine, commune: int = 11, **values: Any) -> str:
    row = feature(LAYER, commune, **values)
    with worker.begin() as connection:
        connection.execute(insert(LAYER.table), row)
    return str(row["id"])


def one(table: Connection, query: str, **parameters: Any) -> Any:
    table.rollback()
    return table.execute(text(query), parameters).one()


def test_a_month_shows_its_days_and_the_year_its_counts(machine: Machine, table: Connection, worker: Engine) -> None:
    year = TODAY.year - 1  # all of it is past
    plan = (
        {"planned_on": dt.date(year, 3, 5), "done_on": dt.date(year, 3, 6), "households_reached": 40},
        {"planned_on": dt.date(year, 3, 5), "done_on": dt.date(year, 3, 5), "households_reached": 3},
        {"planned_on": dt.date(year, 3, 31), "agencies": ["mttq", "quan_doi"]},
        {"planned_on": dt.date(year, 4, 1)},
        {"planned_on": dt.date(year - 1, 3, 5)},
    )
    for values in plan:
        activity(worker, **values)
    activity(worker, 21, planned_on=dt.date(year, 3, 7), name="Tỉnh khác")
    page = machine("leader").get(f"/activities/?month={year}-03").text
    rows = re.findall(r'<tr data-month="(\d+)">.*?((?:<td class="n">[^<]*</td>)+)', page)
    shown = {int(month): tuple(re.findall(r'class="n">([^<]*)<', cells)) for month, cells in rows}
    table.rollback()
    asked = """SELECT extract(month FROM planned_on)::int, count(*)::text, count(done_on)::text,
        count(*) FILTER (WHERE done_on IS NULL)::text,
        coalesce(sum(CASE WHEN households_reached BETWEEN 1 AND 4 THEN 0 ELSE households_reached END)::text, '–')
        FROM joint_activities WHERE commune_id < 20 AND extract(year FROM planned_on) = :year GROUP BY 1"""
    for month, *counts in table.execute(text(asked), {"year": year}):
        assert shown[month] == tuple(counts)
    assert shown[1] == ("0", "0", "0", "0")
    assert len(re.findall("data-activity=", page)) == 3
    assert "Tỉnh khác" not in page
    assert page.count("<b>31</b>") == 1
    only = machine("leader").get(f"/activities/?month={year}-03&agency=quan_doi").text
    assert len(re.findall("data-activity=", only)) == 1
    assert 'class="empty"' in machine("leader").get(f"/activities/?month={year}-12").text
    assert machine("leader").get("/activities/?month=2026-99").status_code == 200


def test_a_result_is_recorded_corrected_and_taken_back(machine: Machine, table: Connection, worker: Engine) -> None:
    id_, client = activity(worker, planned_on=TODAY - dt.timedelta(days=9)), machine("officer")
    address, asked = f"/activities/{id_}", "SELECT done_on::text, result, households_reached FROM joint_activities"
    assert "chưa thực hiện" in client.get(address).text
    said = {"act": "held", "done_on": day(-8), "result": "Sửa 2 km đường", "households_reached": "60"}
    assert client.post(address, data=said).status_code == 303
    assert tuple(one(table, asked)) == (day(-8), "Sửa 2 km đường", 60)
    assert client.post(address, data={"act": "put_off", "planned_on": day(5)}).status_code == 422
    assert client.post(address, data={"act": "not_held"}).status_code == 303
    assert tuple(one(table, asked)) == (None, None, None)
    assert client.post(address, data={"act": "put_off", "planned_on": day(5)}).status_code == 303
    assert one(table, "SELECT planned_on::text FROM joint_activities")[0] == day(5)
    table.rollback()
    verbs = text("SELECT verb FROM audit WHERE detail ->> 'feature' = :f AND verb LIKE 'activity%' ORDER BY id")
    assert table.scalars(verbs, {"f": id_}).all() == ["activity_held", "activity_not_held", "activity_put_off"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"done_on": ""}, "done_on"),
        ({"done_on": day(1)}, "done_on"),
        ({"done_on": "1926-11-01"}, "done_on"),
        ({"done_on": day(0), "households_reached": "1,5"}, "households_reached"),
        ({"done_on": day(0), "result": "Tặng quà bà Lê Thị Hoa"}, "result"),
        ({"act": "put_off", "planned_on": ""}, "planned_on"),
        ({"act": "put_off", "planned_on": "9999-01-01"}, "planned_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    machine: Machine, table: Connection, worker: Engine, given: dict[str, str], field: str
) -> None:
    id_ = activity(worker, planned_on=TODAY)
    answer = machine("officer").post(f"/activities/{id_}", data={"act": "held", **given})
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert tuple(one(table, "SELECT done_on, planned_on FROM joint_activities")) == (None, TODAY)


def test_a_calendar_program_reads_the_plan_with_name_and_token(machine: Machine, worker: Engine) -> None:
    soon = activity(worker, name="Ngày hội; nước, đường", planned_on=TODAY + dt.timedelta(days=4))
    held = activity(worker, planned_on=TODAY, done_on=TODAY, result="Xong", households_reached=2)
    activity(worker, planned_on=TODAY - dt.timedelta(days=400))
    activity(worker, 12, name="Xã khác", planned_on=TODAY)
    activity(worker, 21, name="Tỉnh khác", planned_on=TODAY)
    assert machine().get("/activities.ics").status_code == 401
    answer = machine("leader", basic=True).get("/activities.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    events = {str(event["uid"]): event for event in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")}
    assert len(events) == 3
    event = events[f"{soon}@diaban"]
    assert event["dtstart"].dt == TODAY + dt.timedelta(days=4)
    assert event["dtend"].dt == TODAY + dt.timedelta(days=5)
    assert str(event["summary"]) == "Ngày hội; nước, đường"
    assert str(event["location"]) == "xã Đắk Mil"
    assert str(event["url"]).endswith(f"/activities/{soon}")
    assert str(events[f"{held}@diaban"]["summary"]).startswith("✓ ")
    assert b"Xong" not in answer.data  # results stay on the page
    own = machine("field").get("/activities.ics")
    assert {str(event["uid"]) for event in icalendar.Calendar.from_ical(own.data).walk("VEVENT")} == {
        f"{soon}@diaban", f"{held}@diaban",
    }  # fmt: skip


def test_a_calendar_holds_no_number_no_result_and_its_reading_is_in_the_audit(
    machine: Machine, table: Connection, worker: Engine, owner: Engine
) -> None:
    activity(worker, planned_on=TODAY, done_on=TODAY, result="Xong", households_reached=37, agencies=["mttq"])
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM read_marks"))  # read for the first time
    asked = "SELECT count(*) FROM audit WHERE verb = 'read' AND layer = 'joint_activities'"
    before = one(table, asked)[0]
    answer = machine("leader", basic=True).get("/activities.ics")
    (event,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert set(event) == {
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION",
        "LOCATION", "URL", "STATUS", "TRANSP", "GEO",
    }  # fmt: skip
    assert "37" not in str(event["description"]) + str(event["summary"]) + str(event["location"])
    assert one(table, asked)[0] == before + 1


def test_a_few_households_are_not_told(machine: Machine, worker: Engine) -> None:
    id_ = activity(worker, planned_on=TODAY, done_on=TODAY, households_reached=3)
    page = machine("leader").get(f"/activities/{id_}").text
    assert "&lt;5" in page
    assert "<td>3</td>" not in page


def test_the_query_alone_cuts_to_the_own_place(background: Session, worker: Engine) -> None:
    """The background role is under no policy."""
    ids = {commune: activity(worker, commune, planned_on=TODAY) for commune in (11, 12, 21)}
    for actor, found in ((KNOWN.actor("leader"), {11, 12}), (KNOWN.actor("field"), {11})):
        wanted = {ids[commune] for commune in found}
        assert {str(row.id) for row in activity_work.fed(background, actor, TODAY)} == wanted
        assert {str(row.id) for row in activity_work.within(background, actor, FIRST, TODAY, TODAY)} == wanted
        assert activity_work.months(background, actor, TODAY.year, TODAY)[TODAY.month].n == len(wanted)
        for commune, id_ in ids.items():
            if commune in found:
                assert str(activity_work.activity(background, actor, uuid.UUID(id_)).id) == id_
            else:
                with pytest.raises(NotFound):
                    activity_work.activity(background, actor, uuid.UUID(id_))


def test_each_role_does_only_its_own_and_nobody_reaches_another_place(machine: Machine, worker: Engine) -> None:
    here, elsewhere = activity(worker, planned_on=TODAY), activity(worker, 21, planned_on=TODAY)
    other = activity(worker, 12, planned_on=TODAY)
    reads = (("leader", 200), ("officer", 200), ("field", 200), ("gis", 403), ("admin", 403))
    for name, status in reads:
        client = machine(name)
        assert client.get("/activities/").status_code == status
        assert client.get(f"/activities/{here}").status_code == status
        written = client.post(f"/activities/{here}", data={"act": "held", "done_on": day(0)}).status_code
        assert written == (303 if name == "officer" else 403)
    assert machine("field").get(f"/activities/{other}").status_code == 404
    assert machine("officer").get(f"/activities/{elsewhere}").status_code == 404
    assert "Dời ngày" not in machine("leader").get(f"/activities/{other}").text
