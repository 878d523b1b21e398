"""The field officer of one commune asks for another commune's rows by address: as if they weren't there; audited."""

import hashlib
import io
import re
import time
import uuid
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.tile_cache import GENERATIONS_READ_S, Tiles
from geodata import tiles
from surveys.layers import CATALOGUE, KEYS
from tests.app.phone import new_id, send
from tests.geodata import mvt
from tests.rows import one_of_each
from tests.safeguards.system import System
from tests.surveys import photos
from tests.surveys.filled import fill
from tests.world import KNOWN

WEST, SOUTH, EAST, NORTH = 108.0, 11.9, 108.3, 12.0  # the three communes


@dataclass(frozen=True)
class Foreign:
    """Ids of what belongs to commune 12, and of others' jobs."""

    photo: str
    proposal: str
    waiting: str
    job: str
    list_md5: str


@pytest.fixture(scope="module")
def foreign(system: System) -> Foreign:
    """A religious site with a photo that passed review, another one that waits, and the technician's export."""
    ids = []
    for number in range(2):
        instance = new_id()
        xml = fill(
            system.form("religious_sites"),
            {"commune": "12", "hamlet": "121", "geometry": "11.95 108.15 0 4"},
            instance=instance,
        )
        data = photos.jpeg(size=(83 + number, 47))
        assert send(system.client("officer"), xml, {"photo.jpg": data}).status_code == 201
        ids.append(instance)
    system.settle()
    approved = system.approve("answering", ids[0], "photo.jpg")
    (passed,) = system.rows("SELECT encode(sha256_kept, 'hex') AS hash FROM attachments WHERE state = 'passed'")
    (waiting,) = system.rows("SELECT id FROM proposals WHERE submission_id = :i", i=ids[1])
    form = system.form("hamlet_profiles")
    manifest = system.client("officer").get(f"/openrosa/forms/hamlet_profiles/{form.version}/manifest").text
    md5 = manifest.split("communes.csv</filename><hash>md5:")[1].split("<")[0]
    return Foreign(passed.hash, approved, str(waiting.id), system.exported("gis", "religious_sites"), md5)


def pairs(system: System, foreign: Foreign) -> list[tuple[str, str]]:
    """(an address of something foreign, the same address of nothing at all)."""
    nothing = str(uuid.uuid4())
    form = f"/openrosa/forms/hamlet_profiles/{system.form('hamlet_profiles').version}/media/communes.csv?h="
    return [
        (f"/media/{foreign.photo}", f"/media/{hashlib.sha256(b'nothing').hexdigest()}"),
        *((f"/review/{id_}", f"/review/{nothing}") for id_ in (foreign.proposal, foreign.waiting)),
        (f"/review/{foreign.waiting}/photos/photo.jpg", f"/review/{nothing}/photos/photo.jpg"),
        (f"/api/jobs/{foreign.job}", f"/api/jobs/{nothing}"),
        (f"/exchange/files/{foreign.job}.zip", f"/exchange/files/{nothing}.zip"),
        (f"{form}{foreign.list_md5}", f"{form}{hashlib.md5(b'nothing', usedforsecurity=False).hexdigest()}"),
        *((f"/map/place/{unit}", "/map/place/4711") for unit in (12, 121, 21, 2)),
        *((f"/map/place/{unit}?part=1", "/map/place/4711?part=1") for unit in (12, 121, 21, 2)),
        *((f"/map/script.js?place={unit}", "/map/script.js?place=4711") for unit in (12, 121, 21, 2)),
    ]


def refusals(system: System) -> int:
    (row,) = system.rows("SELECT count(*) AS n FROM audit WHERE verb = 'refused' AND account_id = :a", a=KNOWN.field)
    return int(row.n)


def body(answer: TestResponse, asked: str) -> str:
    """The answer without what was asked for, which differs by nature."""
    said = re.sub(r'(csrf[-_]token" (content|value)=")[^"]*', r"\1", answer.text)
    for part in re.split("[/?=]", asked):
        if part.isdigit() or len(part) > 20:
            said = re.sub(rf"\b{part.removesuffix('.zip')}\b", "…", said)
    return said


def test_what_is_foreign_answers_as_what_isnt_there_and_is_audited(system: System, foreign: Foreign) -> None:
    client = system.client("field")
    client.get("/")  # the first page of all brings a cookie
    for there, nowhere in pairs(system, foreign):
        before = refusals(system)
        given, missing = client.get(there), client.get(nowhere)
        # A role without reviewers' pages is refused before anybody looks whether the proposal exists.
        assert given.status_code == (403 if there.startswith("/review/") else 404), there
        assert missing.status_code == given.status_code
        assert body(given, there) == body(missing, nowhere), there
        assert {k: v for k, v in given.headers if k != "Content-Length"} == {
            k: v for k, v in missing.headers if k != "Content-Length"
        }
        # Units are no secret: every phone asks for a list by its former hash after a reform.
        assert refusals(system) == before + (0 if there.startswith("/openrosa/") else 2), there


def test_those_in_whose_scope_it_lies_get_it(system: System, foreign: Foreign) -> None:
    given = system.client("leader").get(f"/media/{foreign.photo}", buffered=True)
    assert (given.status_code, given.data[:2]) == (200, b"\xff\xd8")
    assert system.client("officer").get(f"/review/{foreign.waiting}").status_code == 200
    assert system.client("gis").get(f"/exchange/files/{foreign.job}.zip", buffered=True).status_code == 200
    assert system.client("leader").get("/map/place/12").status_code == 200
    # What waits is seen by nobody but reviewers, whatever its commune.
    hashes = system.rows("SELECT encode(sha256_kept, 'hex') AS hash FROM attachments WHERE state = 'clean'")
    assert hashes
    for row in hashes:
        assert {system.client(n).get(f"/media/{row.hash}").status_code for n in ("leader", "officer", "gis")} == {404}


def test_decisions_about_foreign_proposals_are_refused(system: System, foreign: Foreign) -> None:
    for decision in ("approve", "return", "reject", "place"):
        answer = system.client("field").post(
            f"/review/{foreign.waiting}", data={"decision": decision, "comment": "x", "commune": "11"}
        )
        assert answer.status_code == 403
    (row,) = system.rows("SELECT state, commune_id FROM proposals WHERE id = :i", i=foreign.waiting)
    assert (row.state, row.commune_id) == ("waiting", 12)


def test_another_accounts_submission_is_not_answered_for(system: System, foreign: Foreign) -> None:
    """Without its very bytes nobody learns anything of a submission but that its id is taken."""
    (row,) = system.rows("SELECT instance_id, xml, code FROM submissions LIMIT 1")
    other = fill(system.form("religious_sites"), {"name": "Khác"}, instance=row.instance_id)
    answer = system.client("field").post(
        "/openrosa/submission",
        data={"xml_submission_file": (io.BytesIO(other), "submission.xml", "text/xml")},
        headers={"X-OpenRosa-Version": "1.0"},
    )
    assert answer.status_code == 409
    assert row.code not in answer.text


def taken(client: FlaskClient) -> dict[str, bytes]:
    """Every tile over the three communes that shows something, for each layer, all that go together, and the clicks."""
    apart = ["religious_sites", "minority_areas"]
    together = ",".join(sorted(KEYS - set(apart)))
    found = {}
    for keys in [*(layer.key for layer in CATALOGUE), "situation_report_counts", together, f"{','.join(apart)},units"]:
        for z in (5, 9, 11, 13, 14, 16):
            west, east = (WEST, EAST) if z < 14 else (108.14, 108.16)
            south, north = (SOUTH, NORTH) if z < 14 else (11.94, 11.97)
            for column, row in {(x, y) for _, x, y in mvt.over(west, south, east, north, z)}:
                path = f"/tiles/{keys}/{z}/{column}/{row}.mvt"
                found[path] = client.get(path).data
    for lon in (108.05, 108.15, 108.25, 109.15):
        path = f"/map/at?layer={together}&lon={lon}&lat=11.95&z=12&cell=128"
        found[path] = client.get(path, headers={"Accept": "application/json"}).data
    return found


def test_tiles_and_clicks_are_byte_for_byte_those_of_a_database_with_the_own_commune_alone(
    system: System, foreign: Foreign
) -> None:
    with system.worker.begin() as connection:
        one_of_each(connection, (*KNOWN.communes, KNOWN.other_commune))
    tiles.refresh_all(system.worker)
    _forget(system)
    with_all, leader = taken(system.client("field")), taken(system.client("leader"))
    with system.worker.begin() as connection:
        for layer in CATALOGUE:
            connection.execute(text(f"DELETE FROM {layer.key} WHERE commune_id <> 11"))
    tiles.refresh_all(system.worker)
    _forget(system)
    alone = taken(system.client("field"))
    assert with_all == alone
    assert sum(map(bool, alone.values())) > 20
    assert leader != alone  # the others' rows would show


def _forget(system: System) -> None:
    """What this process keeps of tiles, so that the database answers."""
    system.web.extensions["tile_cache"] = Tiles()
    time.sleep(GENERATIONS_READ_S)
