"""Files that come after their submission belong where it does; files nobody refers to are swept, never one in use."""

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, insert, text

from app.config import Config
from surveys import applying, media, media_sweep, review
from surveys.access import Actor
from surveys.layers import named
from tests.app.phone import form, new_id, send
from tests.rows import feature
from tests.surveys import photos
from tests.surveys.filled import fill
from tests.world import World

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")
TWO_DAYS = 2 * 24 * 3600


def belongs(table: Connection, instance: str) -> Any:
    table.rollback()
    return table.execute(
        text(
            "SELECT a.commune_id, a.layer, a.feature_id = p.feature_id::text AS same FROM attachments a"
            " LEFT JOIN proposals p ON p.submission_id = a.instance_id WHERE a.instance_id = :i"
        ),
        {"i": instance},
    ).one()


def test_a_file_that_comes_after_its_submission_was_applied_has_its_commune(
    machine: Machine, table: Connection, worker: Engine
) -> None:
    instance = new_id()
    xml = fill(form(table, "religious_sites"), instance=instance)
    assert send(machine("field"), xml).status_code == 201
    while applying.apply_batch(worker):
        pass
    assert send(machine("field"), xml, {"photo.jpg": photos.jpeg()}).status_code == 202
    assert tuple(belongs(table, instance)) == (11, "religious_sites", True)


def test_a_file_that_comes_while_its_submission_is_applied_has_its_commune(
    machine: Machine, table: Connection, worker: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = new_id()
    xml = fill(form(table, "religious_sites"), instance=instance)
    assert send(machine("field"), xml).status_code == 201
    proposed, go_on = threading.Event(), threading.Event()
    propose = applying.propose

    def slowly(*given: Any) -> None:
        propose(*given)
        proposed.set()
        go_on.wait(20)

    monkeypatch.setattr(applying, "propose", slowly)
    applier = threading.Thread(target=applying.apply_batch, args=(worker,))
    statuses: list[int] = []
    sender = threading.Thread(
        target=lambda: statuses.append(send(machine("field"), xml, {"photo.jpg": photos.jpeg()}).status_code)
    )
    applier.start()
    assert proposed.wait(20)
    sender.start()
    time.sleep(0.5)
    go_on.set()
    applier.join()
    sender.join()
    assert statuses == [202]
    assert tuple(belongs(table, instance)) == (11, "religious_sites", True)


def test_files_of_what_a_person_places_go_where_it_goes(
    machine: Machine, table: Connection, worker: Engine, as_actor: Callable, world: World
) -> None:
    instance = new_id()
    xml = fill(form(table, "religious_sites"), instance=instance)
    assert send(machine("officer"), xml, {"photo.jpg": photos.jpeg()}).status_code == 201
    while applying.apply_batch(worker):
        pass
    with worker.begin() as connection:
        for name in ("proposals", "attachments"):
            key = "submission_id" if name == "proposals" else "instance_id"
            connection.execute(text(f"UPDATE {name} SET commune_id = NULL WHERE {key} = :i"), {"i": instance})
    actor: Actor = world.actor("answering")
    with as_actor(actor) as session:
        id_ = session.scalar(text("SELECT id FROM proposals WHERE submission_id = :i"), {"i": instance})
        review.place(session, actor, id_, 12, None)
    assert belongs(table, instance).commune_id == 12


def test_what_nobody_refers_to_is_swept_and_nothing_else(worker: Engine, table: Connection, tmp_path: Path) -> None:
    def put(data: bytes, days: float = 2, name: str | None = None) -> Path:
        digest = hashlib.sha256(data).hexdigest()
        file = media.path(tmp_path, digest) if name is None else tmp_path / "media" / digest[:2] / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, (0, time.time() - days * 24 * 3600))
        return file

    lost, unfinished = put(b"lost"), put(b"half", name=".0123456789abcdef")
    fresh, writing, other = put(b"fresh", 0.5), put(b"now", 0, ".fedcba9876543210"), put(b"note", 9, "README")
    attached, shown, former, wished = (put(word) for word in (b"attached", b"shown", b"former", b"wished"))
    area = named("minority_areas")
    row = feature(area, 11, source_file=former.name)
    with worker.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO submissions (instance_id, form_id, form_version, account_id, province_id, sha256_received,"
                " sha256_kept, xml, code, state) VALUES ('uuid:sweep', 'x', '1', 1, 1, '', '', '<x/>', 'x', 'applied')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO attachments (instance_id, name, sha256_received, sha256_kept, media_type, bytes, state,"
                " province_id) VALUES ('uuid:sweep', 'a', '', decode(:h, 'hex'), 'image/jpeg', 1, 'clean', 1)"
            ),
            {"h": attached.name},
        )
        connection.execute(insert(area.table), row)
        connection.execute(
            text("UPDATE minority_areas SET source_file = :h WHERE id = :id"), {"h": shown.name, "id": row["id"]}
        )
        connection.execute(
            text(
                "INSERT INTO proposals (layer, feature_id, values, province_id, commune_id, observed_on)"
                " VALUES ('minority_areas', :id, jsonb_build_object('source_file', cast(:h AS text)), 1, 11, now())"
            ),
            {"id": uuid.uuid4(), "h": wished.name},
        )
    assert media_sweep.sweep(worker, tmp_path) == 2
    assert not lost.exists()
    assert not unfinished.exists()
    assert all(file.exists() for file in (fresh, writing, other, attached, shown, former, wished))
    assert media_sweep.sweep(worker, tmp_path) == 0


def test_a_submission_that_is_being_stored_keeps_a_file_the_sweep_would_take(
    machine: Machine, table: Connection, worker: Engine, cluster: Config
) -> None:
    """Forty photos lie there from a crash; while their submissions come again, the sweep takes everything as old."""
    definition = form(table, "religious_sites")
    sent = [(new_id(), photos.jpeg(size=(40 + n, 30))) for n in range(40)]
    media.keep(cluster.home, [media.take("photo.jpg", data) for _, data in sent])
    over, swept = threading.Event(), [0]

    def sweep() -> None:
        while not over.is_set():
            swept[0] += media_sweep.sweep(worker, cluster.home, time.time() + TWO_DAYS)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    statuses = []
    client = machine("field")
    for instance, data in sent:
        statuses.append(send(client, fill(definition, instance=instance), {"photo.jpg": data}).status_code)
    over.set()
    sweeper.join()
    assert statuses == [201] * 40
    assert swept[0] > 0
    table.rollback()
    kept = table.execute(
        text("SELECT sha256_kept FROM attachments WHERE instance_id = ANY(:ids)"), {"ids": [i for i, _ in sent]}
    ).scalars()
    assert all(media.path(cluster.home, bytes(digest).hex()).is_file() for digest in kept)
