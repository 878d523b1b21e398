"""What can't be taken is refused by name, and kept for a reviewer where it could be read."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from app.config import Config
from tests.app.phone import form, new_id, problem, row, send
from tests.surveys import photos
from tests.surveys.filled import fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]><data id="hamlet_profiles">&x;</data>',
        b'<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><data>&b;&b;&b;</data>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE data []><data/>'.encode("utf-16"),
        b"<data id='hamlet_profiles'><name>",
        b"\xff\xfe\x00",
        b"",
        b"{}",
        b"<a>" * 100_000,
    ],
)
def test_what_cannot_be_read_is_refused_and_not_stored(machine: Machine, table: Connection, xml: bytes) -> None:
    before = table.scalar(text("SELECT count(*) FROM submissions"))
    answer = send(machine("field"), xml)
    assert answer.status_code == 400
    assert problem(answer) == "submission_unreadable"
    assert "root:" not in answer.text
    table.rollback()
    assert table.scalar(text("SELECT count(*) FROM submissions")) == before


def test_no_xml_at_all_is_refused(machine: Machine) -> None:
    assert send(machine("field"), None, {"photo.jpg": photos.jpeg()}).status_code == 400


def test_more_than_a_hundred_megabytes_is_413(machine: Machine) -> None:
    answer = machine("field").post(
        "/openrosa/submission",
        input_stream=io.BytesIO(b""),
        headers={"X-OpenRosa-Version": "1.0", "Content-Type": "multipart/form-data; boundary=x"},
        environ_overrides={"CONTENT_LENGTH": str(100 * 1024 * 1024 + 1)},
    )
    assert answer.status_code == 413
    assert problem(answer) == "too_large"


def test_unknown_form_or_version_is_404(machine: Machine, table: Connection) -> None:
    definition = form(table, "hamlet_profiles")
    xml = fill(definition).decode()
    for old, new in (("hamlet_profiles", "nothing"), (definition.version, "1")):
        answer = send(machine("field"), xml.replace(f'"{old}"', f'"{new}"', 1).encode())
        assert answer.status_code == 404
        assert problem(answer) == "form_unknown"


def test_a_role_without_the_verb_may_not_send(machine: Machine, table: Connection) -> None:
    assert send(machine("leader"), fill(form(table, "hamlet_profiles"))).status_code == 403
    assert send(machine("field"), fill(form(table, "minority_areas"))).status_code == 403


BAD = [
    ("hamlet_profiles", {"duong": "nowhere"}, "", "answer_unknown_choice", "duong"),
    ("hamlet_profiles", {"hazards": "lu_lut volcano"}, "", "answer_unknown_choice", "hazards"),
    ("hamlet_profiles", {"geometry": "abc"}, "", "answer_no_place", "geometry"),
    ("hamlet_profiles", {"geometry": "400 400"}, "", "answer_no_place", "geometry"),
    ("resettlement_projects", {"geometry": "11.9 108.0; 11.9 108.1"}, "", "answer_no_place", "geometry"),
    ("hamlet_profiles", {"households": "a dozen"}, "", "answer_no_number", "households"),
    ("hamlet_profiles", {"households": "5001"}, "", "answer_out_of_range", "households"),
    ("hamlet_profiles", {"households": "-1"}, "", "answer_out_of_range", "households"),
    (
        "resettlement_projects",
        {"households_affected": "40", "households_approved": "41"},
        "",
        "answer_more_than",
        "households_approved",
    ),
    (
        "resettlement_projects",
        {"households_approved": "9", "households_paid": "10"},
        "",
        "answer_more_than",
        "households_paid",
    ),
    ("resettlement_projects", {"plots_total": "9", "plots_ready": "10"}, "", "answer_more_than", "plots_ready"),
    ("resettlement_projects", {"money_approved": "9", "money_paid": "10"}, "", "answer_more_than", "money_paid"),
    (
        "religious_sites",
        {"request": "gcn_dat", "received_on": "2026-10-02", "answered_on": "2026-10-01"},
        "",
        "answer_more_than",
        "received_on",
    ),
    ("hamlet_profiles", {"observed_on": "01/10/2026"}, "", "answer_no_date", "observed_on"),
    ("hamlet_profiles", {"name": None}, "", "answer_missing", "name"),
    ("hamlet_profiles", {"commune": None}, "", "answer_missing", "commune"),
    ("hamlet_profiles", {"commune": "12", "hamlet": None}, "", "answer_outside_scope", "commune"),
    ("hamlet_profiles", {"commune": "21", "hamlet": None}, "", "answer_outside_scope", "commune"),
    ("hamlet_profiles", {"hamlet": "121"}, "", "answer_outside_scope", "hamlet"),
    ("hamlet_profiles", {}, "<secret>1</secret>", "answer_unknown_question", "secret"),
    ("hamlet_profiles", {}, "<name>again</name>", "answer_unknown_question", "name"),
    ("religious_sites", {"photo": "../../etc/passwd"}, "", "answer_bad_name", "photo"),
]


@pytest.mark.parametrize(("key", "answers", "extra", "code", "field"), BAD)
def test_a_wrong_answer_is_named_and_kept_for_a_reviewer(
    machine: Machine,
    table: Connection,
    key: str,
    answers: dict[str, str | None],
    extra: str,
    code: str,
    field: str,
) -> None:
    definition, instance = form(table, key), new_id()
    xml = fill(definition, answers, instance=instance, extra=extra)
    client = machine("field" if key != "resettlement_projects" else "officer")
    answer = send(client, xml)
    assert answer.status_code == 422, answer.text
    assert problem(answer) == code
    assert f"“{field}”" in answer.text
    stored = row(table, instance)
    assert stored.state == "quarantined"
    assert stored.error["code"] == code
    assert stored.error["field"] == field
    assert "secret" not in stored.xml
    again = send(client, xml)
    assert (again.status_code, again.text) == (422, answer.text)


def test_a_hamlet_of_another_commune_is_named(machine: Machine, table: Connection) -> None:
    xml = fill(form(table, "hamlet_profiles"), {"commune": "11", "hamlet": "121"})
    answer = send(machine("officer"), xml)  # sees both communes
    assert problem(answer) == "answer_outside_scope"
    assert "“hamlet”" in answer.text


def test_an_unknown_attachment_is_refused_and_never_stored(
    machine: Machine, table: Connection, cluster: Config
) -> None:
    definition, instance = form(table, "hamlet_profiles"), new_id()
    data = photos.png()
    answer = send(machine("field"), fill(definition, instance=instance), {"other.png": data})
    assert answer.status_code == 422
    assert problem(answer) == "attachment_unknown"
    assert "other.png" in answer.text
    assert row(table, instance).state == "quarantined"
    assert table.scalar(text("SELECT count(*) FROM attachments WHERE instance_id = :i"), {"i": instance}) == 0


@pytest.mark.parametrize("data", [b"\x7fELF\x02\x01\x01\x00", b"<html><script>x</script>\x00", b"MZ\x90\x00\xff"])
def test_kinds_of_files_nobody_asked_for_are_refused(machine: Machine, table: Connection, data: bytes) -> None:
    answer = send(machine("field"), fill(form(table, "religious_sites")), {"photo.jpg": data})
    assert problem(answer) == "attachment_not_taken"


@pytest.mark.parametrize(
    ("answers", "files"),
    [
        ({"name": "Văn bản TỐI MẬT số 3"}, {}),
        ({}, {"photo.jpg": "Tài liệu đóng dấu TUYỆT MẬT".encode()}),
    ],
)
def test_a_classified_marking_is_refused_and_not_stored(
    machine: Machine, table: Connection, answers: dict[str, str | None], files: dict[str, bytes]
) -> None:
    instance = new_id()
    answer = send(machine("field"), fill(form(table, "religious_sites"), answers, instance=instance), files)
    assert answer.status_code == 422
    assert problem(answer) == "submission_classified"
    assert row(table, instance) is None
