"""The forms and lists a phone downloads, and the phone app's page."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection

from app import client_files
from surveys import unit_lists
from surveys.layers import CATALOGUE
from tests.app.phone import form, problem

Machine = Callable[..., FlaskClient]
pytestmark = pytest.mark.usefixtures("published")


def test_the_list_names_the_forms_the_account_may_fill(machine: Machine) -> None:
    def ids(name: str) -> list[str | None]:
        answer = machine(name).get("/openrosa/formList")
        assert answer.headers["X-OpenRosa-Version"] == "1.0"
        tag = "{http://openrosa.org/xforms/xformsList}formID"
        return [e.text for e in ElementTree.fromstring(answer.data).iter(tag)]

    assert ids("officer") == [layer.key for layer in CATALOGUE]
    assert "minority_areas" not in ids("field")
    assert ids("leader") == []


def test_a_form_is_kept_by_its_etag_and_lists_by_their_hash(machine: Machine, table: Connection) -> None:
    client = machine("field")
    definition = form(table, "hamlet_profiles")
    address = f"/openrosa/forms/hamlet_profiles/{definition.version}"
    first = client.get(f"{address}.xml")
    assert first.status_code == 200
    assert client.get(f"{address}.xml", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    manifest = ElementTree.fromstring(client.get(f"{address}/manifest").data)
    space = "{http://openrosa.org/xforms/xformsManifest}"
    urls = {f.findtext(f"{space}filename"): f.findtext(f"{space}downloadUrl") for f in manifest}
    hashes = {f.findtext(f"{space}filename"): f.findtext(f"{space}hash") for f in manifest}
    hamlets = client.get(str(urls["hamlets.csv"]))
    assert hamlets.text == "name,label,commune\n111,Thôn 1,11\n"
    assert hashes["hamlets.csv"] == "md5:" + hashlib.md5(hamlets.data).hexdigest()  # noqa: S324 - OpenRosa's hash
    assert client.get(str(urls["communes.csv"])).text == "name,label\n11,Xã Đắk Mil\n"
    assert client.get(f"{address}/media/hamlets.csv?h=0123").status_code == 404
    province = machine("officer").get(f"{address}/manifest").text
    assert str(hashes["hamlets.csv"]) not in province


def test_a_list_just_named_is_found_by_a_process_that_remembers_an_older_one(
    machine: Machine, table: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/openrosa/forms/hamlet_profiles/{form(table, 'hamlet_profiles').version}"
    named = machine("field").get(f"{address}/manifest").text.split("hamlets.csv?h=")[1].split("<")[0]
    older = replace(unit_lists._KEPT[1, 11][1], md5={"hamlets.csv": "0" * 32})
    monkeypatch.setitem(unit_lists._KEPT, (1, 11), (time.monotonic() - 5, older))
    assert machine("field").get(f"{address}/media/hamlets.csv?h={named}").status_code == 200


def test_labels_are_sorted_as_vietnamese_sorts(machine: Machine, table: Connection) -> None:
    definition = form(table, "hamlet_profiles")
    client = machine("officer")
    manifest = client.get(f"/openrosa/forms/hamlet_profiles/{definition.version}/manifest").text
    address = manifest.split("communes.csv?h=")[1].split("<")[0]
    body = client.get(f"/openrosa/forms/hamlet_profiles/{definition.version}/media/communes.csv?h={address}").text
    # By the code points "Đ" would stand after "X".
    assert [line.split(",")[0] for line in body.splitlines()[1:]] == ["11", "13", "12"]


def test_unknown_forms_are_404_with_a_vietnamese_openrosa_message(machine: Machine) -> None:
    answer = machine("field").get("/openrosa/forms/hamlet_profiles/1.xml")
    assert answer.status_code == 404
    assert "Không có biểu mẫu" in answer.text
    assert problem(answer) == "form_unknown"


def test_head_tells_how_much_may_be_sent(machine: Machine) -> None:
    answer = machine("field").head("/openrosa/submission")
    assert answer.status_code == 204
    assert answer.headers["X-OpenRosa-Accept-Content-Length"] == str(100 * 1024 * 1024)
    assert answer.headers["Date"].endswith("GMT")
    assert machine().head("/openrosa/submission").status_code == 401


def test_the_phone_app_opens_and_knows_who_is_signed_in(browser: Callable[..., FlaskClient]) -> None:
    client = browser("field")
    assert client_files.address("survey.js") in client.get("/survey/").text
    me = client.get("/survey/api/me").get_json()
    assert (me["username"], me["role"]) == ("field", "field")
    assert me["province"] == {"id": 1, "name": "Lâm Đồng"}
    assert me["commune"] == {"id": 11, "name": "Đắk Mil"}
    assert me["waiting"] >= 0
    assert browser("officer").get("/survey/api/me").get_json()["commune"] is None


def test_the_app_can_be_installed(site: Flask) -> None:
    answer = site.test_client().get("/survey/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    assert answer.get_json()["scope"] == "/survey/"
