"""Features for follow-up visits over HTTP: own scope, no free text of reports, and nothing sent twice."""

import csv
import gzip
import html
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, delete, insert, text, update

from surveys import applying, visits
from surveys.layers import CATALOGUE, named
from tests.app.phone import form, problem, send
from tests.rows import feature
from tests.surveys.filled import fill
from tests.world import World

Machine = Callable[..., FlaskClient]
WHERE = "/survey/api/features/"
SECRET = "Giếng cạn từ đầu tháng"


@pytest.fixture
def rows(worker: Engine, world: World, published: None) -> Iterator[dict[str, list[Any]]]:
    """One feature of every layer in communes 11 and 12 and in the neighbour province."""
    made: dict[str, list[Any]] = {}
    with worker.begin() as connection:
        for layer in CATALOGUE:
            texts = {"findings": SECRET, "know_evidence": SECRET} if layer.key == "democracy_checks" else {}
            mine = [feature(layer, commune, **texts) for commune in (11, 12, world.other_commune)]
            mine[0]["hamlet_id"] = world.hamlets[0]
            connection.execute(insert(layer.table), mine)
            made[layer.key] = mine
    yield made
    with worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(delete(layer.table).where(layer.table.id.in_([row["id"] for row in made[layer.key]])))


def told(client: FlaskClient, layer: str) -> Any:
    answer = client.get(WHERE + layer)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text)


def ids(body: Any) -> set[str]:
    return {row["id"] for row in body["rows"]}


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE if layer.key != "minority_areas"])
def test_an_account_is_told_of_its_own_features(machine: Machine, rows: dict[str, list[Any]], key: str) -> None:
    mine, neighbours, foreign = (str(row["id"]) for row in rows[key])
    found = ids(told(machine("field"), key))
    assert mine in found
    assert found.isdisjoint({neighbours, foreign})
    of_province = ids(told(machine("officer"), key))
    assert {mine, neighbours} <= of_province
    assert foreign not in of_province


def test_answers_are_those_the_form_would_hold(machine: Machine, rows: dict[str, list[Any]], worker: Engine) -> None:
    site = rows["religious_sites"][0]
    with worker.begin() as connection:
        connection.execute(
            text("UPDATE religious_sites SET hazards = '{ngap,chay}', received_on = '2026-09-30' WHERE id = :id"),
            {"id": site["id"]},
        )
    body = told(machine("field"), "religious_sites")
    row = next(row for row in body["rows"] if row["id"] == str(site["id"]))
    assert (row["version"], row["label"], row["commune"], row["hamlet"]) == (2, "Chùa Linh Sơn", 11, 111)
    assert row["answers"] == {
        "commune": "11", "hamlet": "111", "name": "Chùa Linh Sơn", "tradition": "phat_giao", "facility_type": "chua",
        "hazards": "ngap chay", "received_on": "2026-09-30", "geometry": "11.95 108.05",
    }  # fmt: skip
    assert row["geometry"] == {"type": "Point", "coordinates": [108.05, 11.95]}
    assert (body["visit"], body["form"], body["more"]) == (True, "religious_sites", 0)


def test_an_outline_is_an_answer_only_where_one_ring_tells_it(
    machine: Machine, rows: dict[str, list[Any]], worker: Engine
) -> None:
    project = rows["resettlement_projects"][0]["id"]

    def answer() -> Any:
        body = told(machine("field"), "resettlement_projects")
        return next(row for row in body["rows"] if row["id"] == str(project))

    assert answer()["answers"]["geometry"].startswith("11.95 108.05 0 0; 11.95 108.06 0 0; ")
    with worker.begin() as connection:
        connection.execute(
            text(
                "UPDATE resettlement_projects SET geom = ST_Multi(ST_Union(geom, ST_Translate(geom, 0.02, 0)))"
                " WHERE id = :i"
            ),
            {"i": project},
        )
    assert "geometry" not in answer()["answers"]
    assert answer()["geometry"]["type"] == "MultiPolygon"


def test_free_text_of_reports_is_in_no_answer(machine: Machine, rows: dict[str, list[Any]]) -> None:
    for key in ("situation_reports", "democracy_checks"):
        assert SECRET not in machine("officer").get(WHERE + key).text
    report = told(machine("field"), "situation_reports")
    assert report["visit"] is False
    assert set(report["rows"][0]["answers"]) <= {
        "commune",
        "hamlet",
        "category",
        "happened_on",
        "state",
        "due_on",
        "answered_on",
    }
    assert report["rows"][0]["geometry"] is None
    assert "restricted" not in json.dumps(report)
    assert machine("answering").get(WHERE + "restricted_reports").status_code == 404


def test_small_counts_and_small_places_are_not_told(
    machine: Machine, rows: dict[str, list[Any]], worker: Engine
) -> None:
    with worker.begin() as connection:
        for key, column, count in (
            ("joint_activities", "households_reached", 3),
            ("hamlet_profiles", "households", 19),
            ("resettlement_projects", "households_affected", 9),
        ):
            table = named(key).table.__table__
            changes: dict[str, Any] = {column: count} | ({"geom": None} if key == "resettlement_projects" else {})
            connection.execute(update(table).where(table.c.id == rows[key][0]["id"]).values(**changes))
    client = machine("field")

    def answers(key: str) -> Any:
        return next(r for r in told(client, key)["rows"] if r["id"] == str(rows[key][0]["id"]))

    assert "households_reached" not in answers("joint_activities")["answers"]
    assert "households" not in answers("hamlet_profiles")["answers"]
    assert (answers("resettlement_projects")["geometry"], answers("resettlement_projects")["hamlet"]) == (None, None)


def test_who_may_not_submit_is_told_nothing(machine: Machine, rows: dict[str, list[Any]]) -> None:
    for name, key in (("leader", "religious_sites"), ("gis", "hamlet_profiles"), ("field", "minority_areas")):
        assert machine(name).get(WHERE + key).status_code == 403
    assert machine().get(WHERE + "religious_sites").status_code == 401
    assert machine("officer").get(WHERE + "nothing").status_code == 404
    listed = machine("field").get("/survey/api/features").get_json()["layers"]
    assert {"situation_reports", "minority_areas"}.isdisjoint(one["layer"] for one in listed)
    assert [one["layer"] for one in machine("leader").get("/survey/api/features").get_json()["layers"]] == []


def test_the_same_state_is_not_sent_again(machine: Machine, rows: dict[str, list[Any]], worker: Engine) -> None:
    client, address = machine("field"), WHERE + "religious_sites"
    first = client.get(address)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-store"
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert machine("officer").get(address, headers={"If-None-Match": tag}).status_code == 200
    site = rows["religious_sites"][0]["id"]
    with worker.begin() as connection:
        connection.execute(text("UPDATE religious_sites SET condition = 'tot' WHERE id = :id"), {"id": site})
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM religious_sites WHERE id = :id"), {"id": site})
    assert client.get(address, headers={"If-None-Match": changed.headers["ETag"]}).status_code == 200


def test_it_comes_packed_one_row_to_a_line_and_says_what_it_leaves_out(
    machine: Machine, rows: dict[str, list[Any]], worker: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = named("joint_activities")
    many = [feature(layer, 11, name=f"Hoạt động {n}") for n in range(30)]
    with worker.begin() as connection:
        connection.execute(insert(layer.table), many)
    monkeypatch.setattr(visits, "MOST", 20)
    answer = machine("field").get(WHERE + layer.key, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    body = gzip.decompress(answer.data).decode()
    found = json.loads(body)
    assert (len(found["rows"]), found["total"], found["more"]) == (20, 31, 11)
    lines = body.rstrip("\n").split("\n")
    assert len(lines) == 22
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == found["rows"]
    labels = [row["label"] for row in found["rows"] if row["label"].startswith("Hoạt động")]
    assert labels == sorted(labels, key=lambda label: int(label.split()[-1]))


def test_a_read_is_audited_once_in_ten_minutes(
    machine: Machine, rows: dict[str, list[Any]], worker: Engine, owner: Engine
) -> None:
    def count() -> int:
        with worker.connect() as connection:
            found = text("SELECT count(*) FROM audit WHERE verb = 'read' AND layer = 'hamlet_profiles' AND area = 1")
            return int(connection.scalar(found) or 0)

    with owner.begin() as connection:
        connection.execute(text("DELETE FROM read_marks"))
    client, before = machine("officer"), count()
    for _ in range(3):
        client.get(WHERE + "hamlet_profiles")
    assert count() == before + 1


def media(client: FlaskClient, definition: Any) -> dict[str, str]:
    """File name → address of a form's media."""
    page = client.get(
        f"/openrosa/forms/{definition.form_id}/{definition.version}/manifest", headers={"X-OpenRosa-Version": "1.0"}
    ).text
    entries = [entry.split("</mediaFile>")[0] for entry in page.split("<mediaFile>")[1:]]
    return {
        e.split("<filename>")[1].split("<")[0]: html.unescape(e.split("<downloadUrl>")[1].split("<")[0])
        for e in entries
    }


def test_odk_collect_gets_the_features_as_an_entity_list(
    machine: Machine, browser: Machine, rows: dict[str, list[Any]], worker: Engine, table: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    definition = form(table, "religious_sites")
    client = machine("field", basic=True)
    address = media(client, definition)["religious_sites.csv"]
    listed = list(csv.DictReader(io.StringIO(client.get(address).text)))
    site = rows["religious_sites"][0]
    (row,) = [row for row in listed if row["name"] == str(site["id"])]
    assert row["label"] == "Chùa Linh Sơn (Thôn 1, Xã Đắk Mil, 01/10/2026)"
    assert (row["__version"], row["own_name"], row["geometry"]) == ("1", "Chùa Linh Sơn", "11.95 108.05")
    filled = set(
        re.findall(
            r"\]/(\w+)\"",
            table.scalar(text("SELECT xform FROM forms WHERE form_id = 'religious_sites' AND state = 'live'")),
        )
    )
    assert filled - {"__version", "__trunkVersion", "__branchId"} <= row.keys()
    assert str(rows["religious_sites"][1]["id"]) not in {row["name"] for row in listed}
    # Not for our own app, which keeps its list encrypted; not for a report, which is answered and not updated.
    assert "religious_sites.csv" not in media(browser("field"), definition)
    assert "situation_reports.csv" not in media(client, form(table, "situation_reports"))
    with worker.begin() as connection:
        connection.execute(text("UPDATE religious_sites SET condition = 'tot' WHERE id = :id"), {"id": site["id"]})
    assert client.get(address).status_code == 404
    monkeypatch.setattr(visits, "MOST_LISTED", 1)
    newest = list(
        csv.DictReader(
            io.StringIO(machine("officer").get(media(machine("officer"), definition)["religious_sites.csv"]).text)
        )
    )
    assert len(newest) == 1


def test_an_update_sent_by_odk_collect_waits_with_its_base_version(
    machine: Machine, rows: dict[str, list[Any]], worker: Engine, table: Connection
) -> None:
    definition, site = form(table, "religious_sites"), str(rows["religious_sites"][0]["id"])
    instance = f"uuid:{uuid.uuid4()}"
    entity = (
        f'<entity dataset="religious_sites" id="{site}" create="false" update="true" baseVersion="1" trunkVersion="1"'
        f' branchId="{uuid.uuid4()}"><label>Chùa Linh Sơn</label></entity>'
    )
    xml = fill(definition, {"visited": site, "photo": None, "geometry": "11.95 108.05"}, instance=instance)
    xml = re.sub(rb"<entity.*</entity>", entity.encode(), xml)
    assert send(machine("field", basic=True), xml).status_code == 201
    applying.apply_batch(worker)
    made = table.execute(text("SELECT * FROM proposals WHERE submission_id = :i"), {"i": instance}).one()
    assert (made.action, str(made.feature_id), made.base_version, made.state) == ("update", site, 1, "waiting")
    assert made.branch_id is not None
    assert "placed_by_hand" not in made.flags
    for wrong in ('id="nobody"', 'branchId="0901234567"', 'dataset="hamlet_profiles"', 'baseVersion="first"'):
        name = wrong.split("=")[0]
        bad = re.sub(rb"<entity[^>]*>", re.sub(rf'{name}="[^"]*"', wrong, entity.split(">")[0] + ">").encode(), xml)
        bad = bad.replace(instance.encode(), f"uuid:{uuid.uuid4()}".encode())
        answer = send(machine("field", basic=True), bad)
        assert (answer.status_code, problem(answer)) == (422, "answer_bad_entity"), wrong
    named_visited = xml.replace(b"<visited>" + site.encode(), "<visited>Nguyễn Văn A 0901234567".encode())
    named_visited = named_visited.replace(instance.encode(), f"uuid:{uuid.uuid4()}".encode())
    assert send(machine("field", basic=True), named_visited).status_code == 422
    kept = table.scalars(
        text("SELECT xml FROM submissions WHERE state = 'quarantined' ORDER BY seq DESC LIMIT 5")
    ).all()
    assert all("0901234567" not in xml and "nobody" not in xml for xml in kept)
