"""Sealed records are received whole and once, as their author's; whatever can't be is kept for an officer."""

import hashlib
import io
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text
from werkzeug.test import TestResponse

from app import phone_keys
from app.config import Config
from tests.app import sealed
from tests.app.phone import form, new_id, row
from tests.surveys import photos
from tests.surveys.filled import fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")


@pytest.fixture(autouse=True)
def _no_rows_left(worker: Engine) -> Iterator[None]:
    yield
    with worker.begin() as connection:
        connection.execute(text("DELETE FROM quarantined_records"))
        connection.execute(text("UPDATE accounts SET active = true, unit_id = 11, role = 'field' WHERE id = 1"))


def kept(table: Connection, instance: str) -> list[dict[str, object]]:
    table.rollback()
    found = table.execute(text("SELECT * FROM quarantined_records WHERE instance_id = :i"), {"i": instance})
    return [dict(one._mapping) for one in found]


def profile(table: Connection, instance: str, **answers: str) -> bytes:
    return fill(form(table, "hamlet_profiles"), answers, instance=instance)


def test_a_record_with_photos_is_one_whole_row_and_its_receipt_names_the_plain_bytes(
    machine: Machine, table: Connection, cluster: Config
) -> None:
    client, instance = machine("field"), new_id()
    photo = photos.jpeg()
    made = sealed.record(
        client, instance, fill(form(table, "religious_sites"), instance=instance), {"photo.jpg": photo}
    )
    answer = sealed.send(client, made)
    assert answer.status_code == 201, answer.text
    stored = row(table, instance)
    assert answer.json == {
        "instanceID": instance,
        "sha256": made.xml_sha256,
        "sealed": made.sha256,
        "code": stored.code,
        "attachments": {"photo.jpg": hashlib.sha256(photo).hexdigest()},
        "again": False,
        "state": "received",
    }
    assert stored.account_id == 1
    assert stored.sha256_received.hex() == made.xml_sha256
    files = table.execute(
        text("SELECT name, sha256_received FROM attachments WHERE instance_id = :i"), {"i": instance}
    ).all()
    assert [(f.name, f.sha256_received.hex()) for f in files] == [("photo.jpg", made.names["photo.jpg"])]
    assert not [p for p in (cluster.home / "uploads").rglob("*") if p.name in made.parts]
    again = sealed.send(client, made, parts=False)  # its files are gone from the uploads: not needed any more
    assert (again.status_code, again.json) == (202, {**answer.json, "again": True})


def test_twenty_at_once_are_one_row(machine: Machine, table: Connection) -> None:
    instance = new_id()
    client = machine("field")
    xml = fill(form(table, "religious_sites"), instance=instance)
    made = sealed.record(client, instance, xml, {"photo.jpg": photos.jpeg()})
    for part in made.parts.values():
        sealed.upload(client, part)
    clients = [machine("field") for _ in range(20)]
    answers: list[TestResponse] = []
    start = threading.Barrier(20)

    def one(sender: FlaskClient) -> None:
        start.wait()
        answers.append(sealed.send(sender, made, parts=False))

    threads = [threading.Thread(target=one, args=(sender,)) for sender in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [201] + [202] * 19, [a.text for a in answers]
    assert len({a.json["code"] for a in answers}) == 1
    count = "SELECT count(*) FROM submissions WHERE instance_id = :i"
    assert table.scalar(text(count), {"i": instance}) == 1


def test_changed_bytes_under_a_stored_id_are_refused(machine: Machine, table: Connection) -> None:
    client, instance = machine("field"), new_id()
    assert sealed.send(client, sealed.record(client, instance, profile(table, instance))).status_code == 201
    other = sealed.record(client, instance, profile(table, instance, households="13"))
    answer = sealed.send(client, other)
    assert (answer.status_code, answer.json["code"]) == (409, "submission_changed")
    assert "<households>12<" in row(table, instance).xml
    assert kept(table, instance) == []


def test_another_accounts_session_may_bring_it_and_it_stays_its_authors(machine: Machine, table: Connection) -> None:
    instance = new_id()
    made = sealed.record(machine("field"), instance, profile(table, instance))
    assert sealed.send(machine("leader"), made).status_code == 201  # whose own role may not submit
    assert row(table, instance).account_id == 1
    who = "SELECT account_id FROM audit WHERE verb = :v AND detail->>'submission' = :i"
    assert table.scalar(text(who), {"v": "hand in", "i": instance}) == 4
    assert table.scalar(text(who), {"v": "submit", "i": instance}) == 1


def test_what_the_record_says_is_refused_comes_back_with_words(machine: Machine, table: Connection) -> None:
    client, instance = machine("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance, households="5001"))
    answer = sealed.send(client, made)
    assert answer.status_code == 201
    assert answer.json["state"] == "quarantined"
    assert answer.json["sha256"] == made.xml_sha256
    assert answer.json["problem"]["code"] == "answer_out_of_range"
    assert "households" in answer.json["problem"]["message"]
    assert row(table, instance).state == "quarantined"
    assert kept(table, instance) == []
    again = sealed.send(client, made)
    assert (again.status_code, again.json) == (202, {**answer.json, "again": True})


BROKEN = {
    "not a seal at all": lambda _: b"{}",
    "empty": lambda _: b"",
    "cut short": lambda made: made.body[:-1],
    "one bit": lambda made: made.body[:200] + bytes([made.body[200] ^ 1]) + made.body[201:],
    "a point that isn't on the curve": lambda made: made.body[:1] + b"\x04" + b"\x07" * 64 + made.body[66:],
    "another version": lambda made: b"\x02" + made.body[1:],
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_seal_that_cannot_be_opened_is_kept_with_its_files(
    machine: Machine, table: Connection, cluster: Config, how: str
) -> None:
    client, instance = machine("field"), new_id()
    xml = fill(form(table, "religious_sites"), instance=instance)
    made = sealed.record(client, instance, xml, {"photo.jpg": photos.jpeg()})
    made.body = BROKEN[how](made)
    answer = sealed.send(client, made)
    assert answer.status_code == 201, answer.text
    assert answer.json["state"] == "quarantined"
    assert answer.json["problem"]["code"] == "seal_broken"
    assert (answer.json["sha256"], answer.json["sealed"]) == (None, made.sha256)
    assert row(table, instance) is None
    (waiting,) = kept(table, instance)
    assert waiting["parts"] == list(made.parts)
    for digest, data in {made.sha256: made.body, **made.parts}.items():
        assert (cluster.home / "quarantine" / digest).read_bytes() == data
    assert sealed.send(client, made, parts=False).status_code == 202
    assert len(kept(table, instance)) == 1


def test_a_record_under_another_id_cannot_be_opened(machine: Machine, table: Connection) -> None:
    client, instance, other = machine("field"), new_id(), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    answer = sealed.send(client, made, **{"X-Diaban-Record": other})
    assert answer.json["problem"]["code"] == "seal_broken"
    assert row(table, other) is None


def test_a_file_of_another_record_cannot_stand_in(machine: Machine, table: Connection) -> None:
    client, instance = machine("field"), new_id()
    xml = fill(form(table, "religious_sites"), instance=instance)
    photo = photos.jpeg()
    foreign = sealed.record(client, new_id(), xml, {"photo.jpg": photo})
    (part,) = foreign.parts
    listed = {"name": "photo.jpg", "sha256": foreign.names["photo.jpg"], "bytes": len(photo), "part": part}
    made = sealed.record(client, instance, xml, header={"files": [listed]})
    made.parts = foreign.parts
    answer = sealed.send(client, made)
    assert answer.json["problem"]["code"] == "seal_broken"
    assert row(table, instance) is None


@pytest.mark.parametrize(
    "header",
    [{"author": 7}, {"files": "x"}, {"sha256": "0" * 64}, {"sha256": "../x"}, {"instanceID": f"uuid:{uuid.uuid4()}"},
     {"files": [{"name": "a", "sha256": "0" * 64, "bytes": 1, "part": "../../etc/passwd"}]}],
)  # fmt: skip
def test_a_header_that_lies_is_a_broken_seal(machine: Machine, table: Connection, header: dict[str, object]) -> None:
    client, instance = machine("field"), new_id()
    answer = sealed.send(client, sealed.record(client, instance, profile(table, instance), header=header))
    assert answer.json["problem"]["code"] == "seal_broken"


def test_an_id_within_that_is_another_stores_nothing(machine: Machine, table: Connection) -> None:
    client, instance, other = machine("field"), new_id(), new_id()
    answer = sealed.send(client, sealed.record(client, instance, profile(table, other)))
    assert answer.json["problem"]["code"] == "seal_broken"
    assert row(table, instance) is row(table, other) is None


def test_an_unknown_key_an_unknown_author_and_an_unknown_form_are_kept_for_an_officer(
    machine: Machine, table: Connection
) -> None:
    client = machine("field")
    cases = {
        "seal_key_unknown": ({}, {"X-Diaban-Key": "0" * 16}),
        "author_unknown": ({"author": "WzEsIjIwMjYtMDEtMDEiXQ.AAAA"}, {}),
    }
    for code, (header, sent) in cases.items():
        instance = new_id()
        made = sealed.record(client, instance, profile(table, instance), header=header)
        answer = sealed.send(client, made, **sent)
        assert (answer.status_code, answer.json["problem"]["code"]) == (201, code)
        assert row(table, instance) is None
        assert kept(table, instance)[0]["handed_by"] == 1
    instance = new_id()
    xml = profile(table, instance).replace(b'"hamlet_profiles"', b'"gone"', 1)
    answer = sealed.send(client, sealed.record(client, instance, xml))
    assert answer.json["problem"]["code"] == "form_unknown"
    (waiting,) = kept(table, instance)
    assert (waiting["form_id"], waiting["account_id"]) == ("gone", 1)


def test_a_disabled_accounts_record_waits_for_an_officer(machine: Machine, table: Connection, worker: Engine) -> None:
    client, instance = machine("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    stored = sealed.record(client, earlier := new_id(), profile(table, earlier))
    assert sealed.send(client, stored).status_code == 201
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET active = false WHERE id = 1"))
    answer = sealed.send(machine("officer"), made)
    assert answer.json["problem"]["code"] == "account_disabled"
    assert answer.json["attachments"] == {}
    (waiting,) = kept(table, instance)
    assert (waiting["account_id"], waiting["handed_by"], waiting["commune_id"]) == (1, 2, 11)
    # Whose acknowledgement was lost before: it is received, whatever became of the account.
    assert sealed.send(machine("officer"), stored).json["state"] == "received"


def test_a_moved_account_and_one_without_the_right(machine: Machine, table: Connection, worker: Engine) -> None:
    client = machine("field")
    first, second = new_id(), new_id()
    moved = sealed.record(client, first, profile(table, first))
    other_role = sealed.record(client, second, profile(table, second))
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET unit_id = 12 WHERE id = 1"))
    assert sealed.send(client, moved).json["problem"]["code"] == "answer_outside_scope"
    assert row(table, first) is None
    with worker.begin() as connection:
        connection.execute(text("UPDATE accounts SET unit_id = 1, role = 'leader' WHERE id = 1"))
    assert sealed.send(client, other_role).json["problem"]["code"] == "forbidden"
    assert len(kept(table, first)) == len(kept(table, second)) == 1


def test_a_closed_form_is_accepted_under_its_version(machine: Machine, table: Connection, worker: Engine) -> None:
    client, instance = machine("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    with worker.begin() as connection:
        connection.execute(text("UPDATE forms SET state = 'closed' WHERE form_id = 'hamlet_profiles'"))
    try:
        assert sealed.send(client, made).json["state"] == "received"
    finally:
        with worker.begin() as connection:
            connection.execute(text("UPDATE forms SET state = 'live' WHERE form_id = 'hamlet_profiles'"))


def test_without_its_files_it_is_not_received_and_they_are_named(machine: Machine, table: Connection) -> None:
    client, instance = machine("field"), new_id()
    files = {"photo.jpg": photos.jpeg()}
    made = sealed.record(client, instance, fill(form(table, "religious_sites"), instance=instance), files)
    answer = sealed.send(client, made, parts=False)
    assert (answer.status_code, answer.json["code"]) == (409, "parts_missing")
    assert answer.json["facts"]["parts"] == list(made.parts)
    assert row(table, instance) is None
    assert kept(table, instance) == []
    assert sealed.send(client, made).status_code == 201


def test_a_classified_marking_is_refused_and_kept_nowhere(machine: Machine, table: Connection, cluster: Config) -> None:
    client, instance = machine("field"), new_id()
    xml = fill(form(table, "religious_sites"), {"name": "Văn bản TỐI MẬT số 3"}, instance=instance)
    made = sealed.record(client, instance, xml, {"photo.jpg": photos.jpeg()})
    answer = sealed.send(client, made)
    assert (answer.status_code, answer.json["code"]) == (422, "submission_classified")
    assert row(table, instance) is None
    assert kept(table, instance) == []
    assert not [p for p in (cluster.home / "uploads").rglob("*") if p.name in made.parts]


def test_a_retired_key_still_opens(machine: Machine, table: Connection, cluster: Config) -> None:
    client, instance = machine("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    assert phone_keys.renew(cluster.secrets) != made.key_id
    assert sealed.keys(client)[0] != made.key_id
    assert sealed.send(client, made).json["state"] == "received"


@pytest.mark.parametrize("instance", ["", "x", "uuid:1", "../../etc", "uuid:" + "g" * 36, "11.9 108.1"])
def test_an_id_no_phone_makes_is_refused(machine: Machine, table: Connection, instance: str) -> None:
    client = machine("field")
    made = sealed.record(client, instance, profile(table, instance))
    assert sealed.send(client, made).status_code == 400


def test_more_than_a_record_may_have_is_413(machine: Machine) -> None:
    answer = machine("field").post(
        "/survey/api/records", headers=sealed.OURS, environ_overrides={"CONTENT_LENGTH": str(17 * 1024 * 1024)}
    )
    assert answer.status_code == 413


def test_a_browsers_write_needs_our_own_header(browser: Machine, table: Connection) -> None:
    client, instance = browser("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    answer = sealed.send(client, made, **{"X-Diaban-Client": ""})
    assert (answer.status_code, answer.json["code"]) == (400, "client_header_missing")
    assert sealed.send(client, made).status_code == 201


def test_too_much_that_cannot_be_received_is_put_off(
    machine: Machine, table: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.quarantine.MOST_WAITING", 1)
    client = machine("field")
    answers = []
    for _ in range(2):
        made = sealed.record(client, instance := new_id(), profile(table, instance))
        made.body = made.body[:-1]
        answers.append(sealed.send(client, made))
    assert [a.status_code for a in answers] == [201, 503]
    assert answers[1].headers["Retry-After"] == "60"


def test_a_body_that_was_cut_is_no_broken_seal(machine: Machine, table: Connection) -> None:
    client, instance = machine("field"), new_id()
    made = sealed.record(client, instance, profile(table, instance))
    answer = client.post(
        "/survey/api/records",
        input_stream=io.BytesIO(made.body[:300]),
        headers={"X-Diaban-Key": made.key_id, "X-Diaban-Record": instance, **sealed.OURS},
        # As gunicorn gives it: the end of the connection looks like the end of the body.
        environ_overrides={"CONTENT_LENGTH": str(len(made.body)), "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400
    assert kept(table, instance) == []
    assert sealed.send(client, made).status_code == 201
