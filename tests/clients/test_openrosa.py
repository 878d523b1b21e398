"""ODK Collect's way over a real socket: challenge, list, forms and their media by hash, HEAD, then the submission."""

import hashlib
import io
import threading
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest
from PIL import Image
from sqlalchemy import Engine, text
from werkzeug.serving import make_server

from app import create_app, personal_tokens
from app.config import Config
from app.roles import Urls
from surveys import form_versions, unit_lists, uploaded_forms
from surveys.access import Actor, Role
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
        ids = [e.attrib for e in root.iter() if e.get("id") == form["formID"] and e.get("version")]
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


def test_large_files_come_in_several_posts_of_one_submission(collect: httpx.Client, worker: Engine) -> None:
    """Collect sends what is over the server's limit in parts, the submission's XML with each."""
    form = next(form for form in listed(collect) if form["formID"] == "religious_sites")
    definition = parse(collect.get(form["downloadUrl"]).text, "religious_sites")
    xml = fill(definition, {})
    name = next(iter(files_of(definition)))
    part = ("form.xml", xml, "text/xml")
    first = collect.post("/submission", files={"xml_submission_file": part, "*isIncomplete*": (None, "yes")})
    assert first.status_code == 201, first.text
    last = collect.post("/submission", files={"xml_submission_file": part, name: (name, photos.jpeg(), "image/jpeg")})
    assert last.status_code == 202, last.text
    instance = xml.split(b"<instanceID>")[1].split(b"<")[0].decode()
    with worker.connect() as connection:
        query = text("SELECT name FROM attachments WHERE instance_id = :i")
        assert connection.scalars(query, {"i": instance}).all() == [name]


def test_lists_for_collect_are_short_or_of_one_commune(
    collect: httpx.Client, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    def lists(address: str) -> dict[str, str]:
        forms = ElementTree.fromstring(collect.get(f"{address}/formList").content)
        entry = {e.tag.removeprefix(LIST): e.text or "" for e in forms[0]}
        manifest = ElementTree.fromstring(collect.get(entry["manifestUrl"]).content)
        found = {}
        for file in manifest.iter(f"{MANIFEST}mediaFile"):
            body = collect.get(file.findtext(f"{MANIFEST}downloadUrl") or "")
            assert body.status_code == 200
            assert md5(body.content) == file.findtext(f"{MANIFEST}hash")
            found[file.findtext(f"{MANIFEST}filename") or ""] = body.text
        return found

    assert lists("")["communes.csv"].count("\n") == 4
    monkeypatch.setattr(unit_lists, "MOST_ROWS", 2)
    assert lists("")["communes.csv"] == "name,label\n"  # a part of a list would pass for all of it
    of_one = lists(f"/xa/{world.communes[1]}")
    assert of_one["communes.csv"] == "name,label\n12,Phường Xuân Hương - Đà Lạt\n"
    assert of_one["hamlets.csv"] == "name,label,commune\n121,Thôn 1,12\n"
    assert collect.get(f"/xa/{world.other_commune}/formList").status_code == 200  # names no unit
    form = listed(collect)[0]
    foreign = f"/xa/{world.other_commune}/forms/{form['formID']}/{form['version']}/manifest"
    assert collect.get(foreign).status_code == 404
    head = collect.head(f"/xa/{world.communes[1]}/submission")
    assert head.status_code == 204


def test_a_form_of_staff_comes_with_its_own_files(collect: httpx.Client, worker: Engine, world: World) -> None:
    table = (
        "| survey |\n| | type | name | label | media::image |\n"
        "| | select_one_from_file cho.csv | cho | Chợ nào? | so_do.png |\n"
    )
    markets = "name,label\n1,Chợ Đắk Mil\n".encode()
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    files = {"cho.csv": markets, "so_do.png": out.getvalue()}
    second = Actor(world.admin, "admin", Role.ADMIN, world.province, special=frozenset({"approve_form"}))
    try:
        with worker.begin() as connection:
            form = uploaded_forms.add(connection, world.actor("officer"), table.encode(), "cho.md", files)
            uploaded_forms.approve(connection, second, *form)
        entry = next(form for form in listed(collect) if form["formID"] == "cho")
        manifest = ElementTree.fromstring(collect.get(entry["manifestUrl"]).content)
        urls = {f.findtext(f"{MANIFEST}filename"): f.findtext(f"{MANIFEST}downloadUrl") or "" for f in manifest}
        assert collect.get(urls["cho.csv"]).content == markets
        picture = collect.get(urls["so_do.png"])
        assert picture.headers["Content-Type"] == "image/png"
        assert collect.get(urls["so_do.png"].replace("?h=", "?h=0")).status_code == 404
        xml = f'<data id="cho" version="{form[1]}"><cho>1</cho><meta><instanceID>uuid:cho</instanceID></meta></data>'
        answer = collect.post("/submission", files={"xml_submission_file": ("cho.xml", xml.encode(), "text/xml")})
        assert answer.status_code == 201, answer.text
        with worker.begin() as connection:
            uploaded_forms.withdraw(connection, second, *form)
        form_versions._WITHDRAWN["all"] = (-1e9, frozenset())
        late = xml.replace("uuid:cho", "uuid:late").encode()
        assert "cho" not in [form["formID"] for form in listed(collect)]
        answer = collect.post("/submission", files={"xml_submission_file": ("cho.xml", late, "text/xml")})
        assert answer.status_code == 422
        assert "thu hồi" in answer.text
        again = collect.post("/submission", files={"xml_submission_file": ("cho.xml", xml.encode(), "text/xml")})
        assert again.status_code == 202  # it had come before
        with worker.connect() as connection:
            query = text("SELECT state FROM submissions WHERE instance_id = 'uuid:late'")
            assert connection.scalar(query) == "quarantined"
    finally:
        with worker.begin() as connection:
            connection.execute(text("DELETE FROM forms WHERE form_id = 'cho'"))
            connection.execute(text("DELETE FROM form_units WHERE form_id = 'cho'"))
