"""The reviewer is shown where a face may be, makes it unrecognisable, and the photo as it came is nowhere any more."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection, Engine, text

from app import jobs
from app.config import Config
from app.roles import Urls
from surveys import applying, blurring, faces, media
from tests.app.phone import form, new_id, send
from tests.surveys.filled import fill

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published", "no_jobs")
# A portrait in the public domain, which comes with a library we use.
PORTRAIT = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
EYES = (330, 300, 350, 100)  # thousandths


def portrait() -> bytes:
    """Never the same bytes twice, so that no other test's file is it."""
    picture = Image.open(PORTRAIT).convert("RGB")
    picture.putpixel((0, 0), tuple(uuid.uuid4().bytes[:3]))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def received(machine: Machine, table: Connection, worker: Engine, home: Path, data: bytes, **more: str) -> str:
    """A report with that photo, cleaned; its proposal's id."""
    instance = more.pop("instance", new_id())
    xml = fill(form(table, "situation_reports"), {"category": "nuoc", "photo": "p.jpg"}, instance=instance, **more)
    assert send(machine("field"), xml, {"p.jpg": data}).status_code == 201
    while applying.apply_batch(worker):
        pass
    while media.clean_batch(worker, home):
        pass
    table.rollback()
    return str(table.scalar(text("SELECT id FROM proposals WHERE submission_id = :i"), {"i": instance}))


def kept(table: Connection, home: Path, proposal: str) -> Path:
    table.rollback()
    found = table.scalar(
        text(
            "SELECT sha256_kept FROM attachments a JOIN proposals p ON p.submission_id = a.instance_id WHERE p.id = :p"
        ),
        {"p": proposal},
    )
    assert found is not None
    return media.path(home, bytes(found).hex())


def forgotten(table: Connection, cluster: Config, urls: Urls, worker: Engine) -> None:
    """What the background process would do about files that were replaced."""
    table.rollback()
    for id_ in table.scalars(text("SELECT id FROM jobs WHERE kind = 'forget_files' AND state = 'queued'")).all():
        jobs.run(cluster, urls, worker, id_)


def likeness(one: bytes, other: bytes, box: faces.Box) -> float:
    """How far two pictures go together within a rectangle, from 0 to 1."""
    parts = []
    for data in (one, other):
        picture = Image.open(io.BytesIO(data)).convert("L")
        x, y, w, h = (value * side // 1000 for value, side in zip(box, picture.size * 2, strict=True))
        parts.append(np.asarray(picture.crop((x, y, x + w, y + h)), float).ravel())
    return float(np.corrcoef(*parts)[0, 1])


def test_a_face_is_proposed_blurred_and_gone_everywhere(
    machine: Machine, table: Connection, worker: Engine, cluster: Config, urls: Urls
) -> None:
    proposal = received(machine, table, worker, cluster.home, portrait())
    while faces.look_batch(worker, cluster.home):
        pass
    officer = machine("officer")
    assert 'data-faces="1"' in officer.get(f"/review/{proposal}").text
    address = f"/review/{proposal}/photos/p.jpg/blur"
    page = officer.get(address)
    assert "có thể là mặt người" in page.text
    (box,) = table.scalar(text("SELECT boxes FROM photo_marks ORDER BY looked_at DESC LIMIT 1"))
    assert f'value="{box[0] / 10}"' in page.text
    old = kept(table, cluster.home, proposal)
    before = old.read_bytes()
    sent = {key: str(value / 10) for key, value in zip("xywh", box, strict=True)}
    assert officer.post(address, data=sent).status_code == 302
    new = kept(table, cluster.home, proposal)
    assert new != old
    forgotten(table, cluster, urls, worker)
    assert not old.exists()
    shown = officer.get(f"/review/{proposal}/photos/p.jpg").data
    assert shown == new.read_bytes()
    assert likeness(before, shown, (0, 0, 1000, 100)) > 0.95  # what wasn't chosen is as it was
    assert likeness(before, shown, EYES) < 0.6
    assert not Image.open(io.BytesIO(shown)).getexif()
    while faces.look_batch(worker, cluster.home):
        pass
    assert 'data-faces="0"' in officer.get(f"/review/{proposal}").text  # it was looked at anew
    table.rollback()
    audited = text("SELECT account_id, detail FROM audit WHERE verb = 'blur' AND detail ->> 'proposal' = :p")
    assert table.execute(audited, {"p": proposal}).one().detail["boxes"] == 1
    state = text("SELECT state FROM attachments WHERE sha256_kept = :h")
    assert table.scalar(state, {"h": bytes.fromhex(new.name)}) == "clean"  # blurring confirms nothing
    assert machine("leader").get(f"/media/{new.name}").status_code == 404
    assert officer.post(f"/review/{proposal}", data={"decision": "approve", "photo": "p.jpg"}).status_code == 302
    assert machine("leader").get(f"/media/{new.name}").data == shown
    assert machine("leader").get(f"/media/{old.name}").status_code == 404


def test_the_same_photo_of_a_correction_is_blurred_with_it(
    machine: Machine, table: Connection, worker: Engine, cluster: Config, urls: Urls
) -> None:
    first = new_id()
    earlier = received(machine, table, worker, cluster.home, portrait(), instance=first)
    old = kept(table, cluster.home, earlier)
    # The phone sends again what it was given back: the photo as we kept it.
    meta = f"<deprecatedID>{first}</deprecatedID>"
    later = received(machine, table, worker, cluster.home, old.read_bytes(), meta=meta)
    copies = {kept(table, cluster.home, one) for one in (earlier, later)}
    data = {"x": "20", "y": "10", "w": "60", "h": "60"}
    assert machine("officer").post(f"/review/{later}/photos/p.jpg/blur", data=data).status_code == 302
    forgotten(table, cluster, urls, worker)
    assert kept(table, cluster.home, earlier) == kept(table, cluster.home, later)
    assert not any(copy.exists() for copy in copies)


def test_without_a_rectangle_nothing_happens(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    proposal = received(machine, table, worker, cluster.home, portrait())
    old = kept(table, cluster.home, proposal)
    address = f"/review/{proposal}/photos/p.jpg/blur"
    for sent in ({}, {"x": "", "y": "", "w": "", "h": ""}, {"x": "10", "y": "10", "w": "0", "h": "0"}, {"x": "a"}):
        answer = machine("officer").post(address, data=sent)
        assert (answer.status_code, "Chưa có khung nào" in answer.text) == (422, True)
    assert kept(table, cluster.home, proposal) == old
    assert machine("officer").post(f"/review/{proposal}/photos/q.jpg/blur", data={}).status_code == 404
    for name in ("field", "leader", "gis", "admin"):
        assert machine(name).get(address).status_code == 403
        assert machine(name).post(address, data={}).status_code == 403


def test_every_rectangle_is_blurred_and_nothing_else() -> None:
    out = io.BytesIO()
    Image.effect_noise((600, 400), 90).convert("RGB").save(out, "JPEG", quality=95)
    boxes: list[faces.Box] = [(0, 0, 300, 300), (600, 600, 400, 400), (50, 700, 200, 200)]
    made = blurring.blurred(out.getvalue(), boxes)
    for box in boxes:
        assert likeness(out.getvalue(), made, box) < 0.3, box
    assert likeness(out.getvalue(), made, (450, 50, 500, 400)) > 0.9


def test_a_photo_the_reviewer_did_not_confirm_is_shown_to_nobody(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    proposal = received(machine, table, worker, cluster.home, portrait())
    address = f"/media/{kept(table, cluster.home, proposal).name}"
    assert machine("officer").post(f"/review/{proposal}", data={"decision": "approve"}).status_code == 302
    for name in ("leader", "field", "gis", "admin", "answering"):
        assert machine(name).get(address).status_code == 404, name


def test_rectangles_reach_to_the_edge_and_no_further() -> None:
    data = portrait()
    for box in ((0, 0, 1000, 1000), (990, 990, 500, 500), (0, 500, 1000, 20)):
        made = Image.open(io.BytesIO(blurring.blurred(data, [box])))
        assert made.size == Image.open(io.BytesIO(data)).size


def test_what_the_detector_can_not_read_is_said_and_holds_nothing_up() -> None:
    found = faces.seen([portrait(), b"no picture at all"])
    assert found[0] is not None
    assert len(found[0]) == 1
    assert found[1] is None
    assert faces.seen([]) == []


def test_a_detector_that_takes_too_much_is_stopped_and_the_others_are_still_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faces, "MEGABYTES", 30)  # less than OpenCV itself needs
    assert faces.seen([portrait(), portrait()]) == [None, None]
