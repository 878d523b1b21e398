"""Sealed files come in pieces: kept as far as they came, never beside the place they belong to."""

import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Config
from surveys import sealed_parts
from tests.app.sealed import BYTES, TUS, upload

Machine = Callable[..., FlaskClient]
ROOT = "/survey/api/uploads"


def _part(length: int = 5000) -> tuple[bytes, str]:
    data = os.urandom(length)
    return data, hashlib.sha256(data).hexdigest()


def begin(client: FlaskClient, digest: str, length: object, **headers: str) -> TestResponse:
    metadata = base64.b64encode(digest.encode()).decode()
    given = {**TUS, "Upload-Length": str(length), "Upload-Metadata": f"name eA==,part {metadata}", **headers}
    return client.post(ROOT, headers=given)


def add(client: FlaskClient, digest: str, at: object, data: bytes, kind: str = BYTES) -> TestResponse:
    return client.patch(f"{ROOT}/{digest}", data=data, content_type=kind, headers={**TUS, "Upload-Offset": str(at)})


def far(client: FlaskClient, digest: str) -> TestResponse:
    return client.head(f"{ROOT}/{digest}", headers=TUS)


@pytest.fixture
def uploads(cluster: Config) -> Iterator[Path]:
    yield cluster.home / "uploads"
    for file in (cluster.home / "uploads").rglob("*"):
        if file.is_file():
            file.unlink()


def test_a_file_in_pieces_is_whole_at_the_end(machine: Machine, uploads: Path) -> None:
    client = machine("field")
    data, digest = _part()
    begun = begin(client, digest, len(data))
    assert (begun.status_code, begun.headers["Location"]) == (201, f"{ROOT}/{digest}")
    assert begun.headers["Upload-Offset"] == "0"
    for at in range(0, len(data), 1300):
        answer = add(client, digest, at, data[at : at + 1300])
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(min(at + 1300, len(data)))
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (uploads / "1" / digest).read_bytes() == data
    asked = far(client, digest)
    assert (asked.status_code, asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == (200, "5000", "5000")
    assert begin(client, digest, len(data)).headers["Upload-Offset"] == "5000"
    assert begin(machine("officer"), digest, len(data)).headers["Upload-Offset"] == "5000"
    assert add(client, digest, 5000, b"").status_code == 204


def test_the_first_bytes_may_come_with_the_beginning(machine: Machine, uploads: Path) -> None:
    client = machine("field")
    data, digest = _part()
    metadata = base64.b64encode(digest.encode()).decode()
    headers = {**TUS, "Upload-Length": "5000", "Upload-Metadata": f"part {metadata}"}
    assert client.post(ROOT, data=data[:700], content_type=BYTES, headers=headers).headers["Upload-Offset"] == "700"
    # Begun once more, since the answer was lost: nothing is written twice.
    assert client.post(ROOT, data=data[:700], content_type=BYTES, headers=headers).headers["Upload-Offset"] == "700"
    assert add(client, digest, 700, data[700:]).status_code == 204
    assert (uploads / "1" / digest).read_bytes() == data


def test_an_offset_that_lies_changes_nothing_and_is_told_the_right_one(machine: Machine, uploads: Path) -> None:
    client = machine("field")
    data, digest = _part()
    begin(client, digest, 5000)
    add(client, digest, 0, data[:1000])
    for at in (0, 999, 1001, 4999, 5000, 10**11):
        answer = add(client, digest, at, b"x")
        assert (answer.status_code, answer.json["facts"]["offset"]) == (409, 1000)
    for at in ("-1", "", "1e3", "x", "9" * 40, "١"):
        assert add(client, digest, at, b"x").status_code == 400
    assert far(client, digest).headers["Upload-Offset"] == "1000"
    assert add(client, digest, 1000, data[1000:]).status_code == 204


def test_two_at_the_same_offset_are_written_once(machine: Machine, uploads: Path) -> None:
    data, digest = _part(200_000)
    begin(machine("field"), digest, len(data))
    clients = [machine("field") for _ in range(8)]
    answers: list[int] = []
    start = threading.Barrier(len(clients))

    def one(client: FlaskClient) -> None:
        start.wait()
        answers.append(add(client, digest, 0, data).status_code)

    threads = [threading.Thread(target=one, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two that write in turns may both be told 409: whoever asks where to go on then finishes it.
    assert set(answers) <= {204, 409}
    client = machine("field")
    at = int(far(client, digest).headers["Upload-Offset"])
    assert add(client, digest, at, data[at:]).status_code == 204
    assert (uploads / "1" / digest).read_bytes() == data


def test_more_than_announced_and_other_bytes_than_the_hash_are_thrown_away(machine: Machine, uploads: Path) -> None:
    client = machine("field")
    data, digest = _part()
    begin(client, digest, 5000)
    answer = add(client, digest, 0, data + b"x")
    assert (answer.status_code, answer.json["code"]) == (413, "upload_too_large")
    answer = add(client, digest, 0, data[:-1] + bytes([data[-1] ^ 1]))
    assert (answer.status_code, answer.json["code"]) == (422, "upload_damaged")
    assert far(client, digest).status_code == 404
    assert list((uploads / "1").glob(f"{digest}*")) == []


@pytest.mark.parametrize("length", ["0", "-1", "x", "", str(sealed_parts.MOST_BYTES + 1), "9" * 13])
def test_an_undue_length_is_refused(machine: Machine, length: str) -> None:
    assert begin(machine("field"), _part()[1], length).status_code in (400, 413)


@pytest.mark.parametrize("name", ["../../secrets/cookies", "..", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n", "*"])
def test_no_name_from_outside_becomes_a_path(machine: Machine, cluster: Config, name: str) -> None:
    client = machine("field")
    assert begin(client, name, 10).status_code in (400, 404)
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {**TUS, "Upload-Offset": "0"}
        answer = client.open(f"{ROOT}/{quote(name)}", method=method, headers=headers, content_type=BYTES)
        assert answer.status_code in (404, 405), method


def test_what_another_account_has_under_way_is_not_seen(machine: Machine, uploads: Path) -> None:
    data, digest = _part()
    begin(machine("field"), digest, 5000)
    other = machine("officer")
    assert far(other, digest).status_code == 404
    assert add(other, digest, 0, data).status_code == 404
    other.delete(f"{ROOT}/{digest}", headers=TUS)
    assert far(machine("field"), digest).status_code == 200
    assert machine("field").delete(f"{ROOT}/{digest}", headers=TUS).status_code == 204
    assert far(machine("field"), digest).status_code == 404


def test_one_account_has_only_so_much_under_way_and_the_idle_gives_way(
    machine: Machine, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.sealed_parts.MOST_OPEN_BYTES", 12_000)
    client = machine("field")
    digests = [_part()[1] for _ in range(3)]
    assert [begin(client, digest, 5000).status_code for digest in digests] == [201, 201, 429]
    assert begin(machine("officer"), digests[2], 5000).status_code == 201
    long_ago = time.time() - sealed_parts.IDLE_S - 1
    os.utime(uploads / "1" / f"{digests[0]}-5000", (long_ago, long_ago))
    assert begin(client, digests[2], 5000).status_code == 201
    assert far(client, digests[0]).status_code == 404
    assert far(client, digests[1]).status_code == 200


def test_a_full_disk_is_said_to_pass(machine: Machine, uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.sealed_parts.SPARE_BYTES", 1 << 60)
    data, _ = _part()
    answer = upload(machine("field"), data)
    assert (answer.status_code, answer.json["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_nobody_comes_back_and_it_is_swept(machine: Machine, cluster: Config, uploads: Path) -> None:
    client = machine("field")
    data, whole = _part()
    upload(client, data)
    begun = _part()[1]
    begin(client, begun, 5000)
    sealed_parts.hold(cluster.home, {"a" * 64: b"wanted", "b" * 64: b"not"})
    assert sealed_parts.sweep(cluster.home, {"a" * 64}) == 0
    long_ago = time.time() - sealed_parts.LASTS_S - 1
    held = cluster.home / "quarantine"
    for file in (uploads / "1" / whole, uploads / "1" / f"{begun}-5000", held / ("a" * 64), held / ("b" * 64)):
        os.utime(file, (long_ago, long_ago))
    assert sealed_parts.sweep(cluster.home, {"a" * 64}) == 3
    assert far(client, whole).status_code == far(client, begun).status_code == 404
    assert (held / ("a" * 64)).read_bytes() == b"wanted"
    (held / ("a" * 64)).unlink()


def test_other_versions_and_other_contents_are_refused(machine: Machine, uploads: Path) -> None:
    client = machine("field")
    data, digest = _part()
    assert client.head(f"{ROOT}/{digest}").status_code == 412
    begin(client, digest, 5000)
    assert add(client, digest, 0, data, kind="text/plain").status_code == 400
    about = client.options(ROOT)
    assert (about.status_code, about.headers["Tus-Version"]) == (204, "1.0.0")
    assert begin(client, digest, 5000, **{"Upload-Metadata": "part ***"}).status_code == 400
