"""What the safeguards forbid is gone before the first write."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from app.config import Config
from surveys import media
from surveys.layers.situation_reports import RESTRICTED
from tests.app.phone import form, new_id, problem, row, send
from tests.surveys import photos
from tests.surveys.filled import POINT, fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")


def test_phone_numbers_and_names_in_text_are_masked_before_the_first_write(machine: Machine, table: Connection) -> None:
    definition, instance = form(table, "situation_reports"), new_id()
    said = "Gọi ông Nguyễn Văn Bình số 0912 345 678 để biết thêm"
    xml = fill(definition, {"category": "dien", "what_happened": said}, instance=instance)
    answer = send(machine("field"), xml, {"photo.jpg": photos.jpeg()})
    assert answer.status_code == 201
    stored = row(table, instance)
    assert stored.flags == ["masked"]
    assert "[đã che: số điện thoại]" in stored.xml
    assert "0912" not in stored.xml
    assert "Bình" not in stored.xml
    assert stored.sha256_received == hashlib.sha256(xml).digest()
    assert stored.sha256_kept == hashlib.sha256(stored.xml.encode()).digest()


@pytest.mark.parametrize("category", [*RESTRICTED, "no_such_category", None])
def test_a_restricted_report_keeps_no_place_and_no_photo(
    machine: Machine, table: Connection, cluster: Config, category: str | None
) -> None:
    definition, instance = form(table, "situation_reports"), new_id()
    said = "Gần nhà văn hóa 11.95123, 108.05123 ạ"
    xml = (
        fill(
            definition,
            {"category": category, "what_happened": said},
            instance=instance,
            meta='<location lat="11.95123">11.95123 108.05123</location>' if category == RESTRICTED[1] else "",
        )
        .replace(b"<urgency>", b'<urgency where="11.95123 108.05123">')
        .replace(b"</data>", b"<!-- 11.95123 108.05123 --></data>")
    )
    photo = photos.jpeg(size=(61 + len(category or ""), 40))
    answer = send(machine("field"), xml, {"photo.jpg": photo})
    known = category in RESTRICTED and category != RESTRICTED[1]
    assert answer.status_code == (201 if known else 422), answer.text
    stored = row(table, instance)
    assert stored.restricted
    assert {"point_cut", "photo_cut", "coordinates_masked"} <= set(stored.flags)
    everything = " ".join(str(value) for value in stored) + str(
        table.execute(text("SELECT * FROM audit WHERE detail->>'submission' = :i"), {"i": instance}).all()
    )
    assert POINT.split()[0] not in everything
    assert "11.95" not in everything
    assert "108.05" not in everything
    attachment = table.execute(text("SELECT * FROM attachments WHERE instance_id = :i"), {"i": instance}).one()
    assert (attachment.state, attachment.sha256_kept, attachment.bytes) == ("cut", None, 0)
    assert attachment.sha256_received == hashlib.sha256(photo).digest()
    for data in (photo, media.take("x", photo).data):
        assert not media.path(cluster.home, hashlib.sha256(data).hexdigest()).exists()
    if known:
        assert hashlib.sha256(xml).hexdigest() in answer.text
        assert hashlib.sha256(photo).hexdigest() in answer.text
        assert send(machine("field"), xml, {"photo.jpg": photo}).status_code == 202


def test_a_service_report_keeps_its_place_and_photo(machine: Machine, table: Connection) -> None:
    definition, instance = form(table, "situation_reports"), new_id()
    answer = send(
        machine("field"), fill(definition, {"category": "dien"}, instance=instance), {"photo.jpg": photos.jpeg()}
    )
    assert answer.status_code == 201
    stored = row(table, instance)
    assert POINT in stored.xml
    assert not stored.restricted


def files_under(folder: Path) -> Iterator[bytes]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_bytes()


@pytest.mark.parametrize("data", [photos.jpeg(3), photos.jpeg(8, progressive=True), photos.png(), photos.webp()])
def test_hidden_data_of_photos_never_reaches_the_disk(
    machine: Machine, table: Connection, cluster: Config, data: bytes
) -> None:
    definition, instance = form(table, "religious_sites"), new_id()
    assert send(machine("field"), fill(definition, instance=instance), {"photo.jpg": data}).status_code == 201
    attachment = table.execute(text("SELECT * FROM attachments WHERE instance_id = :i"), {"i": instance}).one()
    assert media.path(cluster.home, attachment.sha256_kept.hex()).is_file()
    assert not any(photos.SECRET in kept or b"Exif" in kept for kept in files_under(cluster.media))


def test_a_photo_that_cannot_be_taken_apart_but_hides_something_is_refused(
    machine: Machine, table: Connection, cluster: Config
) -> None:
    broken = photos.jpeg()[:300]
    answer = send(machine("field"), fill(form(table, "religious_sites")), {"photo.jpg": broken})
    assert problem(answer) == "attachment_not_taken"
    assert not any(photos.SECRET in kept for kept in files_under(cluster.media))


def test_a_large_photo_is_never_on_disk_as_it_came(
    machine: Machine, table: Connection, cluster: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was asked for")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refused)
    data = photos.jpeg() + b"\x00" * 2_000_000
    answer = send(machine("field"), fill(form(table, "religious_sites")), {"photo.jpg": data})
    assert answer.status_code == 201
