"""Restricted reports sent by a hand-made client with a place and a photo: what of them can be found afterwards."""

import hashlib
import logging
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from app import embedded, passwords
from geodata import tiles
from surveys import media, periods, restricted_cube
from surveys.layers.situation_reports import RESTRICTED
from tests.app.conftest import PASSWORD, csrf
from tests.app.phone import send
from tests.geodata import mvt
from tests.safeguards import ways_out
from tests.safeguards.system import ANYBODY, System
from tests.safeguards.traces import Place, geometries_near
from tests.surveys import photos
from tests.surveys.filled import fill

SECRET = Place(108.0678912, 11.9432178)  # in commune 11, far from its hamlet's own point
KNOWN_PLACE = Place(108.0312345, 11.9276543)  # of a service report, which may keep it: what is looked for can be found
WORDS = "Chậm chi trả tiền đền bù khu Bàu Sen"
PHOTO = photos.jpeg(size=(67, 41))
CAMERA_NAME = f"{SECRET.lat}_{SECRET.lon}.jpg"  # as cameras that write the place into the name do
TOLD = (
    f"tại {SECRET.lat}, {SECRET.lon}",
    f"{SECRET.lat:.5f};{SECRET.lon:.5f}".replace(".", ","),
    f"Vĩ độ: {SECRET.lat}\nKinh độ: {SECRET.lon}",
    f"https://maps.example/@x!3d{SECRET.lat}!4d{SECRET.lon}",
    "11°56'35.6\"N 108°04'04.4\"E",
    "X = 1320804.12 Y = 534428.33",
)


@dataclass
class Sent:
    """A hand-made submission, its id, and the receipt that came back."""

    instance: str
    xml: bytes
    files: dict[str, bytes]
    status: int = 0
    receipt: str = ""


@dataclass
class Told:
    """Everything that was sent, and what the logs said meanwhile."""

    restricted: list[Sent] = field(default_factory=list)
    service: list[Sent] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)


class Listener(logging.Handler):
    """Keeps every line the application logs, at whatever level."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        # The questions these tests ask hold places themselves: the database driver's own account of them doesn't count.
        if not record.name.startswith(("PIL", "asyncio")):
            self.lines.append(f"{record.getMessage()} {record.exc_info or ''}")


@pytest.fixture(scope="module")
def told(system: System) -> Iterator[Told]:
    """Eight restricted reports and one service report, sent, applied, reviewed, counted and exported around."""
    found = Told()
    listener = Listener(found.logs)
    root = logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    for number, category in enumerate((*RESTRICTED, *RESTRICTED)):
        found.restricted.append(_hostile(system, category, number))
    found.service.append(_service(system))
    system.settle()
    _review(system, found)
    with system.worker.begin() as connection:
        restricted_cube.freeze(connection, 1, _quarter(system))
    for name, layer in (("gis", "situation_reports"), ("officer", "situation_reports"), ("gis", "hamlet_profiles")):
        system.exported(name, layer)
    quarter = periods.holding(periods.QUARTER, system.rows("SELECT current_date AS today")[0].today)
    for subject in ("general", "land"):
        system.reported("leader", subject, quarter.code)
    system.settle()
    yield found
    root.removeHandler(listener)
    root.setLevel(before)


def _hostile(system: System, category: str, number: int) -> Sent:
    """A restricted report with the place in every part of a submission that could carry it."""
    lat, lon = SECRET.lat, SECRET.lon
    file = CAMERA_NAME if number % 2 else "photo.jpg"
    answers = {
        "category": category, "what_happened": f"{WORDS} {TOLD[number % len(TOLD)]}", "photo": file,
        "geometry": f"{lat} {lon} 812.5 4.2",
    }  # fmt: skip
    instance = f"uuid:{uuid.uuid4()}"
    xml = fill(
        system.form("situation_reports"), answers, instance=instance,
        meta=f'<location lat="{lat}">{lat} {lon}</location>' if number >= 4 else "",
        extra=f"<gps><lat>{lat}</lat><lon>{lon}</lon></gps>" if number >= 4 else "",
    )  # fmt: skip
    xml = xml.replace(b"<urgency>", f'<urgency where="{lat} {lon}">'.encode())
    xml = xml.replace(b"</data>", f"<!-- {lat} {lon} --><?gps {lat} {lon}?></data>".encode())
    return _send(system, Sent(instance, xml, {file: PHOTO}))


def _service(system: System) -> Sent:
    place = f"{KNOWN_PLACE.lat} {KNOWN_PLACE.lon} 800 4"
    instance = f"uuid:{uuid.uuid4()}"
    answers = {"category": "dien", "geometry": place, "what_happened": "Mất điện"}
    xml = fill(system.form("situation_reports"), answers, instance=instance)
    return _send(system, Sent(instance, xml, {"photo.jpg": photos.jpeg(size=(71, 43))}))


def _send(system: System, one: Sent) -> Sent:
    answer = send(system.client("field"), one.xml, one.files, Date="Sat, 21 Nov 2026 10:00:00 GMT")
    one.status, one.receipt = answer.status_code, answer.text
    return one


def _review(system: System, found: Told) -> None:
    """The answering office opens and decides; the others, and the service report, take their usual way."""
    system.approve("officer", found.service[0].instance, "photo.jpg")
    for one in found.restricted[:2]:
        system.approve("answering", one.instance)


def _quarter(system: System) -> "object":
    (row,) = system.rows("SELECT current_date AS today")
    return restricted_cube.first_day(row.today)


@pytest.fixture(scope="module")
def superuser(system: System) -> Iterator[Engine]:
    admin = embedded.address(system.cluster)
    assert admin is not None
    engine = create_engine(system.worker.url.set(username=admin.user, password=admin.password))
    yield engine
    engine.dispose()


def test_what_was_sent_is_acknowledged_by_the_hash_of_its_bytes(told: Told) -> None:
    assert [one.status for one in told.restricted] == [201] * 4 + [422] * 4
    for one in (*told.restricted[:4], *told.service):
        assert hashlib.sha256(one.xml).hexdigest() in one.receipt
        for data in one.files.values():
            assert hashlib.sha256(data).hexdigest() in one.receipt


def test_the_same_bytes_again_are_known(system: System, told: Told) -> None:
    for one in told.restricted[:2]:
        again = send(system.client("field"), one.xml, one.files)
        assert again.status_code == 202
        assert again.text == one.receipt


def test_a_mark_that_tells_a_place_is_refused(system: System, told: Told) -> None:
    marks = {"instance": f"uuid:{SECRET.lat}_{SECRET.lon}"}, {"meta": f"<deprecatedID>{SECRET.lat}</deprecatedID>"}
    for mark in marks:
        xml = fill(system.form("situation_reports"), {"category": RESTRICTED[0], "geometry": None}, **mark)
        answer = send(system.client("field"), xml)
        assert answer.status_code == 400
        assert "instanceID" in answer.text


def test_nobody_gets_the_place_or_the_words_at_any_address(system: System, told: Told) -> None:
    paths = ways_out.addresses(system, SECRET.lon, SECRET.lat, ("photo.jpg", CAMERA_NAME, "%"))
    assert len(paths) > 150
    # To be asked for in a body: no address that anyone could come across again opens one, whatever it says.
    doors = [path for path in paths if re.fullmatch("/review/[0-9a-f-]{36}", path)]
    own = {CAMERA_NAME}  # asked for by name: what an address says itself isn't told by the answer
    leaks: list[str] = []
    readers: set[tuple[str | None, str]] = set()
    for name in ANYBODY:
        client = system.client(name)
        entered = ways_out.opened(client, doors)
        for asked, answer in [("GET", a) for a in ways_out.answers(client, paths)] + [("POST", a) for a in entered]:
            assert answer.status < 500, f"{name} {answer.path}: {answer.text[:500]}"
            said = answer.text
            if not any(part in answer.path for part in own):
                leaks += [f"{name} {answer.path}: {trace}" for trace in SECRET.in_text(said)]
            leaks += [f"{name} {answer.path}: bytes" for part in answer.parts if SECRET.in_bytes(part)]
            leaks += [f"{name} {answer.path}: photo" for part in answer.parts if photos.SECRET in part]
            if "Bàu Sen" in said:
                assert asked == "POST", f"{name} {answer.path}"
                readers.add((name, answer.path))
    assert leaks == []
    # Only the answering office's account that may read restricted reports, one report at a time, saying why.
    assert len(readers) == len(RESTRICTED)
    assert {name for name, _ in readers} == {"answering"}
    opened = system.rows(
        "SELECT account_id, purpose, detail ->> 'proposal' AS id FROM audit WHERE verb = 'open_restricted'"
    )
    assert {row.account_id for row in opened} == {3}
    assert {row.purpose for row in opened} == {ways_out.REASON}
    assert {path.split("/")[2] for _, path in readers} == {row.id for row in opened}


def test_a_reason_is_said_in_words_and_stands_in_the_audit_alone(system: System, told: Told) -> None:
    (row,) = system.rows("SELECT id FROM proposals WHERE restricted ORDER BY id LIMIT 1")
    door, reason = f"/review/{row.id}", "Trả lời bà con thôn Bốn"
    client = system.client("answering")
    for short in ("", "    ", "vì  "):
        (answer,) = ways_out.opened(client, [door], short)
        assert (answer.status, "Bàu Sen" in answer.text) == (200, False)
    (answer,) = ways_out.opened(client, [door], reason)
    assert "Bàu Sen" in answer.text
    assert reason not in answer.text
    # Seen once: at the same address the question stands again, and decisions go there.
    assert "Bàu Sen" not in client.get(door).text
    written = system.rows("SELECT purpose FROM audit WHERE detail ->> 'proposal' = :id", id=str(row.id))
    assert reason in {row.purpose for row in written}
    assert not {"", "vì"} & {row.purpose for row in written}
    assert reason not in "\n".join(told.logs)
    for file in files(system.home):
        assert reason.encode() not in file.read_bytes(), file


def test_another_sites_form_opens_nothing(system: System, told: Told) -> None:
    (row,) = system.rows("SELECT id FROM proposals WHERE restricted ORDER BY id LIMIT 1")
    with system.worker.begin() as connection:
        connection.execute(
            text("UPDATE accounts SET password = :hash WHERE username = 'answering'"),
            {"hash": passwords.hashed(PASSWORD)},
        )
    client = system.web.test_client()
    given = {"username": "answering", "password": PASSWORD, "csrf_token": csrf(client.get("/login").text)}
    assert client.post("/login", data=given).status_code == 302
    door = {"decision": "open", "reason": ways_out.REASON}
    refused = client.post(f"/review/{row.id}", data=door)
    assert (refused.status_code, "Bàu Sen" in refused.text) == (400, False)
    mark = csrf(client.get(f"/review/{row.id}").text)
    assert "Bàu Sen" in client.post(f"/review/{row.id}", data={**door, "csrf_token": mark}).text


def test_a_place_that_may_be_kept_is_found_by_the_same_search(system: System, superuser: Engine, told: Told) -> None:
    paths = ways_out.addresses(system, KNOWN_PLACE.lon, KNOWN_PLACE.lat)
    pages = [path for path in paths if path.startswith("/review/") and "reason=" not in path]
    assert any(KNOWN_PLACE.in_text(answer.text) for answer in ways_out.answers(system.client("officer"), pages))
    assert KNOWN_PLACE.in_text(system.dump())
    assert any(packed in system.dump().encode() for packed in KNOWN_PLACE.packed())
    assert {"proposals", "situation_reports"} <= set(geometries_near(superuser, KNOWN_PLACE, 1))


def test_tiles_show_the_service_report_alone(system: System, told: Told) -> None:
    client = system.client("leader")
    for z in (tiles.MIN_ZOOM, 9, 12, 14, 16):
        x, y = mvt.at(SECRET.lon, SECRET.lat, z)
        around = [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)] if z > 9 else [(x, y)]
        n = 0
        for column, row in around:
            tile = client.get(f"/tiles/situation_reports/{z}/{column}/{row}.mvt").data
            n += sum(feature["n"] for feature in mvt.features(tile, "situation_reports"))
        assert n <= 1, z
    x, y = mvt.at(SECRET.lon, SECRET.lat, 16)
    for name in ("situation_reports", "situation_report_counts"):
        assert mvt.features(client.get(f"/tiles/{name}/16/{x}/{y}.mvt").data, name) == []


def test_a_backup_holds_no_place_and_no_photo(system: System, superuser: Engine, told: Told) -> None:
    said = system.dump()
    assert WORDS in said  # it is the whole database
    assert SECRET.in_text(said) == set()
    assert not SECRET.in_bytes(said.encode())
    assert photos.SECRET.decode() not in said
    assert photos.SECRET.hex() not in said
    assert geometries_near(superuser, SECRET) == []
    taken = media.take("x", PHOTO).sha256.hex()
    assert taken not in said


def test_no_log_and_no_audit_row_tells_the_place(system: System, told: Told) -> None:
    for line in told.logs:
        assert SECRET.in_text(line) == set(), line
    # Without the moment of each: its microseconds may happen to be six digits of the place.
    written = "\n".join(str(row) for row in system.rows("SELECT verb, layer, area, purpose, detail FROM audit"))
    assert "'submit'" in written
    assert SECRET.in_text(written) == set()
    assert "Bàu Sen" not in written
    assert "Bàu Sen" not in "\n".join(told.logs)
    for log in files(system.cluster.cluster / "log"):
        assert SECRET.in_text(log.read_text(errors="replace")) == set(), log


def test_the_home_holds_one_photo_that_of_the_service_report(system: System, told: Told) -> None:
    kept = list(files(system.home / "media"))
    assert len(kept) == 1
    shapes = [file for file in files(system.home) if file.suffix in (".zip", ".log")]
    assert shapes
    for file in files(system.home):
        data = file.read_bytes()
        assert photos.SECRET not in data, file
        assert not SECRET.in_bytes(data), file
        assert SECRET.in_text(data.decode("utf-8", "replace")) == set(), file
    for digest in (hashlib.sha256(PHOTO).hexdigest(), media.take("x", PHOTO).sha256.hex()):
        assert not media.path(system.home, digest).exists()


def test_figures_stand_in_the_frozen_cube_only_and_small_ones_are_hidden(system: System, told: Told) -> None:
    cells = system.rows("SELECT commune_id, category, n, hidden FROM restricted_counts")
    assert len(cells) == 3 * len(RESTRICTED)
    shown = {(row.category, row.n, row.hidden) for row in cells if row.commune_id == 11}
    # One or none of each group was approved: never a number between.
    assert shown == {(c, None, True) for c in RESTRICTED[:2]} | {(c, 0, False) for c in RESTRICTED[2:]}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
