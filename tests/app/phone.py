"""Sends submissions as a phone does, and looks at what became of them."""

import io
import uuid
from xml.etree import ElementTree

from flask.testing import FlaskClient
from sqlalchemy import Connection, Row, text
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from surveys import form_versions
from surveys.form_definition import Definition


def form(table: Connection, key: str) -> Definition:
    version = table.scalar(text("SELECT version FROM forms WHERE form_id = :f AND state = 'live'"), {"f": key})
    return form_versions.definition(table, key, version)


def send(client: FlaskClient, xml: bytes | None, files: dict[str, bytes] | None = None, **headers: str) -> TestResponse:
    parts: list[tuple[str, object]] = []
    if xml is not None:
        parts.append(("xml_submission_file", (io.BytesIO(xml), "submission.xml", "text/xml")))
    parts += [(name, (io.BytesIO(data), name, "image/jpeg")) for name, data in (files or {}).items()]
    return client.post(
        "/openrosa/submission?deviceID=collect:abc",
        data=MultiDict(parts),
        content_type="multipart/form-data",
        headers={"X-OpenRosa-Version": "1.0", **headers},
    )


def row(table: Connection, instance: str) -> Row | None:
    table.rollback()
    return table.execute(text("SELECT * FROM submissions WHERE instance_id = :i"), {"i": instance}).one_or_none()


def problem(answer: TestResponse) -> str:
    found = ElementTree.fromstring(answer.data).find("{urn:diaban:problem}problem")
    assert found is not None, answer.text
    return found.attrib["code"]


def new_id() -> str:
    return f"uuid:{uuid.uuid4()}"
