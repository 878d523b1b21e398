"""Senders see what became of their own records, get returned ones back, and correct them; nobody sees another's."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

from app.config import Config
from surveys import applying, media
from tests.app.phone import form, new_id, problem, row, send
from tests.surveys import photos
from tests.surveys.filled import fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
COMMENT = "Xin chụp rõ mặt tiền."


@pytest.fixture
def settle(worker: Engine, cluster: Config) -> Callable[[], None]:
    def run() -> None:
        while applying.apply_batch(worker):
            pass
        while media.clean_batch(worker, cluster.home):
            pass

    return run


def mine(client: FlaskClient, instance: str) -> dict[str, Any]:
    """One record of the own list; {} where it isn't there."""
    answer = client.get("/survey/api/mine")
    assert answer.status_code == 200, answer.text
    found = [one for one in answer.json["records"] if one["instanceID"] == instance]
    return found[0] if found else {}


def proposal(table: Connection, instance: str) -> Any:
    table.rollback()
    return table.execute(text("SELECT * FROM proposals WHERE submission_id = :i"), {"i": instance}).one()


def decides(client: FlaskClient, table: Connection, instance: str, decision: str, comment: str = COMMENT) -> int:
    """The reviewer's decision; its HTTP status."""
    id_ = proposal(table, instance).id
    boxes = {"photo": ["photo.jpg"]} if decision == "approve" else {}
    return client.post(f"/review/{id_}", data={"decision": decision, "comment": comment, **boxes}).status_code


def correcting(table: Connection, key: str, earlier: str, answers: dict[str, Any] | None = None) -> tuple[str, bytes]:
    instance = new_id()
    meta = f"<deprecatedID>{earlier}</deprecatedID>"
    return instance, fill(form(table, key), answers, instance=instance, meta=meta)


def sent(machine: Machine, table: Connection, key: str, answers: dict[str, Any] | None = None, **files: bytes) -> str:
    instance = new_id()
    named = {f"{name}.jpg": data for name, data in files.items()}
    answer = send(machine("field"), fill(form(table, key), answers, instance=instance), named)
    assert answer.status_code == 201, answer.text
    return instance


RESTRICTED = {
    "category": "dat_dai_boi_thuong",
    "what_happened": "Chậm chi trả khu Bàu Sen",
    "geometry": None,
    "photo": None,
}


def test_the_list_says_what_became_of_each_record(machine: Machine, table: Connection, settle: Callable) -> None:
    client, reviewer = machine("field"), machine("officer")
    names = ("received", "approved", "returned", "rejected")
    ids = {name: sent(machine, table, "religious_sites", {"name": f"Chùa {name}"}) for name in names}
    assert {mine(client, id_)["state"] for id_ in ids.values()} == {"received"}
    settle()
    assert {mine(client, id_)["state"] for id_ in ids.values()} == {"waiting"}
    ids["waiting"] = sent(machine, table, "religious_sites")
    settle()
    ids["received"] = sent(machine, table, "religious_sites")
    for name, decision in (("approved", "approve"), ("returned", "return"), ("rejected", "reject")):
        assert decides(reviewer, table, ids[name], decision) == 302
    for name, id_ in ids.items():
        one = mine(client, id_)
        assert one["state"] == name
        assert one["form"]["title"] == "Cơ sở tôn giáo, tín ngưỡng"
        assert one["comment"] == (COMMENT if name in ("approved", "returned", "rejected") else None)
    assert mine(client, ids["returned"])["label"] == "Chùa returned"
    assert mine(client, ids["returned"])["commune"] == "Đắk Mil"
    assert mine(machine("officer"), ids["returned"]) == {}


def test_the_list_is_kept_by_no_cache_and_comes_in_pages(
    machine: Machine, table: Connection, worker: Engine, settle: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        sent(machine, table, "hamlet_profiles")
    client = machine("field")
    answer = client.get("/survey/api/mine")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get("/survey/api/mine", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    everything = [one["instanceID"] for one in answer.json["records"]]
    assert answer.json["next"] is None
    monkeypatch.setattr("surveys.own_records.listed.__defaults__", (None, 2))
    monkeypatch.setattr("surveys.own_records.MOST", 2)
    paged, at = [], "/survey/api/mine"
    while at is not None:
        page = client.get(at).json
        paged += [one["instanceID"] for one in page["records"]]
        at = page["next"]
    assert sorted(paged) == sorted(everything)
    with worker.begin() as connection:
        connection.execute(
            text("UPDATE submissions SET received_at = now() - interval '400 days' WHERE instance_id = :i"),
            {"i": everything[0]},
        )
    assert mine(client, everything[0]) == {}
    assert client.get("/survey/api/mine?before=yesterday").status_code == 422


def test_only_its_sender_gets_a_returned_record_back(machine: Machine, table: Connection, settle: Callable) -> None:
    instance = sent(machine, table, "religious_sites", {"name": "Chùa Ông"}, photo=photos.jpeg())
    settle()
    door = f"/survey/api/returned/{instance}"
    assert machine("field").get(door).status_code == 404  # still waiting
    decides(machine("officer"), table, instance, "return")
    found = machine("field").get(door)
    assert found.status_code == 200
    assert (found.json["comment"], found.json["state"], found.json["problem"]) == (COMMENT, "returned", None)
    assert found.json["xml"] == row(table, instance).xml
    assert "Chùa Ông" in found.json["xml"]
    (file,) = found.json["files"]
    with machine("field").get(file["address"]) as served:
        data = served.data
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["bytes"])
    assert machine("field").get(f"{door}/{'0' * 64}").status_code == 404
    audited = text(
        "SELECT account_id, layer, area FROM audit WHERE verb = 'open_returned' AND detail ->> 'submission' = :i"
    )
    table.rollback()
    assert [tuple(r) for r in table.execute(audited, {"i": instance})] == [(1, "religious_sites", 11)]
    refusals = text("SELECT count(*) FROM audit WHERE verb = 'refused' AND detail ->> 'endpoint' LIKE 'own_records.%'")
    before = table.scalar(refusals)
    for name in ("officer", "answering", "leader", "gis", "admin"):
        for address in (door, file["address"]):
            theirs, nobodys = machine(name).get(address), machine(name).get(f"/survey/api/returned/uuid:{uuid.uuid4()}")
            assert (theirs.status_code, theirs.json) == (404, nobodys.json)
    assert machine().get(door).status_code == 401
    table.rollback()
    assert table.scalar(refusals) == before + 20


def test_a_correction_takes_the_place_of_what_was_returned(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    client, reviewer = machine("field"), machine("officer")
    first = sent(machine, table, "religious_sites", {"name": "Chùa Một"}, photo=photos.jpeg())
    settle()
    decides(reviewer, table, first, "return")
    second, xml = correcting(table, "religious_sites", first, {"name": "Chùa Hai"})
    assert send(client, xml, {"photo.jpg": photos.jpeg(size=(44, 33))}).status_code == 201
    assert mine(client, first)["state"] == "replaced"
    assert mine(client, first)["replacedBy"] == second
    assert client.get(f"/survey/api/returned/{first}").status_code == 404
    settle()
    old, new = proposal(table, first), proposal(table, second)
    assert (old.state, new.state, new.feature_id) == ("superseded", "waiting", old.feature_id)
    assert decides(reviewer, table, first, "approve") == 409
    page = reviewer.get(f"/review/{new.id}").text
    for said in ("Chùa Hai", "trước khi sửa: Chùa Một", COMMENT, "ảnh mới"):
        assert said in page
    decides(reviewer, table, second, "return", "Còn thiếu tình trạng.")
    third, xml = correcting(table, "religious_sites", second, {"name": "Chùa Ba"})
    (file,) = client.get(f"/survey/api/returned/{second}").json["files"]
    with client.get(file["address"]) as served:
        assert send(client, xml, {"photo.jpg": served.data}).status_code == 201
    settle()
    assert "đã gửi lần trước" in reviewer.get(f"/review/{proposal(table, third).id}").text
    assert decides(reviewer, table, third, "approve") == 302
    states = {i: mine(client, i)["state"] for i in (first, second, third)}
    assert states == {first: "replaced", second: "replaced", third: "approved"}
    assert {row(table, i).origin_id for i in (second, third)} == {first}
    features = table.execute(
        text("SELECT id, name, version FROM religious_sites WHERE id = :f"), {"f": old.feature_id}
    ).all()
    assert [(f.name, f.version) for f in features] == [("Chùa Ba", 1)]
    kept = table.execute(text("SELECT count(*) FROM submissions WHERE instance_id = ANY(:i)"), {"i": list(states)})
    assert kept.scalar() == 3


def test_what_still_waits_is_replaced_too_and_an_approved_one_is_updated(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    client, reviewer = machine("field"), machine("officer")
    first = sent(machine, table, "hamlet_profiles", {"households": "20"})
    second, xml = correcting(table, "hamlet_profiles", first, {"households": "21"})
    send(client, xml)
    settle()  # both in one batch
    assert [proposal(table, i).state for i in (first, second)] == ["superseded", "waiting"]
    assert decides(reviewer, table, second, "approve") == 302
    third, xml = correcting(table, "hamlet_profiles", second, {"households": "22"})
    send(client, xml)
    settle()
    made = proposal(table, third)
    assert (made.action, made.base_version, made.flags) == ("update", 1, ["corrects_approved"])
    assert decides(reviewer, table, third, "approve") == 302
    version = text("SELECT households, version FROM hamlet_profiles WHERE id = :f")
    assert tuple(table.execute(version, {"f": made.feature_id}).one()) == (22, 2)
    former = text("SELECT row ->> 'households' FROM versions WHERE id = :f")
    assert table.scalars(former, {"f": made.feature_id}).all() == ["21"]


def test_a_refused_record_comes_back_with_the_reason_and_its_correction_counts(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    client = machine("field")
    first = sent(machine, table, "hamlet_profiles")
    settle()
    decides(machine("officer"), table, first, "return")
    second, xml = correcting(table, "hamlet_profiles", first, {"households": "-4"})
    assert problem(send(client, xml)) == "answer_out_of_range"
    one = mine(client, second)
    assert one["state"] == "quarantined"
    assert one["problem"]["field"] == "households"
    assert "Số hộ" in one["problem"]["message"]
    back = client.get(f"/survey/api/returned/{second}").json
    assert (back["state"], back["problem"]["message"]) == ("quarantined", one["problem"]["message"])
    assert "<households>-4</households>" in back["xml"]
    third, xml = correcting(table, "hamlet_profiles", second, {"households": "4"})
    assert send(client, xml).status_code == 201
    settle()
    assert proposal(table, first).state == "superseded"
    assert proposal(table, third).state == "waiting"
    assert {row(table, i).origin_id for i in (second, third)} == {first}
    assert {mine(client, i)["state"] for i in (first, second)} == {"replaced"}


def test_somebody_elses_record_is_not_corrected(machine: Machine, table: Connection, settle: Callable) -> None:
    theirs = new_id()
    send(machine("officer"), fill(form(table, "hamlet_profiles"), instance=theirs))
    settle()
    decides(machine("answering"), table, theirs, "return")
    meddling, xml = correcting(table, "hamlet_profiles", theirs)
    good = sent(machine, table, "hamlet_profiles")
    assert send(machine("field"), xml).status_code == 201
    settle()
    assert row(table, meddling).state == "quarantined"
    assert row(table, meddling).error["code"] == "correction_not_own"
    assert proposal(table, theirs).state == "returned"
    assert proposal(table, good).state == "waiting"
    assert mine(machine("officer"), theirs)["state"] == "returned"
    assert machine("officer").get(f"/survey/api/returned/{theirs}").status_code == 200
    assert mine(machine("field"), meddling)["problem"]["code"] == "correction_not_own"


def test_of_a_restricted_record_its_sender_gets_commune_and_category_back(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    client, reader = machine("field"), machine("answering")
    first = sent(machine, table, "situation_reports", RESTRICTED)
    settle()
    assert mine(client, first)["state"] == "waiting"
    decides(reader, table, first, "return", "Xin ghi rõ số hộ.")
    one = mine(client, first)
    assert (one["state"], one["comment"], one["label"]) == ("returned", None, "Đất đai và bồi thường")
    back = client.get(f"/survey/api/returned/{first}").json
    assert (back["comment"], back["restricted"], back["files"]) == ("Xin ghi rõ số hộ.", True, [])
    leaves = {e.tag: e.text for e in ElementTree.fromstring(back["xml"]).iter() if e.text}
    assert leaves == {"commune": "11", "category": "dat_dai_boi_thuong", "instanceID": first}
    second, xml = correcting(table, "situation_reports", first, {**RESTRICTED, "households_affected": "9"})
    send(client, xml)
    settle()
    assert [proposal(table, i).state for i in (first, second)] == ["superseded", "waiting"]
    decides(reader, table, second, "approve", "")
    case = mine(client, second)["case"]
    assert (case["state"], case["answer"], case["office"]) == ("mo", None, None)
    assert case["dueOn"] > "2026"


def test_a_service_report_corrected_to_a_restricted_one_loses_place_and_photo(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    client = machine("field")
    service = {"category": "dien", "what_happened": "Mất điện"}
    first = sent(machine, table, "situation_reports", service, photo=photos.jpeg())
    settle()
    assert proposal(table, first).geom is not None
    second, xml = correcting(table, "situation_reports", first, RESTRICTED)
    send(client, xml)
    settle()
    old, submission = proposal(table, first), row(table, first)
    assert (old.state, old.restricted, old.geom, old.values) == (
        "superseded", True, None, {"category": "dat_dai_boi_thuong"},
    )  # fmt: skip
    assert (submission.xml, submission.restricted) == ("", True)
    file = table.execute(text("SELECT * FROM attachments WHERE instance_id = :i"), {"i": first}).one()
    assert (file.state, file.sha256_kept, file.name) == ("cut", None, file.sha256_received.hex())
    assert proposal(table, second).state == "waiting"
    decided = sent(machine, table, "situation_reports", service)
    settle()
    decides(machine("officer"), table, decided, "approve")
    late, xml = correcting(table, "situation_reports", decided, RESTRICTED)
    send(client, xml)
    settle()
    assert row(table, late).error["code"] == "correction_of_approved"


def test_a_correction_of_what_never_arrived_is_a_record_like_any(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    instance, xml = correcting(table, "hamlet_profiles", new_id())
    send(machine("field"), xml)
    settle()
    assert (proposal(table, instance).state, row(table, instance).origin_id) == ("waiting", None)


def test_what_a_reviewer_writes_is_screened_like_any_text(
    machine: Machine, table: Connection, settle: Callable
) -> None:
    plain, restricted = sent(machine, table, "hamlet_profiles"), sent(machine, table, "situation_reports", RESTRICTED)
    settle()
    decides(machine("officer"), table, plain, "return", "Gọi lại số 0912 345 678 để hỏi.")
    assert "[đã che: số điện thoại]" in mine(machine("field"), plain)["comment"]
    assert decides(machine("answering"), table, restricted, "return", "TUYỆT MẬT: xem lại") == 422
    decides(machine("answering"), table, restricted, "return", "Có phải ở 11.94321, 108.06789 không?")
    assert "108.06" not in proposal(table, restricted).comment
