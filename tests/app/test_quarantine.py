"""What could not be received is for officers: seen without its answers, tried again, vouched for, or set aside."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text
from werkzeug.test import TestResponse

from app.config import Config
from tests.app import sealed
from tests.app.conftest import NAMES, csrf
from tests.app.phone import form, new_id, row
from tests.surveys import photos
from tests.surveys.filled import fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
ROOT = "/review/quarantine/"


@pytest.fixture(autouse=True)
def _as_before(worker: Engine, cluster: Config) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM quarantined_records"))
        connection.execute(text("UPDATE accounts SET active = true, unit_id = 11, role = 'field' WHERE id = 1"))
    for file in (cluster.home / "quarantine").glob("*"):
        file.unlink()


def change(worker: Engine, sql: str) -> None:
    with worker.begin() as connection:
        connection.execute(text(sql))


def waiting(table: Connection, instance: str) -> str:
    table.rollback()
    found = table.scalar(text("SELECT id FROM quarantined_records WHERE instance_id = :i"), {"i": instance})
    return str(found)


def state(table: Connection, instance: str) -> tuple[str, int | None, str | None]:
    table.rollback()
    sql = "SELECT state, decided_by, decision FROM quarantined_records WHERE instance_id = :i"
    return tuple(table.execute(text(sql), {"i": instance}).one())


def decide(client: FlaskClient, id_: str, decision: str, reason: str = "") -> TestResponse:
    return client.post(f"{ROOT}{id_}", data={"decision": decision, "reason": reason})


def disabled(machine: Machine, table: Connection, worker: Engine) -> tuple[str, sealed.Sealed]:
    """A record with a photo that waits because its account is disabled."""
    instance = new_id()
    xml = fill(form(table, "religious_sites"), {"name": "Chùa Linh Sơn"}, instance=instance)
    made = sealed.record(machine("field"), instance, xml, {"photo.jpg": photos.jpeg()})
    change(worker, "UPDATE accounts SET active = false WHERE id = 1")
    assert sealed.send(machine("officer"), made).json["problem"]["code"] == "account_disabled"
    return instance, made


def test_only_officers_of_the_scope_see_it_and_nobody_its_answers(
    machine: Machine, browser: Machine, table: Connection, worker: Engine
) -> None:
    instance, _ = disabled(machine, table, worker)
    page = machine("officer").get(ROOT).text
    assert waiting(table, instance) in page
    assert "đã bị khóa" in page
    assert "Linh Sơn" not in page
    for name in NAMES:
        if name not in ("officer", "answering"):
            assert machine(name).get(ROOT).status_code in (401, 403), name
    change(worker, "UPDATE quarantined_records SET province_id = 2")
    assert waiting(table, instance) not in machine("officer").get(ROOT).text
    assert decide(machine("officer"), waiting(table, instance), "vouch").status_code == 404
    change(worker, "UPDATE quarantined_records SET province_id = 1, commune_id = 12")
    assert waiting(table, instance) in machine("officer").get(ROOT).text


def test_after_the_account_is_enabled_again_it_is_received_as_its_own(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, made = disabled(machine, table, worker)
    id_ = waiting(table, instance)
    officer = machine("officer")
    assert "Vẫn chưa nhận được" in officer.post(f"{ROOT}{id_}", data={"decision": "retry"}, follow_redirects=True).text
    assert row(table, instance) is None
    change(worker, "UPDATE accounts SET active = true WHERE id = 1")
    assert decide(officer, id_, "retry").status_code == 302
    stored = row(table, instance)
    assert (stored.account_id, stored.flags, stored.sha256_received.hex()) == (1, [], made.xml_sha256)
    assert state(table, instance) == ("accepted", 2, "retry")
    assert list((cluster.home / "quarantine").glob("*")) == []
    count = text("SELECT count(*) FROM attachments WHERE instance_id = :i")
    assert table.scalar(count, {"i": instance}) == 1
    assert decide(officer, id_, "retry").status_code == 404  # decided once
    # The phone that never heard of it is told so.
    assert sealed.send(machine("officer"), made, parts=False).json["state"] == "received"
    verbs = table.scalars(
        text("SELECT verb FROM audit WHERE detail->>'submission' = :i ORDER BY id"), {"i": instance}
    ).all()
    assert verbs == ["quarantine", "submit", "hand in", "quarantine accepted"]


def test_an_officer_vouches_for_who_is_gone_moved_or_unknown(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    officer = machine("officer")
    gone, _ = disabled(machine, table, worker)
    assert decide(officer, waiting(table, gone), "vouch").status_code == 302
    assert (row(table, gone).account_id, row(table, gone).flags) == (1, ["vouched"])

    change(worker, "UPDATE accounts SET active = true WHERE id = 1")
    moved, unknown = new_id(), new_id()
    client = machine("field")
    xml = fill(form(table, "hamlet_profiles"), instance=moved)
    made = sealed.record(client, moved, xml)
    change(worker, "UPDATE accounts SET unit_id = 12 WHERE id = 1")
    assert sealed.send(client, made).json["problem"]["code"] == "answer_outside_scope"
    assert decide(officer, waiting(table, moved), "vouch").status_code == 302
    stored = row(table, moved)
    assert (stored.account_id, stored.state, stored.error) == (1, "received", None)

    xml = fill(form(table, "hamlet_profiles"), instance=unknown)
    made = sealed.record(client, unknown, xml, header={"author": "x.y"})
    assert sealed.send(client, made).json["problem"]["code"] == "author_unknown"
    assert decide(officer, waiting(table, unknown), "vouch").status_code == 302
    assert row(table, unknown).account_id == 1  # who brought it


def test_a_form_that_came_later_is_received_under_its_version(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    instance = new_id()
    definition = form(table, "hamlet_profiles")
    xml = fill(definition, instance=instance).replace(definition.version.encode(), b"2099")
    made = sealed.record(machine("field"), instance, xml)
    assert sealed.send(machine("field"), made).json["problem"]["code"] == "form_unknown"
    change(
        worker,
        "INSERT INTO forms (form_id, version, title, layer, origin, xform, md5, state)"
        f" SELECT form_id, '2099', title, layer, origin, replace(xform, '{definition.version}', '2099'), md5, 'closed'"
        " FROM forms WHERE form_id = 'hamlet_profiles' AND state = 'live'",
    )
    try:
        assert decide(machine("officer"), waiting(table, instance), "retry").status_code == 302
        assert row(table, instance).form_version == "2099"
    finally:
        change(worker, "DELETE FROM forms WHERE version = '2099'")


def test_setting_aside_needs_a_reason_and_takes_the_bytes_away(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    instance, made = disabled(machine, table, worker)
    officer = machine("officer")
    assert decide(officer, waiting(table, instance), "set_aside", "  ab ").status_code == 422
    assert state(table, instance)[0] == "waiting"
    assert decide(officer, waiting(table, instance), "set_aside", "Phiếu thử của lớp tập huấn").status_code == 302
    assert state(table, instance) == ("set_aside", 2, "Phiếu thử của lớp tập huấn")
    assert list((cluster.home / "quarantine").glob("*")) == []
    assert row(table, instance) is None
    assert sealed.send(officer, made).status_code == 202
    assert state(table, instance)[0] == "set_aside"


def test_a_restricted_report_is_cut_on_this_way_too(machine: Machine, table: Connection, worker: Engine) -> None:
    instance = new_id()
    answers = {"category": "dat_dai_boi_thuong"}
    xml = fill(form(table, "situation_reports"), answers, instance=instance)
    made = sealed.record(machine("field"), instance, xml, {"photo.jpg": photos.jpeg()})
    change(worker, "UPDATE accounts SET active = false WHERE id = 1")
    sealed.send(machine("officer"), made)
    assert decide(machine("officer"), waiting(table, instance), "vouch").status_code == 302
    stored = row(table, instance)
    assert stored.restricted
    assert "11.95" not in stored.xml
    assert {"point_cut", "photo_cut"} <= set(stored.flags)


def test_a_page_left_open_needs_its_own_token(
    browser: Machine, machine: Machine, table: Connection, worker: Engine
) -> None:
    client = browser("officer")
    instance, _ = disabled(machine, table, worker)
    id_ = waiting(table, instance)
    assert client.post(f"{ROOT}{id_}", data={"decision": "vouch"}).status_code == 400
    data = {"decision": "vouch", "csrf_token": csrf(client.get(ROOT).text)}
    assert client.post(f"{ROOT}{id_}", data=data).status_code == 302
    assert row(table, instance) is not None


def queue(records: list[sealed.Sealed], **first: object) -> bytes:
    """The file as the phone app writes it."""
    listed = [
        {
            "id": one.instance,
            "account": 1,
            "form": {"id": "religious_sites", "title": "Cơ sở tôn giáo <b>"},
            "madeAt": sealed.MADE_AT,
            "keyId": one.key_id,
            "sha256": one.xml_sha256,
            "size": len(one.body),
            "files": [
                {"name": name, "sha256": sha, "part": digest, "bytes": len(part)}
                for (name, sha), (digest, part) in zip(one.names.items(), one.parts.items(), strict=True)
            ],
        }
        for one in records
    ]
    line = json.dumps({"format": "diaban queue 1", "madeAt": sealed.MADE_AT, "records": listed, **first}).encode()
    return line + b"\n" + b"".join(piece for one in records for piece in (one.body, *one.parts.values()))


def load(client: FlaskClient, data: bytes) -> TestResponse:
    return client.post("/review/queue-file", data={"file": (io.BytesIO(data), "phieu.diaban")})


def states(answer: TestResponse) -> list[str]:
    return [piece.partition('"')[0] for piece in answer.text.split('data-result="')[1:]]


def some(client: FlaskClient, table: Connection, number: int) -> list[sealed.Sealed]:
    made = []
    for _ in range(number):
        instance = new_id()
        xml = fill(form(table, "religious_sites"), instance=instance)
        made.append(sealed.record(client, instance, xml, {"photo.jpg": photos.jpeg()}))
    return made


def test_a_queue_file_is_loaded_whole_and_twice_doubles_nothing(machine: Machine, table: Connection) -> None:
    records = some(machine("field"), table, 4)
    answer = load(machine("officer"), queue(records))
    assert answer.status_code == 200
    assert states(answer) == ["received"] * 4
    assert "<b>" not in answer.text.split("data-results")[1].split("</section>")[0]
    for one in records:
        stored = row(table, one.instance)
        assert (stored.account_id, stored.sha256_received.hex()) == (1, one.xml_sha256)
    assert states(load(machine("officer"), queue(records))) == ["again"] * 4
    count = text("SELECT count(*) FROM attachments WHERE instance_id = ANY(:i)")
    assert table.scalar(count, {"i": [one.instance for one in records]}) == 4


def test_one_damaged_record_keeps_no_other_back(machine: Machine, table: Connection, cluster: Config) -> None:
    good, photo_broken, seal_broken, last = some(machine("field"), table, 4)
    whole = queue([good, photo_broken, seal_broken, last])
    (part,) = photo_broken.parts.values()
    at = whole.index(part) + 100
    data = bytearray(whole)
    data[at] ^= 1
    data[whole.index(seal_broken.body) + 100] ^= 1
    answer = load(machine("officer"), bytes(data[:-10]))
    assert states(answer) == ["received", "damaged", "quarantined", "damaged"]
    assert row(table, good.instance) is not None
    assert row(table, last.instance) is None
    assert states(load(machine("officer"), whole)) == ["again", "received", "received", "received"]


def test_other_content_under_an_id_that_is_taken_is_kept_apart_and_changes_nothing(
    machine: Machine, table: Connection
) -> None:
    (first,) = some(machine("field"), table, 1)
    assert states(load(machine("officer"), queue([first]))) == ["received"]
    xml = fill(form(table, "religious_sites"), {"name": "Chùa khác"}, instance=first.instance)
    other = sealed.record(machine("field"), first.instance, xml, {"photo.jpg": photos.jpeg()})
    answer = load(machine("officer"), queue([other]))
    assert states(answer) == ["quarantined"]
    assert "nội dung khác" in answer.text
    assert row(table, first.instance).sha256_received.hex() == first.xml_sha256
    kept = table.execute(
        text("SELECT sealed_sha256 FROM quarantined_records WHERE instance_id = :i"), {"i": first.instance}
    )
    assert [one.sealed_sha256.hex() for one in kept] == [hashlib.sha256(other.body).hexdigest()]
    # Nobody's word overwrites what is stored; it waits until it is set aside for a reason.
    assert states(load(machine("officer"), queue([other]))) == ["quarantined"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n",
        b"{}\n",
        b"[" * 100_000 + b"\n",
        b'{"format": "diaban queue 1", "records": 7}\n',
        b'{"format": "diaban queue 1", "records": [7]}\n',
        b'{"format": "diaban queue 2", "records": []}\n',
    ],
)
def test_what_is_no_queue_file_is_refused_with_words(machine: Machine, data: bytes) -> None:
    answer = load(machine("officer"), data)
    assert answer.status_code == 422
    assert "không phải tệp phiếu" in answer.text or "queue_file_unreadable" in answer.text


@pytest.mark.parametrize(
    "change_",
    [
        {"size": -1}, {"size": 10**12}, {"size": "9"}, {"id": "../../x"}, {"keyId": None, "files": 3},
        {"files": [{"part": "../x", "bytes": 1}]}, {"files": [{"part": "a" * 64, "bytes": 10**10}]},
        {"files": [{"part": "a" * 64, "bytes": 31_000_000}] * 5},
    ],
)  # fmt: skip
def test_a_list_that_lies_about_sizes_or_names_is_refused(
    machine: Machine, table: Connection, change_: dict[str, object]
) -> None:
    line, _, rest = queue(some(machine("field"), table, 1)).partition(b"\n")
    head = json.loads(line)
    head["records"][0] |= change_
    assert load(machine("officer"), json.dumps(head).encode() + b"\n" + rest).status_code == 422


def test_only_officers_load_queue_files(machine: Machine, table: Connection) -> None:
    for name in ("field", "leader", "gis", "admin"):
        assert load(machine(name), b"{}").status_code == 403, name
