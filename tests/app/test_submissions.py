"""Submissions are stored once and whole."""

import hashlib
import threading
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from app.config import Config
from surveys import media
from surveys.layers import CATALOGUE
from tests.app.phone import form, new_id, problem, row, send
from tests.surveys import photos
from tests.surveys.filled import files_of, fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
RECEIPT = "{urn:diaban:receipt}"
PDF = b"%PDF-1.4 cong bo"


@pytest.mark.parametrize("key", [layer.key for layer in CATALOGUE])
def test_every_layers_form_can_be_filled_and_sent(machine: Machine, table: Connection, key: str) -> None:
    definition = form(table, key)
    instance = new_id()
    names = files_of(definition)
    service = {"category": "dien"} if key == "situation_reports" else {}
    xml = fill(definition, service, instance=instance)
    files = {name: PDF if "source" in name else photos.jpeg() for name in names}
    answer = send(machine("officer"), xml, files)
    assert answer.status_code == 201, answer.text
    stored = row(table, instance)
    assert stored.state == "received"
    assert stored.sha256_received == hashlib.sha256(xml).digest()
    receipt = ElementTree.fromstring(answer.data).find(f"{RECEIPT}receipt")
    assert receipt is not None
    assert receipt.attrib == {
        "instanceID": instance,
        "sha256": hashlib.sha256(xml).hexdigest(),
        "code": stored.code,
    }
    assert {a.attrib["name"]: a.attrib["sha256"] for a in receipt} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }


def test_twenty_at_once_are_one_row_and_other_xml_is_refused(
    site: Flask, machine: Machine, table: Connection, tokens: dict[str, str]
) -> None:
    definition = form(table, "hamlet_profiles")
    instance = new_id()
    xml = fill(definition, instance=instance)
    clients = [machine("field") for _ in range(20)]
    answers: list[TestResponse] = []
    start = threading.Barrier(20)

    def one(client: FlaskClient) -> None:
        start.wait()
        answers.append(send(client, xml))

    threads = [threading.Thread(target=one, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [201] + [202] * 19
    receipts = {ElementTree.tostring(ElementTree.fromstring(a.data)[2]) for a in answers}
    assert len(receipts) == 1
    count = text("SELECT count(*) FROM submissions WHERE instance_id = :i")
    assert table.scalar(count, {"i": instance}) == 1
    audited = text("SELECT count(*) FROM audit WHERE verb = 'submit' AND detail->>'submission' = :i")
    assert table.scalar(audited, {"i": instance}) == 1
    changed = send(machine("field"), fill(definition, {"households": "13"}, instance=instance))
    assert changed.status_code == 409
    assert problem(changed) == "submission_changed"
    assert "<households>12<" in row(table, instance).xml


def test_another_accounts_guess_of_an_id_learns_nothing(machine: Machine, table: Connection) -> None:
    definition = form(table, "hamlet_profiles")
    instance = new_id()
    assert send(machine("officer"), fill(definition, instance=instance)).status_code == 201
    guess = send(machine("field"), fill(definition, instance=instance))
    assert guess.status_code == 409
    assert row(table, instance).code not in guess.text


def test_files_that_come_later_are_added(machine: Machine, table: Connection, cluster: Config) -> None:
    definition = form(table, "religious_sites")
    instance = new_id()
    xml = fill(definition, instance=instance)
    client = machine("field")
    assert send(client, xml).status_code == 201
    later = send(client, xml, {"photo.jpg": photos.jpeg()})
    assert later.status_code == 202
    assert hashlib.sha256(photos.jpeg()).hexdigest() in later.text
    assert send(client, xml, {"photo.jpg": photos.jpeg()}).text == later.text
    other = send(client, xml, {"photo.jpg": photos.png()})
    assert other.status_code == 409
    kept = text("SELECT sha256_kept FROM attachments WHERE instance_id = :i")
    digest = table.scalar(kept, {"i": instance})
    assert media.path(cluster.home, digest.hex()).is_file()


def test_the_phones_wrong_clock_is_noted(machine: Machine, table: Connection) -> None:
    definition, instance = form(table, "hamlet_profiles"), new_id()
    send(machine("field"), fill(definition, instance=instance), Date="Mon, 01 Jan 2024 00:00:00 GMT")
    assert row(table, instance).flags == ["clock_off"]
