"""ODK Collect's way over a real socket: challenge, list, forms and their media by hash, HEAD, then the submission."""

import hashlib
import threading
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys import form_versions
from surveys.form_definition import parse
from surveys.layers import CATALOGUE
from tests.surveys import photos
from tests.surveys.filled import files_of, fill
from tests.world import World

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
HEADERS = {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2026.3"}


@pytest.fixture(scope="module")
def collect(cluster: Config, urls: Urls, worker: Engine, world: World) -> Iterator[httpx.Client]:
    """The client, set up with the server's address, a user name and a personal token as password."""
    with worker.begin() as connection:
        form_versions.publish(connection)
        token = personal_tokens.create(connection, world.officer, "Collect")
    web = create_app(cluster, urls)
    server = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.port}/openrosa"
    with httpx.Client(base_url=address, auth=("officer", token), headers=HEADERS, timeout=30) as client:
        yield client
    server.shutdown()
    for key in ("diaban_engine", "diaban_receiving", "diaban_receiving_files"):
        web.extensions[key].dispose()


def listed(collect: httpx.Client) -> list[dict[str, str]]:
    """The entries of formList by tag."""
    answer = collect.get("/formList")
    assert answer.status_code == 200
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    return [{e.tag.removeprefix(LIST): e.text or "" for e in form} for form in ElementTree.fromstring(answer.content)]


def md5(data: bytes) -> str:
    return "md5:" + hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_without_a_password_the_client_is_asked_for_one(collect: httpx.Client) -> None:
    for path in ("/formList", "/submission"):
        answer = httpx.request("HEAD" if "sub" in path else "GET", f"{collect.base_url}{path[1:]}", headers=HEADERS)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert answer.headers["X-OpenRosa-Version"] == "1.0"


def test_forms_and_their_lists_are_what_their_hashes_say(collect: httpx.Client) -> None:
    forms = listed(collect)
    assert [form["formID"] for form in forms] == [layer.key for layer in CATALOGUE]
    for form in forms:
        downloaded = collect.get(form["downloadUrl"])
        assert downloaded.status_code == 200
        assert md5(downloaded.content) == form["hash"]
        root = ElementTree.fromstring(downloaded.content)
        ids = [e.attrib for e in root.iter() if e.get("id") == form["formID"]]
        assert [i["version"] for i in ids] == [form["version"]]
        files = ElementTree.fromstring(collect.get(form["manifestUrl"]).content)
        names = set()
        for file in files.iter(f"{MANIFEST}mediaFile"):
            body = collect.get(file.findtext(f"{MANIFEST}downloadUrl") or "")
            assert body.status_code == 200
            assert md5(body.content) == file.findtext(f"{MANIFEST}hash")
            names.add(file.findtext(f"{MANIFEST}filename"))
        # Every file the form refers to is in its manifest.
        wanted = {e.get("src", "").rpartition("/")[2] for e in root.iter() if "jr://file" in e.get("src", "")}
        assert wanted <= names


@pytest.mark.parametrize("layer", CATALOGUE, ids=lambda layer: layer.key)
def test_a_submission_of_every_form_is_taken_once(collect: httpx.Client, worker: Engine, layer) -> None:  # type: ignore[no-untyped-def]
    form = next(form for form in listed(collect) if form["formID"] == layer.key)
    definition = parse(collect.get(form["downloadUrl"]).text, layer.key)
    head = collect.head("/submission?deviceID=collect%3Aabc")
    assert head.status_code == 204
    assert int(head.headers["X-OpenRosa-Accept-Content-Length"]) >= 10 * 1024 * 1024
    xml = fill(definition, {"category": "dien"})
    # Collect names the XML part so, and each file's part after the file.
    files = {"xml_submission_file": ("form_2026.xml", xml, "text/xml")}
    files |= {name: (name, photos.jpeg(), "image/jpeg") for name in files_of(definition)}
    first, again = (collect.post("/submission?deviceID=collect%3Aabc", files=files) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 202), first.text
    for answer in (first, again):
        assert ElementTree.fromstring(answer.content).tag == "{http://openrosa.org/http/response}OpenRosaResponse"
        assert hashlib.sha256(xml).hexdigest() in answer.text
    other = {**files, "xml_submission_file": ("form_2026.xml", xml.replace(b"</data>", b"\n</data>"), "text/xml")}
    assert collect.post("/submission", files=other).status_code == 409
    instance = xml.split(b"<instanceID>")[1].split(b"<")[0].decode()
    with worker.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM submissions WHERE instance_id = :i"), {"i": instance}) == 1
