"""Whoever has a receipt's code takes the record back: an officer carries it out, and nothing it said stays."""

import datetime as dt
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection, Engine, text

from app.config import Config
from geodata import tiles
from surveys import applying, keeping, media, wall_clock, withdrawals, withdrawing
from tests.app.phone import form, new_id, send
from tests.surveys.filled import fill
from tests.world import World

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
SECRET = "Cầu treo đầu thôn gãy ván sau bão"


@pytest.fixture(autouse=True)
def _none_before(worker: Engine) -> Iterator[None]:
    """Other tests left nothing that is to be taken back."""
    for _ in range(2):
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM withdrawals"))
        if _ == 0:
            yield


def sent(
    machine: Machine, table: Connection, worker: Engine, home: Path, layer: str, **answers: str
) -> tuple[str, str]:
    """(instance id, withdrawal code) of a record with a photo, applied, and its photo cleaned."""
    instance, picture = new_id(), io.BytesIO()
    Image.frombytes("RGB", (4, 4), secrets.token_bytes(48)).resize((40, 40)).save(picture, "JPEG")
    xml = fill(form(table, layer), answers, instance=instance)
    assert send(machine("field"), xml, {"photo.jpg": picture.getvalue()}).status_code == 201
    while applying.apply_batch(worker):
        pass
    while media.clean_batch(worker, home):
        pass
    table.rollback()
    code = table.scalar(text("SELECT code FROM submissions WHERE instance_id = :i"), {"i": instance})
    return instance, str(code)


def approve(machine: Machine, table: Connection, instance: str, name: str = "officer") -> str:
    table.rollback()
    found = table.execute(text("SELECT id, feature_id FROM proposals WHERE submission_id = :i"), {"i": instance}).one()
    answer = machine(name).post(f"/review/{found.id}", data={"decision": "approve", "photo": ["photo.jpg"]})
    assert answer.status_code == 302, answer.text
    return str(found.feature_id)


def ask(client: FlaskClient, code: str) -> str:
    """Where the request is to be seen."""
    answer = client.post("/withdrawals/", data={"code": code})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def photo_of(table: Connection, home: Path, instance: str) -> Path:
    """Where its photo is kept."""
    found = table.scalar(text("SELECT sha256_kept FROM attachments WHERE instance_id = :i"), {"i": instance})
    assert found is not None
    kept = media.path(home, bytes(found).hex())
    assert kept.exists()
    return kept


def holding(worker: Engine, secret: str) -> list[str]:
    """The tables that hold it."""
    with worker.connect() as connection:
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        readable = [n for n in names if connection.scalar(text("SELECT has_table_privilege(:t, 'SELECT')"), {"t": n})]
        asked = "SELECT count(*) FROM {} t WHERE to_jsonb(t)::text LIKE :s"
        return [n for n in readable if connection.scalar(text(asked.format(n)), {"s": f"%{secret}%"})]


def test_a_report_is_gone_with_its_case_photo_and_history(
    machine: Machine, table: Connection, worker: Engine, cluster: Config, world: World
) -> None:
    instance, code = sent(
        machine, table, worker, cluster.home, "situation_reports", category="nuoc", what_happened=SECRET
    )
    photo = photo_of(table, cluster.home, instance)
    feature = approve(machine, table, instance)
    proposal = table.scalar(text("SELECT id FROM proposals WHERE submission_id = :i"), {"i": instance})
    answering = machine("answering")
    assert answering.post(f"/cases/{feature}/answer", data={"answer": "Đã sửa xong cầu."}).status_code == 302
    assert set(holding(worker, SECRET)) >= {"submissions", "proposals", "situation_reports", "versions"}
    typed = code.lower().replace("-", " ")
    where = ask(machine("officer"), typed)
    assert ask(machine("field"), code) == where  # once, whoever asks
    row = table.execute(text("SELECT * FROM withdrawals WHERE instance_id = :i"), {"i": instance}).one()
    days = keeping.length(table, keeping.WITHDRAWAL_DAYS, wall_clock.today())
    assert row.due_on == wall_clock.day(row.asked_at) + dt.timedelta(days=days)
    assert withdrawing.carry_out(worker, cluster.home) == 0  # not before an officer says so
    assert machine("field").post(where).status_code == 403
    assert machine("officer").post(where).status_code == 302
    assert machine("officer").post(where).status_code == 409
    assert withdrawing.carry_out(worker, cluster.home) == 1
    assert holding(worker, SECRET) == []
    assert not photo.exists()
    table.rollback()
    place = text("SELECT geom, accuracy_m, hamlet_id FROM proposals WHERE id = :p")
    assert tuple(table.execute(place, {"p": proposal}).one()) == (None, None, None)
    for gone in ("situation_reports", "versions", "case_answers", "case_events"):
        key = "report_id" if gone.startswith("case") else "id"
        assert table.scalar(text(f"SELECT count(*) FROM {gone} WHERE {key} = :f"), {"f": feature}) == 0, gone
    left = table.execute(text("SELECT * FROM submissions WHERE instance_id = :i"), {"i": instance}).one()
    assert (left.state, left.xml, len(left.sha256_received), left.received_at is not None) == (
        "withdrawn",
        "",
        32,
        True,
    )
    audited = table.execute(
        text("SELECT account_id, detail FROM audit WHERE verb = 'withdraw' AND detail ->> 'submission' = :i"),
        {"i": instance},
    ).one()
    assert audited.account_id == world.officer
    assert {k: audited.detail[k] for k in ("records", "features", "files")} == {"records": 1, "features": 1, "files": 1}
    (mine,) = [r for r in machine("field").get("/survey/api/mine").json["records"] if r["instanceID"] == instance]
    assert (mine["state"], mine["label"], mine["comment"]) == ("withdrawn", None, None)
    page = machine("officer").get(f"/review/{proposal}")
    assert (page.status_code, "người gửi đã rút lại" in page.text, SECRET in page.text) == (200, True, False)
    tiles.refresh_all(worker)


def test_a_record_nobody_reviewed_yet_waits_no_more_and_is_not_taken_in_again(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance = new_id()
    xml = fill(form(table, "religious_sites"), {"name": "Miếu Ông Hổ", "photo": "a.jpg"}, instance=instance)
    assert send(machine("field"), xml).status_code == 201
    table.rollback()
    code = table.scalar(text("SELECT code FROM submissions WHERE instance_id = :i"), {"i": instance})
    where = ask(machine("field"), str(code))
    assert machine("officer").post(where).status_code == 302
    assert withdrawing.carry_out(worker, cluster.home) == 1
    while applying.apply_batch(worker):
        pass
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "JPEG")
    # A phone that had no answer sends the same bytes again, and now its photo too: it has its receipt, we keep nothing.
    assert send(machine("field"), xml, {"a.jpg": picture.getvalue()}).status_code == 202
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM proposals WHERE submission_id = :i"), {"i": instance}) == 0
    assert table.scalar(text("SELECT count(*) FROM attachments WHERE instance_id = :i"), {"i": instance}) == 0
    assert "Miếu Ông Hổ" not in str(table.execute(text("SELECT xml FROM submissions")).all())


def test_what_others_worked_on_since_stays_without_the_record(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Chùa Hang")
    feature = approve(machine, table, instance)
    with worker.begin() as connection:
        connection.execute(text("UPDATE religious_sites SET name = 'Chùa Hang Đá' WHERE id = :f"), {"f": feature})
    where = ask(machine("officer"), code)
    machine("officer").post(where)
    assert withdrawing.carry_out(worker, cluster.home) == 1
    table.rollback()
    assert table.scalar(text("SELECT name FROM religious_sites WHERE id = :f"), {"f": feature}) == "Chùa Hang Đá"
    assert "1 bản ghi được giữ" in machine("officer").get(where).text


def test_a_restricted_report_is_gone_with_what_offices_wrote(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, answers = new_id(), {"category": "dat_dai_boi_thuong", "what_happened": SECRET}
    xml = fill(form(table, "situation_reports"), answers | {"geometry": None, "photo": None}, instance=instance)
    assert send(machine("field"), xml).status_code == 201
    while applying.apply_batch(worker):
        pass
    code = table.scalar(text("SELECT code FROM submissions WHERE instance_id = :i"), {"i": instance})
    feature = approve(machine, table, instance, "answering")
    answered = machine("answering").post(f"/cases/restricted/{feature}/answer", data={"words": SECRET})
    assert answered.status_code == 303
    everywhere = {"restricted_reports", "restricted_steps", "proposals", "submissions"}
    assert set(holding(worker, SECRET)) >= everywhere
    machine("officer").post(ask(machine("field"), str(code)))
    assert withdrawing.carry_out(worker, cluster.home) == 1
    assert holding(worker, SECRET) == []
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM restricted_reports WHERE id = :f"), {"f": feature}) == 0
    audited = text("SELECT layer FROM audit WHERE verb = 'withdraw' AND detail ->> 'submission' = :i")
    assert table.scalars(audited, {"i": instance}).all() == ["restricted_reports"]


def test_a_correction_takes_what_it_corrects_along_with_the_names_of_their_files(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    first, _ = sent(machine, table, worker, cluster.home, "religious_sites", name="Miếu Cây Gạo")
    photo, later = photo_of(table, cluster.home, first), new_id()
    corrected = {"name": "Miếu Cây Gạo Làng Dưới", "photo": None}
    xml = fill(form(table, "religious_sites"), corrected, instance=later, meta=f"<deprecatedID>{first}</deprecatedID>")
    assert send(machine("field"), xml).status_code == 201
    while applying.apply_batch(worker):
        pass
    table.rollback()
    code = table.scalar(text("SELECT code FROM submissions WHERE instance_id = :i"), {"i": later})
    machine("officer").post(ask(machine("field"), str(code)))
    assert withdrawing.carry_out(worker, cluster.home) == 1
    assert holding(worker, "Cây Gạo") == []
    assert not photo.exists()
    table.rollback()
    left = text(
        "SELECT name FROM attachments WHERE instance_id = :i AND (name LIKE '%.jpg' OR sha256_kept IS NOT NULL)"
    )
    assert table.scalars(left, {"i": first}).all() == []


def test_a_site_somebody_entered_work_about_stays_with_that_work(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Đình Bến Gỗ")
    feature = approve(machine, table, instance)
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO site_requests (site_id, province_id, commune_id, kind, received_on, office_id, account_id)"
                " VALUES (:f, 1, 11, 'gcn_dat', '2026-10-01', 2, 2)"
            ),
            {"f": feature},
        )
    machine("officer").post(ask(machine("officer"), code))
    assert withdrawing.carry_out(worker, cluster.home) == 1
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM site_requests WHERE site_id = :f"), {"f": feature}) == 1


def test_an_officer_of_another_commune_reaches_no_record_by_its_code(
    machine: Machine, table: Connection, worker: Engine, cluster: Config, world: World, as_actor: Callable
) -> None:
    _, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Miếu Sông Cầu")
    there, here = (replace(world.actor("officer"), commune_id=commune) for commune in (12, 11))
    with pytest.raises(withdrawals.WithdrawalCodeUnknown), as_actor(there) as session:
        withdrawals.ask(session, there, code)
    with as_actor(here) as session:
        assert withdrawals.ask(session, here, code) > 0


def test_a_joined_report_is_open_again_when_the_one_that_stood_for_it_goes(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    answers = {"category": "nuoc", "what_happened": SECRET}
    main, code = sent(machine, table, worker, cluster.home, "situation_reports", **answers)
    copy, _ = sent(machine, table, worker, cluster.home, "situation_reports", **answers)
    stands, joined = approve(machine, table, main), approve(machine, table, copy)
    answer = machine("answering").post(f"/cases/{joined}/duplicate", data={"case": stands})
    assert answer.status_code == 302, answer.text
    machine("officer").post(ask(machine("officer"), code))
    assert withdrawing.carry_out(worker, cluster.home) == 1
    table.rollback()
    assert table.scalar(text("SELECT state FROM situation_reports WHERE id = :f"), {"f": joined}) == "mo_lai"


def test_only_the_sender_and_officers_of_the_place_reach_a_record_by_its_code(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Đình Làng Thượng")
    for wrong in ("", "ABCD", "AAAA-AAAA-AAAA", "%", f"{code[:-1]}?"):
        assert machine("officer").post("/withdrawals/", data={"code": wrong}).status_code == 404
    for name in ("leader", "gis", "admin"):
        assert machine(name).post("/withdrawals/", data={"code": code}).status_code == 403
    with worker.begin() as connection:
        connection.execute(text("UPDATE submissions SET account_id = 2 WHERE instance_id = :i"), {"i": instance})
    assert machine("field").post("/withdrawals/", data={"code": code}).status_code == 404  # another one's now
    with worker.begin() as connection:
        connection.execute(text("UPDATE submissions SET province_id = 2 WHERE instance_id = :i"), {"i": instance})
    assert machine("officer").post("/withdrawals/", data={"code": code}).status_code == 404
    assert table.scalar(text("SELECT count(*) FROM withdrawals")) == 0


def test_what_is_late_says_so(machine: Machine, table: Connection, worker: Engine, cluster: Config) -> None:
    _, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Miếu Bà")
    where = ask(machine("field"), code)
    assert "data-late" not in machine("officer").get("/withdrawals/").text
    with worker.begin() as connection:
        connection.execute(text("UPDATE withdrawals SET due_on = :d"), {"d": wall_clock.today() - dt.timedelta(days=1)})
    for name in ("officer", "field"):
        assert "data-late" in machine(name).get("/withdrawals/").text
        assert "quá hạn" in machine(name).get(where).text


def test_codes_are_read_however_they_are_typed() -> None:
    for typed in ("abcd2345efgh", " ABCD-2345-EFGH ", "abcd 2345 efgh", "ABCD.2345.EFGH"):
        assert withdrawals.written(typed) == "ABCD-2345-EFGH"


def test_the_phone_asks_with_the_code_and_sees_how_far_it_is(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    first, code = sent(machine, table, worker, cluster.home, "religious_sites", name="Chùa một")
    second, _ = sent(machine, table, worker, cluster.home, "religious_sites", name="Chùa hai")
    client = machine("field")

    def shown(instance: str) -> Any:
        records = {one["instanceID"]: one for one in client.get("/survey/api/mine").json["records"]}
        return records[instance]["state"], records[instance]["withdrawal"]

    assert shown(first) == ("waiting", None)
    before = client.get("/survey/api/mine").headers["ETag"]
    for instance, given in ((first, "ABCD-2345-EFGH"), (second, code), (first, ""), (first, None)):
        refused = withdraws(client, instance, given)
        assert (refused.status_code, refused.json["code"]) == (404, "withdrawal_code_unknown")
    assert table.scalar(text("SELECT count(*) FROM withdrawals")) == 0

    answer = withdraws(client, first, code.lower().replace("-", " "))
    assert (answer.status_code, answer.json["withdrawal"]["state"]) == (200, "asked")
    assert shown(first) == ("waiting", answer.json["withdrawal"])
    assert shown(second) == ("waiting", None)
    # A phone that keeps the list asks whether it changed: it did.
    assert client.get("/survey/api/mine", headers={"If-None-Match": before}).status_code == 200
    table.rollback()
    (row,) = table.execute(text("SELECT id, instance_id, due_on::text FROM withdrawals")).all()
    assert (row.instance_id, row.due_on) == (first, answer.json["withdrawal"]["dueOn"])

    assert machine("officer").post(f"/withdrawals/{row.id}").status_code == 302
    assert shown(first)[1]["state"] == "ordered"
    assert withdrawing.carry_out(worker, cluster.home) == 1
    assert shown(first)[0] == "withdrawn"


def withdraws(client: FlaskClient, instance: str, code: str | None) -> Any:
    headers = {"X-Diaban-Client": "1", "Accept": "application/json"}
    return client.post(f"/survey/api/mine/{instance}/withdraw", json={"code": code}, headers=headers)
